package weft.interop;

import java.io.IOException;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import weft.bencode.BDict;
import weft.bencode.BString;
import weft.bencode.Bencode;
import weft.bencode.BencodeLimits;
import weft.metainfo.InfoHash;

/** An opentracker, which is told the torrents it may track: Debian's is built for a whitelist. */
final class Opentracker implements AutoCloseable {
    /** What a tracker counts of one torrent. */
    record Counts(long complete, long incomplete, long downloaded) {}

    private static final int TIMEOUT_MILLIS = 5_000;

    private final ProgramProcess process;
    private final int port;

    private Opentracker(ProgramProcess process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * Starts it on a port, which torrents were made for.
     *
     * @param home an empty directory, which opentracker makes its root where it may
     */
    static Opentracker start(Path home, int port, InfoHash torrent) throws IOException {
        Path whitelist = Files.writeString(home.resolve("whitelist"), torrent.toHex() + "\n");
        // Started as root it becomes nobody, whatever one wishes, before it reads the list.
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(whitelist, PosixFilePermissions.fromString("rw-r--r--"));
        var command = new ArrayList<>(Program.OPENTRACKER.command());
        command.addAll(List.of("-i", "127.0.0.1", "-p", Integer.toString(port), "-P", Integer.toString(port)));
        command.addAll(
                List.of("-d", home.toString(), "-w", whitelist.getFileName().toString()));
        var process = ProgramProcess.start("opentracker", home, command);
        var tracker = new Opentracker(process, port);
        try {
            process.await("answers", () -> tracker.scrape(torrent));
            return tracker;
        } catch (AssertionError e) {
            process.close();
            throw e;
        }
    }

    static String announceUri(int port) {
        return "http://127.0.0.1:" + port + "/announce";
    }

    static String udpAnnounceUri(int port) {
        return "udp://127.0.0.1:" + port + "/announce";
    }

    /** Waits until it counts so; a client may have announced and the answer not be through yet. */
    void awaitCounts(InfoHash torrent, Counts expected) {
        process.await("counts " + expected, () -> scrape(torrent).filter(expected::equals));
    }

    /** What it counts of a torrent; nothing yet if it is not up. */
    Optional<Counts> scrape(InfoHash torrent) throws IOException {
        var query = new StringBuilder("http://127.0.0.1:" + port + "/scrape?info_hash=");
        for (byte b : torrent.truncated()) {
            query.append(String.format("%%%02x", b));
        }
        var connection =
                (HttpURLConnection) URI.create(query.toString()).toURL().openConnection(Proxy.NO_PROXY);
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        try (var body = connection.getInputStream()) {
            return Optional.of(counts(body.readAllBytes(), torrent));
        } catch (ConnectException e) {
            return Optional.empty();
        }
    }

    private static Counts counts(byte[] answer, InfoHash torrent) throws IOException {
        var files = ((BDict) Bencode.decodeStrict(answer, BencodeLimits.TRACKER)).dict("files");
        var counts = files.flatMap(all -> all.get(BString.of(torrent.truncated())))
                .map(BDict.class::cast)
                .orElse(BDict.EMPTY);
        return new Counts(
                counts.integer("complete").orElse(0),
                counts.integer("incomplete").orElse(0),
                counts.integer("downloaded").orElse(0));
    }

    ProgramProcess process() {
        return process;
    }

    @Override
    public void close() {
        process.close();
    }
}
