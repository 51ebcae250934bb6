package weft.wire;

import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * Writes messages of BEP 3, BEP 5 and BEP 6 into a buffer of the caller's, which must have room: a control message takes at
 * most {@value #MAX_CONTROL_LENGTH} bytes. No state, no allocation.
 */
public final class MessageEncoder {
    /** The longest message but bitfield and piece: a request. */
    public static final int MAX_CONTROL_LENGTH = 17;

    /** What comes before the bytes of a block. */
    public static final int PIECE_HEADER_LENGTH = 13;

    private MessageEncoder() {}

    public static void keepAlive(ByteBuffer out) {
        out.putInt(0);
    }

    public static void choke(ByteBuffer out) {
        bare(out, MessageId.CHOKE);
    }

    public static void unchoke(ByteBuffer out) {
        bare(out, MessageId.UNCHOKE);
    }

    public static void interested(ByteBuffer out) {
        bare(out, MessageId.INTERESTED);
    }

    public static void notInterested(ByteBuffer out) {
        bare(out, MessageId.NOT_INTERESTED);
    }

    public static void have(ByteBuffer out, int piece) {
        withPiece(out, MessageId.HAVE, piece);
    }

    public static void request(ByteBuffer out, int piece, int begin, int length) {
        withBlock(out, MessageId.REQUEST, piece, begin, length);
    }

    public static void cancel(ByteBuffer out, int piece, int begin, int length) {
        withBlock(out, MessageId.CANCEL, piece, begin, length);
    }

    public static void haveAll(ByteBuffer out) {
        bare(out, MessageId.HAVE_ALL);
    }

    public static void haveNone(ByteBuffer out) {
        bare(out, MessageId.HAVE_NONE);
    }

    public static void rejectRequest(ByteBuffer out, int piece, int begin, int length) {
        withBlock(out, MessageId.REJECT_REQUEST, piece, begin, length);
    }

    public static void allowedFast(ByteBuffer out, int piece) {
        withPiece(out, MessageId.ALLOWED_FAST, piece);
    }

    /** BEP 5: the UDP port of our DHT node. */
    public static void port(ByteBuffer out, int port) {
        out.putInt(3).put((byte) MessageId.PORT).putShort((short) port);
    }

    /** The header of a piece message; {@code length} bytes of block must follow it. */
    public static void pieceHeader(ByteBuffer out, int piece, int begin, int length) {
        // <9+length:4><id:1=7><index:4><begin:4><block…>
        out.putInt(9 + length).put((byte) MessageId.PIECE).putInt(piece).putInt(begin);
    }

    /** How long the bitfield message of a torrent is, its length prefix included. */
    public static int bitfieldMessageLength(int pieceCount) {
        return 5 + (pieceCount + 7) / 8;
    }

    public static void bitfield(ByteBuffer out, BitSet pieces, int pieceCount) {
        int length = (pieceCount + 7) / 8;
        out.putInt(1 + length).put((byte) MessageId.BITFIELD);
        out.put(packed(pieces, pieceCount));
    }

    /** How much room an extended message with a payload of this length takes. */
    public static int extendedMessageLength(int payloadLength) {
        return 6 + payloadLength;
    }

    /** An extended message (BEP 10); {@code payloadLength} bytes of payload must follow it. */
    public static void extendedHeader(ByteBuffer out, int extensionId, int payloadLength) {
        // <2+length:4><id:1=20><extension id:1><payload…>
        out.putInt(2 + payloadLength).put((byte) MessageId.EXTENDED).put((byte) extensionId);
    }

    /** A bitfield as it goes over the wire: the high bit of the first byte is piece 0, spare bits are zero. */
    public static byte[] packed(BitSet pieces, int pieceCount) {
        var bytes = new byte[(pieceCount + 7) / 8];
        for (int i = pieces.nextSetBit(0); i >= 0 && i < pieceCount; i = pieces.nextSetBit(i + 1)) {
            bytes[i >> 3] |= (byte) (0x80 >>> (i & 7));
        }
        return bytes;
    }

    private static void bare(ByteBuffer out, int id) {
        out.putInt(1).put((byte) id);
    }

    private static void withPiece(ByteBuffer out, int id, int piece) {
        out.putInt(5).put((byte) id).putInt(piece);
    }

    private static void withBlock(ByteBuffer out, int id, int piece, int begin, int length) {
        out.putInt(13).put((byte) id).putInt(piece).putInt(begin).putInt(length);
    }
}
