package weft.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import weft.bencode.BencodeException;
import weft.dht.DhtState;

/**
 * Where the DHT node's id and the nodes it knows are kept from one run to the next: a file that the user names, about which
 * he is told everything; or his own, of which he need not know. That this cannot be read or written is no reason not to
 * download: then the node begins as at its first run.
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

    /** The one that the user names. */
    static DhtStateFile at(Path path) {
        return new DhtStateFile(Optional.of(path.toAbsolutePath()));
    }

    /** No file: every run is the first. */
    static DhtStateFile none() {
        return new DhtStateFile(Optional.empty());
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

    /**
     * What is kept; {@link DhtState#NONE} if there is no file.
     *
     * @throws CommandException if it is something else, which is not to be overwritten
     */
    DhtState read() throws CommandException, IOException {
        if (path.isEmpty()) {
            return DhtState.NONE;
        }
        if (Files.isDirectory(path.get())) {
            throw new CommandException(path.get() + " is a directory, not a file for the state of a DHT node");
        }
        try (var file = Files.newInputStream(path.get())) {
            var bytes = file.readNBytes(MAX_BYTES);
            return bytes.length == 0 ? DhtState.NONE : DhtState.parse(bytes); // made, and not written any more
        } catch (NoSuchFileException firstRun) {
            return DhtState.NONE;
        } catch (BencodeException e) {
            throw new CommandException(
                    path.get() + " is not, or not any more, the state of a DHT node (" + e.getMessage()
                            + "); delete it, or name another file",
                    e);
        }
    }

    /** What is kept, if it is of any use. */
    DhtState readIfPossible() {
        try {
            return read();
        } catch (CommandException | IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the DHT node begins anew: {0}", Faults.describe(e));
            return DhtState.NONE;
        }
    }

    /** Keeps this for the next run. What was kept before is there until that is done. */
    void write(DhtState state) throws IOException {
        if (path.isEmpty()) {
            return;
        }
        var file = Files.exists(path.get()) ? path.get().toRealPath() : path.get(); // a link stays one
        var directory = file.getParent();
        Files.createDirectories(directory);
        var written = Files.createTempFile(directory, "dht", ".new"); // others may run, too
        try {
            Files.write(written, state.toBytes());
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(written);
        }
    }

    /** Keeps this if it is of use for the next run, and there is a place for it. */
    void writeIfPossible(DhtState state) {
        if (state.nodes().isEmpty()) {
            return;
        }
        try {
            write(state);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "the state of the DHT node is not kept: {0}", Faults.describe(e));
        }
    }

    /** Its name, or nothing if there is none. */
    @Override
    public String toString() {
        return path.map(Path::toString).orElse("");
    }
}
