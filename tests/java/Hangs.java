import java.io.IOException;

/** What the server's unit starts in the place of the real jar: {@link Failing}, well until it is asked to hang. */
public final class Hangs {
    private Hangs() { }

    public static void main(String[] arguments) throws IOException {
        Failing.main(new String[] {"deadlock", "9090", "0"});
    }
}
