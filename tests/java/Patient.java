import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A JVM in one of several states, for tests: {@code java Patient idle|deadlock|heap [THREADS]}. Says "ready". */
public final class Patient {
    private static final List<byte[]> KEPT = new ArrayList<>();
    private static final byte[] READY = "ready\n".getBytes();

    public static void main(String[] arguments) throws IOException, InterruptedException {
        FileOutputStream output = new FileOutputStream(FileDescriptor.out);
        int threads = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 0;
        pause(1); // what a full heap could not load any more
        for (int number = 0; number < threads; number++) {
            start("Timer-" + number, Patient::sleep);
        }
        switch (arguments[0]) {
            case "idle" -> { }
            case "deadlock" -> deadlock();
            case "heap" -> fill();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        output.write(READY); // needs no heap, as println would
        sleep();
    }

    private static void deadlock() throws InterruptedException {
        Object left = new Object();
        Object right = new Object();
        start("left-first", () -> both(left, right));
        start("right-first", () -> both(right, left));
        Thread.sleep(300);
    }

    private static void both(Object first, Object second) {
        synchronized (first) {
            pause(100);
            synchronized (second) {
                throw new IllegalStateException("no deadlock");
            }
        }
    }

    /** Fills the heap to the last hundred bytes, and keeps it. */
    private static void fill() {
        for (int size = 1 << 20; size >= 64; ) {
            try {
                KEPT.add(new byte[size]);
            } catch (OutOfMemoryError full) {
                size /= 2;
            }
        }
    }

    private static void start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void sleep() {
        pause(600_000);
    }

    private static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }
}
