package weft.tracker;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import weft.bencode.BString;

/**
 * Peers packed as addresses and ports in network byte order.
 *
 * <pre>
 * BEP 23, peers:   &lt;IPv4 address:4&gt;&lt;port:2&gt; ...
 * BEP 7,  peers6:  &lt;IPv6 address:16&gt;&lt;port:2&gt; ...
 * </pre>
 */
final class CompactPeers {
    /** BEP 23. */
    static final int IPV4_LENGTH = 6;

    /** BEP 7. */
    static final int IPV6_LENGTH = 18;

    private CompactPeers() {}

    /** The peers in {@code packed}, at most {@code limit}; a tail that is no whole entry, and port 0, are passed over. */
    static List<InetSocketAddress> decode(BString packed, int entryLength, int limit) {
        byte[] bytes = packed.toBytes();
        var peers = new ArrayList<InetSocketAddress>();
        for (int at = 0; at + entryLength <= bytes.length && peers.size() < limit; at += entryLength) {
            int addressEnd = at + entryLength - 2;
            int port = ((bytes[addressEnd] & 0xff) << 8) | (bytes[addressEnd + 1] & 0xff);
            if (port != 0) {
                var address = new byte[entryLength - 2];
                System.arraycopy(bytes, at, address, 0, address.length);
                peers.add(new InetSocketAddress(addressOf(address), port));
            }
        }
        return peers;
    }

    /** Appends one entry, of the length that the address gives it. */
    static void encode(InetSocketAddress peer, ByteArrayOutputStream to) {
        to.writeBytes(peer.getAddress().getAddress());
        to.write(peer.getPort() >>> 8);
        to.write(peer.getPort());
    }

    /** The address made of these 4 or 16 bytes. */
    static InetAddress addressOf(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("an address has 4 or 16 bytes, not " + bytes.length, e);
        }
    }
}
