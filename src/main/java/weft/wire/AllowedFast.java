package weft.wire;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.commons.codec.digest.DigestUtils;
import weft.metainfo.InfoHash;

/**
 * The allowed-fast set of BEP 6: the few pieces that a peer may ask for even while it is choked, so that it has
 * something to trade. It follows from the peer's address and the info-hash, so that coming back does not yield more.
 */
public final class AllowedFast {
    /** How many pieces BEP 6 suggests. */
    public static final int SIZE = 10;

    private static final int INFO_HASH_LENGTH = 20;

    private AllowedFast() {}

    /**
     * The set for a peer at {@code address}, in the order of its making; empty for IPv6, for which BEP 6 says nothing.
     */
    public static Set<Integer> set(InetAddress address, InfoHash infoHash, int pieceCount, int size) {
        var pieces = new LinkedHashSet<Integer>();
        if (!(address instanceof Inet4Address)) {
            return pieces;
        }
        var seed = address.getAddress();
        seed[3] = 0; // one set per /24, or an attacker with a network would get everything
        byte[] x = ByteBuffer.allocate(4 + INFO_HASH_LENGTH)
                .put(seed)
                .put(infoHash.truncated())
                .array();
        int wanted = Math.min(size, pieceCount);
        while (pieces.size() < wanted) {
            x = DigestUtils.sha1(x);
            var words = ByteBuffer.wrap(x);
            while (words.hasRemaining() && pieces.size() < wanted) {
                pieces.add(Integer.remainderUnsigned(words.getInt(), pieceCount));
            }
        }
        return pieces;
    }
}
