package weft.swarm;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import weft.concurrent.Watchdog;
import weft.metainfo.Layout;
import weft.net.BufferPool;
import weft.net.ReceiveBuffer;
import weft.picker.PiecePicker;
import weft.picker.Source;
import weft.storage.Storage;
import weft.wire.AllowedFast;
import weft.wire.MessageDecoder;
import weft.wire.MessageEncoder;
import weft.wire.MessageHandler;
import weft.wire.ProtocolException;

/**
 * A peer's own thread: reads, decodes, acts, until the connection ends. It never writes to the peer, it queues; two
 * peers that both only wrote would block each other for ever. Blocks go from the receive buffer to the storage in
 * this thread, and are hashed in passing, so that a peer whose blocks the storage is slow to take is read more slowly,
 * and nobody else.
 */
final class PeerReader implements MessageHandler {
    /**
     * BEP 3: a peer that is silent sends a keep-alive every two minutes, and the network may take a while to bring it. It
     * must be a whole message, or one byte at a time would keep a connection and a buffer for ever.
     */
    static final Duration IDLE = Duration.ofMinutes(3);

    /**
     * Blocks and rejects that nobody asked for, after which a peer is taken to be hostile. BEP 6 allows none; what was
     * cancelled or given up is remembered and does not count.
     */
    private static final int MAX_UNREQUESTED = 3;

    /** Requests that cannot be served, after which a peer is taken to be hostile. libtorrent's figure. */
    private static final int MAX_BAD_REQUESTS = 300;

    /**
     * Rejects without a block in between, after which a peer is taken never to serve: four times all that may be asked of
     * it. It would take the requests from those who do, and give them back, as fast as the wire is.
     */
    private static final int MAX_REJECTS = 4 * PipelineWindow.LARGEST;

    private static final int HAVE_LENGTH = 9; // in bytes

    private static final int HAVE_ALL_LENGTH = 5;

    /**
     * While we choke it, a peer may ask so many times for as many blocks as its allowed-fast pieces have: all of them so
     * often, or one the more. libtorrent's figure.
     */
    private static final int FAST_REQUESTS_PER_BLOCK = 3;

    private final Peer peer;
    private final Swarm swarm;
    private final Conversations conversations;
    private final PiecePicker picker;
    private final Storage storage;
    private final MessageDecoder decoder;
    private final BufferPool buffers;
    private final Watchdog.Guard deadline;
    private final BlockRun run = new BlockRun();
    private final List<Source> others = new ArrayList<>(); // reused for every block

    private boolean piecesTold; // whether anything has come that tells of pieces
    private int unrequested;
    private int badRequests;
    private int fastRequests;
    private int rejects; // since the last block
    private final Chatter chatter;

    PeerReader(
            Peer peer,
            Swarm swarm,
            Conversations conversations,
            PiecePicker picker,
            Storage storage,
            BufferPool buffers,
            Watchdog.Guard deadline) {
        this.peer = peer;
        this.swarm = swarm;
        this.conversations = conversations;
        this.picker = picker;
        this.storage = storage;
        this.buffers = buffers;
        this.deadline = deadline;
        this.decoder = new MessageDecoder(swarm.layout(), peer.reserved().fast());
        this.chatter = new Chatter(swarm.layout().pieceCount(), swarm.now());
    }

    /**
     * Reads until the connection ends, and says why by what it throws.
     *
     * @param unread what has come before anybody could understand it
     */
    void run(ByteBuffer unread) throws IOException {
        peer.extensions().on(ExtensionTable.DONT_HAVE, this::onDontHave);
        peer.extensions().on(ExtensionTable.UPLOAD_ONLY, this::onUploadOnly);
        try (var buffer = new ReceiveBuffer(buffers)) {
            peer.extensions().begin();
            conversations.peerIntroduced(peer);
            buffer.put(unread);
            int needed = decoder.decode(buffer.bytes(), this);
            deadline.expect("sent a whole message", IDLE);
            while (true) {
                if (buffer.fill(peer.channel(), needed, peer.outstanding() > 0) < 0) {
                    throw new EOFException("closed by the peer");
                }
                deadline.pause(); // the peer need not answer for how long our disk takes
                try {
                    needed = decoder.decode(buffer.bytes(), this);
                } finally {
                    storeRun(); // also what came before something that ends the connection
                }
                peer.refill();
                if (buffer.bytes().position() > 0) {
                    deadline.expect("sent a whole message", IDLE);
                } else {
                    deadline.resume();
                }
            }
        }
    }

    /** The peer has said something that changes nothing, or little. */
    private void chatter(String message, int weight) throws ProtocolException {
        if (!chatter.allows(weight, peer.exchanges(), swarm.now())) {
            throw new ProtocolException(message + ": far too many messages that change nothing");
        }
    }

    @Override
    public void onKeepAlive() throws ProtocolException {
        chatter("keep-alive", 1); // having been received is its whole effect: the deadline has moved
    }

    @Override
    public void onChoke() throws ProtocolException {
        if (peer.peerChoking()) {
            chatter("choke", 1);
        } else {
            chatter("choke", Chatter.FLIP);
            peer.choked(true);
        }
    }

    @Override
    public void onUnchoke() throws ProtocolException {
        if (peer.peerChoking()) {
            chatter("unchoke", Chatter.FLIP);
            peer.choked(false);
        } else {
            chatter("unchoke", 1);
        }
    }

    @Override
    public void onInterested() throws ProtocolException {
        chatter("interested", 1);
        if (peer.peerInterested()) {
            return;
        }
        peer.interested(true);
        swarm.choker().changed();
        // BEP 6: a peer that has nothing to trade yet may have a few pieces without a slot.
        if (peer.amChoking()
                && swarm.isTransferring()
                && peer.reserved().fast()
                && peer.allowedFast().isEmpty()
                && peer.pieceCount() < AllowedFast.SIZE) {
            var set = swarm.allowedFastSet(peer);
            set.removeIf(piece -> !picker.has(piece));
            peer.allowFast(set);
        }
    }

    @Override
    public void onNotInterested() throws ProtocolException {
        chatter("not interested", 1);
        if (peer.peerInterested()) {
            peer.interested(false);
            swarm.choker().changed();
        }
    }

    @Override
    public void onHave(int piece) throws ProtocolException {
        piecesTold = true;
        if (picker.have(peer.source(), piece)) {
            piecesChanged();
        } else {
            chatter("have", 1);
        }
    }

    // BEP 3 and BEP 6 want a bitfield, have all or have none first and once. aria2 sends a bitfield, or have all, in
    // mid-stream too where that is shorter than many haves; it can only add to what is known.

    @Override
    public void onBitfield(BitSet pieces) throws ProtocolException {
        int length = MessageEncoder.bitfieldMessageLength(swarm.layout().pieceCount());
        tellsPieces("bitfield", length, picker.have(peer.source(), pieces));
    }

    @Override
    public void onHaveAll() throws ProtocolException {
        tellsPieces("have all", HAVE_ALL_LENGTH, picker.haveAll(peer.source()));
    }

    /** In mid-stream, a message of this length in bytes costs nothing where haves of the same news are no shorter. */
    private void tellsPieces(String message, int length, int news) throws ProtocolException {
        if (piecesTold && (long) news * HAVE_LENGTH < length) {
            chatter(message, Math.min(length, Chatter.WHOLE_STORY));
        }
        piecesTold = true;
        if (news > 0) {
            piecesChanged();
        }
    }

    @Override
    public void onHaveNone() throws ProtocolException {
        if (piecesTold) {
            throw new ProtocolException("have none: the peer has told its pieces before");
        }
        piecesTold = true;
    }

    private void piecesChanged() {
        swarm.peerPiecesChanged(peer);
    }

    @Override
    public void onRequest(int piece, int begin, int length) throws ProtocolException {
        var block = new Outbox.Block(piece, begin, length);
        if (!picker.has(piece)) {
            badRequests++;
        } else {
            switch (peer.outbox().offer(block, () -> mayServe(piece))) {
                case QUEUED -> {
                    return;
                }
                case FORBIDDEN -> badRequests += peer.amChoking() && !peer.hasJustBeenChoked() ? 1 : 0;
                case TOO_MANY -> chatter("request", 1); // it has asked for more than it has read
            }
        }
        if (badRequests > MAX_BAD_REQUESTS) {
            throw new ProtocolException("request: " + badRequests + " that could not be served");
        }
        peer.reject(block);
    }

    private boolean mayServe(int piece) {
        if (!swarm.isTransferring()) {
            return false;
        }
        if (!peer.amChoking()) {
            return true;
        }
        var set = peer.allowedFast();
        return set.contains(piece)
                && ++fastRequests <= set.size() * swarm.layout().blockCount(0) * FAST_REQUESTS_PER_BLOCK;
    }

    @Override
    public void onCancel(int piece, int begin, int length) throws ProtocolException {
        chatter("cancel", 1);
        var block = new Outbox.Block(piece, begin, length);
        if (peer.outbox().cancel(block)) {
            peer.reject(block); // BEP 6: every request is answered
        }
    }

    @Override
    public void onPiece(int piece, int begin, ByteBuffer block) throws IOException {
        int length = block.remaining();
        rejects = 0;
        others.clear();
        switch (picker.arrived(peer.source(), piece, begin, length, others)) {
            case UNREQUESTED -> {
                wasted(length);
                if (++unrequested > MAX_UNREQUESTED) {
                    throw new ProtocolException("piece: " + unrequested + " blocks that nobody asked for");
                }
            }
            case DUPLICATE -> {
                peer.blockArrived(piece, begin, length);
                wasted(length);
            }
            case WANTED -> {
                peer.blockArrived(piece, begin, length);
                for (Source other : others) {
                    ((Peer) other.owner()).sendCancel(piece, begin, length);
                }
                swarm.downloaded(length);
                store(begin, block);
            }
        }
    }

    private void wasted(int length) {
        peer.wasted(length);
        swarm.wasted(length);
    }

    private void store(int begin, ByteBuffer block) {
        var partial = peer.source().arriving();
        if (run.isContinuedBy(partial, begin)) {
            run.append(block);
        } else {
            storeRun();
            run.begin(partial, begin, block);
        }
    }

    private void storeRun() {
        if (run.isEmpty()) {
            return;
        }
        try {
            writeRun();
            boolean isWhole = picker.written(run.partial(), run.begin(), run.blocks());
            swarm.blocksWritten();
            if (isWhole) {
                swarm.verify(run.partial().piece());
            }
        } catch (IOException e) {
            swarm.storageFailed(storage, e);
        } finally {
            run.clear();
        }
    }

    /** What is not written, whatever the reason, is to be asked for again. */
    private void writeRun() throws IOException {
        var partial = run.partial();
        boolean written = false;
        try {
            picker.hash(partial).update(run.begin(), run.bytes());
            peer.disk().write(storage, partial.piece(), run.begin(), run.bytes());
            written = true;
        } catch (RuntimeException e) {
            throw new IOException(
                    "writing piece " + partial.piece() + ": " + e, e); // a fault of somebody's own storage
        } finally {
            if (!written) {
                picker.notWritten(partial, run.begin(), run.blocks());
            }
        }
    }

    @Override
    public void onPort(int port) throws ProtocolException {
        chatter("port", 1);
        if (peer.reserved().dht() && port != 0) {
            conversations.dhtNode(new InetSocketAddress(peer.address().getAddress(), port));
        }
    }

    @Override
    public void onSuggestPiece(int piece) throws ProtocolException {
        if (!picker.suggest(peer.source(), piece)) {
            chatter("suggest piece", 1);
        }
    }

    @Override
    public void onRejectRequest(int piece, int begin, int length) throws ProtocolException {
        if (!peer.rejected(piece, begin)) {
            if (++unrequested > MAX_UNREQUESTED) {
                throw new ProtocolException("reject request: of a block that nobody asked for");
            }
        } else if (++rejects > MAX_REJECTS) {
            throw new ProtocolException("reject request: " + rejects + " and not a block in between");
        }
    }

    @Override
    public void onAllowedFast(int piece) throws ProtocolException {
        if (!picker.allowFast(peer.source(), piece)) {
            chatter("allowed fast", 1);
        }
    }

    @Override
    public void onExtended(int extensionId, ByteBuffer payload) throws IOException {
        if (!peer.extensions().isForeign(extensionId)) {
            chatter("extended", 1 + payload.remaining() / Layout.BLOCK_LENGTH);
        }
        if (peer.extensions().received(extensionId, payload)) {
            conversations.peerIntroduced(peer);
        }
    }

    // BEP 54: <index:4>
    private void onDontHave(ByteBuffer payload) throws ProtocolException {
        if (payload.remaining() != Integer.BYTES) {
            throw new ProtocolException(ExtensionTable.DONT_HAVE + ": " + payload.remaining() + " bytes, not 4");
        }
        int piece = payload.getInt();
        if (piece < 0 || piece >= swarm.layout().pieceCount()) {
            throw new ProtocolException(ExtensionTable.DONT_HAVE + ": index " + Integer.toUnsignedString(piece));
        }
        if (peer.hasLost(piece)) {
            piecesChanged();
        }
    }

    private void onUploadOnly(ByteBuffer payload) throws ProtocolException {
        if (payload.remaining() != 1) {
            throw new ProtocolException(ExtensionTable.UPLOAD_ONLY + ": " + payload.remaining() + " bytes, not 1");
        }
        conversations.peerUploadOnly(peer, payload.get() != 0);
    }

    @Override
    public void onUnknown(int id, int length) throws ProtocolException {
        chatter("message " + id, 1 + length / Layout.BLOCK_LENGTH);
    }
}
