package weft.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import weft.dht.DhtState;

/**
 * Where the DHT node's id and the nodes it knows are kept from one run to the next. That they cannot be read or written is
 * no reason not to download: then the node begins as at its first run.
 */
final class DhtStateFile {
    private static final System.Logger LOG = System.getLogger("weft.app");

    /** No state is larger: a few hundred addresses. */
    private static final int MAX_BYTES = 64 * 1024;

    private final Optional<Path> path;

    private DhtStateFile(Optional<Path> path) {
        this.path = path;
    }

    /** The user's own, where programs keep such things on this system. */
    static DhtStateFile ofUser() {
        return new DhtStateFile(stateDirectory(System.getenv(), System.getProperty("user.home", ""))
                .map(directory -> directory.resolve("weft").resolve("dht")));
    }

    /** {@code XDG_STATE_HOME}, {@code LOCALAPPDATA} on Windows, or else in the home directory. */
    static Optional<Path> stateDirectory(Map<String, String> environment, String home) {
        for (var name : new String[] {"XDG_STATE_HOME", "LOCALAPPDATA"}) {
            var directory = environment.getOrDefault(name, "");
            if (!directory.isEmpty() && Path.of(directory).isAbsolute()) {
                return Optional.of(Path.of(directory));
            }
        }
        return home.isEmpty() || !Files.isDirectory(Path.of(home))
                ? Optional.empty()
                : Optional.of(Path.of(home, ".local", "state"));
    }

    DhtState read() {
        if (path.isEmpty()) {
            return DhtState.NONE;
        }
        try (var file = Files.newInputStream(path.get())) {
            return DhtState.parse(file.readNBytes(MAX_BYTES));
        } catch (NoSuchFileException firstRun) {
            return DhtState.NONE;
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "{0} is of no use: {1}", path.get(), e.getMessage());
            return DhtState.NONE;
        }
    }

    void write(DhtState state) {
        if (path.isEmpty() || state.nodes().isEmpty()) {
            return;
        }
        try {
            Files.createDirectories(path.get().getParent());
            var written = Files.createTempFile(path.get().getParent(), "dht", ".new"); // others may run, too
            try {
                Files.write(written, state.toBytes());
                Files.move(written, path.get(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(written);
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "the state of the DHT node is not kept: {0}", e.getMessage());
        }
    }
}
