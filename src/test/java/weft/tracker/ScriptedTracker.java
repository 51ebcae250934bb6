package weft.tracker;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import weft.concurrent.TaskScope;

/** A tracker on loopback that does to each connection what its script says, and keeps the heads of all requests. */
final class ScriptedTracker implements AutoCloseable {
    /** What happens to a connection once its request has been read; the socket is closed afterwards. */
    interface Script {
        void serve(Socket socket, HttpHead request) throws Exception;
    }

    private final ServerSocket listener;
    private final TaskScope scope = TaskScope.supervised("scripted tracker", (task, e) -> {});
    private final List<HttpHead> requests = new CopyOnWriteArrayList<>();

    ScriptedTracker(Script script) throws IOException {
        this(InetAddress.getLoopbackAddress(), script);
    }

    ScriptedTracker(InetAddress address, Script script) throws IOException {
        this(new ServerSocket(0, 50, address), script);
    }

    ScriptedTracker(ServerSocket listener, Script script) {
        this.listener = listener;
        scope.closeFirst(listener);
        scope.fork("acceptor", () -> {
            while (true) {
                var socket = listener.accept();
                scope.closeFirst(socket);
                scope.fork("connection", () -> {
                    try (socket) {
                        var request = HttpHead.read(new BufferedInputStream(socket.getInputStream()), 1 << 16);
                        requests.add(request);
                        script.serve(socket, request);
                    }
                });
            }
        });
    }

    /** A script that replies with a status of 200 and this body. */
    static Script answering(String body) {
        return replying("200 OK", "", body.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A script that replies with this status, these header lines (each with its CRLF) and this body. */
    static Script replying(String status, String headers, byte[] body) {
        return (socket, request) -> {
            var reply = new ByteArrayOutputStream();
            var head = "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + body.length + "\r\n\r\n";
            reply.writeBytes(head.getBytes(StandardCharsets.ISO_8859_1));
            reply.writeBytes(body);
            socket.getOutputStream().write(reply.toByteArray());
        };
    }

    /** A script that sends these bytes and closes. */
    static Script sending(String raw) {
        return (socket, request) -> socket.getOutputStream().write(raw.getBytes(StandardCharsets.ISO_8859_1));
    }

    int port() {
        return listener.getLocalPort();
    }

    String url() {
        return "http://127.0.0.1:" + port() + "/announce";
    }

    List<HttpHead> requests() {
        return requests;
    }

    @Override
    public void close() {
        scope.close();
    }
}
