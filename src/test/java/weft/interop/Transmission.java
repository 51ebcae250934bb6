package weft.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import weft.kit.Ports;
import weft.metainfo.Magnet;

/** A transmission-daemon. It never dials a loopback address, so it has to be dialled. */
final class Transmission implements AutoCloseable {
    /** The value of a torrent's {@code status} when it seeds. */
    private static final int SEEDING = 6;

    private final ProgramProcess process;
    private final JsonRpc rpc;
    private final int port;

    private Transmission(ProgramProcess process, int rpcPort, int port) {
        this.process = process;
        this.rpc = new JsonRpc(URI.create("http://127.0.0.1:" + rpcPort + "/transmission/rpc"));
        this.port = port;
    }

    /**
     * Starts a daemon without torrents.
     *
     * @param home an empty directory for the daemon's own files
     */
    static Transmission start(Path home) throws IOException {
        int rpcPort = Ports.free();
        int port = Ports.free();
        Files.writeString(home.resolve("settings.json"), settings(rpcPort, port).toString());
        var command = new ArrayList<>(Program.TRANSMISSION.command());
        command.addAll(List.of("--foreground", "--config-dir", home.toString()));
        return new Transmission(ProgramProcess.start("Transmission", home, command), rpcPort, port);
    }

    /** What it reads from {@code settings.json} in its home. */
    static ObjectNode settings(int rpcPort, int port) {
        return JsonRpc.JSON
                .createObjectNode()
                .put("bind-address-ipv4", "127.0.0.1")
                .put("bind-address-ipv6", "::1")
                .put("peer-port", port)
                .put("rpc-enabled", true)
                .put("rpc-bind-address", "127.0.0.1")
                .put("rpc-port", rpcPort)
                .put("rpc-authentication-required", false)
                .put("dht-enabled", false)
                .put("lpd-enabled", false)
                .put("port-forwarding-enabled", false)
                .put("blocklist-enabled", false)
                // So that what is complete is also in the files.
                .put("cache-size-mb", 0)
                .put("rename-partial-files", false)
                .put("message-level", 3);
    }

    /** Adds a torrent and starts it; what lies in the directory is hashed first, by Transmission's own wish. */
    Transmission add(Path torrent, Path directory) throws IOException {
        return add("metainfo", Base64.getEncoder().encodeToString(Files.readAllBytes(torrent)), directory);
    }

    /** Adds a magnet link and starts it. */
    Transmission add(Magnet magnet, Path directory) throws IOException {
        return add("filename", magnet.toString(), directory);
    }

    private Transmission add(String kind, String torrent, Path directory) throws IOException {
        var request = JsonRpc.JSON.createObjectNode().put("method", "torrent-add");
        request.putObject("arguments").put(kind, torrent).put("download-dir", directory.toString());
        var answer = process.await("takes the torrent", () -> {
            try {
                return Optional.of(rpc.call(request));
            } catch (ConnectException e) {
                return Optional.empty(); // it is not up yet
            }
        });
        if (!answer.get("result").asText().equals("success")) {
            throw new AssertionError("Transmission does not take " + torrent + ": " + answer);
        }
        return this;
    }

    InetSocketAddress address() {
        return Ports.loopback(port);
    }

    /** Waits until it has everything of all torrents and seeds it. */
    void awaitSeeding() {
        process.await("seeds", () -> Optional.of(torrents()).filter(Transmission::allSeed));
    }

    /** Waits until the torrents' trackers know it. */
    void awaitAnnounced() {
        process.await("announced", () -> Optional.of(torrents()).filter(Transmission::allAnnounced));
    }

    private static boolean allAnnounced(JsonNode torrents) {
        boolean announced = !torrents.isEmpty();
        for (JsonNode torrent : torrents) {
            announced &= torrent.path("trackerStats")
                    .path(0)
                    .path("lastAnnounceSucceeded")
                    .asBoolean();
        }
        return announced;
    }

    private static boolean allSeed(JsonNode torrents) {
        boolean seed = !torrents.isEmpty();
        for (JsonNode torrent : torrents) {
            seed &= torrent.get("status").asInt() == SEEDING
                    && torrent.get("percentDone").asDouble() == 1.0;
        }
        return seed;
    }

    private JsonNode torrents() throws IOException {
        var request = JsonRpc.JSON.createObjectNode().put("method", "torrent-get");
        request.putObject("arguments")
                .putArray("fields")
                .add("status")
                .add("percentDone")
                .add("trackerStats");
        return rpc.call(request).path("arguments").path("torrents");
    }

    ProgramProcess process() {
        return process;
    }

    @Override
    public void close() {
        process.close();
    }
}
