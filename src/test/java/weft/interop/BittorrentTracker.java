package weft.interop;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** WebTorrent's tracker, npm's package bittorrent-tracker, over HTTP and UDP. */
final class BittorrentTracker implements AutoCloseable {
    private final ProgramProcess process;
    private final int port;

    private BittorrentTracker(ProgramProcess process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Starts it on a port, which torrents were made for. */
    static BittorrentTracker start(Path home, int port) {
        var command = new ArrayList<>(Program.BITTORRENT_TRACKER.command());
        command.addAll(
                List.of("--http", "--udp", "--port=" + port, "--http-hostname=127.0.0.1", "--udp6-hostname=::1"));
        var process = ProgramProcess.start("bittorrent-tracker", home, command);
        var tracker = new BittorrentTracker(process, port);
        try {
            process.awaitLine("listens", line -> Optional.of(line).filter(text -> text.startsWith("UDP tracker:")));
            return tracker;
        } catch (AssertionError e) {
            process.close();
            throw e;
        }
    }

    String udpAnnounceUri() {
        return "udp://127.0.0.1:" + port + "/announce";
    }

    ProgramProcess process() {
        return process;
    }

    @Override
    public void close() {
        process.close();
    }
}
