package weft.interop;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import weft.kit.Ports;
import weft.metainfo.Magnet;

/** A libtorrent session with one torrent, as {@code libtorrent_peer.py} runs it. */
final class Libtorrent implements AutoCloseable {
    private static final Path SCRIPTS =
            Path.of("src/test/resources/weft/interop").toAbsolutePath();

    /** {@code peer_info.pex} of libtorrent. */
    private static final int FROM_PEX = 4;

    private final ProgramProcess process;
    private final int port;
    private int questions;

    private Libtorrent(ProgramProcess process) {
        this.process = process;
        this.port = awaitEvent("added", event -> true).get("port").asInt();
    }

    /**
     * Starts a session with a torrent.
     *
     * @param options those of the script
     */
    static Libtorrent start(String name, Path torrent, Path directory, String... options) {
        return start(name, torrent.toString(), directory, options);
    }

    /** Starts a session with a magnet link. */
    static Libtorrent start(String name, Magnet magnet, Path directory, String... options) {
        return start(name, magnet.toString(), directory, options);
    }

    private static Libtorrent start(String name, String torrent, Path directory, String... options) {
        var command = script("libtorrent_peer.py");
        command.add(torrent);
        command.add(directory.toString());
        command.addAll(List.of(options));
        var process = ProgramProcess.start(name, directory, command);
        try {
            return new Libtorrent(process);
        } catch (AssertionError e) {
            process.close();
            throw e;
        }
    }

    /**
     * Makes a torrent with libtorrent's own create_torrent.
     *
     * @param format v1 or hybrid
     */
    static void create(String format, int pieceLength, Path content, Path torrent) {
        var command = script("libtorrent_create.py");
        command.addAll(List.of(format, Integer.toString(pieceLength), content.toString(), torrent.toString()));
        try (var process = ProgramProcess.start(
                "libtorrent create", torrent.toAbsolutePath().getParent(), command)) {
            int status = process.awaitEnd();
            if (status != 0) {
                throw new AssertionError("libtorrent makes no torrent of " + content + ":\n" + process.output());
            }
        }
    }

    private static List<String> script(String name) {
        var command = new ArrayList<>(Program.LIBTORRENT.command());
        command.add(SCRIPTS.resolve(name).toString());
        return command;
    }

    InetSocketAddress address() {
        return Ports.loopback(port);
    }

    /** Its info-hash of the torrent, in hexadecimal digits. */
    String infoHash() {
        return awaitEvent("added", event -> true).get("info_hash").asText();
    }

    Libtorrent awaitSeeding() {
        awaitEvent("state", event -> event.get("seeding").asBoolean());
        return this;
    }

    /** Waits until a tracker knows it. */
    void awaitTrackerReply() {
        awaitEvent("alert", event -> event.get("what").asText().equals("tracker_reply"));
    }

    /** Waits until it has everything, also in its files; the payload bytes that it downloaded. */
    long awaitComplete() {
        return awaitEvent("complete", event -> true).get("downloaded").asLong();
    }

    /** The payload bytes that it has uploaded. */
    long uploaded() {
        process.tell("status");
        return awaitEvent("status", event -> true).get("uploaded").asLong();
    }

    /** The peers that it is connected to, and has heard of by peer exchange. */
    List<String> peersByExchange() {
        int number = ++questions;
        process.tell("peers " + number);
        var answer = awaitEvent("peers", event -> event.get("number").asInt() == number);
        var peers = new ArrayList<String>();
        for (JsonNode peer : answer.get("peers")) {
            if ((peer.get("source").asInt() & FROM_PEX) != 0) {
                peers.add(peer.get("address").asText());
            }
        }
        return peers;
    }

    void dial(InetSocketAddress peer) {
        process.tell("peer " + Lab.text(peer));
    }

    /** Waits for an event that the script tells. */
    JsonNode awaitEvent(String name, Predicate<JsonNode> condition) {
        return ScriptEvents.await(process, name, condition);
    }

    ProgramProcess process() {
        return process;
    }

    /** Ends the session properly: what it has is written, its tracker is told. */
    @Override
    public void close() {
        process.endInput();
        process.close();
    }
}
