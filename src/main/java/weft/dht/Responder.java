package weft.dht;

import java.net.InetSocketAddress;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import weft.bencode.BString;

/**
 * What a node answers to queries, and what it keeps for others: peers of torrents, and items (BEP 5, 32, 33, 44, 51). All in
 * memory and bounded; an answer to a query takes some microseconds, but for the signatures of items, which it leaves to
 * others. Called by whoever receives the node's datagrams.
 */
final class Responder {
    /** Stays within one packet on any path, with what the network adds. */
    private static final int MAX_BYTES = 1024;

    /** What an answer holds besides nodes, values and filters, generously. */
    private static final int OTHER_BYTES = 120;

    /** An item may need more than that: as much as gets through without being cut in pieces almost everywhere. */
    private static final int MAX_ITEM_BYTES = 1400;

    /** What else is in an answer with a mutable item: key, signature and sequence number. */
    private static final int SIGNED_BYTES = 150;

    /** BEP 33: two filters with their keys. */
    private static final int FILTERS_BYTES = 2 * (BloomFilter.BYTES + 10);

    /** As many peers as anybody will want to dial at once. */
    private static final int MAX_VALUES = 50;

    /** How many bytes a string of this length takes more. */
    private static final int STRING_OVERHEAD = 3;

    private final Node node;
    private final Tokens tokens;
    private final PeerStore peers;
    private final TorrentSample sample;
    private final ItemStore items;

    /** {@code verifier}: see {@link ItemStore}. */
    Responder(Node node, DhtOptions options, Predicate<Runnable> verifier, Pace pace, RandomGenerator random) {
        this.node = node;
        this.tokens = new Tokens(pace::nanoTime, random);
        this.peers = new PeerStore(
                new PeerStore.Limits(options.maxTorrents(), options.maxPeersPerTorrent(), options.maxPeers()),
                pace::nanoTime,
                random);
        this.sample = new TorrentSample(peers, pace::nanoTime);
        this.items = new ItemStore(options.maxItems(), node::id, verifier, pace::nanoTime);
    }

    /** Answers a query, or says that it fails: at once, unless there is a signature to be verified first. */
    void answer(Query query, InetSocketAddress from, Consumer<Message> reply) {
        switch (query.method()) {
            case Method.Ping ping -> reply.accept(answer(query, from, Answer.Contents.NONE));
            case Method.FindNode(NodeId target, Set<Family> want) ->
                reply.accept(answer(query, from, nodes(target, want)));
            case Method.GetPeers getPeers -> reply.accept(answer(query, from, peers(getPeers, from)));
            case Method.AnnouncePeer announce -> reply.accept(announced(query, announce, from));
            case Method.Get get -> reply.accept(answer(query, from, item(get, from)));
            case Method.Put put -> put(query, put, from, reply);
            case Method.SampleInfohashes(NodeId target, Set<Family> want) ->
                reply.accept(answer(query, from, nodes(target, want).with(sample.current())));
            // BEP 5: what we do not know and has a target may be meant as find_node.
            case Method.Unknown(String name, Optional<NodeId> target, Set<Family> want) ->
                reply.accept(
                        target.isPresent() ? answer(query, from, nodes(target.orElseThrow(), want)) : unknown(query));
        }
    }

    private Answer answer(Query query, InetSocketAddress from, Answer.Contents contents) {
        return new Answer(query.transaction(), node.id(), Optional.of(from), contents);
    }

    private static Failure unknown(Query query) {
        return new Failure(query.transaction(), Failure.METHOD_UNKNOWN, "Method Unknown");
    }

    private Answer.Contents nodes(NodeId target, Set<Family> want) {
        return nodes(target, want, Krpc.MAX_NODES);
    }

    /** The nodes nearest to {@code target}, of the families that are wanted (BEP 32), at most so many of each. */
    private Answer.Contents nodes(NodeId target, Set<Family> want, int most) {
        if (want.isEmpty()) {
            return Answer.Contents.ofNodes(Map.of(node.family(), node.table().closest(target, most)));
        }
        var nodes = new EnumMap<Family, List<Contact>>(Family.class);
        if (want.contains(node.family())) {
            nodes.put(node.family(), node.table().closest(target, most));
        }
        node.sibling()
                .filter(other -> want.contains(other.family()))
                .ifPresent(other -> nodes.put(other.family(), other.table().closest(target, most)));
        return Answer.Contents.ofNodes(nodes);
    }

    private Answer.Contents peers(Method.GetPeers query, InetSocketAddress from) {
        var family = node.family();
        var infoHash = query.infoHash();
        var contents = nodes(infoHash, query.want());
        if (peers.hasRoom(infoHash, family)) {
            contents = contents.with(tokens.issue(from.getAddress(), infoHash));
        }
        int room = MAX_BYTES - OTHER_BYTES - bytesOfNodes(contents);
        var filters = query.scrape() ? peers.filters(infoHash) : Optional.<PeerStore.Filters>empty();
        if (filters.isPresent()) {
            var both = filters.orElseThrow();
            contents = contents.with(
                    new Answer.Filters(both.seeds().toBytes(), both.peers().toBytes()));
            room -= FILTERS_BYTES;
        }
        int most = Math.clamp(room / (family.peerBytes() + STRING_OVERHEAD), 0, MAX_VALUES);
        return contents.with(peers.sample(infoHash, family, query.noSeed(), most));
    }

    private static int bytesOfNodes(Answer.Contents contents) {
        int bytes = 0;
        for (var entry : contents.nodes().entrySet()) {
            bytes += entry.getValue().size() * entry.getKey().nodeBytes();
        }
        return bytes;
    }

    private Message announced(Query query, Method.AnnouncePeer announce, InetSocketAddress from) {
        if (!accepts(announce.token(), from, announce.infoHash())) {
            return Failure.protocol(query.transaction(), "bad token");
        }
        int port = announce.impliedPort() ? from.getPort() : announce.port();
        var peer = new InetSocketAddress(from.getAddress(), port);
        return peers.announce(announce.infoHash(), peer, announce.seed())
                ? answer(query, from, Answer.Contents.NONE)
                : new Failure(query.transaction(), Failure.SERVER, "Server Error, full");
    }

    /** Beside a long value there is not room for all nodes; whoever asks here is near enough already to need few. */
    private Answer.Contents item(Method.Get get, InetSocketAddress from) {
        var item = items.get(get.target());
        int length = item.map(Responder::length).orElse(0);
        int bytesOfOne = get.want().isEmpty()
                ? node.family().nodeBytes()
                : get.want().stream().mapToInt(Family::nodeBytes).sum();
        int room = MAX_ITEM_BYTES - OTHER_BYTES - SIGNED_BYTES - length;
        var contents = nodes(get.target(), get.want(), Math.clamp(room / bytesOfOne, 0, Krpc.MAX_NODES))
                .with(tokens.issue(from.getAddress(), get.target()));
        return item.isPresent() ? contents.with(stored(item.orElseThrow(), get.newerThan())) : contents;
    }

    private static int length(Item item) {
        return switch (item) {
            case ImmutableItem immutable -> immutable.encodedLength();
            case MutableItem mutable -> mutable.encodedLength();
        };
    }

    private static Answer.Stored stored(Item item, OptionalLong newerThan) {
        return switch (item) {
            case ImmutableItem immutable ->
                new Answer.Stored(
                        Optional.of(immutable.value()), Optional.empty(), OptionalLong.empty(), Optional.empty());
            case MutableItem mutable -> {
                var sequence = OptionalLong.of(mutable.sequence());
                boolean isNews = newerThan.isEmpty() || mutable.sequence() > newerThan.getAsLong();
                yield isNews
                        ? new Answer.Stored(
                                Optional.of(mutable.value()),
                                Optional.of(mutable.key().asString()),
                                sequence,
                                Optional.of(mutable.signatureAsString()))
                        : new Answer.Stored(Optional.empty(), Optional.empty(), sequence, Optional.empty());
            }
        };
    }

    private void put(Query query, Method.Put put, InetSocketAddress from, Consumer<Message> reply) {
        items.put(
                put,
                from.getAddress(),
                target -> accepts(put.token(), from, target),
                refusal -> reply.accept(
                        refusal.<Message>map(why -> new Failure(query.transaction(), why.code(), why.text()))
                                .orElseGet(() -> answer(query, from, Answer.Contents.NONE))));
    }

    private boolean accepts(BString token, InetSocketAddress from, NodeId target) {
        return tokens.accepts(token, from.getAddress(), target);
    }

    /** How many torrents peers are kept of. */
    int torrents() {
        return peers.torrents();
    }

    /** How many peers are kept. */
    int peers() {
        return peers.peers();
    }

    /** How many items are kept. */
    int items() {
        return items.size();
    }
}
