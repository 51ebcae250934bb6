package weft;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntConsumer;
import weft.concurrent.Watchdog;
import weft.metainfo.InfoHash;
import weft.metainfo.Layout;
import weft.metainfo.Magnet;
import weft.metainfo.Metainfo;
import weft.metainfo.PieceRange;
import weft.net.ConnectionLimits;
import weft.net.PeerChannel;
import weft.swarm.Swarm;
import weft.tracker.TrackerSnapshot;
import weft.wire.Handshake;
import weft.wire.MessageEncoder;

/**
 * One torrent: opened from its metainfo, then started, paused, stopped, checked, watched, closed.
 *
 * <pre>{@code
 * try (var torrent = Torrent.open(Path.of("some.torrent"))) {
 *     torrent.awaitComplete();
 * }
 * }</pre>
 *
 * <p>All methods may be called from any thread. None waits for the disk or the network but {@link #close},
 * {@link #hashCheck()} and {@link #awaitComplete()}: the others read memory, or leave their wish to the torrent's own
 * thread. Everything returned is a snapshot of the moment. After {@link #close} what can be looked at stays, and what
 * would change something is an {@link IllegalStateException}.
 */
public final class Torrent implements AutoCloseable {
    private final Client client;
    private final boolean ownsClient;
    private final InfoHash infoHash;
    private final AddOptions options;
    private final Life life;

    Torrent(Client client, boolean ownsClient, Metainfo metainfo, AddOptions options) {
        options.priorities()
                .keySet()
                .forEach(file -> Objects.checkIndex(file, metainfo.files().size()));
        this.client = client;
        this.ownsClient = ownsClient;
        this.infoHash = metainfo.infoHash();
        this.options = options;
        this.life = new TorrentLife(client, metainfo, options);
    }

    Torrent(Client client, boolean ownsClient, Magnet magnet, AddOptions options) {
        this.client = client;
        this.ownsClient = ownsClient;
        this.infoHash = magnet.infoHash();
        this.options = options;
        this.life = new MetadataLife(client, magnet, options);
    }

    private TorrentLife requireKnown() {
        return life.known().orElseThrow(() -> new IllegalStateException("the metadata is not known yet: " + name()));
    }

    private Optional<Swarm> swarm() {
        return life.known().map(TorrentLife::swarm);
    }

    // --- for the client

    void begin() {
        life.begin();
    }

    void accept(PeerChannel channel, Watchdog.Guard deadline, Handshake.Head head, ConnectionLimits.Place place) {
        life.accept(channel, deadline, head, place);
    }

    void closeSoon() {
        life.close();
    }

    void awaitEnd(long deadlineNanos) {
        life.awaitEnd(deadlineNanos);
    }

    // --- opening

    /** Opens a torrent with a client of its own, and starts to download it into the current directory. */
    public static Torrent open(Path torrentFile) throws IOException {
        return open(torrentFile, AddOptions.defaults());
    }

    /** Opens a torrent with a client of its own, which is closed with it. */
    public static Torrent open(Path torrentFile, AddOptions options) throws IOException {
        return open(torrentFile, options, ClientOptions.defaults());
    }

    /**
     * Opens a torrent with a client of its own, which is closed with it.
     *
     * @throws weft.metainfo.MetainfoException if the file is not a torrent that can be used; the message says why
     * @throws java.net.BindException if the port is in use
     * @throws IOException if the file cannot be read
     */
    public static Torrent open(Path torrentFile, AddOptions options, ClientOptions clientOptions) throws IOException {
        var metainfo = Metainfo.read(torrentFile);
        var client = Client.open(clientOptions);
        try {
            return client.add(metainfo, options, true);
        } catch (IOException | RuntimeException e) {
            client.close();
            throw e;
        }
    }

    /**
     * Opens the torrent that a magnet link means, with a client of its own, which is closed with it. Its metadata is
     * fetched from peers first: see {@link #awaitMetadata()}.
     */
    public static Torrent open(Magnet magnet, AddOptions options, ClientOptions clientOptions) throws IOException {
        var client = Client.open(clientOptions);
        try {
            return client.add(magnet, options, true);
        } catch (RuntimeException e) {
            client.close();
            throw e;
        }
    }

    // --- the order of life

    /** Connects, downloads what is wanted and missing, serves what is there; asks the disk again after an error. */
    public void start() {
        life.start();
    }

    /**
     * Keeps its connections, but neither asks for anything nor serves anything, until {@link #start}. Metadata is fetched
     * all the same, where only a magnet link is known.
     */
    public void pause() {
        life.pause();
    }

    /** Ends all connections, tells the trackers, and closes its files, until {@link #start} or {@link #pause}. */
    public void stop() {
        life.stop();
    }

    /**
     * Stops for good: connections, threads and files are gone when this returns, and what a later run needs to go on is
     * written. Takes at most a few seconds, even if a tracker or the disk does not answer. May be called twice.
     */
    @Override
    public void close() {
        if (ownsClient) {
            client.close();
        } else {
            client.close(this);
        }
    }

    /** What it is doing. */
    public TorrentState state() {
        return life.standing().state();
    }

    /** The fault that brought it into state {@link TorrentState#ERROR}. */
    public Optional<IOException> error() {
        return life.standing().error();
    }

    /**
     * Hashes what lies on disk of every piece, and waits until that is done; the torrent transfers nothing meanwhile.
     * Listeners are told of every piece, and {@link #snapshot} says how far it is. If the waiting thread is interrupted, or
     * somebody calls {@link #cancelHashCheck}, the check ends where it is; what was found until then holds.
     *
     * @throws IOException if the disk fails
     * @throws IllegalStateException if the metadata is not known yet
     * @throws java.util.concurrent.CancellationException if the check was cancelled
     */
    public void hashCheck() throws IOException, InterruptedException {
        var all = new BitSet(pieceCount());
        all.set(0, pieceCount());
        hashCheck(all);
    }

    /** Like {@link #hashCheck()}, of one piece. Says whether it is right. */
    public boolean hashCheck(int piece) throws IOException, InterruptedException {
        Objects.checkIndex(piece, requireKnown().metainfo().layout().pieceCount());
        var one = new BitSet();
        one.set(piece);
        return hashCheck(one).get(piece);
    }

    /** Like {@link #hashCheck()}, of some pieces. Says which of them are right. */
    public BitSet hashCheck(BitSet pieces) throws IOException, InterruptedException {
        var known = requireKnown();
        if (pieces.length() > pieceCount()) {
            throw new IndexOutOfBoundsException("piece " + (pieces.length() - 1) + " of " + pieceCount());
        }
        return known.hashCheck((BitSet) pieces.clone());
    }

    /**
     * Like {@link #hashCheck()}, of the pieces in these ranges. Says which of them are right.
     *
     * <pre>{@code
     * torrent.hashCheck(PieceRange.closed(1, 5), PieceRange.closed(34, 56));
     * torrent.hashCheck(torrent.metainfo().layout().piecesOf(0)); // those of the first file
     * }</pre>
     */
    public BitSet hashCheck(PieceRange... ranges) throws IOException, InterruptedException {
        var pieces = new BitSet();
        for (PieceRange range : ranges) {
            pieces.set(range.first(), range.end());
        }
        return hashCheck(pieces);
    }

    /**
     * Ends all hash checks, those too that wait for their turn; does not wait for that. If it was the check of what an
     * earlier run has left that was being made, the torrent stops, and goes on with it at the next {@link #start}.
     */
    public void cancelHashCheck() {
        life.known().ifPresent(TorrentLife::cancelHashCheck);
    }

    /**
     * Waits until everything that is wanted is there and verified.
     *
     * @throws IOException the fault that stopped the torrent
     * @throws IllegalStateException if the torrent is closed before it is complete
     */
    public void awaitComplete() throws IOException, InterruptedException {
        awaitComplete(Duration.ofSeconds(Long.MAX_VALUE));
    }

    /** Like {@link #awaitComplete()}, but at most so long; false if the time ran out. */
    public boolean awaitComplete(Duration timeout) throws IOException, InterruptedException {
        long deadline = TorrentLife.deadline(timeout);
        return life.awaitMetadata(deadline) && requireKnown().awaitComplete(deadline);
    }

    /**
     * Waits until the metadata of a torrent that was added by a magnet link is known.
     *
     * @throws IOException the fault that stopped the torrent: the metadata is of no use
     * @throws IllegalStateException if the torrent is closed before
     */
    public Metainfo awaitMetadata() throws IOException, InterruptedException {
        life.awaitMetadata(TorrentLife.deadline(Duration.ofSeconds(Long.MAX_VALUE)));
        return metainfo();
    }

    /** Like {@link #awaitMetadata()}, but at most so long; false if the time ran out. */
    public boolean awaitMetadata(Duration timeout) throws IOException, InterruptedException {
        return life.awaitMetadata(TorrentLife.deadline(timeout));
    }

    // --- what it is

    /** Whether the torrent's metadata is known; always, but at the beginning of one that was added by a magnet link. */
    public boolean hasMetadata() {
        return life.known().isPresent();
    }

    /**
     * The torrent's metainfo.
     *
     * @throws IllegalStateException if it was added by a magnet link and the metadata is not known yet
     */
    public Metainfo metainfo() {
        return requireKnown().metainfo();
    }

    /** What the torrent is known by. */
    public InfoHash infoHash() {
        return infoHash;
    }

    /** The name that its file or directory has; while that is not known, what the magnet link says, or the info-hash. */
    public String name() {
        return life.name();
    }

    private Optional<Layout> layout() {
        return life.known().map(known -> known.metainfo().layout());
    }

    /** Bytes in all; 0 while the metadata is not known, as are the next two. */
    public long size() {
        return layout().map(Layout::totalLength).orElse(0L);
    }

    /** Bytes of a piece; the last one may be shorter. */
    public int pieceLength() {
        return layout().map(Layout::pieceLength).orElse(0);
    }

    /** The number of pieces. */
    public int pieceCount() {
        return layout().map(Layout::pieceCount).orElse(0);
    }

    /** Where the files go. */
    public Path directory() {
        return options.directory();
    }

    /** The 20 bytes by which we name ourselves to trackers and peers. */
    public byte[] peerId() {
        return client.peerId().toBytes();
    }

    /** The port that peers can connect to. */
    public int port() {
        return client.port();
    }

    // --- how it stands

    /** Bytes of blocks served, over all runs that resume data remembers. */
    public long uploaded() {
        return life.known().map(TorrentLife::uploaded).orElse(0L);
    }

    /** Bytes of wanted blocks received, over all runs that resume data remembers. */
    public long downloaded() {
        return life.known().map(TorrentLife::downloaded).orElse(0L);
    }

    /** Bytes of the wanted pieces that are missing; 0 while the metadata is not known. */
    public long left() {
        return swarm().map(Swarm::missingBytes).orElse(0L);
    }

    /** The verified pieces, packed as they go over the wire: the high bit of the first byte is piece 0. */
    public byte[] bitfield() {
        return MessageEncoder.packed(pieces(), pieceCount());
    }

    /** The verified pieces. */
    public BitSet pieces() {
        return swarm().map(Swarm::have).orElseGet(BitSet::new);
    }

    /** The pieces that are wanted and missing. */
    public BitSet wanted() {
        return swarm().map(Swarm::wanted).orElseGet(BitSet::new);
    }

    /** The pieces of which something has come, but which are not verified. */
    public BitSet piecesInProgress() {
        var pieces = new BitSet();
        swarm().ifPresent(swarm -> swarm.partials().keySet().forEach(pieces::set));
        return pieces;
    }

    /** Whether everything that is wanted is there and verified. */
    public boolean isComplete() {
        return swarm().map(Swarm::isComplete).orElse(false);
    }

    /** Whether everything that there is is there and verified. */
    public boolean isSeed() {
        return swarm().map(Swarm::isSeed).orElse(false);
    }

    /** All figures of the moment. */
    public TorrentSnapshot snapshot() {
        return life.known()
                .map(TorrentSnapshot::of)
                .orElseGet(() -> TorrentSnapshot.withoutMetadata(
                        state(), life.peers().size(), life.addresses().known()));
    }

    /** Why it moves or does not: the one likeliest cause. Reads memory, as often as anybody likes. */
    public Diagnosis diagnosis() {
        return life.diagnosis();
    }

    /** The pieces that are wanted and missing and that no connected peer has. */
    public BitSet unavailable() {
        return swarm().map(Swarm::unavailable).orElseGet(BitSet::new);
    }

    /** The files, in the torrent's order; none while the metadata is not known. */
    public List<FileSnapshot> files() {
        return life.known().map(FileSnapshot::allOf).orElseGet(List::of);
    }

    /** The connected peers. */
    public List<PeerSnapshot> peers() {
        return life.peers();
    }

    /** Why the last connections ended, oldest first: each an address and a reason. */
    public List<String> disconnects() {
        return life.disconnects().stream().map(Swarm.Disconnect::toString).toList();
    }

    /** The tracker tiers. */
    public List<TrackerSnapshot> trackers() {
        return life.trackers();
    }

    // --- what can be changed

    /**
     * Sets a file's priority: 0 if it is not wanted, else any positive number; files of a higher one are fetched first. A
     * file that is wanted no more keeps what has come of it.
     *
     * @throws IllegalStateException if the metadata is not known yet
     */
    public void setPriority(int file, int priority) {
        var known = requireKnown();
        Objects.checkIndex(file, known.metainfo().files().size());
        known.setPriority(file, requirePriority(priority));
    }

    static int requirePriority(int priority) {
        if (priority < 0) {
            throw new IllegalArgumentException("priority < 0: " + priority);
        }
        return priority;
    }

    /** Whether to fetch pieces in order instead of rarest first. */
    public void setSequential(boolean sequential) {
        life.setSequential(sequential);
    }

    /** Adds an address at which a peer may be. */
    public void addPeer(InetSocketAddress address) {
        life.addPeer(Objects.requireNonNull(address, "address"));
    }

    /** A peer was found in the local network. */
    void found(InetSocketAddress address) {
        life.found(address);
    }

    /** Asks the trackers for more peers, as soon as they allow it. */
    public void announce() {
        life.announce();
    }

    /** Adds somebody to be told what happens from now on. */
    public void addListener(TorrentListener listener) {
        life.events().add(Objects.requireNonNull(listener, "listener"));
    }

    /** Ends what {@link #addListener} began. */
    public void removeListener(TorrentListener listener) {
        life.events().remove(listener);
    }

    /** Adds a listener to verified pieces. */
    public void onPieceVerified(IntConsumer listener) {
        Objects.requireNonNull(listener, "listener");
        addListener(new TorrentListener() {
            @Override
            public void onPieceVerified(int piece) {
                listener.accept(piece);
            }
        });
    }

    /** Adds a listener to pieces that failed their hash. */
    public void onPieceFailed(IntConsumer listener) {
        Objects.requireNonNull(listener, "listener");
        addListener(new TorrentListener() {
            @Override
            public void onPieceFailed(int piece) {
                listener.accept(piece);
            }
        });
    }

    /** Adds a listener to the moment when everything wanted is there. */
    public void onComplete(Runnable listener) {
        Objects.requireNonNull(listener, "listener");
        addListener(new TorrentListener() {
            @Override
            public void onComplete() {
                listener.run();
            }
        });
    }

    @Override
    public String toString() {
        return name() + " (" + infoHash() + ", " + state() + ")";
    }
}
