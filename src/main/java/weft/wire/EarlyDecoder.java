package weft.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Cuts a peer's byte stream into messages while the torrent's metadata is not known: extended messages are told, as they
 * are what the metadata comes by, and the port of its DHT node; what else a peer says of itself cannot be understood yet,
 * and what it comes to is kept for a {@link MessageDecoder} to read later. One per connection, used by its reader only.
 *
 * <p>Nobody knows how many pieces there are, so a stranger may claim any. Each peer may take {@value #SHARE} bytes for
 * those that it has; beyond that all of a torrent share a {@link Room}. Whose pieces find none there is not the worse off
 * while the metadata is fetched: they are forgotten, and the peer has to tell them anew over another connection.
 */
public final class EarlyDecoder implements AutoCloseable {
    /** What is done with messages that can be understood already. */
    @FunctionalInterface
    public interface Handler {
        /** As {@link MessageHandler#onExtended}. */
        void onExtended(int extensionId, ByteBuffer payload) throws IOException;

        /** As {@link MessageHandler#onPort}; of no interest to those without a DHT. */
        default void onPort(int port) {}
    }

    /** What the peers of a torrent may keep together beyond each one's share. Any thread may use it. */
    public static final class Room {
        private final AtomicInteger left = new AtomicInteger(SHARED);

        private boolean take(int bytes) {
            return left.getAndUpdate(before -> before >= bytes ? before - bytes : before) >= bytes;
        }

        private void giveBack(int bytes) {
            left.addAndGet(bytes);
        }
    }

    /** A bitfield of a million pieces, which is more than all but a few torrents have. */
    static final int SHARE = 128 * 1024;

    /** The largest bitfield that is let in, four times. */
    static final int SHARED = 4 * 1024 * 1024;

    /** A bitfield of eight million pieces. */
    private static final int MAX_MESSAGE = 1024 * 1024;

    /** Bytes of messages that say nothing new of the peer's pieces: two hundred thousand times interested. */
    private static final int MAX_CHATTER = 1024 * 1024;

    /** BEP 6 has peers allow some ten pieces; how many they suggest is left open. */
    private static final int MAX_HINTS = 64;

    /** By so much at least the room for pieces grows with haves, where there is no bitfield that says how many there are. */
    private static final int STEP = 4 * 1024;

    private static final int LENGTH_PREFIX = 4;

    /** An id that no message has: what has it is passed over. */
    private static final int NO_MESSAGE = 255;

    private static final byte[] NONE = {};

    private final Room room;
    private int taken; // of the room
    private int toSkip; // bytes of a message that nobody reads and that have not arrived yet
    private int chatter; // bytes of messages that said nothing new

    private byte[] pieces = NONE; // as in a bitfield; that are beyond it the peer has not
    private OptionalInt bitfieldLength = OptionalInt.empty(); // if there was one
    private int highest = -1; // of the pieces that haves were for
    private byte[] coming = NONE; // what has arrived of a bitfield, and room for more
    private int comingLength; // of that bitfield in all
    private int arrived; // of its bytes
    private boolean isComing;
    private boolean forgotten; // there was no room for all this

    private boolean piecesTold;
    private boolean haveAll;
    private boolean haveNone;
    private boolean unchoked;
    private boolean interested;
    private final Set<Integer> suggested = new LinkedHashSet<>();
    private final Set<Integer> allowedFast = new LinkedHashSet<>();

    /** Makes a decoder for one connection; {@code room} is its torrent's. */
    public EarlyDecoder(Room room) {
        this.room = room;
    }

    /**
     * Decodes every whole message between {@code in}'s position and limit and leaves the position behind the last one, and
     * behind what has arrived of a bitfield.
     *
     * @return how many bytes the message that is not whole yet has in all; 0 if that is unknown, or none has begun that
     *     has to be whole
     */
    public int decode(ByteBuffer in, Handler handler) throws IOException {
        while (true) {
            int skipped = Math.min(toSkip, in.remaining());
            in.position(in.position() + skipped);
            toSkip -= skipped;
            if (isComing) {
                takeBitfield(in);
            }
            if (in.remaining() < LENGTH_PREFIX) {
                return 0;
            }
            int start = in.position();
            int length = in.getInt(start);
            if (length == 0) {
                in.position(start + LENGTH_PREFIX);
                continue; // a keep-alive
            }
            if (length < 0 || length > MAX_MESSAGE) {
                throw new ProtocolException(
                        "message of " + Integer.toUnsignedString(length) + " bytes > " + MAX_MESSAGE);
            }
            if (in.remaining() == LENGTH_PREFIX) {
                return LENGTH_PREFIX + 1;
            }
            int id = in.get(start + LENGTH_PREFIX) & 0xff;
            if (id == MessageId.BITFIELD) {
                in.position(start + LENGTH_PREFIX + 1);
                beginBitfield(length - 1);
                continue;
            }
            if (id == MessageId.EXTENDED ? length > MessageDecoder.MAX_EXTENDED_LENGTH : !tellsOfThePeer(id)) {
                in.position(start + LENGTH_PREFIX);
                toSkip = length;
                continue;
            }
            if (id != MessageId.EXTENDED) {
                MessageDecoder.exactly(id, length, MessageId.lengthOf(id));
            } else if (length < 2) {
                throw new ProtocolException("extended: without an extension's id");
            }
            if (in.remaining() < LENGTH_PREFIX + length) {
                return LENGTH_PREFIX + length;
            }
            int end = start + LENGTH_PREFIX + length;
            in.position(start + LENGTH_PREFIX + 1);
            if (id == MessageId.EXTENDED) {
                int extensionId = in.get() & 0xff;
                handler.onExtended(extensionId, in.duplicate().limit(end));
            } else {
                told(id, in, length, handler);
            }
            in.position(end);
        }
    }

    /** What says what the peer has, wants and does, and where its DHT node is. Requests and blocks are of no use: nothing can have been asked for. */
    private static boolean tellsOfThePeer(int id) {
        return switch (id) {
            case MessageId.CHOKE,
                    MessageId.UNCHOKE,
                    MessageId.INTERESTED,
                    MessageId.NOT_INTERESTED,
                    MessageId.HAVE,
                    MessageId.PORT,
                    MessageId.SUGGEST_PIECE,
                    MessageId.HAVE_ALL,
                    MessageId.HAVE_NONE,
                    MessageId.ALLOWED_FAST -> true;
            default -> false;
        };
    }

    private void told(int id, ByteBuffer in, int length, Handler handler) throws ProtocolException {
        if (id == MessageId.HAVE) {
            have(in.getInt(), length);
            return;
        }
        chatter(length);
        switch (id) {
            case MessageId.CHOKE -> unchoked = false;
            case MessageId.UNCHOKE -> unchoked = true;
            case MessageId.INTERESTED -> interested = true;
            case MessageId.NOT_INTERESTED -> interested = false;
            case MessageId.PORT -> handler.onPort(in.getShort() & 0xffff);
            case MessageId.SUGGEST_PIECE -> hint(suggested, in.getInt());
            case MessageId.ALLOWED_FAST -> hint(allowedFast, in.getInt());
            case MessageId.HAVE_ALL -> {
                haveAll = true;
                piecesTold = true;
            }
            case MessageId.HAVE_NONE -> {
                if (piecesTold) {
                    throw new ProtocolException("have none: the peer has told its pieces before");
                }
                haveNone = true;
                piecesTold = true;
            }
            default -> throw new IllegalStateException("unchecked message id " + id);
        }
    }

    private static void hint(Set<Integer> hints, int piece) {
        if (hints.size() < MAX_HINTS) {
            hints.add(piece);
        }
    }

    private void chatter(int length) throws ProtocolException {
        chatter += length;
        if (chatter > MAX_CHATTER) {
            throw new ProtocolException("says too much while the torrent's metadata is not known");
        }
    }

    // --- the peer's pieces

    private void have(int piece, int length) throws ProtocolException {
        int most = bitfieldLength.orElse(MAX_MESSAGE - 1) * Byte.SIZE;
        if (piece < 0 || piece >= most) {
            throw new ProtocolException(
                    "have: index " + Integer.toUnsignedString(piece) + " >= " + most + " pieces at most");
        }
        piecesTold = true;
        highest = Math.max(highest, piece);
        int at = piece / Byte.SIZE;
        if (at >= pieces.length) {
            // Twice as much at least: else ever higher haves, a step each, would have it copied with every one.
            int larger = Math.min(MAX_MESSAGE, Math.max((at / STEP + 1) * STEP, 2 * pieces.length));
            if (hasRoomFor(larger, coming.length)) {
                pieces = Arrays.copyOf(pieces, larger);
            }
        }
        int bit = 0x80 >>> (piece % Byte.SIZE);
        if (forgotten || (pieces[at] & bit) != 0) {
            chatter(length);
        } else {
            pieces[at] |= (byte) bit;
        }
    }

    private void beginBitfield(int length) throws ProtocolException {
        if (bitfieldLength.orElse(length) != length) {
            throw new ProtocolException(
                    "bitfield: of " + length + " bytes, not " + bitfieldLength.getAsInt() + " as before");
        }
        if (highest / Byte.SIZE >= length && highest >= 0) {
            throw new ProtocolException("bitfield: of " + length + " bytes, without piece " + highest);
        }
        isComing = true;
        comingLength = length;
        arrived = 0;
    }

    /** Takes what has arrived; no more room for it than as much as that once over. */
    private void takeBitfield(ByteBuffer in) throws ProtocolException {
        int count = Math.min(comingLength - arrived, in.remaining());
        int needed = arrived + count;
        int larger = Math.min(comingLength, Math.max(needed, 2 * coming.length));
        if (needed > coming.length && hasRoomFor(pieces.length, larger)) {
            coming = Arrays.copyOf(coming, larger);
        }
        if (forgotten) {
            in.position(in.position() + count);
        } else {
            in.get(coming, arrived, count);
        }
        arrived = needed;
        if (arrived == comingLength) {
            takeWholeBitfield();
        }
    }

    private void takeWholeBitfield() throws ProtocolException {
        boolean isNews = !piecesTold;
        if (highest < 0 && bitfieldLength.isEmpty()) {
            pieces = coming; // which is as long as it is
        } else if (!forgotten) {
            pieces = Arrays.copyOf(pieces, comingLength);
            for (int i = 0; i < comingLength; i++) {
                isNews |= (coming[i] & ~pieces[i]) != 0;
                pieces[i] |= coming[i];
            }
        }
        coming = NONE;
        isComing = false;
        hasRoomFor(pieces.length, 0); // what was for both is given back
        piecesTold = true;
        bitfieldLength = OptionalInt.of(comingLength);
        if (!isNews) {
            chatter(1 + comingLength);
        }
    }

    /** Whether arrays of these lengths may be kept, and no others; if not, all is forgotten. */
    private boolean hasRoomFor(int piecesLength, int comingBytes) {
        int beyondShare = Math.max(0, piecesLength + comingBytes - SHARE);
        if (forgotten || (beyondShare > taken && !room.take(beyondShare - taken))) {
            forget();
            return false;
        }
        room.giveBack(Math.max(0, taken - beyondShare));
        taken = beyondShare;
        return true;
    }

    private void forget() {
        forgotten = true;
        pieces = NONE;
        coming = NONE;
        close();
    }

    /** How many bytes are kept of the peer's pieces. */
    int kept() {
        return pieces.length + coming.length;
    }

    // --- when the metadata is known

    /**
     * What the peer has said comes to these messages, followed by what has arrived of the next one. If that is being
     * passed over, it begins anew as one that whoever goes on has to pass over too.
     *
     * @param unread what was not decoded
     * @param pieceCount how many pieces the torrent turns out to have
     * @throws ProtocolException if the peer's pieces were forgotten
     */
    public ByteBuffer replay(ByteBuffer unread, int pieceCount) throws ProtocolException {
        if (forgotten) {
            throw new ProtocolException("has told of more pieces than there was room for without the metadata");
        }
        var out = new ByteArrayOutputStream();
        if (haveAll) {
            bare(out, MessageId.HAVE_ALL);
        } else if (highest >= 0 || bitfieldLength.isPresent()) {
            replayPieces(out, pieceCount);
        } else if (haveNone) {
            bare(out, MessageId.HAVE_NONE);
        }
        if (unchoked) {
            bare(out, MessageId.UNCHOKE);
        }
        if (interested) {
            bare(out, MessageId.INTERESTED);
        }
        suggested.forEach(piece -> withPiece(out, MessageId.SUGGEST_PIECE, piece));
        allowedFast.forEach(piece -> withPiece(out, MessageId.ALLOWED_FAST, piece));
        if (isComing) {
            header(out, MessageId.BITFIELD, comingLength).write(coming, 0, arrived);
        }
        if (toSkip > 0) {
            header(out, NO_MESSAGE, toSkip);
        }
        var bytes = new byte[unread.remaining()];
        unread.get(bytes);
        out.writeBytes(bytes);
        return ByteBuffer.wrap(out.toByteArray());
    }

    /** As a bitfield: haves too, which may be a million. */
    private void replayPieces(ByteArrayOutputStream out, int pieceCount) {
        if (bitfieldLength.isEmpty() && highest >= pieceCount) {
            withPiece(out, MessageId.HAVE, highest); // which is refused
            return;
        }
        int length = bitfieldLength.orElse((pieceCount + 7) / 8);
        header(out, MessageId.BITFIELD, length).writeBytes(Arrays.copyOf(pieces, length));
    }

    private static void bare(ByteArrayOutputStream out, int id) {
        header(out, id, 0);
    }

    private static void withPiece(ByteArrayOutputStream out, int id, int piece) {
        header(out, id, Integer.BYTES)
                .writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(piece).array());
    }

    private static ByteArrayOutputStream header(ByteArrayOutputStream out, int id, int payload) {
        out.writeBytes(ByteBuffer.allocate(LENGTH_PREFIX + 1)
                .putInt(1 + payload)
                .put((byte) id)
                .array());
        return out;
    }

    /** Gives the room back. May be called twice. */
    @Override
    public void close() {
        room.giveBack(taken);
        taken = 0;
    }
}
