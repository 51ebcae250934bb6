package weft.dht;

import java.net.InetAddress;
import java.util.BitSet;
import org.apache.commons.codec.digest.DigestUtils;
import weft.bencode.BString;

/**
 * How many different addresses there are, in 256 bytes (BEP 33). Each sets two of 2048 bits; filters of several nodes are
 * united by OR, so that who is known to many counts once. The estimate is good to a few hundredths up to 3000 addresses,
 * and tells nothing beyond 6000.
 *
 * <p>Not for sharing between threads.
 */
final class BloomFilter {
    /** BEP 33. */
    static final int BYTES = 256;

    private static final int BITS = 8 * BYTES; // m
    private static final int BITS_PER_ADDRESS = 2; // k

    private final BitSet bits; // bit i is bit i % 8, from the lowest, of byte i / 8

    /** Nobody is in it. */
    BloomFilter() {
        bits = new BitSet(BITS);
    }

    /**
     * What a node has sent.
     *
     * @throws IllegalArgumentException if it is not 256 bytes
     */
    BloomFilter(BString bytes) {
        if (bytes.length() != BYTES) {
            throw new IllegalArgumentException("a filter has 256 bytes, not " + bytes.length());
        }
        bits = BitSet.valueOf(bytes.asByteBuffer());
    }

    /** Adds an address, of either family. */
    void insert(InetAddress address) {
        byte[] hash = DigestUtils.sha1(address.getAddress());
        bits.set(index(hash, 0));
        bits.set(index(hash, 2));
    }

    /** Whether the address was added, or others were that set the same bits. */
    boolean mayContain(InetAddress address) {
        byte[] hash = DigestUtils.sha1(address.getAddress());
        return bits.get(index(hash, 0)) && bits.get(index(hash, 2));
    }

    private static int index(byte[] hash, int at) {
        return ((hash[at] & 0xff) | (hash[at + 1] & 0xff) << 8) % BITS;
    }

    /** Adds all that are in {@code other}. */
    void add(BloomFilter other) {
        bits.or(other.bits);
    }

    /**
     * How many addresses were added, about. By the formula of BEP 33 that is half an address if none was; of a full filter,
     * for which it has no answer, we say what it says of one with a single bit left.
     */
    double estimate() {
        int zeros = Math.clamp(BITS - bits.cardinality(), 1, BITS - 1);
        return Math.log((double) zeros / BITS) / (BITS_PER_ADDRESS * Math.log(1 - 1.0 / BITS));
    }

    /** The 256 bytes. */
    BString toBytes() {
        var bytes = new byte[BYTES];
        byte[] set = bits.toByteArray();
        System.arraycopy(set, 0, bytes, 0, set.length);
        return BString.of(bytes);
    }
}
