package weft;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import weft.extension.Extension;
import weft.storage.Storage;
import weft.storage.StorageOptions;

/**
 * How one torrent is added: immutable, each {@code with…} returns a changed copy. By default a torrent goes into the
 * current directory, all of it is wanted, it resumes where it was, and it starts at once.
 */
public final class AddOptions {
    /** What a torrent does once it is added. */
    public enum InitialState {
        /** Downloads and seeds at once. */
        STARTED,
        /** Connects, and fetches the metadata of a magnet link, but transfers nothing until {@link Torrent#start}. */
        PAUSED,
        /** Fetches the metadata of a magnet link, and does nothing more until {@link Torrent#start}. */
        METADATA_ONLY,
        /** Does nothing until {@link Torrent#start}. */
        STOPPED
    }

    /** What Weft itself speaks. */
    private static final Set<String> RESERVED_EXTENSIONS =
            Set.of("ut_metadata", "ut_pex", "lt_donthave", "upload_only", "ut_holepunch");

    // Assigned in the constructors and, on a copy nobody else has seen yet, in the with… methods.
    private Path directory;
    private InitialState initialState = InitialState.STARTED;
    private boolean sequential;
    private boolean resume = true;
    private boolean trackers = true;
    private List<List<String>> extraTrackers = List.of();
    private List<InetSocketAddress> peers = List.of();
    private Map<Integer, Integer> priorities = Map.of();
    private List<TorrentListener> listeners = List.of();
    private StorageOptions storageOptions = StorageOptions.defaults();
    private List<Extension> extensions = List.of();
    private Storage storage; // or null: files in the directory

    private AddOptions(Path directory) {
        this.directory = directory;
    }

    private AddOptions(AddOptions other) {
        this.directory = other.directory;
        this.initialState = other.initialState;
        this.sequential = other.sequential;
        this.resume = other.resume;
        this.trackers = other.trackers;
        this.extraTrackers = other.extraTrackers;
        this.peers = other.peers;
        this.priorities = other.priorities;
        this.listeners = other.listeners;
        this.storageOptions = other.storageOptions;
        this.extensions = other.extensions;
        this.storage = other.storage;
    }

    /** The defaults: everything into the current directory, at once. */
    public static AddOptions defaults() {
        return new AddOptions(Path.of(""));
    }

    /** The defaults, but into this directory; it is made if it does not exist. */
    public static AddOptions into(Path directory) {
        return new AddOptions(Objects.requireNonNull(directory, "directory"));
    }

    /** What the torrent does first. */
    public AddOptions withInitialState(InitialState initialState) {
        var copy = new AddOptions(this);
        copy.initialState = Objects.requireNonNull(initialState, "initialState");
        return copy;
    }

    /** Whether pieces are fetched in order instead of rarest first. */
    public AddOptions withSequential(boolean sequential) {
        var copy = new AddOptions(this);
        copy.sequential = sequential;
        return copy;
    }

    /**
     * Whether to go on where an earlier run was (the default), and to leave behind what a later run needs for that. If
     * not, whatever lies in the directory is hashed first.
     */
    public AddOptions withResume(boolean resume) {
        var copy = new AddOptions(this);
        copy.resume = resume;
        return copy;
    }

    /** Whether the torrent's own trackers are asked; they are by default. */
    public AddOptions withTrackers(boolean trackers) {
        var copy = new AddOptions(this);
        copy.trackers = trackers;
        return copy;
    }

    /** A tracker to ask besides the torrent's own, as a tier of its own. */
    public AddOptions withTracker(String url) {
        var copy = new AddOptions(this);
        var tiers = new ArrayList<>(extraTrackers);
        tiers.add(List.of(url));
        copy.extraTrackers = List.copyOf(tiers);
        return copy;
    }

    /** Peers to connect to, besides those that trackers tell. */
    public AddOptions withPeers(List<InetSocketAddress> peers) {
        var copy = new AddOptions(this);
        copy.peers = List.copyOf(peers);
        return copy;
    }

    /** The priority of a file: 0 if it is not wanted, else any positive number, higher first; 1 by default. */
    public AddOptions withPriority(int file, int priority) {
        var copy = new AddOptions(this);
        var changed = new LinkedHashMap<>(priorities);
        changed.put(file, Torrent.requirePriority(priority));
        copy.priorities = Map.copyOf(changed);
        return copy;
    }

    /** Like {@link #withPriority}, of many files at once: by file index. */
    public AddOptions withPriorities(Map<Integer, Integer> morePriorities) {
        var copy = new AddOptions(this);
        var changed = new LinkedHashMap<>(priorities);
        morePriorities.forEach((file, priority) -> changed.put(file, Torrent.requirePriority(priority)));
        copy.priorities = Map.copyOf(changed);
        return copy;
    }

    /**
     * An extension of the peer protocol (BEP 10), to be spoken with all peers that know it.
     *
     * @throws IllegalArgumentException if there is one of this name
     */
    public AddOptions withExtension(Extension extension) {
        var name = extension.name();
        if (RESERVED_EXTENSIONS.contains(name)
                || extensions.stream().anyMatch(other -> other.name().equals(name))) {
            throw new IllegalArgumentException("there is an extension of the name " + name);
        }
        var copy = new AddOptions(this);
        var more = new ArrayList<>(extensions);
        more.add(extension);
        copy.extensions = List.copyOf(more);
        return copy;
    }

    /** Somebody to be told what happens, from the first event on. */
    public AddOptions withListener(TorrentListener listener) {
        var copy = new AddOptions(this);
        var more = new ArrayList<>(listeners);
        more.add(Objects.requireNonNull(listener, "listener"));
        copy.listeners = List.copyOf(more);
        return copy;
    }

    /** How the files in the directory are kept: made sparse or with all their blocks, mapped or not, or left alone. */
    public AddOptions withStorageOptions(StorageOptions storageOptions) {
        var copy = new AddOptions(this);
        copy.storageOptions = Objects.requireNonNull(storageOptions, "storageOptions");
        return copy;
    }

    /**
     * Where the pieces go instead of files in the directory. The torrent closes it; it cannot be started again after a
     * stop, and neither resumes nor skips files by itself. Its methods are called by threads that they may hold, unless it
     * says that it holds none: see {@link Storage#mayHoldCarrier}.
     */
    public AddOptions withStorage(Storage storage) {
        var copy = new AddOptions(this);
        copy.storage = Objects.requireNonNull(storage, "storage");
        return copy;
    }

    /** Where the files go. */
    public Path directory() {
        return directory;
    }

    /** See {@link #withInitialState}. */
    public InitialState initialState() {
        return initialState;
    }

    /** See {@link #withSequential}. */
    public boolean sequential() {
        return sequential;
    }

    /** See {@link #withResume}. */
    public boolean resume() {
        return resume;
    }

    /** See {@link #withTrackers}. */
    public boolean trackers() {
        return trackers;
    }

    /** See {@link #withTracker}. */
    public List<List<String>> extraTrackers() {
        return extraTrackers;
    }

    /** See {@link #withPeers}. */
    public List<InetSocketAddress> peers() {
        return peers;
    }

    /** See {@link #withPriority}: by file index, only those that were set. */
    public Map<Integer, Integer> priorities() {
        return priorities;
    }

    /** See {@link #withListener}. */
    public List<TorrentListener> listeners() {
        return listeners;
    }

    /** See {@link #withStorageOptions}. */
    public StorageOptions storageOptions() {
        return storageOptions;
    }

    /** See {@link #withStorage}. */
    public Optional<Storage> storage() {
        return Optional.ofNullable(storage);
    }

    List<Extension> extensions() {
        return extensions;
    }
}
