import java.io.IOException;

/** What the server's unit starts in the place of the real jar: {@link Failing}, which does not fail. */
public final class Fine {
    private Fine() { }

    public static void main(String[] arguments) throws IOException {
        Failing.main(new String[] {"fine", "9090", "0"});
    }
}
