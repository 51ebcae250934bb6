package weft.dht;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32C;
import org.apache.commons.codec.DecoderException;
import org.apache.commons.codec.binary.Hex;
import weft.bencode.BString;
import weft.metainfo.InfoHash;

/**
 * A number of 160 bits, by which the DHT knows nodes, torrents and items (BEP 5): unsigned, the first byte the highest.
 * The distance of two is their XOR. Immutable.
 *
 * <p>BEP 42 ties a node's id to its address, so that nobody can sit down beside a torrent of his choice: 21 bits at the
 * front come of the address, and the last byte says which of eight such prefixes it is.
 *
 * <pre>
 *   &lt;21 bits of CRC32-C(address &amp; mask, with r in its top 3 bits)&gt; &lt;131 random bits&gt; &lt;random byte, r its low 3 bits&gt;
 * </pre>
 */
public final class NodeId implements Comparable<NodeId> {

    /** BEP 5: ids are of the length of a SHA-1. */
    public static final int BYTES = 20;

    /** The same in bits. */
    public static final int BITS = 8 * BYTES;

    /** BEP 42: the address's bits that count, ever more of them towards its end: a large network has more ids to choose. */
    private static final int IPV4_MASK = 0x030f3fff;

    /** BEP 42: the same for the upper half of an IPv6 address. The lower half is the subscriber's to choose. */
    private static final long IPV6_MASK = 0x0103070f1f3f7fffL;

    /** BEP 42: how many leading bits are to agree. */
    private static final int PREFIX_BITS = 21;

    // Three numbers rather than an array: half the memory, and distances without a loop. There are thousands of ids.
    private final long high;
    private final long middle;
    private final int low;

    private NodeId(long high, long middle, int low) {
        this.high = high;
        this.middle = middle;
        this.low = low;
    }

    /**
     * The id in these 20 bytes.
     *
     * @throws IllegalArgumentException if they are not 20
     */
    public static NodeId of(byte[] bytes) {
        return read(ByteBuffer.wrap(bytes), bytes.length);
    }

    /**
     * The id in these 20 bytes, as messages have it.
     *
     * @throws IllegalArgumentException if they are not 20
     */
    public static NodeId of(BString bytes) {
        return read(bytes.asByteBuffer(), bytes.length());
    }

    /** Where a torrent is in the space of ids; of a v2 info-hash the first 20 bytes (BEP 52). */
    public static NodeId of(InfoHash infoHash) {
        return of(infoHash.truncated());
    }

    /** The next 20 bytes of {@code from}, which must have as many left. */
    static NodeId read(ByteBuffer from) {
        return new NodeId(from.getLong(), from.getLong(), from.getInt());
    }

    private static NodeId read(ByteBuffer from, int length) {
        if (length != BYTES) {
            throw new IllegalArgumentException("a node id has 20 bytes, not " + length);
        }
        return read(from);
    }

    /**
     * Reads 40 hexadecimal digits in either case.
     *
     * @throws IllegalArgumentException if {@code hex} is anything else
     */
    public static NodeId parse(String hex) {
        if (hex.length() != 2 * BYTES) {
            throw new IllegalArgumentException("not a node id (40 hexadecimal digits): " + hex);
        }
        try {
            return of(Hex.decodeHex(hex));
        } catch (DecoderException notHex) {
            throw new IllegalArgumentException("not a node id (40 hexadecimal digits): " + hex, notHex);
        }
    }

    /** An id anywhere. */
    public static NodeId random(RandomGenerator random) {
        return new NodeId(random.nextLong(), random.nextLong(), random.nextInt());
    }

    /**
     * A random id that fits {@code address}, at which others see the node that is to have it (BEP 42).
     */
    public static NodeId generateFor(InetAddress address, RandomGenerator random) {
        var any = random(random);
        int prefix = prefixFor(address, any.low);
        int kept = -1 >>> PREFIX_BITS;
        long first = (prefix & ~kept) | ((int) (any.high >>> 32) & kept);
        return new NodeId(first << 32 | (any.high & 0xffffffffL), any.middle, any.low);
    }

    /**
     * Whether a node at {@code address} may have this id (BEP 42): always, if the address is one that only its own network
     * knows, since such a node is seen at another one from elsewhere.
     */
    public boolean fits(InetAddress address) {
        return isExempt(address) || ((prefixFor(address, low) ^ (int) (high >>> 32)) >>> (32 - PREFIX_BITS)) == 0;
    }

    /**
     * BEP 42's list of local networks, with their like in IPv6; and the addresses that providers share among their
     * customers (RFC 6598), as libtorrent has it from 2.1 on.
     */
    static boolean isExempt(InetAddress address) {
        if (address.isLoopbackAddress() || address.isLinkLocalAddress() || address.isSiteLocalAddress()) {
            return true;
        }
        byte[] bytes = address.getAddress();
        return address instanceof Inet6Address
                ? (bytes[0] & 0xfe) == 0xfc // fc00::/7: RFC 4193
                : bytes[0] == 100 && (bytes[1] & 0xc0) == 64; // 100.64.0.0/10: RFC 6598
    }

    /** The 32 bits of which an id at {@code address} has the first 21; r is in the low three bits of {@code lastByte}. */
    private static int prefixFor(InetAddress address, int lastByte) {
        long r = lastByte & 7;
        byte[] bytes = address.getAddress();
        var hashed = ByteBuffer.allocate(8);
        if (address instanceof Inet6Address) {
            hashed.putLong((ByteBuffer.wrap(bytes).getLong() & IPV6_MASK) | (r << 61));
        } else {
            // The BEP speaks of 8 bytes here as well, but only 4 give the ids that it publishes.
            hashed.putInt((ByteBuffer.wrap(bytes).getInt() & IPV4_MASK) | ((int) r << 29));
        }
        var crc = new CRC32C();
        crc.update(hashed.flip());
        return (int) crc.getValue();
    }

    /** How far {@code other} is from here. */
    public NodeId distance(NodeId other) {
        return new NodeId(high ^ other.high, middle ^ other.middle, low ^ other.low);
    }

    /** Negative if {@code a} is nearer to this id than {@code b} is, positive if farther, 0 if they are the same. */
    public int compareDistances(NodeId a, NodeId b) {
        int order = Long.compareUnsigned(high ^ a.high, high ^ b.high);
        if (order == 0) {
            order = Long.compareUnsigned(middle ^ a.middle, middle ^ b.middle);
        }
        return order != 0 ? order : Integer.compareUnsigned(low ^ a.low, low ^ b.low);
    }

    /** The order of {@link #compareDistances}: the nearest to this id comes first. */
    public Comparator<NodeId> byDistance() {
        return this::compareDistances;
    }

    /** How many leading bits this id and {@code other} have in common, 0 to 160: the bucket that the other belongs to. */
    public int commonPrefixLength(NodeId other) {
        if (high != other.high) {
            return Long.numberOfLeadingZeros(high ^ other.high);
        }
        if (middle != other.middle) {
            return Long.SIZE + Long.numberOfLeadingZeros(middle ^ other.middle);
        }
        return 2 * Long.SIZE + Integer.numberOfLeadingZeros(low ^ other.low);
    }

    /**
     * A random id that has exactly the first {@code bits} bits in common with this one: what is looked up to refresh the
     * bucket of that number. From 0 to 159.
     */
    NodeId randomSharing(int bits, RandomGenerator random) {
        if (bits < 0 || bits >= BITS) {
            throw new IllegalArgumentException("bits in common must be 0 to 159: " + bits);
        }
        byte[] here = toBytes();
        byte[] there = random(random).toBytes();
        System.arraycopy(here, 0, there, 0, bits / 8);
        int at = bits / 8;
        int differing = 0x80 >>> bits % 8;
        int after = differing - 1;
        there[at] = (byte) (((here[at] ^ differing) & ~after) | (there[at] & after));
        return of(there);
    }

    /** The 20 bytes. */
    public byte[] toBytes() {
        var bytes = ByteBuffer.allocate(BYTES);
        write(bytes);
        return bytes.array();
    }

    /** Puts the 20 bytes into {@code to}, which must have room. */
    void write(ByteBuffer to) {
        to.putLong(high).putLong(middle).putInt(low);
    }

    /** 40 hexadecimal digits, lower case. */
    public String toHex() {
        return Hex.encodeHexString(toBytes());
    }

    /** As unsigned numbers. */
    @Override
    public int compareTo(NodeId other) {
        int order = Long.compareUnsigned(high, other.high);
        if (order == 0) {
            order = Long.compareUnsigned(middle, other.middle);
        }
        return order != 0 ? order : Integer.compareUnsigned(low, other.low);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NodeId that && high == that.high && middle == that.middle && low == that.low;
    }

    /** Mixes all bits: ids that others choose may be alike in any part. */
    @Override
    public int hashCode() {
        return 31 * (31 * Long.hashCode(high) + Long.hashCode(middle)) + low;
    }

    /** The same as {@link #toHex}. */
    @Override
    public String toString() {
        return toHex();
    }
}
