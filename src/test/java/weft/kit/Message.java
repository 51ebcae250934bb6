package weft.kit;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;

/**
 * The messages of BEP 3, BEP 6 and BEP 10 as a test sees them. Written and read here with nothing of Weft's own, so that a mistake
 * in {@code weft.wire} does not cancel itself out. A record only holds what it is told: absurd values are what some tests
 * are about.
 */
public sealed interface Message {
    /** Nothing to say, but still there. */
    record KeepAlive() implements Message {}

    record Choke() implements Message {}

    record Unchoke() implements Message {}

    record Interested() implements Message {}

    record NotInterested() implements Message {}

    record Have(int piece) implements Message {}

    /** As it goes over the wire, the high bit of the first byte for piece 0. */
    record Bitfield(ByteBuffer bits) implements Message {
        /** The bitfield of these pieces. */
        public static Bitfield of(BitSet pieces, int pieceCount) {
            var bits = new byte[(pieceCount + 7) / 8];
            pieces.stream().forEach(piece -> bits[piece / 8] |= (byte) (0x80 >> piece % 8));
            return new Bitfield(ByteBuffer.wrap(bits));
        }

        /** The pieces whose bits are set. */
        public BitSet pieces() {
            var pieces = new BitSet();
            for (int piece = 0; piece < bits.limit() * 8; piece++) {
                pieces.set(piece, (bits.get(piece / 8) & (0x80 >> piece % 8)) != 0);
            }
            return pieces;
        }
    }

    record Request(int piece, int begin, int length) implements Message {}

    record Piece(int piece, int begin, ByteBuffer block) implements Message {}

    record Cancel(int piece, int begin, int length) implements Message {
        public static Cancel of(Request request) {
            return new Cancel(request.piece(), request.begin(), request.length());
        }
    }

    record Port(int port) implements Message {}

    record SuggestPiece(int piece) implements Message {}

    record HaveAll() implements Message {}

    record HaveNone() implements Message {}

    record RejectRequest(int piece, int begin, int length) implements Message {
        public static RejectRequest of(Request request) {
            return new RejectRequest(request.piece(), request.begin(), request.length());
        }
    }

    record AllowedFast(int piece) implements Message {}

    /** BEP 10; id 0 is the extension handshake. */
    record Extended(int extensionId, ByteBuffer payload) implements Message {
        /** One whose payload is this text, a byte for each character. */
        public static Extended of(int extensionId, String payload) {
            return new Extended(extensionId, ByteBuffer.wrap(payload.getBytes(StandardCharsets.ISO_8859_1)));
        }

        /** An extension handshake in which these extensions are known, under these ids. */
        public static Extended handshake(Map<String, Integer> ids) {
            return handshake(ids, "");
        }

        /** The same; {@code more} is what comes after {@code m}, bencoded. */
        public static Extended handshake(Map<String, Integer> ids, String more) {
            var text = new StringBuilder("d1:md");
            new TreeMap<>(ids)
                    .forEach((name, id) -> text.append(name.length())
                            .append(':')
                            .append(name)
                            .append('i')
                            .append(id)
                            .append('e'));
            return of(0, text.append('e').append(more).append('e').toString());
        }

        /** The payload, a character for each byte. */
        public String text() {
            return StandardCharsets.ISO_8859_1.decode(payload.duplicate()).toString();
        }
    }

    /** Anything else. */
    record Other(int id, ByteBuffer payload) implements Message {}

    /** The message with its length in front. */
    default byte[] encode() {
        return switch (this) {
            case KeepAlive m -> new byte[4];
            case Choke m -> encode(0);
            case Unchoke m -> encode(1);
            case Interested m -> encode(2);
            case NotInterested m -> encode(3);
            case Have m -> encode(4, m.piece);
            case Bitfield m -> encode(5, m.bits);
            case Request m -> encode(6, m.piece, m.begin, m.length);
            case Piece m -> encode(7, m.block, m.piece, m.begin);
            case Cancel m -> encode(8, m.piece, m.begin, m.length);
            case Port m ->
                encode(9, ByteBuffer.allocate(2).putShort((short) m.port).flip());
            case SuggestPiece m -> encode(13, m.piece);
            case HaveAll m -> encode(14);
            case HaveNone m -> encode(15);
            case RejectRequest m -> encode(16, m.piece, m.begin, m.length);
            case AllowedFast m -> encode(17, m.piece);
            case Extended m ->
                encode(
                        20,
                        ByteBuffer.allocate(1 + m.payload.remaining())
                                .put((byte) m.extensionId)
                                .put(m.payload.duplicate())
                                .flip());
            case Other m -> encode(m.id, m.payload);
        };
    }

    private static byte[] encode(int id, int... fields) {
        return encode(id, ByteBuffer.allocate(0), fields);
    }

    private static byte[] encode(int id, ByteBuffer rest, int... fields) {
        int length = 1 + 4 * fields.length + rest.remaining();
        var out = ByteBuffer.allocate(4 + length).putInt(length).put((byte) id);
        for (int field : fields) {
            out.putInt(field);
        }
        return out.put(rest.duplicate()).array();
    }

    /** Reads one message. */
    static Message read(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length == 0) {
            return new KeepAlive();
        }
        if (length < 0 || length > 1 << 20) {
            throw new IOException("Weft sent a message of " + length + " bytes");
        }
        int id = in.readUnsignedByte();
        var payload = ByteBuffer.wrap(in.readNBytes(length - 1));
        if (payload.remaining() < length - 1) {
            throw new EOFException();
        }
        var message = decode(id, payload);
        if (payload.hasRemaining()) {
            throw new IOException("Weft sent " + message + " with " + payload.remaining() + " bytes too many");
        }
        return message;
    }

    private static Message decode(int id, ByteBuffer in) {
        return switch (id) {
            case 0 -> new Choke();
            case 1 -> new Unchoke();
            case 2 -> new Interested();
            case 3 -> new NotInterested();
            case 4 -> new Have(in.getInt());
            case 5 -> new Bitfield(rest(in));
            case 6 -> new Request(in.getInt(), in.getInt(), in.getInt());
            case 7 -> new Piece(in.getInt(), in.getInt(), rest(in));
            case 8 -> new Cancel(in.getInt(), in.getInt(), in.getInt());
            case 9 -> new Port(in.getShort() & 0xffff);
            case 13 -> new SuggestPiece(in.getInt());
            case 14 -> new HaveAll();
            case 15 -> new HaveNone();
            case 16 -> new RejectRequest(in.getInt(), in.getInt(), in.getInt());
            case 17 -> new AllowedFast(in.getInt());
            case 20 -> new Extended(in.get() & 0xff, rest(in));
            default -> new Other(id, rest(in));
        };
    }

    private static ByteBuffer rest(ByteBuffer in) {
        var rest = in.slice();
        in.position(in.limit());
        return rest;
    }
}
