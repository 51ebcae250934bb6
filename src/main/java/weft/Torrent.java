package weft;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntConsumer;
import weft.metainfo.InfoHash;
import weft.metainfo.Metainfo;
import weft.metainfo.PieceRange;
import weft.metainfo.TorrentFile;
import weft.swarm.Peer;
import weft.swarm.Swarm;
import weft.tracker.TrackerSnapshot;
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
    private final Metainfo metainfo;
    private final Swarm swarm;
    private final TorrentLife life;

    Torrent(Client client, boolean ownsClient, Metainfo metainfo, AddOptions options) {
        options.priorities()
                .keySet()
                .forEach(file -> Objects.checkIndex(file, metainfo.files().size()));
        this.client = client;
        this.ownsClient = ownsClient;
        this.metainfo = metainfo;
        this.life = new TorrentLife(client, metainfo, options);
        this.swarm = life.swarm();
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

    // --- the order of life

    /** Connects, downloads what is wanted and missing, serves what is there; asks the disk again after an error. */
    public void start() {
        life.start();
    }

    /** Keeps its connections, but neither asks for anything nor serves anything, until {@link #start}. */
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

    TorrentLife life() {
        return life;
    }

    /** What it is doing. */
    public TorrentState state() {
        return life.state();
    }

    /** The fault that brought it into state {@link TorrentState#ERROR}. */
    public Optional<IOException> error() {
        return life.error();
    }

    /**
     * Hashes what lies on disk of every piece, and waits until that is done; the torrent transfers nothing meanwhile.
     * Listeners are told of every piece, and {@link #snapshot} says how far it is. If the waiting thread is interrupted, or
     * somebody calls {@link #cancelHashCheck}, the check ends where it is; what was found until then holds.
     *
     * @throws IOException if the disk fails
     * @throws java.util.concurrent.CancellationException if the check was cancelled
     */
    public void hashCheck() throws IOException, InterruptedException {
        var all = new BitSet(pieceCount());
        all.set(0, pieceCount());
        hashCheck(all);
    }

    /** Like {@link #hashCheck()}, of one piece. Says whether it is right. */
    public boolean hashCheck(int piece) throws IOException, InterruptedException {
        Objects.checkIndex(piece, pieceCount());
        var one = new BitSet();
        one.set(piece);
        return hashCheck(one).get(piece);
    }

    /** Like {@link #hashCheck()}, of some pieces. Says which of them are right. */
    public BitSet hashCheck(BitSet pieces) throws IOException, InterruptedException {
        if (pieces.length() > pieceCount()) {
            throw new IndexOutOfBoundsException("piece " + (pieces.length() - 1) + " of " + pieceCount());
        }
        return life.hashCheck((BitSet) pieces.clone());
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
        life.cancelHashCheck();
    }

    /**
     * Waits until everything that is wanted is there and verified.
     *
     * @throws IOException the fault that stopped the torrent
     * @throws IllegalStateException if the torrent is closed before it is complete
     */
    public void awaitComplete() throws IOException, InterruptedException {
        life.awaitComplete(Duration.ofSeconds(Long.MAX_VALUE));
    }

    /** Like {@link #awaitComplete()}, but at most so long; false if the time ran out. */
    public boolean awaitComplete(Duration timeout) throws IOException, InterruptedException {
        return life.awaitComplete(timeout);
    }

    // --- what it is

    /** The torrent's metainfo. */
    public Metainfo metainfo() {
        return metainfo;
    }

    /** What the torrent is known by. */
    public InfoHash infoHash() {
        return metainfo.infoHash();
    }

    /** The name that its file or directory has. */
    public String name() {
        return metainfo.name();
    }

    /** Bytes in all. */
    public long size() {
        return metainfo.layout().totalLength();
    }

    /** Bytes of a piece; the last one may be shorter. */
    public int pieceLength() {
        return metainfo.layout().pieceLength();
    }

    /** The number of pieces. */
    public int pieceCount() {
        return metainfo.layout().pieceCount();
    }

    /** Where the files go. */
    public Path directory() {
        return life.directory();
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
        return life.uploaded();
    }

    /** Bytes of wanted blocks received, over all runs that resume data remembers. */
    public long downloaded() {
        return life.downloaded();
    }

    /** Bytes of the wanted pieces that are missing. */
    public long left() {
        return swarm.missingBytes();
    }

    /** The verified pieces, packed as they go over the wire: the high bit of the first byte is piece 0. */
    public byte[] bitfield() {
        return MessageEncoder.packed(swarm.have(), pieceCount());
    }

    /** The verified pieces. */
    public BitSet pieces() {
        return swarm.have();
    }

    /** The pieces that are wanted and missing. */
    public BitSet wanted() {
        return swarm.wanted();
    }

    /** The pieces of which something has come, but which are not verified. */
    public BitSet piecesInProgress() {
        var pieces = new BitSet();
        swarm.partials().keySet().forEach(pieces::set);
        return pieces;
    }

    /** Whether everything that is wanted is there and verified. */
    public boolean isComplete() {
        return swarm.isComplete();
    }

    /** Whether everything that there is is there and verified. */
    public boolean isSeed() {
        return swarm.isSeed();
    }

    /** All figures of the moment. */
    public TorrentSnapshot snapshot() {
        long left = swarm.missingBytes();
        long wanted = swarm.wantedBytes();
        var peers = swarm.peers();
        var check = life.checkProgress();
        return new TorrentSnapshot(
                state(),
                wanted == 0 ? 1 : (double) (wanted - left) / wanted,
                size(),
                wanted,
                left,
                downloaded(),
                uploaded(),
                swarm.wasted().total(),
                swarm.downloaded().bytesPerSecond(),
                swarm.uploaded().bytesPerSecond(),
                swarm.have().cardinality(),
                pieceCount(),
                peers.size(),
                (int) peers.stream().filter(Peer::isSeed).count(),
                swarm.candidateCount(),
                check.checked(),
                check.total());
    }

    /** Why it moves or does not: the one likeliest cause. Reads memory, as often as anybody likes. */
    public Diagnosis diagnosis() {
        var limits = client.shared().limits();
        return new Examination(life, swarm, limits.isFull(), client.options().maxConnections()).diagnosis();
    }

    /** The pieces that are wanted and missing and that no connected peer has. */
    public BitSet unavailable() {
        return swarm.unavailable();
    }

    /** The files, in the torrent's order. */
    public List<FileSnapshot> files() {
        var layout = metainfo.layout();
        var have = swarm.have();
        var files = new ArrayList<FileSnapshot>();
        for (TorrentFile file : metainfo.files()) {
            long verified = 0;
            var pieces = layout.piecesOf(file.index());
            for (int piece = have.nextSetBit(pieces.first());
                    piece >= 0 && piece < pieces.end();
                    piece = have.nextSetBit(piece + 1)) {
                long begin = Math.max(layout.pieceOffset(piece), file.offset());
                long end =
                        Math.min(layout.pieceOffset(piece) + layout.pieceLength(piece), file.offset() + file.length());
                verified += Math.max(0, end - begin);
            }
            files.add(new FileSnapshot(
                    file.index(),
                    Path.of("", file.path().toArray(String[]::new)),
                    file.length(),
                    verified,
                    life.priority(file.index()),
                    file.isPadding()));
        }
        return files;
    }

    /** The connected peers. */
    public List<PeerSnapshot> peers() {
        return swarm.peers().stream().map(this::snapshot).toList();
    }

    private PeerSnapshot snapshot(Peer peer) {
        return new PeerSnapshot(
                peer.address(),
                peer.peerId().clientName(),
                peer.isOutgoing(),
                peer.connectedFor(),
                peer.isFast(),
                peer.amChoking(),
                peer.amInterested(),
                peer.peerChoking(),
                peer.peerInterested(),
                peer.isSnubbed(),
                peer.isOptimistic(),
                peer.isSeed(),
                pieceCount() == 0 ? 1 : (double) peer.pieceCount() / pieceCount(),
                peer.downloaded().total(),
                peer.uploaded().total(),
                peer.wasteBytes(),
                peer.downloaded().bytesPerSecond(),
                peer.uploaded().bytesPerSecond(),
                peer.outstanding(),
                peer.requestWindow(),
                peer.queuedUploads(),
                swarm.lastDisconnect(peer.address()));
    }

    /** Why the last connections ended, oldest first: each an address and a reason. */
    public List<String> disconnects() {
        return swarm.disconnects().stream().map(Swarm.Disconnect::toString).toList();
    }

    /** The tracker tiers. */
    public List<TrackerSnapshot> trackers() {
        return life.trackers();
    }

    // --- what can be changed

    /**
     * Sets a file's priority: 0 if it is not wanted, else any positive number; files of a higher one are fetched first. A
     * file that is wanted no more keeps what has come of it.
     */
    public void setPriority(int file, int priority) {
        Objects.checkIndex(file, metainfo.files().size());
        life.setPriority(file, requirePriority(priority));
    }

    static int requirePriority(int priority) {
        if (priority < 0) {
            throw new IllegalArgumentException("priority < 0: " + priority);
        }
        return priority;
    }

    /** Whether to fetch pieces in order instead of rarest first. */
    public void setSequential(boolean sequential) {
        swarm.setSequential(sequential);
    }

    /** Adds an address at which a peer may be. */
    public void addPeer(InetSocketAddress address) {
        swarm.addCandidates(List.of(Objects.requireNonNull(address, "address")));
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
