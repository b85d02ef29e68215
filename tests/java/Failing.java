import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Timer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/**
 * A little Java server that fails as the Cloud Server does: {@code java -Xmx16m Failing MODE PORT SECONDS}.
 *
 * <p>It answers {@code GET /fermat/api/user}, and Cloud Clients ({@link CloudSocket}): one that leaves without
 * a close frame leaves a Timer thread behind. {@code GET /leak} is answered, too, and then it fails in its mode:
 * {@code fine} not at all; {@code heap} fills the heap, tries for some seconds to get more, which kills the
 * acceptor if anybody connects meanwhile, and is then at rest; {@code busy} collects garbage for some seconds,
 * and answers nobody meanwhile; {@code fds} opens files up to the limit; {@code threads} leaves one Timer
 * thread for each such request; {@code spent} takes all threads that there are; {@code deadlock} lets nobody be answered again.
 */
public final class Failing {
    private static final long SECOND_NANOS = 1_000_000_000L;
    private static final Object FIRST = new Object();
    private static final Object SECOND = new Object();
    private static final List<Object> KEPT = Collections.synchronizedList(new ArrayList<>());
    private static long troubleNanos;
    private static byte[] reserve = new byte[1 << 18];
    private static Object[] heap;
    private static ServerSocket server;

    public static void main(String[] arguments) throws IOException {
        Runnable failure = failure(arguments[0]);
        troubleNanos = Long.parseLong(arguments[2]) * SECOND_NANOS;
        server = new ServerSocket(Integer.parseInt(arguments[1]), 50, InetAddress.getLoopbackAddress());
        System.out.println("Server URI = http://127.0.0.1:" + server.getLocalPort() + "/fermat");
        new Thread(() -> accept(failure), "acceptor").start();
        while (true) {
            LockSupport.park(); // whoever else dies of a full heap, the process does not end
        }
    }

    private static Runnable failure(String mode) {
        return switch (mode) {
            case "fine" -> () -> { };
            case "heap" -> Failing::fillTheHeap;
            case "busy" -> Failing::collectGarbage;
            case "fds" -> Failing::openFiles;
            case "threads" -> () -> KEPT.add(new Timer());
            case "spent" -> Failing::takeThreads;
            case "deadlock" -> Failing::deadlock;
            default -> throw new IllegalArgumentException(mode);
        };
    }

    /** Like Jetty's acceptor: what goes wrong is told, and after a pause it is tried again. */
    private static void accept(Runnable failure) {
        while (true) {
            try {
                Socket client = server.accept();
                new Thread(() -> serve(client, failure), "qtp").start();
            } catch (IOException error) {
                System.out.println(error);
                LockSupport.parkNanos(SECOND_NANOS);
            }
        }
    }

    private static void serve(Socket client, Runnable failure) {
        boolean leak;
        try (client) {
            String head = request(client.getInputStream());
            if (head.startsWith("GET " + CloudSocket.PATH + " ")) {
                talk(client, head);
                return;
            }
            leak = head.startsWith("GET /leak ");
            synchronized (FIRST) {
                answer(client);
            }
        } catch (IOException error) {
            return; // the client has left
        }
        if (leak) {
            failure.run();
        }
    }

    /** Who leaves without a close frame is remembered for ever, in a Timer. */
    private static void talk(Socket client, String head) {
        boolean closed = false;
        try {
            closed = new CloudSocket(client, FIRST).converse(head);
        } catch (IOException error) {
            System.out.println(error);
        }
        if (!closed) {
            KEPT.add(new Timer());
        }
    }

    private static String request(InputStream input) throws IOException {
        StringBuilder head = new StringBuilder();
        int next;
        while (head.indexOf("\r\n\r\n") < 0 && (next = input.read()) >= 0) {
            head.append((char) next);
        }
        return head.toString();
    }

    private static void answer(Socket client) throws IOException {
        String body = "The User WebService is running ...";
        String head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + body.length() + "\r\n\r\n";
        client.getOutputStream().write((head + body).getBytes(StandardCharsets.US_ASCII));
    }

    /** In pieces from large to small, none of which is given back. */
    private static void fillTheHeap() {
        int size = 1 << 16;
        long end = System.nanoTime() + troubleNanos;
        while (System.nanoTime() < end) {
            try {
                Object[] piece = new Object[size];
                piece[0] = heap;
                heap = piece;
            } catch (OutOfMemoryError error) {
                size = size > 1 ? size / 2 : 1; // no call: a class may be wanting, and there is no room to load it
            }
        }
        reserve = null; // what SIGTERM needs: a thread
    }

    /** As in one long collection, in which nothing else runs. */
    private static void collectGarbage() {
        long end = System.nanoTime() + troubleNanos;
        synchronized (FIRST) {
            while (System.nanoTime() < end) {
                System.gc();
            }
        }
    }

    /** Up to the limit, and again whenever there is room. */
    private static void openFiles() {
        while (true) {
            try {
                KEPT.add(new FileInputStream("/dev/null"));
            } catch (IOException error) {
                LockSupport.parkNanos(SECOND_NANOS / 10);
            }
        }
    }

    /** Every one that the system gives, and again whenever there is room. */
    private static void takeThreads() {
        while (true) {
            try {
                KEPT.add(new Timer());
            } catch (OutOfMemoryError error) {
                LockSupport.parkNanos(SECOND_NANOS / 100);
            }
        }
    }

    private static void deadlock() {
        CountDownLatch bothHold = new CountDownLatch(2);
        new Thread(() -> lock(FIRST, SECOND, bothHold), "one").start();
        new Thread(() -> lock(SECOND, FIRST, bothHold), "other").start();
    }

    private static void lock(Object mine, Object others, CountDownLatch bothHold) {
        synchronized (mine) {
            bothHold.countDown();
            try {
                bothHold.await();
            } catch (InterruptedException error) {
                return;
            }
            synchronized (others) {
                throw new AssertionError("no deadlock");
            }
        }
    }
}
