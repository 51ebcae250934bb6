package weft.swarm;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import weft.concurrent.FlightRecording;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.extension.Extension;
import weft.metainfo.InfoHash;
import weft.metainfo.Layout;
import weft.metainfo.Metainfo;
import weft.net.AddressVotes;
import weft.net.BufferPool;
import weft.net.ConnectionLimits;
import weft.net.PeerChannel;
import weft.net.TcpChannel;
import weft.picker.PiecePicker;
import weft.picker.WantedBytes;
import weft.storage.PieceVerifier;
import weft.storage.Storage;
import weft.storage.StorageException;
import weft.storage.StorageException.Reason;
import weft.wire.AllowedFast;
import weft.wire.Handshake;
import weft.wire.PeerId;
import weft.wire.Reserved;

/**
 * One torrent's life among its peers: who is connected, what is asked of whom, what becomes of the pieces. It outlives
 * being stopped: what it has and whom it knows stays, connections and threads do not.
 *
 * <p>Made by a torrent, which calls {@link #start}, {@link #pause}, {@link #resume}, {@link #stop} from one thread. The
 * rest may be called from any thread; nothing here waits for the network or the disk but the threads of its own scope,
 * and {@link #stop} for them, in bounded time. Which thread holds which lock is told in the package's description.
 */
public final class Swarm {
    private static final System.Logger LOG = System.getLogger("weft.swarm");

    /** The keeper's round: rates, snubs, requests that became free. */
    private static final Duration TICK = Duration.ofSeconds(1);

    /** What has moved within this time moves: the keeper looks every second. */
    private static final Duration MOVES = Duration.ofSeconds(2);

    /** A disk that takes longer for a block or a piece keeps its peers waiting. */
    private static final Duration DISK_PATIENCE = Duration.ofSeconds(2);

    static final String STOPPED = "the torrent was stopped";

    /** What the torrent is told. Called on peers' and disk threads: must not block. */
    public interface Listener {
        /** Some blocks, of any piece, are in the storage. Told for every few of them, so that it must take no time to speak of. */
        void blocksWritten();

        /** A piece is there and right. */
        void pieceVerified(int piece);

        /** A piece did not match its hash and is fetched again. */
        void pieceFailed(int piece);

        /**
         * Everything that is wanted is there; {@code byDownload} if what was last came from peers, and was neither found
         * on the disk nor ceased to be wanted.
         */
        void completed(boolean byDownload);

        /** The storage failed; the torrent must be stopped. */
        void storageFailed(IOException cause);
    }

    /**
     * What all torrents of a client share.
     *
     * @param votes on the address by which the world sees us: of peers, trackers and nodes of the DHT
     * @param port at which peers reach us, by TCP and UDP
     * @param dht where to tell addresses at which nodes of the DHT may be; empty if we have none
     */
    public record Shared(
            PeerId peerId,
            ConnectionLimits limits,
            BufferPool buffers,
            Watchdog watchdog,
            Bans bans,
            RandomGenerator random,
            LongSupplier nanoTime,
            AddressVotes votes,
            int port,
            boolean peerExchange,
            Optional<Consumer<InetSocketAddress>> dht) {
        /** What we can say of ourselves in a handshake. */
        Reserved reserved(boolean isPrivate) {
            return Reserved.ours(dht.isPresent() && !isPrivate);
        }
    }

    /**
     * What is known of the torrent.
     *
     * @param isPrivate whether peers come from its trackers only, so that neither the DHT nor peers are spoken of (BEP 27)
     * @param metadata the info dictionary, for those who know the info-hash only (BEP 9); empty where it is not served
     * @param extensions what is spoken with peers beside that (BEP 10)
     */
    public record Subject(
            InfoHash infoHash,
            Layout layout,
            boolean isPrivate,
            Optional<ByteBuffer> metadata,
            List<Extension> extensions) {
        /** Of a torrent whose metainfo is known; of a private one the metadata is not given to anybody (BEP 27). */
        public static Subject of(Metainfo metainfo, List<Extension> extensions) {
            return new Subject(
                    metainfo.infoHash(),
                    metainfo.layout(),
                    metainfo.isPrivate(),
                    metainfo.isPrivate() ? Optional.empty() : Optional.of(metainfo.infoBytes()),
                    extensions);
        }
    }

    /** How many peers a torrent may have, and how many of them it serves at a time. */
    public record Limits(int maxPeers, int uploadSlots) {}

    /** Why a connection ended, for people to read. */
    public record Disconnect(InetSocketAddress address, String reason) {
        @Override
        public String toString() {
            return text(address) + ": " + reason;
        }
    }

    /**
     * The addresses at which peers may be: how many are known, how many of these wait to be dialled and how many are
     * dialled or connected, and why the last connection to each ended or there was none, where there was a try.
     */
    public record Addresses(int known, int waiting, int busy, List<Disconnect> failed) {
        /** Copies the list. */
        public Addresses {
            failed = List.copyOf(failed);
        }
    }

    /** What exists while the torrent is started. */
    record Session(TaskScope scope, Storage storage, PieceVerifier verifier) {}

    private final InfoHash infoHash;
    private final String torrent; // in events
    private final Layout layout;
    private final Shared shared;
    private final Listener listener;
    private final PiecePicker picker;
    private final Choker choker;
    private final Conversations conversations;
    private final ConnectedPeers<Peer> peers;
    private final Verification verification;
    private final RateMeter downloaded;
    private final RateMeter uploaded;
    private final RateMeter wasted;

    private final ReentrantLock completeLock = new ReentrantLock();

    private volatile Session session; // null while stopped
    private volatile boolean transferring; // started and not paused
    private volatile boolean isBeingChecked;
    private volatile boolean complete; // changed under completeLock

    /** A swarm of which nothing is there yet, stopped. */
    public Swarm(Subject subject, Shared shared, Limits limits, Listener listener) {
        this(
                subject,
                new Door(subject.infoHash(), shared.reserved(subject.isPrivate()), shared),
                Optional.empty(),
                shared,
                limits,
                listener);
    }

    /** A swarm that goes on from where the metadata was fetched: with the same door, and the same connections. */
    Swarm(
            Subject subject,
            Door door,
            Optional<MetadataSwarm> predecessor,
            Shared shared,
            Limits limits,
            Listener listener) {
        this.infoHash = subject.infoHash();
        this.torrent = infoHash.toHex().substring(0, 8);
        this.layout = subject.layout();
        this.shared = shared;
        this.listener = listener;
        this.picker = new PiecePicker(layout, quickRandom(shared));
        this.verification = new Verification(this, picker, layout, shared);
        this.conversations = new Conversations(this, subject, door, predecessor, shared, limits.maxPeers(), picker);
        this.peers = conversations.peers();
        this.choker =
                new Choker(limits.uploadSlots(), peers::all, () -> complete, quickRandom(shared), shared.nanoTime());
        long now = shared.nanoTime().getAsLong();
        this.downloaded = new RateMeter(now);
        this.uploaded = new RateMeter(now);
        this.wasted = new RateMeter(now);
    }

    /** The shared one may wait for others that draw from it, and for the system, which must not happen under a lock. */
    private static RandomGenerator quickRandom(Shared shared) {
        return new SplittableRandom(shared.random().nextLong());
    }

    // --- the order of life

    /** Takes over what resume data vouches for, and forgets all else. Not while it is started. */
    public void restore(BitSet pieces, Map<Integer, BitSet> blocksOfPartials) {
        picker.restore(pieces, blocksOfPartials);
        complete = picker.isComplete();
    }

    /** Starts to connect, download and serve, in a scope below {@code parent}; or first only to connect, as if paused. */
    public void start(TaskScope parent, Storage storage, PieceVerifier verifier, boolean paused) {
        var scope = parent.childSupervised("", this::taskFailed);
        complete = picker.isComplete();
        transferring = !paused; // before anybody can come in
        choker.serve(!paused);
        var unverified = picker.unverified(); // before anybody can finish a piece, who has it verified himself
        session = new Session(scope, storage, verifier);
        conversations.start(scope);
        scope.fork("keeper", this::keep);
        var started = session;
        unverified.forEach(piece -> verification.verifyFromDisk(started, piece));
    }

    /** Keeps the connections, but neither asks nor serves. */
    public void pause() {
        transferring = false;
        choker.serve(false);
        for (Peer peer : peers) {
            peer.takeBackBlocks(); // of those too that are choked, and were allowed some
            peer.updateInterest(this::isTransferring);
        }
    }

    /** Ends a {@link #pause}. */
    public void resume() {
        transferring = true;
        choker.serve(true);
        peers.forEach(this::wake);
    }

    /** Ends all connections and threads, waiting at most {@code patience}. Says whether all have ended. */
    public boolean stop(Duration patience) {
        transferring = false;
        var ending = session;
        session = null;
        boolean allEnded = conversations.stop(patience);
        return (ending == null || ending.scope().close(patience)) && allEnded;
    }

    private void taskFailed(String task, Throwable failure) {
        LOG.log(System.Logger.Level.ERROR, () -> infoHash + ": " + task + " failed", failure);
    }

    // --- peers come

    /** Adds addresses that were found in the DHT or the local network; a private torrent has no use for them (BEP 27). */
    public void addFound(Collection<InetSocketAddress> addresses) {
        addresses.forEach(conversations.candidates()::addFound);
    }

    /** Adds addresses at which peers may be, as a tracker or the user has told. */
    public void addCandidates(Collection<InetSocketAddress> addresses) {
        addresses.forEach(conversations.candidates()::add);
    }

    /** How many addresses are known at which peers may be. */
    public int candidateCount() {
        return conversations.candidates().size();
    }

    /**
     * A peer has connected to us and named this torrent. The connection is taken over and served in a thread of the
     * swarm, or closed.
     */
    public void accept(
            PeerChannel channel, Watchdog.Guard deadline, Handshake.Head head, ConnectionLimits.Place place) {
        conversations.accept(channel, deadline, head, place);
    }

    static String failureReason(Exception e, Watchdog.Guard deadline) {
        return deadline.hasExpired() ? "has not " + deadline.expectation() + " in time" : message(e);
    }

    static String message(Throwable e) {
        return switch (e) {
            case EOFException eof -> eof.getMessage();
            case ClosedChannelException closed -> "closed";
            case ConnectException refused -> TcpChannel.reason(refused);
            default -> e.getMessage() != null ? e.getMessage() : e.getClass().getSimpleName();
        };
    }

    /** An address by its numbers, those of IPv6 in brackets. */
    public static String text(InetSocketAddress address) {
        var host = address.isUnresolved()
                ? address.getHostString()
                : address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    // --- what peers' threads tell

    /** What exists while it is started; else null. */
    Session session() {
        return session;
    }

    Conversations conversations() {
        return conversations;
    }

    /** Whether everything that is wanted is there, as far as that has been told. */
    boolean wantsNothing() {
        return complete;
    }

    /** One with whom we have talked has gone. */
    void peerHasLeft() {
        if (transferring) {
            choker.changed();
            refill(); // what it was asked for is free for others
        }
    }

    void refusedBanned(InetAddress address) {
        verification.refusedBanned(address);
    }

    /** What it is called in events and in the names of threads. */
    String torrent() {
        return torrent;
    }

    Layout layout() {
        return layout;
    }

    Choker choker() {
        return choker;
    }

    Bans bans() {
        return shared.bans();
    }

    ConnectionLimits limits() {
        return shared.limits();
    }

    Watchdog watchdog() {
        return shared.watchdog();
    }

    /** Whether the torrent may have more peers. */
    public boolean hasRoom() {
        return peers.isFree(1);
    }

    long now() {
        return shared.nanoTime().getAsLong();
    }

    boolean isTransferring() {
        return transferring;
    }

    Set<Integer> allowedFastSet(Peer peer) {
        return AllowedFast.set(peer.address().getAddress(), infoHash, layout.pieceCount(), AllowedFast.SIZE);
    }

    void peerPiecesChanged(Peer peer) {
        wake(peer);
        conversations.closeIfUseless(peer);
    }

    private void wake(Peer peer) {
        peer.updateInterest(this::isTransferring);
        peer.refill();
    }

    void downloaded(int bytes) {
        downloaded.add(bytes);
    }

    void uploaded(int bytes) {
        uploaded.add(bytes);
    }

    void wasted(int bytes) {
        wasted.add(bytes);
    }

    /**
     * While a hash check runs, that a file is not what it was is no failure of the storage's: the check finds out what is
     * left of it, and blocks that come meanwhile and cannot be written are asked for again.
     */
    public void setBeingChecked(boolean isBeingChecked) {
        this.isBeingChecked = isBeingChecked;
    }

    /** The storage failed, unless it was a stop that closed it or interrupted who was using it. */
    @SuppressWarnings("ReferenceEquality") // this very storage: another one may be in use by now
    void storageFailed(Storage storage, IOException cause) {
        var current = session;
        boolean isFound = isBeingChecked
                && cause instanceof StorageException fault
                && (fault.reason() == Reason.MISSING || fault.reason() == Reason.CHANGED);
        if (current != null && current.storage() == storage && !(cause instanceof InterruptedIOException) && !isFound) {
            listener.storageFailed(cause);
        }
    }

    /** Blocks are written that have come from a peer. */
    void blocksWritten() {
        listener.blocksWritten();
    }

    /** All blocks of a piece are written: have it verified. */
    void verify(int piece) {
        var current = session;
        if (current != null) { // else it stays written and unverified, and is verified at the next start
            verification.verify(current, piece);
        }
    }

    /** A piece has come, and is right. */
    void pieceVerified(int piece) {
        listener.pieceVerified(piece);
        tellHave(piece);
        checkComplete(true);
    }

    /** A piece has come, and is wrong: it is fetched again. */
    void pieceFailed(int piece) {
        listener.pieceFailed(piece);
    }

    /** Ends the connections to those who are banned. */
    void closeBanned(String reason) {
        peers.closeBanned(reason);
    }

    /** There is more to be asked for. */
    void refill() {
        peers.forEach(Peer::refill);
    }

    private void tellHave(int piece) {
        peers.tellAll(peer -> {
            peer.sendHave(piece);
            peer.updateInterest(this::isTransferring);
        });
    }

    private void tellDontHave(int piece) {
        peers.tellAll(peer -> peer.sendDontHave(piece));
    }

    private void checkComplete(boolean byDownload) {
        boolean nowComplete;
        completeLock.lock();
        try {
            nowComplete = picker.isComplete();
            if (complete == nowComplete) {
                return;
            }
            complete = nowComplete;
        } finally {
            completeLock.unlock();
        }
        choker.changed();
        if (nowComplete) {
            listener.completed(byDownload);
        }
        conversations.completionChanged();
    }

    // --- the keeper

    private void keep() throws InterruptedException {
        long lastRound = shared.nanoTime().getAsLong();
        while (true) {
            Thread.sleep(TICK);
            long now = shared.nanoTime().getAsLong();
            tick(now);
            if (now - lastRound >= Choker.ROUND.toNanos()) {
                choker.round();
                lastRound = now;
            }
        }
    }

    /** One round of the keeper. */
    void tick(long now) {
        downloaded.tick(now);
        uploaded.tick(now);
        wasted.tick(now);
        for (Peer peer : peers) {
            if (peer.tick(now)) {
                LOG.log(System.Logger.Level.DEBUG, "{0}: snubbed us", peer);
            }
        }
        conversations.tick();
        if (FlightRecording.isOn()) {
            PeerStatisticsEvent.ofAll(peers.all());
        }
        picker.tick();
        if (transferring) { // who has snubbed us gets what the others leave
            peers.stream().filter(peer -> !peer.isSnubbed()).forEach(Peer::refill);
            peers.stream().filter(Peer::isSnubbed).forEach(Peer::refill);
        }
    }

    // --- what the torrent asks and sets

    /** Sets the priority of every piece: 0 for unwanted, higher first. */
    public void setPriorities(int[] priorities) {
        picker.setPriorities(priorities);
        peers.forEach(this::wake);
        checkComplete(false);
    }

    /** Whether to fetch pieces in order instead of rarest first. */
    public void setSequential(boolean sequential) {
        picker.setSequential(sequential);
    }

    /**
     * A hash check found a piece whole, or not. Says whether the piece is there, as it is too if it has come, and was
     * verified, after the check has read it.
     *
     * @param wasThere whether it was there when the check began
     */
    public boolean checked(int piece, boolean whole, boolean wasThere) {
        boolean changed = picker.checked(piece, whole, wasThere);
        if (whole) {
            if (changed) {
                tellHave(piece);
            }
            listener.pieceVerified(piece);
            return true;
        }
        if (!wasThere && picker.has(piece)) {
            return true; // listeners have heard of it when it came
        }
        if (changed) {
            tellDontHave(piece);
        }
        listener.pieceFailed(piece);
        return false;
    }

    /** After a hash check: finds out whether the torrent has become complete, or ceased to be. */
    public void checkEnded() {
        // BEP 3 has no message that takes a have back: they come again, and are told what is true now.
        peers.stream()
                .filter(Peer::isMisinformed)
                .forEach(peer -> peer.close("pieces that it was told of are damaged"));
        peers.forEach(this::wake);
        checkComplete(false);
    }

    /** The pieces that are there and verified; a copy. */
    public BitSet have() {
        return picker.have();
    }

    /** The pieces that are wanted and missing; a copy. */
    public BitSet wanted() {
        return picker.wanted();
    }

    /** The pieces that are wanted and missing and that no connected peer has. */
    public BitSet unavailable() {
        return picker.unavailable();
    }

    /** The blocks that are in the storage of pieces that are not verified; a copy. */
    public Map<Integer, BitSet> partials() {
        return picker.partials();
    }

    /** Bytes of all verified pieces. */
    public long haveBytes() {
        return picker.haveBytes();
    }

    /** Bytes of the wanted pieces that are missing. */
    public long missingBytes() {
        return picker.missingBytes();
    }

    /** How much is wanted, and how much of that is missing, both at one moment. */
    public WantedBytes wantedBytes() {
        return picker.wantedBytes();
    }

    /** Whether everything that is wanted is there. */
    public boolean isComplete() {
        return picker.isComplete();
    }

    /** Whether everything is there. */
    public boolean isSeed() {
        return picker.isSeed();
    }

    /** Whether blocks that are wanted have come just now. */
    public boolean isDownloading() {
        return downloaded.hasMoved(shared.nanoTime().getAsLong(), MOVES.toNanos());
    }

    /** Whether blocks have been served just now. */
    public boolean isUploading() {
        return uploaded.hasMoved(shared.nanoTime().getAsLong(), MOVES.toNanos());
    }

    /** How many blocks and pieces have waited for the disk for longer than they should. */
    public int waitingForDisk() {
        long latest = shared.nanoTime().getAsLong() - DISK_PATIENCE.toNanos();
        return verification.waiting(latest)
                + peers.stream().mapToInt(peer -> peer.disk().waiting(latest)).sum();
    }

    /** How many pieces have failed their hash since the last that did not. */
    public int failuresInARow() {
        return verification.failuresInARow();
    }

    /** How many addresses have been banned, or not dialled because they were, since the last piece that was right. */
    public int bannedInARow() {
        return verification.bannedInARow();
    }

    /** The addresses at which peers may be. */
    public Addresses addresses() {
        return conversations.candidates().addresses();
    }

    /** The peers that are connected now. */
    public List<Peer> peers() {
        return List.copyOf(peers.all());
    }

    /** How many peers are connected; also those that are since the metadata was fetched, and are not taken over yet. */
    public int peerCount() {
        return conversations.peerCount();
    }

    /** Why the last connections ended, oldest first. */
    public List<Disconnect> disconnects() {
        return conversations.disconnects();
    }

    /** Why the last connection to this address ended, or why there was none. */
    public Optional<String> lastDisconnect(InetSocketAddress address) {
        return conversations.candidates().lastReason(address);
    }

    /** Bytes of blocks that were wanted, since this object was made, and their rate. */
    public RateMeter downloaded() {
        return downloaded;
    }

    /** Bytes of blocks served, since this object was made, and their rate. */
    public RateMeter uploaded() {
        return uploaded;
    }

    /** Bytes of pieces that came in and failed their hash. */
    public long corruptBytes() {
        return verification.corruptBytes();
    }

    /** Bytes of blocks that came twice or without being asked for. */
    public RateMeter wasted() {
        return wasted;
    }
}
