package weft.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * What a peer's messages lead to. {@link MessageDecoder} has checked indices, ranges and lengths against the torrent
 * before it calls; whether the message is proper <em>now</em> is the handler's to judge. A
 * {@link ProtocolException} thrown here ends the connection.
 *
 * <p>Methods rather than message objects, because blocks come by the hundred thousand: nothing is allocated for one.
 */
public interface MessageHandler {
    /** Nothing to say, but still there. */
    void onKeepAlive() throws IOException;

    /** The peer will not serve our requests. */
    void onChoke() throws IOException;

    /** The peer will serve our requests. */
    void onUnchoke() throws IOException;

    /** The peer wants something that we have. */
    void onInterested() throws IOException;

    /** The peer wants nothing that we have. */
    void onNotInterested() throws IOException;

    /** The peer has verified one more piece. */
    void onHave(int piece) throws IOException;

    /** What the peer has at the start; {@code pieces} is the handler's to keep. */
    void onBitfield(BitSet pieces) throws IOException;

    /** The peer asks for a block. */
    void onRequest(int piece, int begin, int length) throws IOException;

    /**
     * A block. {@code block} is a view of the buffer that is being decoded, whose contents up to the block's end are the
     * handler's until decoding ends: it may keep the view until then, and move blocks together.
     */
    void onPiece(int piece, int begin, ByteBuffer block) throws IOException;

    /** The peer takes a request back. */
    void onCancel(int piece, int begin, int length) throws IOException;

    /** The UDP port of the peer's DHT node (BEP 5). */
    void onPort(int port) throws IOException;

    /** BEP 6: the peer suggests to ask for this piece. */
    void onSuggestPiece(int piece) throws IOException;

    /** BEP 6: the peer has everything. */
    void onHaveAll() throws IOException;

    /** BEP 6: the peer has nothing. */
    void onHaveNone() throws IOException;

    /** BEP 6: the peer will not serve this request. */
    void onRejectRequest(int piece, int begin, int length) throws IOException;

    /** BEP 6: the peer serves this piece even while it chokes us. */
    void onAllowedFast(int piece) throws IOException;

    /**
     * BEP 10: a message of an extension; id 0 is the extension handshake, others are as we have told the peer in ours. The
     * payload is the handler's until it returns.
     */
    void onExtended(int extensionId, ByteBuffer payload) throws IOException;

    /** A message of an id that nobody knows begins, of {@code length} bytes; it is passed over, as are extended ones that are too long. */
    default void onUnknown(int id, int length) throws IOException {
        // It is nobody's loss: to pass it over is all that there is to do.
    }
}
