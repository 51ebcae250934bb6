package weft.interop;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import weft.kit.Ports;

/** A node of libtorrent's DHT on loopback, as {@code libtorrent_dht.py} runs it. */
final class LibtorrentDht implements AutoCloseable {
    private final ProgramProcess process;
    private final InetSocketAddress address;

    private LibtorrentDht(ProgramProcess process) {
        this.process = process;
        this.address = Ports.loopback(
                awaitEvent("listening", event -> true).get("port").asInt());
    }

    static LibtorrentDht start(String name, Path directory) {
        var command = new ArrayList<>(Program.LIBTORRENT.command());
        command.add(Path.of("src/test/resources/weft/interop/libtorrent_dht.py")
                .toAbsolutePath()
                .toString());
        var process = ProgramProcess.start(name, directory, command);
        try {
            return new LibtorrentDht(process);
        } catch (AssertionError e) {
            process.close();
            throw e;
        }
    }

    InetSocketAddress address() {
        return address;
    }

    ProgramProcess process() {
        return process;
    }

    /** See the script. */
    void tell(Object... words) {
        process.tell(
                String.join(" ", List.of(words).stream().map(Object::toString).toList()));
    }

    /** Waits until it has so many nodes in its table. */
    void awaitNodes(int count) {
        process.await(count + " nodes", () -> {
            tell("status");
            return ScriptEvents.all(process, "status")
                    .reduce((first, second) -> second)
                    .filter(status -> status.get("nodes").asInt() >= count);
        });
    }

    /** Waits for an event that the script tells. */
    JsonNode awaitEvent(String name, Predicate<JsonNode> condition) {
        return ScriptEvents.await(process, name, condition);
    }

    @Override
    public void close() {
        process.endInput();
        process.close();
    }
}
