package weft.wire;

import java.nio.ByteBuffer;
import java.util.Optional;
import weft.bencode.BDict;
import weft.bencode.Bencode;
import weft.bencode.BencodeException;
import weft.bencode.BencodeLimits;

/**
 * A message by which peers ask for the info dictionary and send it, in pieces of 16 KiB (BEP 9, {@code ut_metadata}).
 *
 * <pre>{@code
 * request  d8:msg_typei0e5:piecei0ee
 * data     d8:msg_typei1e5:piecei0e10:total_sizei34256ee<piece…>
 * reject   d8:msg_typei2e5:piecei0ee
 * }</pre>
 */
public sealed interface MetadataMessage {
    /** The name of the extension. */
    String NAME = "ut_metadata";

    /** Every piece has so many bytes but the last one. */
    int PIECE_LENGTH = 16 * 1024;

    /** Asks for a piece. */
    record Request(int piece) implements MetadataMessage {}

    /** Sends a piece; {@code bytes} is a view of the buffer that was decoded. */
    record Data(int piece, long totalSize, ByteBuffer bytes) implements MetadataMessage {}

    /** Will not send a piece. */
    record Reject(int piece) implements MetadataMessage {}

    /** How many pieces a dictionary of so many bytes has. */
    static int pieceCount(int size) {
        return Math.ceilDiv(size, PIECE_LENGTH);
    }

    /** How many bytes a piece has. */
    static int pieceLength(int piece, int size) {
        return Math.min(PIECE_LENGTH, size - piece * PIECE_LENGTH);
    }

    /**
     * Decodes the payload of an extended message; empty for one of a type that is not known, which BEP 9 wants to be
     * ignored.
     */
    static Optional<MetadataMessage> decode(ByteBuffer payload) throws ProtocolException {
        var bytes = new byte[payload.remaining()];
        payload.get(bytes);
        try {
            var decoded = Bencode.decode(bytes, BencodeLimits.EXTENSION);
            if (!(decoded.value() instanceof BDict dict)) {
                throw new ProtocolException("metadata: not a dictionary");
            }
            long piece = dict.integer("piece").orElse(-1);
            if (piece < 0 || piece > Integer.MAX_VALUE) {
                throw new ProtocolException("metadata: piece " + piece);
            }
            return switch (Math.clamp(dict.integer("msg_type").orElse(-1), -1, 3)) {
                case 0 -> Optional.of(new Request((int) piece));
                case 1 ->
                    Optional.of(new Data(
                            (int) piece,
                            dict.integer("total_size").orElse(-1),
                            ByteBuffer.wrap(bytes, decoded.end(), bytes.length - decoded.end())
                                    .slice()));
                case 2 -> Optional.of(new Reject((int) piece));
                default -> Optional.empty();
            };
        } catch (BencodeException e) {
            throw new ProtocolException("metadata: " + e.getMessage());
        }
    }

    /** The payload of the message; of {@link Data} only what comes before the piece's bytes. */
    default byte[] encode() {
        var dict = BDict.builder();
        switch (this) {
            case Request(int piece) -> dict.put("msg_type", 0).put("piece", piece);
            case Data(int piece, long totalSize, ByteBuffer bytes) ->
                dict.put("msg_type", 1).put("piece", piece).put("total_size", totalSize);
            case Reject(int piece) -> dict.put("msg_type", 2).put("piece", piece);
        }
        return Bencode.encode(dict.build());
    }
}
