package weft.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import weft.metainfo.InfoHash;

/**
 * What both sides of a connection say first (BEP 3). The acceptor may answer as soon as it has read the first
 * {@value #HEAD_LENGTH} bytes, which name the torrent; the peer id may come later.
 *
 * <pre>{@code <19><"BitTorrent protocol"><reserved:8><info-hash:20> | <peer-id:20>}</pre>
 */
public record Handshake(Reserved reserved, InfoHash infoHash, PeerId peerId) {
    /** Everything before the peer id. */
    public static final int HEAD_LENGTH = 48;

    /** The whole handshake. */
    public static final int LENGTH = HEAD_LENGTH + PeerId.LENGTH;

    /** On the wire every info-hash has 20 bytes; a v2 one is cut to them (BEP 52). */
    private static final int INFO_HASH_LENGTH = 20;

    private static final byte[] PROTOCOL = "\u0013BitTorrent protocol".getBytes(StandardCharsets.ISO_8859_1);

    /** The part of the handshake that names the torrent; its info-hash is the 20 bytes used on the wire. */
    public record Head(Reserved reserved, InfoHash infoHash) {}

    /** Encodes the handshake into a new buffer, ready to be written. */
    public ByteBuffer encode() {
        return ByteBuffer.allocate(LENGTH)
                .put(PROTOCOL)
                .putLong(reserved.bits())
                .put(infoHash.truncated())
                .put(peerId.toBytes())
                .flip();
    }

    /** Decodes the first {@value #HEAD_LENGTH} bytes of {@code in}. */
    public static Head decodeHead(ByteBuffer in) throws ProtocolException {
        for (byte expected : PROTOCOL) {
            if (in.get() != expected) {
                throw new ProtocolException("handshake: not the BitTorrent protocol");
            }
        }
        var reserved = new Reserved(in.getLong());
        var hash = new byte[INFO_HASH_LENGTH];
        in.get(hash);
        return new Head(reserved, InfoHash.ofV1(hash));
    }

    /** Decodes the 20 bytes that end the handshake. */
    public static PeerId decodePeerId(ByteBuffer in) {
        var id = new byte[PeerId.LENGTH];
        in.get(id);
        return PeerId.of(id);
    }
}
