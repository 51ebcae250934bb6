package weft.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import weft.metainfo.Layout;

/**
 * Cuts a peer's byte stream into messages, checks them against the torrent, and calls a {@link MessageHandler}. BEP 3,
 * BEP 6, BEP 10. One per connection, used by its reader only.
 *
 * <pre>{@code <length:4> | <id:1> <payload: length - 1>}</pre>
 *
 * A message is decoded when all of it lies in the buffer. The longest that a peer may send is known from the torrent: a
 * block, or the bitfield.
 */
public final class MessageDecoder {
    /** What BEP 3 clients ask for at most, and what nobody should go beyond: a request is for at most 128 KiB. */
    static final int MAX_REQUEST_LENGTH = 128 * 1024;

    /** Beyond this libtorrent closes the connection, and so do we; messages that mean nothing to us are skipped. */
    private static final int MAX_OTHER_LENGTH = 1024 * 1024;

    /** A metadata piece (BEP 9) has 16 KiB; longer extended messages than this are skipped: they would take up room. */
    static final int MAX_EXTENDED_LENGTH = 64 * 1024;

    private static final int LENGTH_PREFIX = 4;

    private final Layout layout;
    private final boolean fast;
    private final int longest; // of any message
    private int toSkip; // bytes of a message that nobody reads and that have not arrived yet

    /** Makes a decoder for one connection; {@code fast} tells whether both sides speak the Fast Extension. */
    public MessageDecoder(Layout layout, boolean fast) {
        this.layout = layout;
        this.fast = fast;
        this.longest = Math.max(MAX_OTHER_LENGTH, 1 + bitfieldLength());
    }

    /**
     * Decodes every whole message between {@code in}'s position and limit and leaves the position behind the last one.
     *
     * @return how many bytes the message that is not whole yet has in all, its length prefix included; 0 if that is
     *     unknown or none has begun
     */
    public int decode(ByteBuffer in, MessageHandler handler) throws IOException {
        while (true) {
            if (toSkip > 0) {
                int skipped = Math.min(toSkip, in.remaining());
                in.position(in.position() + skipped);
                toSkip -= skipped;
            }
            if (in.remaining() < LENGTH_PREFIX) {
                return 0;
            }
            int start = in.position();
            int length = in.getInt(start);
            if (length == 0) {
                in.position(start + LENGTH_PREFIX);
                handler.onKeepAlive();
                continue;
            }
            checkLength(length);
            if (in.remaining() == LENGTH_PREFIX) {
                return LENGTH_PREFIX + 1; // how much room it deserves is known by its id
            }
            int id = in.get(start + LENGTH_PREFIX) & 0xff;
            checkLength(id, length);
            if (isSkipped(id, length)) {
                in.position(start + LENGTH_PREFIX);
                toSkip = length;
                handler.onUnknown(id, length);
                continue;
            }
            if (in.remaining() < LENGTH_PREFIX + length) {
                return LENGTH_PREFIX + length;
            }
            in.position(start + LENGTH_PREFIX + 1);
            int end = start + LENGTH_PREFIX + length;
            dispatch(id, length, in, handler);
            in.position(end);
        }
    }

    private void dispatch(int id, int length, ByteBuffer in, MessageHandler handler) throws IOException {
        switch (id) {
            case MessageId.CHOKE -> handler.onChoke();
            case MessageId.UNCHOKE -> handler.onUnchoke();
            case MessageId.INTERESTED -> handler.onInterested();
            case MessageId.NOT_INTERESTED -> handler.onNotInterested();
            case MessageId.HAVE -> handler.onHave(piece("have", in.getInt()));
            case MessageId.BITFIELD -> handler.onBitfield(bitfield(in));
            case MessageId.REQUEST -> {
                int piece = piece("request", in.getInt());
                int begin = in.getInt();
                handler.onRequest(piece, begin, range("request", piece, begin, in.getInt()));
            }
            case MessageId.PIECE -> {
                int piece = piece("piece", in.getInt());
                int begin = in.getInt();
                int blockLength = range("piece", piece, begin, length - 9);
                handler.onPiece(piece, begin, in.duplicate().limit(in.position() + blockLength));
            }
            case MessageId.CANCEL -> {
                int piece = piece("cancel", in.getInt());
                int begin = in.getInt();
                handler.onCancel(piece, begin, range("cancel", piece, begin, in.getInt()));
            }
            case MessageId.PORT -> handler.onPort(in.getShort() & 0xffff);
            case MessageId.SUGGEST_PIECE -> handler.onSuggestPiece(piece("suggest piece", in.getInt()));
            case MessageId.HAVE_ALL -> handler.onHaveAll();
            case MessageId.HAVE_NONE -> handler.onHaveNone();
            case MessageId.REJECT_REQUEST -> {
                int piece = piece("reject request", in.getInt());
                int begin = in.getInt();
                handler.onRejectRequest(piece, begin, range("reject request", piece, begin, in.getInt()));
            }
            case MessageId.ALLOWED_FAST -> handler.onAllowedFast(piece("allowed fast", in.getInt()));
            case MessageId.EXTENDED -> {
                int extensionId = in.get() & 0xff;
                handler.onExtended(extensionId, in.duplicate().limit(in.position() + length - 2));
            }
            default -> throw new IllegalStateException("unchecked message id " + id);
        }
    }

    /** Messages that mean nothing to us are skipped as they come in, so that they need no room. */
    private static boolean isSkipped(int id, int length) {
        return switch (id) {
            case MessageId.EXTENDED -> length > MAX_EXTENDED_LENGTH;
            default -> id > MessageId.ALLOWED_FAST || (id > MessageId.PORT && id < MessageId.SUGGEST_PIECE);
        };
    }

    private void checkLength(int length) throws ProtocolException {
        if (length < 0 || length > longest) {
            throw new ProtocolException("message of " + Integer.toUnsignedString(length) + " bytes > " + longest);
        }
    }

    private void checkLength(int id, int length) throws ProtocolException {
        if (id >= MessageId.SUGGEST_PIECE && id <= MessageId.ALLOWED_FAST && !fast) {
            throw new ProtocolException(MessageId.name(id) + ": the Fast Extension was not agreed on");
        }
        switch (id) {
            case MessageId.PIECE -> {
                if (length < 10 || length > 9 + Layout.BLOCK_LENGTH) { // we never ask for more
                    throw new ProtocolException("piece: block of " + (length - 9) + " bytes");
                }
            }
            case MessageId.BITFIELD -> exactly(id, length, 1 + bitfieldLength());
            case MessageId.EXTENDED -> {
                if (length < 2) {
                    throw new ProtocolException("extended: without an extension's id");
                }
            }
            default -> {
                if (!isSkipped(id, length)) {
                    exactly(id, length, MessageId.lengthOf(id));
                }
            }
        }
    }

    static void exactly(int id, int length, int expected) throws ProtocolException {
        if (length != expected) {
            throw new ProtocolException(
                    MessageId.name(id) + ": length " + Integer.toUnsignedString(length) + ", not " + expected);
        }
    }

    private int piece(String message, int piece) throws ProtocolException {
        if (piece < 0 || piece >= layout.pieceCount()) {
            throw new ProtocolException(
                    message + ": index " + Integer.toUnsignedString(piece) + " >= " + layout.pieceCount() + " pieces");
        }
        return piece;
    }

    private int range(String message, int piece, int begin, int length) throws ProtocolException {
        if (begin < 0 || length <= 0 || (long) begin + length > layout.pieceLength(piece)) {
            throw new ProtocolException(message + ": " + Integer.toUnsignedString(length) + " bytes at "
                    + Integer.toUnsignedString(begin) + " of a piece of " + layout.pieceLength(piece));
        }
        if (length > MAX_REQUEST_LENGTH) {
            throw new ProtocolException(message + ": block of " + length + " bytes > " + MAX_REQUEST_LENGTH);
        }
        return length;
    }

    private int bitfieldLength() {
        return (layout.pieceCount() + 7) / 8;
    }

    // The high bit of the first byte is piece 0; spare bits at the end are zero (BEP 3).
    private BitSet bitfield(ByteBuffer in) throws ProtocolException {
        var pieces = new BitSet(layout.pieceCount());
        for (int i = 0; i < bitfieldLength(); i++) {
            int bits = in.get() & 0xff;
            while (bits != 0) {
                int bit = Integer.numberOfLeadingZeros(bits) - 24;
                pieces.set(i * 8 + bit);
                bits &= ~(0x80 >>> bit);
            }
        }
        if (pieces.length() > layout.pieceCount()) {
            throw new ProtocolException("bitfield: bit " + (pieces.length() - 1) + " set of " + layout.pieceCount());
        }
        return pieces;
    }
}
