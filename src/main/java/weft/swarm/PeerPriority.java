package weft.swarm;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The canonical peer priority of BEP 40: a number that two peers reach alike, each from its own and the other's address. If
 * everybody prefers whoever gives the higher number, newcomers find room in a swarm in which everybody has as many peers as
 * he wants, and nobody can choose to be preferred by all.
 *
 * <p>For IPv6 this is libtorrent's rule, which looks at the first 64 bits as IPv4's looks at 32, and hashes all of the rest.
 * The BEP's masks the rest, too. As the number is of use only if both sides reach the same, what nearly all who compute it
 * do counts more than what was written down first.
 */
final class PeerPriority {
    // What is hashed of addresses that have nothing, the first, or the second part of the network in common.
    private static final byte[][] IPV4_MASKS = {mask(0xffff5555, 4), mask(0xffffff55, 4), mask(0xffffffff, 4)};
    private static final byte[][] IPV6_MASKS = {
        mask(0xffffffff55555555L, 8), mask(0xffffffffffff5555L, 8), mask(0xffffffffffffffffL, 8)
    };

    private PeerPriority() {}

    private static byte[] mask(long bits, int bytes) {
        byte[] all = ByteBuffer.allocate(Long.BYTES).putLong(bits).array();
        return Arrays.copyOfRange(all, Long.BYTES - bytes, Long.BYTES);
    }

    /** The priority of two addresses of one family, 32 bits; higher is better. */
    static long of(InetSocketAddress one, InetSocketAddress other) {
        if (one.getAddress().equals(other.getAddress())) {
            return crc(port(one), port(other));
        }
        return of(one.getAddress(), other.getAddress());
    }

    /** The priority of two different addresses of one family. */
    static long of(InetAddress one, InetAddress other) {
        byte[] first = one.getAddress();
        byte[] second = other.getAddress();
        byte[][] masks = first.length == 4 ? IPV4_MASKS : IPV6_MASKS;
        int half = masks[0].length / 2; // a /16 or a /32
        byte[] mask =
                masks[!haveInCommon(first, second, half) ? 0 : !haveInCommon(first, second, half / 2 * 3) ? 1 : 2];
        for (int i = 0; i < mask.length; i++) {
            first[i] &= mask[i];
            second[i] &= mask[i];
        }
        return crc(first, second);
    }

    private static boolean haveInCommon(byte[] one, byte[] other, int bytes) {
        return Arrays.equals(one, 0, bytes, other, 0, bytes);
    }

    private static byte[] port(InetSocketAddress address) {
        return ByteBuffer.allocate(Short.BYTES)
                .putShort((short) address.getPort())
                .array();
    }

    private static long crc(byte[] one, byte[] other) {
        boolean inOrder = Arrays.compareUnsigned(one, other) <= 0;
        var crc = new CRC32C();
        crc.update(inOrder ? one : other);
        crc.update(inOrder ? other : one);
        return crc.getValue();
    }
}
