package weft.swarm;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import weft.concurrent.FlightRecording;
import weft.net.PeerChannel;
import weft.picker.PiecePicker;
import weft.picker.Source;
import weft.wire.ExtensionHandshake;
import weft.wire.MessageEncoder;
import weft.wire.PeerId;
import weft.wire.Reserved;

/**
 * One connection to a peer and its state, from the end of the handshake on: who chokes whom, who is interested, how much
 * has come and gone. What is asked of it is its {@link RequestPipeline}'s to know. Read by its {@link PeerReader}, written
 * by its {@link PeerWriter}; the choker and the swarm's keeper act on it too, by way of the outbox. Nothing here blocks.
 */
public final class Peer implements ConnectedPeer {
    /** After a choke requests may still be on their way for so long. */
    private static final Duration CHOKE_GRACE = Duration.ofSeconds(10);

    private final String torrent;
    private final PeerChannel channel;
    private final boolean outgoing;
    private final PeerId peerId;
    private final Reserved reserved;
    private final LongSupplier nanoTime;
    private final PiecePicker picker;
    private final Source source;
    private final long connectedNanos;
    private final Outbox outbox = new Outbox();
    private final PeerExtensions extensions;
    private final RequestPipeline pipeline;
    private final PeerDisk disk;
    private final RateMeter downloaded;
    private final RateMeter uploaded;
    private final AtomicReference<String> closeReason = new AtomicReference<>();

    // Each is written by one thread at a time and read by any.
    private volatile boolean amChoking = true;
    private volatile boolean everUnchoked;
    private volatile boolean peerChoking = true;
    private volatile boolean peerInterested;
    private volatile boolean optimistic;
    private volatile boolean uploadOnly;
    private volatile boolean misinformed;
    private volatile long unchokedNanos; // when we last unchoked or choked it
    private volatile long exchangedNanos; // when a block last went in either direction; at first, when it came
    private final LongAdder exchanges = new LongAdder(); // blocks in either direction, and haves that we sent
    private final LongAdder wasteBytes = new LongAdder();
    private volatile Set<Integer> allowedFast = Set.of(); // what we serve it even while we choke it

    /**
     * Begins a connection's life.
     *
     * @param torrent the name that its torrent goes by in events
     * @param reserved what both sides can do
     * @param table the extensions that we speak
     * @param handshake what it has said of itself by the extension protocol already
     */
    Peer(
            String torrent,
            PeerChannel channel,
            boolean outgoing,
            PeerId peerId,
            Reserved reserved,
            PiecePicker picker,
            ExtensionTable table,
            ExtensionHandshake handshake,
            LongSupplier nanoTime) {
        this.torrent = torrent;
        this.channel = channel;
        this.outgoing = outgoing;
        this.peerId = peerId;
        this.reserved = reserved;
        this.picker = picker;
        this.nanoTime = nanoTime;
        long now = nanoTime.getAsLong();
        this.connectedNanos = now;
        this.disk = new PeerDisk(torrent, Swarm.text(channel.remoteAddress()), nanoTime);
        this.downloaded = new RateMeter(now);
        this.uploaded = new RateMeter(now);
        this.unchokedNanos = now;
        this.exchangedNanos = now;
        this.extensions = new PeerExtensions(
                table, channel.remoteAddress(), outgoing, reserved.extensionProtocol(), handshake, outbox, this::close);
        this.source = picker.connect(this);
        this.pipeline = new RequestPipeline(picker, source, extensions, outbox, nanoTime);
    }

    // --- who it is

    String torrent() {
        return torrent;
    }

    /** Where the peer is. */
    @Override
    public InetSocketAddress address() {
        return channel.remoteAddress();
    }

    /** Whether we dialled it. */
    @Override
    public boolean isOutgoing() {
        return outgoing;
    }

    /** The id of its handshake. */
    @Override
    public PeerId peerId() {
        return peerId;
    }

    /** How long the connection has stood. */
    public Duration connectedFor() {
        return Duration.ofNanos(nanoTime.getAsLong() - connectedNanos);
    }

    /** Name and version, as it says itself or else as its peer id tells (BEP 10, BEP 20). */
    public String clientName() {
        return extensions.handshake().client().orElseGet(peerId::clientName);
    }

    /** Where it can be dialled, as far as that is known: one that has connected to us may have said so (BEP 10). */
    @Override
    public Optional<InetSocketAddress> listenAddress() {
        return extensions.listenAddress();
    }

    /** Whether it says that it wants nothing any more (BEP 21): a seed, or one that has all that it wants. */
    public boolean isUploadOnly() {
        return uploadOnly;
    }

    /** Our own address as the peer sees it, if it has said that. */
    @Override
    public Optional<InetAddress> seenAs() {
        return extensions.handshake().externalIp();
    }

    /** Whether both sides speak the extension protocol (BEP 10). */
    public boolean isExtended() {
        return extensions.areSpoken();
    }

    PeerExtensions extensions() {
        return extensions;
    }

    void uploadOnly(boolean yes) {
        uploadOnly = yes;
    }

    /** Says, or says anew, what we can and want (BEP 10). */
    void sendExtensionHandshake(ExtensionHandshake ours) {
        queued(extensions.sendHandshake(ours));
    }

    /** Whether the Fast Extension (BEP 6) is in use. */
    public boolean isFast() {
        return reserved.fast();
    }

    /** What both sides can do beyond BEP 3. */
    Reserved reserved() {
        return reserved;
    }

    // --- its state

    /** Whether we choke it. */
    public boolean amChoking() {
        return amChoking;
    }

    /** Whether we want something that it has. */
    public boolean amInterested() {
        return pipeline.isInterested();
    }

    /** Whether it chokes us. */
    public boolean peerChoking() {
        return peerChoking;
    }

    /** Whether it wants something that we have. */
    public boolean peerInterested() {
        return peerInterested;
    }

    /** Whether it was asked for blocks and has not sent one for a minute. */
    public boolean isSnubbed() {
        return pipeline.isSnubbed();
    }

    /** Whether it has the optimistic slot. */
    public boolean isOptimistic() {
        return optimistic;
    }

    /** Whether it has everything. */
    public boolean isSeed() {
        return picker.isSeed(source);
    }

    /** How many pieces it has. */
    public int pieceCount() {
        return picker.pieceCount(source);
    }

    /** How many blocks it was asked for and has not sent. */
    public int outstanding() {
        return pipeline.outstanding();
    }

    /** How many blocks it would be asked for at a time. */
    public int requestWindow() {
        return pipeline.window();
    }

    /** How many blocks it asked for and has not got. */
    public int queuedUploads() {
        return outbox.queuedBlocks();
    }

    /** What came from it in blocks, and how fast. */
    public RateMeter downloaded() {
        return downloaded;
    }

    /** What went to it in blocks, and how fast. */
    public RateMeter uploaded() {
        return uploaded;
    }

    /** Bytes that came without being wanted, or twice. */
    public long wasteBytes() {
        return wasteBytes.sum();
    }

    Source source() {
        return source;
    }

    Outbox outbox() {
        return outbox;
    }

    PeerDisk disk() {
        return disk;
    }

    PeerChannel channel() {
        return channel;
    }

    long unchokedNanos() {
        return unchokedNanos;
    }

    /** Whether we have choked it so lately that its requests may have been on their way. */
    boolean hasJustBeenChoked() {
        return amChoking && everUnchoked && nanoTime.getAsLong() - unchokedNanos < CHOKE_GRACE.toNanos();
    }

    /** How long no block has gone in either direction. */
    @Override
    public long idleNanos(long now) {
        return now - exchangedNanos;
    }

    /** Blocks in either direction, and haves that we sent. */
    long exchanges() {
        return exchanges.sum();
    }

    // --- ending it

    /** Ends the connection for this reason; the first reason given is the one that is kept. */
    @Override
    public void close(String reason) {
        closeReason.compareAndSet(null, reason);
        outbox.close();
        channel.close();
    }

    /** Why we ended the connection, if we did. */
    @Override
    public Optional<String> closeReason() {
        return Optional.ofNullable(closeReason.get());
    }

    private void queued(boolean accepted) {
        if (!accepted) {
            close("does not read what we send");
        }
    }

    // --- telling it

    /** Chokes or unchokes it. Called by the choker only, under its lock. */
    void choke(boolean choke, boolean asOptimistic) {
        optimistic = asOptimistic && !choke;
        if (amChoking == choke) {
            return;
        }
        amChoking = choke;
        if (FlightRecording.isOn()) {
            ChokeEvent.of(this, false, choke);
        }
        everUnchoked |= !choke;
        unchokedNanos = nanoTime.getAsLong();
        queued(outbox.append(choke ? MessageEncoder::choke : MessageEncoder::unchoke));
        if (choke) {
            takeBackBlocks();
        }
    }

    /** Serves nothing of what was asked for and is not being written yet. */
    void takeBackBlocks() {
        for (Outbox.Block block : outbox.takeBack(block -> true)) {
            reject(block);
        }
    }

    /** A request will not be served: say so where that is possible (BEP 6), else silence says it. */
    void reject(Outbox.Block block) {
        if (reserved.fast()) {
            queued(outbox.answer(
                    out -> MessageEncoder.rejectRequest(out, block.piece(), block.begin(), block.length())));
        }
    }

    /**
     * Tells it what we have: with the first message after the handshake (BEP 3), or after that of the extension protocol,
     * which is to be sent at once, too (BEP 10), and which who speaks it takes first.
     */
    void sendPieces(BitSet have, int pieceCount) {
        if (reserved.fast() && have.isEmpty()) {
            queued(outbox.append(MessageEncoder::haveNone));
        } else if (reserved.fast() && have.cardinality() == pieceCount) {
            queued(outbox.append(MessageEncoder::haveAll));
        } else if (!have.isEmpty()) {
            queued(outbox.bitfield(have, pieceCount));
        }
    }

    /** Tells it where our DHT node is, if it has one too (BEP 5). */
    void sendPort(int port) {
        if (reserved.dht()) {
            queued(outbox.append(out -> MessageEncoder.port(out, port)));
        }
    }

    /** Tells it of a new piece of ours, unless it has that itself and cannot care. */
    void sendHave(int piece) {
        if (!picker.hasPiece(source, piece)) {
            exchanges.increment();
            outbox.have(piece);
        }
    }

    /** Takes a have back (BEP 54), where the peer understands that; else it is misinformed from now on. */
    void sendDontHave(int piece) {
        outbox.takeBackHave(piece);
        if (!extensions.knows(ExtensionTable.DONT_HAVE)) {
            misinformed = true;
        } else {
            queued(extensions.sendNow(
                    ExtensionTable.DONT_HAVE,
                    ByteBuffer.allocate(Integer.BYTES).putInt(piece).flip()));
        }
    }

    /** Whether it was told of a piece that we have no more, and could not be told so. */
    boolean isMisinformed() {
        return misinformed;
    }

    /** The peer has a piece no more (BEP 54). */
    boolean hasLost(int piece) {
        return pipeline.lost(piece);
    }

    /** Grants it these pieces, which it may have even while we choke it (BEP 6). */
    void allowFast(Set<Integer> pieces) {
        allowedFast = Set.copyOf(pieces);
        for (int piece : allowedFast) {
            queued(outbox.append(out -> MessageEncoder.allowedFast(out, piece)));
        }
    }

    Set<Integer> allowedFast() {
        return allowedFast;
    }

    void sendCancel(int piece, int begin, int length) {
        queued(pipeline.cancel(piece, begin, length));
    }

    /**
     * Tells it whether we are interested, if that has changed. While we are not, it is asked for nothing.
     *
     * @param transferring false while paused; asked under the lock, so that whoever has seen it change may not have the
     *     last word
     */
    void updateInterest(BooleanSupplier transferring) {
        queued(pipeline.updateInterest(transferring));
    }

    /** Asks for more blocks, if there is room for a good number of them. */
    void refill() {
        queued(pipeline.refill());
    }

    // --- hearing from it; called by its reader

    void choked(boolean choked) {
        if (peerChoking != choked) {
            if (FlightRecording.isOn()) {
                ChokeEvent.of(this, true, choked);
            }
        }
        peerChoking = choked;
        if (choked) {
            pipeline.choked(reserved.fast());
        } else {
            pipeline.unchoked();
        }
    }

    void interested(boolean interested) {
        peerInterested = interested;
    }

    /** A block that was asked for has come. */
    void blockArrived(int piece, int begin, int length) {
        long now = nanoTime.getAsLong();
        exchangedNanos = now;
        exchanges.increment();
        downloaded.add(length);
        pipeline.arrived(piece, begin, now);
    }

    /** The peer will not serve a request (BEP 6). False if it was not asked. */
    boolean rejected(int piece, int begin) {
        return pipeline.rejected(piece, begin, peerChoking);
    }

    /** Some of what is in blocks has gone to it. Called by its writer. */
    void takesBlocks() {
        exchangedNanos = nanoTime.getAsLong();
    }

    /** Blocks have gone to it. Called by its writer. */
    void blocksSent(int blocks, int bytes) {
        exchangedNanos = nanoTime.getAsLong();
        exchanges.add(blocks);
        uploaded.add(bytes);
    }

    void wasted(int bytes) {
        wasteBytes.add(bytes);
    }

    // --- the keeper's round

    /** Updates the rates, and finds out whether the peer has just snubbed us: true once. */
    boolean tick(long now) {
        downloaded.tick(now);
        uploaded.tick(now);
        if (disk.isWriting()) {
            pipeline.waitsForOurDisk(now);
        }
        return pipeline.tick(now);
    }

    @Override
    public String toString() {
        return Swarm.text(address());
    }
}
