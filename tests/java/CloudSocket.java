import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The server's side of one Cloud Client's conversation: RFC 6455, and the three answers that a client needs.
 *
 * <p>Frames are written by hand, for a JDK has none; those of our clients come whole. In plain mode, which is
 * what every build does, a packet is its JSON text, and nothing is signed.
 */
final class CloudSocket {
    static final String PATH = "/fermat/ws/";
    private static final int TEXT = 1;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;
    private static final int LAST = 0x80;
    private static final int SHORT = 126;
    private static final String SERVER_KEY = "04" + "5E".repeat(64);
    private static final String ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final Pattern KEY = Pattern.compile("(?i)\r\nSec-WebSocket-Key: *([^\r]+)");
    private static final Pattern TEMPORARY = Pattern.compile("(?i)\r\ntmp-i: *\\{\"i\":\"([^\"]*)");
    private static final Pattern KIND = Pattern.compile("\"fermatPacketType\":\"([^\"]*)");
    private static final Pattern SENDER = Pattern.compile("\"sender\":\"([^\"]*)");
    private static final Pattern CONTENT = Pattern.compile("\"messageContent\":\"((?:[^\"\\\\]|\\\\.)*)\"");

    private final Socket client;
    private final DataInputStream input;
    private final Object lock;

    /** Whatever is answered is answered under the lock. */
    CloudSocket(Socket client, Object lock) throws IOException {
        this.client = client;
        this.input = new DataInputStream(client.getInputStream());
        this.lock = lock;
    }

    /** From the upgrade to the end; whether the client closed it as it should. */
    boolean converse(String head) throws IOException {
        write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: " + accept(first(KEY, head)) + "\r\n\r\n");
        say("SERVER_HANDSHAKE_RESPOND", first(TEMPORARY, head), "{\\\"srv-i\\\":\\\"" + SERVER_KEY + "\\\"}");
        try {
            while (true) {
                int kind = input.readUnsignedByte() & 15;
                byte[] payload = payload();
                switch (kind) {
                    case TEXT -> answer(new String(payload, StandardCharsets.UTF_8));
                    case PING -> frame(PONG, payload);
                    case CLOSE -> {
                        frame(CLOSE, payload);
                        return true;
                    }
                    default -> { } // as the real one: ignored
                }
            }
        } catch (EOFException error) {
            return false;
        }
    }

    private byte[] payload() throws IOException {
        int length = input.readUnsignedByte() & 127;
        if (length >= SHORT) {
            length = length == SHORT ? input.readUnsignedShort() : Math.toIntExact(input.readLong());
        }
        byte[] mask = new byte[4];
        input.readFully(mask);
        byte[] payload = new byte[length];
        input.readFully(payload);
        for (int at = 0; at < length; at++) {
            payload[at] ^= mask[at & 3];
        }
        return payload;
    }

    private void answer(String packet) throws IOException {
        String sender = first(SENDER, packet);
        switch (first(KIND, packet)) {
            case "COMPONENT_REGISTRATION_REQUEST" ->
                say("COMPLETE_COMPONENT_REGISTRATION", sender, first(CONTENT, packet));
            case "REQUEST_LIST_COMPONENT_REGISTERED" ->
                say("REQUEST_LIST_COMPONENT_REGISTERED", sender, "{\\\"rl\\\":\\\"[]\\\"}");
            default -> { }
        }
    }

    /** The content is JSON text inside JSON text: its quotes come escaped. */
    private void say(String kind, String to, String content) throws IOException {
        String packet = "{\"id\":\"" + UUID.randomUUID() + "\",\"sender\":\"" + SERVER_KEY
                + "\",\"destination\":\"" + to + "\",\"fermatPacketType\":\"" + kind
                + "\",\"messageContent\":\"" + content + "\",\"signature\":\"\"}";
        frame(TEXT, packet.getBytes(StandardCharsets.UTF_8));
    }

    /** Of less than 64 KiB, as all of ours are. */
    private void frame(int kind, byte[] payload) throws IOException {
        boolean small = payload.length < SHORT;
        int head = small ? 2 : 4;
        byte[] frame = new byte[head + payload.length];
        frame[0] = (byte) (LAST | kind);
        frame[1] = (byte) (small ? payload.length : SHORT);
        if (!small) {
            frame[2] = (byte) (payload.length >> 8);
            frame[3] = (byte) payload.length;
        }
        System.arraycopy(payload, 0, frame, head, payload.length);
        write(frame);
    }

    private void write(String text) throws IOException {
        write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private void write(byte[] bytes) throws IOException {
        synchronized (lock) {
            client.getOutputStream().write(bytes);
        }
    }

    private static String accept(String key) throws IOException {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-1");
            return Base64.getEncoder().encodeToString(sha.digest((key + ACCEPT).getBytes()));
        } catch (NoSuchAlgorithmException error) {
            throw new IOException(error);
        }
    }

    private static String first(Pattern pattern, String text) throws IOException {
        Matcher found = pattern.matcher(text);
        if (!found.find()) {
            throw new IOException("no " + pattern);
        }
        return found.group(1);
    }
}
