package weft.metainfo;

import java.util.Arrays;
import java.util.Locale;
import org.apache.commons.codec.DecoderException;
import org.apache.commons.codec.binary.Base32;
import org.apache.commons.codec.binary.Hex;

/**
 * What a torrent is known by: the SHA-1 of its info dictionary (BEP 3, 20 bytes), or for v2 the SHA-256 (BEP 52, 32
 * bytes). Wherever the protocol has room for 20 bytes only (handshake, trackers, DHT) a v2 hash goes {@link #truncated}.
 */
public final class InfoHash implements Comparable<InfoHash> {

    /** SHA-1: BEP 3. */
    private static final int V1_BYTES = 20;
    /** SHA-256: BEP 52. */
    private static final int V2_BYTES = 32;
    /** 20 bytes in base 32, as old magnet links have them (BEP 9). */
    private static final int V1_BASE32_LETTERS = 32;

    private final byte[] bytes;

    private InfoHash(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A v1 info-hash of a copy of these 20 bytes. */
    public static InfoHash ofV1(byte[] bytes) {
        return new InfoHash(checked(bytes, V1_BYTES).clone());
    }

    /** A v2 info-hash of a copy of these 32 bytes. */
    public static InfoHash ofV2(byte[] bytes) {
        return new InfoHash(checked(bytes, V2_BYTES).clone());
    }

    /**
     * Reads 40 hexadecimal digits (v1), 64 (v2), or 32 letters of base 32 (v1), in either case.
     *
     * @throws IllegalArgumentException if {@code text} is none of these
     */
    public static InfoHash parse(String text) {
        try {
            return switch (text.length()) {
                case 2 * V1_BYTES, 2 * V2_BYTES -> new InfoHash(Hex.decodeHex(text));
                case V1_BASE32_LETTERS -> ofBase32(text.toUpperCase(Locale.ROOT));
                default -> throw notAnInfoHash(text);
            };
        } catch (DecoderException notHex) {
            throw notAnInfoHash(text);
        }
    }

    private static InfoHash ofBase32(String text) {
        // The decoder skips what is not in its alphabet; looking first makes "skipped" an error.
        if (!text.chars().allMatch(c -> (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'))) {
            throw notAnInfoHash(text);
        }
        return ofV1(new Base32().decode(text));
    }

    private static IllegalArgumentException notAnInfoHash(String text) {
        return new IllegalArgumentException(
                "not an info-hash (40 or 64 hexadecimal digits, or 32 letters of base 32): " + text);
    }

    private static byte[] checked(byte[] bytes, int length) {
        if (bytes.length != length) {
            throw new IllegalArgumentException("info-hash of " + bytes.length + " bytes, must be " + length);
        }
        return bytes;
    }

    /** True for 32 bytes of SHA-256. */
    public boolean isV2() {
        return bytes.length == V2_BYTES;
    }

    /** A copy of all 20 or 32 bytes. */
    public byte[] toBytes() {
        return bytes.clone();
    }

    /** A copy of the first 20 bytes: what handshakes, trackers and the DHT carry (BEP 52). */
    public byte[] truncated() {
        return Arrays.copyOf(bytes, V1_BYTES);
    }

    /** 40 or 64 hexadecimal digits, lower case. */
    public String toHex() {
        return Hex.encodeHexString(bytes);
    }

    @Override
    public int compareTo(InfoHash other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof InfoHash that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** The same as {@link #toHex}. */
    @Override
    public String toString() {
        return toHex();
    }
}
