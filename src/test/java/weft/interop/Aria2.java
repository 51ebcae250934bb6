package weft.interop;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import weft.kit.Ports;

/** An aria2c with one torrent. It dials only peers that a tracker tells it of. */
final class Aria2 implements AutoCloseable {
    private final ProgramProcess process;
    private final JsonRpc rpc;
    private final int port;

    private Aria2(ProgramProcess process, int rpcPort, int port) {
        this.process = process;
        this.rpc = new JsonRpc(URI.create("http://127.0.0.1:" + rpcPort + "/jsonrpc"));
        this.port = port;
    }

    /** Starts it with a torrent; what lies in the directory is hashed first. It seeds until it is closed. */
    static Aria2 start(Path torrent, Path directory, String... options) {
        return start(torrent.toString(), directory, options);
    }

    /** Starts it with a torrent, or a magnet link. */
    static Aria2 start(String torrent, Path directory, String... options) {
        int rpcPort = Ports.free();
        int port = Ports.free();
        var command = new ArrayList<>(Program.ARIA2.command());
        command.addAll(List.of(
                "--no-conf",
                "--dir=" + directory,
                "--listen-port=" + port,
                "--enable-rpc",
                "--rpc-listen-port=" + rpcPort,
                "--stop-with-process=" + ProcessHandle.current().pid(),
                "--disable-ipv6",
                "--enable-dht=false",
                "--bt-enable-lpd=false",
                "--check-integrity",
                "--seed-ratio=0.0",
                // So that what is complete is also in the files.
                "--disk-cache=0",
                "--file-allocation=none",
                "--summary-interval=0",
                "--console-log-level=notice"));
        command.addAll(List.of(options));
        command.add(torrent);
        var process = ProgramProcess.start("aria2", directory, command);
        var aria2 = new Aria2(process, rpcPort, port);
        try {
            process.awaitLine(
                    "listens for peers",
                    line -> Optional.of(line).filter(text -> text.contains("listening on TCP port " + port)));
            return aria2;
        } catch (AssertionError e) {
            process.close();
            throw e;
        }
    }

    InetSocketAddress address() {
        return Ports.loopback(port);
    }

    /** Waits until it has everything and seeds it. */
    void awaitSeeding() {
        process.await(
                "seeds",
                () -> status().filter(
                                download -> download.path("seeder").asText().equals("true")
                                        && download.get("completedLength").equals(download.get("totalLength"))));
    }

    /** The bytes that it has verified or is about to. */
    long completedBytes() throws IOException {
        return status().map(download -> download.get("completedLength").asLong())
                .orElse(0L);
    }

    private Optional<JsonNode> status() throws IOException {
        var request = JsonRpc.JSON
                .createObjectNode()
                .put("jsonrpc", "2.0")
                .put("id", "weft")
                .put("method", "aria2.tellActive");
        try {
            return Optional.of(rpc.call(request).path("result").path(0)).filter(JsonNode::isObject);
        } catch (ConnectException e) {
            return Optional.empty(); // it is not up yet
        }
    }

    ProgramProcess process() {
        return process;
    }

    @Override
    public void close() {
        process.close();
    }
}
