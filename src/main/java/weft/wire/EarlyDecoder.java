package weft.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Cuts a peer's byte stream into messages while the torrent's metadata is not known: extended messages are told, as they
 * are what the metadata comes by; what else a peer says of itself cannot be understood yet and is kept for a
 * {@link MessageDecoder} to read later. One per connection, used by its reader only.
 */
public final class EarlyDecoder {
    /** What is done with an extended message. */
    @FunctionalInterface
    public interface Extended {
        /** As {@link MessageHandler#onExtended}. */
        void onExtended(int extensionId, ByteBuffer payload) throws IOException;
    }

    /** A bitfield of eight million pieces, or a hundred thousand haves. */
    private static final int MAX_KEPT = 1024 * 1024;

    private static final int LENGTH_PREFIX = 4;

    /** An id that no message has: what has it is passed over. */
    private static final int NO_MESSAGE = 255;

    private final ByteArrayOutputStream kept = new ByteArrayOutputStream(0);
    private int toSkip; // bytes of a message that nobody reads and that have not arrived yet

    /**
     * Decodes every whole message between {@code in}'s position and limit and leaves the position behind the last one.
     *
     * @return how many bytes the message that is not whole yet has in all; 0 if that is unknown or none has begun
     */
    public int decode(ByteBuffer in, Extended handler) throws IOException {
        while (true) {
            int skipped = Math.min(toSkip, in.remaining());
            in.position(in.position() + skipped);
            toSkip -= skipped;
            if (in.remaining() < LENGTH_PREFIX) {
                return 0;
            }
            int start = in.position();
            int length = in.getInt(start);
            if (length == 0) {
                in.position(start + LENGTH_PREFIX);
                continue; // a keep-alive
            }
            if (length < 0 || length > MAX_KEPT) {
                throw new ProtocolException("message of " + Integer.toUnsignedString(length) + " bytes > " + MAX_KEPT);
            }
            if (in.remaining() == LENGTH_PREFIX) {
                return LENGTH_PREFIX + 1;
            }
            int id = in.get(start + LENGTH_PREFIX) & 0xff;
            if (id == MessageId.EXTENDED ? length > MessageDecoder.MAX_EXTENDED_LENGTH : !tellsOfThePeer(id)) {
                in.position(start + LENGTH_PREFIX);
                toSkip = length;
                continue;
            }
            if (in.remaining() < LENGTH_PREFIX + length) {
                return LENGTH_PREFIX + length;
            }
            int end = start + LENGTH_PREFIX + length;
            if (id == MessageId.EXTENDED) {
                if (length < 2) {
                    throw new ProtocolException("extended: without an extension's id");
                }
                in.position(start + LENGTH_PREFIX + 1);
                int extensionId = in.get() & 0xff;
                handler.onExtended(extensionId, in.duplicate().limit(end));
            } else {
                keep(in.slice(start, LENGTH_PREFIX + length));
            }
            in.position(end);
        }
    }

    /** What says what the peer has, wants and does. Requests and blocks are of no use: nothing can have been asked for. */
    private static boolean tellsOfThePeer(int id) {
        return switch (id) {
            case MessageId.CHOKE,
                    MessageId.UNCHOKE,
                    MessageId.INTERESTED,
                    MessageId.NOT_INTERESTED,
                    MessageId.HAVE,
                    MessageId.BITFIELD,
                    MessageId.PORT,
                    MessageId.SUGGEST_PIECE,
                    MessageId.HAVE_ALL,
                    MessageId.HAVE_NONE,
                    MessageId.ALLOWED_FAST -> true;
            default -> false;
        };
    }

    private void keep(ByteBuffer message) throws ProtocolException {
        if (kept.size() + message.remaining() > MAX_KEPT) {
            throw new ProtocolException("says too much while the torrent's metadata is not known");
        }
        var bytes = new byte[message.remaining()];
        message.get(bytes);
        kept.writeBytes(bytes);
    }

    /**
     * The messages that were kept, one after the other as they came, and then what has arrived of the next one. If that is
     * being passed over, it begins anew as one that whoever goes on has to pass over too.
     */
    public ByteBuffer kept(ByteBuffer unread) {
        if (toSkip > 0) {
            kept.writeBytes(ByteBuffer.allocate(LENGTH_PREFIX + 1)
                    .putInt(1 + toSkip)
                    .put((byte) NO_MESSAGE)
                    .array());
        }
        var bytes = new byte[unread.remaining()];
        unread.get(bytes);
        kept.writeBytes(bytes);
        return ByteBuffer.wrap(kept.toByteArray());
    }
}
