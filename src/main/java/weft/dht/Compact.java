package weft.dht;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import weft.bencode.BString;

/**
 * Peers and nodes packed in network byte order.
 *
 * <pre>
 * peer   &lt;address:4 or 16&gt;&lt;port:2&gt;            BEP 5, BEP 32
 * node   &lt;id:20&gt;&lt;address:4 or 16&gt;&lt;port:2&gt;     the same
 * </pre>
 */
final class Compact {
    private Compact() {}

    /** The peer in {@code packed}; nothing if that is of no such length, or has port 0. */
    static Optional<InetSocketAddress> peer(BString packed) {
        for (var family : Family.values()) {
            if (packed.length() == family.peerBytes()) {
                return Optional.ofNullable(readPeer(packed.asByteBuffer(), family));
            }
        }
        return Optional.empty();
    }

    /** A peer, in the length that its address gives it. */
    static BString peer(InetSocketAddress peer) {
        byte[] address = peer.getAddress().getAddress();
        var packed = ByteBuffer.allocate(address.length + 2);
        packed.put(address).putShort((short) peer.getPort());
        return BString.of(packed.array());
    }

    /**
     * The nodes in {@code packed}, at most {@code limit}. A tail that is no whole entry is passed over, and so are port 0
     * and addresses that belong to the other family although they have the length of this one.
     */
    static List<Contact> nodes(BString packed, Family family, int limit) {
        var nodes = new ArrayList<Contact>();
        var from = packed.asByteBuffer();
        while (from.remaining() >= family.nodeBytes() && nodes.size() < limit) {
            var id = NodeId.read(from);
            var address = readPeer(from, family);
            if (address != null) {
                nodes.add(new Contact(id, address));
            }
        }
        return nodes;
    }

    /** Nodes of one family, one after the other. */
    static BString nodes(List<Contact> nodes, Family family) {
        var packed = ByteBuffer.allocate(nodes.size() * family.nodeBytes());
        for (var node : nodes) {
            node.id().write(packed);
            packed.put(node.address().getAddress().getAddress())
                    .putShort((short) node.address().getPort());
        }
        return BString.of(packed.array());
    }

    /** The next address and port, or null if they cannot be those of anybody. */
    private static InetSocketAddress readPeer(ByteBuffer from, Family family) {
        var bytes = new byte[family.addressBytes()];
        from.get(bytes);
        int port = from.getShort() & 0xffff;
        try {
            var address = InetAddress.getByAddress(bytes);
            return port == 0 || Family.of(address) != family ? null : new InetSocketAddress(address, port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
        }
    }
}
