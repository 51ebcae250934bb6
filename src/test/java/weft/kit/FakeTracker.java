package weft.kit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An HTTP tracker on loopback that says the same to everybody, or nothing. Made by {@link SwarmExtension#tracker}. */
public final class FakeTracker implements AutoCloseable {
    private final SwarmExtension swarm;
    private final ServerSocket socket;
    private final String reply;
    private volatile int answers = Integer.MAX_VALUE;
    private final List<String> requests = new CopyOnWriteArrayList<>();

    FakeTracker(SwarmExtension swarm, String reply) throws IOException {
        this.swarm = swarm;
        this.socket = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        this.reply = reply;
        swarm.fork("tracker " + url(), this::accept);
    }

    /** Its announce address. */
    public String url() {
        return "http://127.0.0.1:" + socket.getLocalPort() + "/announce";
    }

    /** From now on it answers no more than so many requests, those before included. */
    public FakeTracker silentAfter(int count) {
        answers = count;
        return this;
    }

    /** The first line of each request so far, such as {@code GET /announce?… HTTP/1.1}, in the order of their coming. */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    private void accept() throws IOException {
        while (true) {
            Socket connection;
            try {
                connection = socket.accept();
            } catch (SocketException closed) {
                return;
            }
            swarm.fork("tracker connection", () -> answer(connection));
        }
    }

    private void answer(Socket connection) throws IOException {
        try (connection) {
            var in =
                    new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1));
            var request = in.readLine();
            for (var line = request; line != null && !line.isEmpty(); line = in.readLine()) {
                // the rest does not matter
            }
            if (request != null) {
                requests.add(request);
            }
            if (reply.isEmpty() || requests.size() > answers) {
                while (in.read() >= 0) {
                    // until the other side has had enough
                }
                return;
            }
            connection.getOutputStream().write(reply.getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
