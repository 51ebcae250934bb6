package weft.dht;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import weft.bencode.BDict;
import weft.bencode.BList;
import weft.bencode.BString;
import weft.bencode.BValue;
import weft.bencode.Bencode;
import weft.bencode.BencodeException;
import weft.bencode.BencodeLimits;

/**
 * What a node keeps from one run to the next: its ids, and nodes to begin with. Kept by whoever runs the node, as bytes in a
 * file or as he likes.
 *
 * <pre>
 * d 2:id20:... 3:id620:... 5:nodes l &lt;peer&gt; ... e e
 * </pre>
 *
 * @param ipv4Id the id on IPv4
 * @param ipv6Id the id on IPv6
 * @param nodes addresses of nodes, those of each family nearest first
 */
public record DhtState(Optional<NodeId> ipv4Id, Optional<NodeId> ipv6Id, List<InetSocketAddress> nodes) {
    /** Of a node that never ran. */
    public static final DhtState NONE = new DhtState(Optional.empty(), Optional.empty(), List.of());

    /** 100 to 200 for each family find the way back even after weeks. */
    static final int MAX_NODES = 200;

    private static final BencodeLimits LIMITS = new BencodeLimits(3, 65_536, 4_096);

    /** Copies the list. */
    public DhtState {
        nodes = List.copyOf(nodes);
    }

    /**
     * Reads what {@link #toBytes} has written; leaves out what makes no sense.
     *
     * @throws BencodeException if it is nothing of the kind: a torrent, say, which may have a list of nodes, too
     */
    public static DhtState parse(byte[] bytes) throws BencodeException {
        if (!(Bencode.decode(bytes.clone(), LIMITS).value() instanceof BDict state)
                || !(state.get("nodes").orElse(BString.EMPTY) instanceof BList packed)) {
            throw new BencodeException(0, "no dictionary with a list of nodes");
        }
        var nodes = new ArrayList<InetSocketAddress>();
        for (var node : packed) {
            if (!(node instanceof BString address)) {
                throw new BencodeException(0, "nodes that are no addresses");
            }
            if (nodes.size() < 2 * MAX_NODES) {
                Compact.peer(address).ifPresent(nodes::add);
            }
        }
        return new DhtState(id(state, "id"), id(state, "id6"), nodes);
    }

    private static Optional<NodeId> id(BDict state, String key) {
        return state.string(key).filter(bytes -> bytes.length() == NodeId.BYTES).map(NodeId::of);
    }

    /** As bytes, to be written somewhere. */
    public byte[] toBytes() {
        var state = BDict.builder();
        ipv4Id.ifPresent(id -> state.put("id", id.toBytes()));
        ipv6Id.ifPresent(id -> state.put("id6", id.toBytes()));
        state.put("nodes", BList.of(nodes.stream().<BValue>map(Compact::peer).toList()));
        return Bencode.encode(state.build());
    }

    Optional<NodeId> id(Family family) {
        return family == Family.IPV4 ? ipv4Id : ipv6Id;
    }

    List<InetSocketAddress> nodes(Family family) {
        return nodes.stream()
                .filter(node -> Family.of(node.getAddress()) == family)
                .toList();
    }

    /** The state of nodes that run now. Who knows few yet, or no more, keeps those from {@code before} behind them. */
    static DhtState of(Iterable<Node> running, DhtState before) {
        Map<Family, NodeId> ids = new EnumMap<>(Family.class);
        var nodes = new ArrayList<InetSocketAddress>();
        for (var node : running) {
            ids.put(node.family(), node.id());
            var known = node.table().contacts().stream().map(Contact::address);
            nodes.addAll(Stream.concat(known, before.nodes(node.family()).stream())
                    .distinct()
                    .limit(MAX_NODES)
                    .toList());
        }
        return new DhtState(
                Optional.ofNullable(ids.get(Family.IPV4)).or(before::ipv4Id),
                Optional.ofNullable(ids.get(Family.IPV6)).or(before::ipv6Id),
                nodes);
    }
}
