package weft.dht;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import java.util.random.RandomGenerator;
import weft.bencode.BString;
import weft.bencode.BencodeLimits;
import weft.concurrent.TaskScope;
import weft.concurrent.WorkerPool;
import weft.metainfo.InfoHash;
import weft.net.AddressVotes;
import weft.net.DatagramKind;
import weft.net.UdpSocket;

/**
 * A node of the DHT (BEP 5), on IPv4 and IPv6 (BEP 32), of use without anything else:
 *
 * <pre>{@code
 * try (var dht = Dht.open(DhtOptions.defaults())) {
 *     dht.awaitReady(Duration.ofSeconds(30));
 *     dht.getPeers(infoHash, peer -> System.out.println(peer));
 * }
 * }</pre>
 *
 * <p>It joins the network by itself and takes part in it: answers, keeps what others announce, looks after its routing
 * tables. Methods that look something up wait until that is done, mostly some seconds; interrupting them ends them at once,
 * and so does closing the node, by an {@link IllegalStateException}. All others return at once. Any thread may call any
 * method.
 */
public final class Dht implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("weft.dht");

    /** No torrent has use for more peers at a time. */
    private static final int MAX_PEERS = 5000;

    /** Names are looked up one after the other: there are five of them. */
    private static final int NAME_LOOKUPS = 1;

    /** A name look-up cannot be broken off, and is not worth waiting for. */
    private static final Duration NAME_PATIENCE = Duration.ofMillis(200);

    private final TaskScope scope;
    private final UdpSocket socket;
    private final DhtOptions options;
    private final WorkerPool nameLookups = new WorkerPool("weft dht name look-up", NAME_LOOKUPS);
    private final Verifier verifier = new Verifier();
    private final List<Node> nodes = new ArrayList<>(); // one or two; not changed once this is made
    private final List<Life> lives = new ArrayList<>(); // those of the nodes, in the same order
    private final CountDownLatch ready = new CountDownLatch(1);
    private volatile boolean closed;

    /**
     * Opens a node with a socket of its own.
     *
     * @throws java.net.BindException if the port is in use
     */
    public static Dht open(DhtOptions options) throws IOException {
        var scope = TaskScope.supervised("weft", Dht::taskFailed);
        try {
            var bind = options.bind();
            var socket = UdpSocket.open(scope, bind.getAddress(), bind.getPort());
            return new Dht(scope, socket, options, new AddressVotes());
        } catch (IOException | RuntimeException e) {
            scope.close();
            throw e;
        }
    }

    /**
     * Opens a node on a socket that it shares with others, and which outlives it; ends with {@code parent}. {@code votes}
     * are those that others cast, too, on the address by which the world sees us.
     */
    @SuppressWarnings("exports") // for Weft's own packages
    public static Dht open(TaskScope parent, UdpSocket socket, DhtOptions options, AddressVotes votes) {
        return new Dht(parent.childSupervised("", Dht::taskFailed), socket, options, votes);
    }

    private static void taskFailed(String task, Throwable failure) {
        LOG.log(System.Logger.Level.ERROR, () -> task + " failed", failure);
    }

    private Dht(TaskScope scope, UdpSocket socket, DhtOptions options, AddressVotes votes) {
        this.scope = scope;
        this.socket = socket;
        this.options = Objects.requireNonNull(options, "options");
        var random = new SecureRandom(); // ids of transactions are not to be guessed
        scope.closeFirst(this::closeNodes);
        for (var family : Family.values()) {
            if (socket.reaches(family.anyAddress())) {
                addNode(family, votes, random);
            }
        }
        if (nodes.size() == 2) {
            Node.pair(nodes.getFirst(), nodes.getLast());
        }
        scope.fork("dht signatures", verifier::run);
        socket.handle(DatagramKind.DHT, this::received); // before anybody can be asked
        for (int i = 0; i < nodes.size(); i++) {
            scope.fork("dht life " + nodes.get(i).family(), lives.get(i)::run);
        }
    }

    private void addNode(Family family, AddressVotes votes, RandomGenerator random) {
        var id = options.state().id(family).orElseGet(() -> NodeId.random(random));
        var node = new Node(
                family,
                id,
                options,
                votes,
                (datagram, to) -> socket.send(ByteBuffer.wrap(datagram), to),
                verifier::offer,
                Pace.REAL,
                random);
        nodes.add(node);
        lives.add(new Life(node, Pace.REAL, random, begin(node), () -> findRouters(node), ready));
    }

    private Life.Addresses begin(Node node) {
        return () -> {
            var addresses =
                    new LinkedHashSet<>(resolve(options.nodes(), node.family())); // which somebody wants asked first
            addresses.addAll(options.state().nodes(node.family()));
            return List.copyOf(addresses);
        };
    }

    private List<InetSocketAddress> findRouters(Node node) throws InterruptedException {
        var routers = resolve(options.routers(), node.family());
        node.routers(new HashSet<>(routers));
        return routers;
    }

    /** The addresses of {@code family} that these have, which may be names. */
    private List<InetSocketAddress> resolve(List<InetSocketAddress> hosts, Family family) throws InterruptedException {
        var addresses = new ArrayList<InetSocketAddress>();
        for (var host : hosts) {
            for (var address : host.isUnresolved() ? lookUp(host.getHostString()) : List.of(host.getAddress())) {
                if (Family.of(address) == family) {
                    addresses.add(new InetSocketAddress(address, host.getPort()));
                }
            }
        }
        return addresses;
    }

    /** The name service holds a carrier for as long as it is silent. */
    private List<InetAddress> lookUp(String host) throws InterruptedException {
        try {
            return Arrays.asList(nameLookups.call(() -> InetAddress.getAllByName(host)));
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) { // no such host, or we are being closed
            LOG.log(System.Logger.Level.DEBUG, "{0}: {1}", host, e.toString());
            return List.of();
        }
    }

    private void received(ByteBuffer datagram, InetSocketAddress from) {
        if (datagram.remaining() > BencodeLimits.KRPC.maxBytes()) {
            nodeOf(from).ifPresent(Node::receivedTooMuch);
            return;
        }
        var bytes = new byte[datagram.remaining()];
        datagram.get(bytes);
        nodeOf(from).ifPresent(node -> node.received(bytes, from));
    }

    private Optional<Node> nodeOf(InetSocketAddress address) {
        var family = Family.of(address.getAddress());
        return nodes.stream().filter(node -> node.family() == family).findFirst();
    }

    /** One for each family. */
    List<Node> nodes() {
        return nodes;
    }

    /** The UDP port. */
    public int port() {
        return socket.port();
    }

    /** Waits until there is a node that can be asked; false if there is none in time. */
    public boolean awaitReady(Duration patience) throws InterruptedException {
        return ready.await(patience.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Whether there is, or was, a node that can be asked. */
    public boolean isReady() {
        return ready.getCount() == 0;
    }

    /**
     * Says that there may be a node: a peer that has told its port (BEP 5: PORT), or one named in a torrent. It is asked, and
     * if it answers it may be used.
     */
    public void addNode(InetSocketAddress address) {
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("not an address: " + address);
        }
        var family = Family.of(address.getAddress());
        for (int i = 0; i < nodes.size(); i++) {
            if (nodes.get(i).family() == family && address.getPort() != 0) {
                lives.get(i).tell(address);
            }
        }
    }

    /** Looks for peers of a torrent; {@code onPeer} hears of each as soon as it is found, on the calling thread. */
    public DhtPeers getPeers(InfoHash infoHash, Consumer<InetSocketAddress> onPeer) throws InterruptedException {
        return peers(infoHash, Optional.empty(), onPeer);
    }

    /**
     * The same, and has the nodes nearest to the torrent keep us as a peer. To be repeated within half an hour. Not for
     * private torrents (BEP 27).
     */
    public DhtPeers announce(InfoHash infoHash, DhtAnnounce announce, Consumer<InetSocketAddress> onPeer)
            throws InterruptedException {
        return peers(infoHash, Optional.of(announce), onPeer);
    }

    private DhtPeers peers(InfoHash infoHash, Optional<DhtAnnounce> announce, Consumer<InetSocketAddress> onPeer)
            throws InterruptedException {
        var target = NodeId.of(infoHash);
        var peers = new LinkedHashSet<InetSocketAddress>();
        var announcedTo = new Total();
        var totals = together("get_peers " + shortened(target), (node, caller) -> {
            var lookup = node.lookup(
                    target,
                    new Method.GetPeers(target, node.want(), false, false),
                    (contact, contents) -> caller.accept(() -> hearOf(contents.values(), peers, onPeer)));
            var nearest = lookup.run();
            if (announce.isPresent()) {
                int stored = node.store(nearest, found -> announcePeer(target, announce.orElseThrow(), found));
                caller.accept(() -> announcedTo.add(stored));
            }
            return lookup;
        });
        return new DhtPeers(List.copyOf(peers), asked(totals), answered(totals), announcedTo.value);
    }

    private static Optional<Method> announcePeer(NodeId target, DhtAnnounce announce, Lookup.Found found) {
        return found.token()
                .map(token -> new Method.AnnouncePeer(
                        target, announce.port(), announce.impliedPort(), announce.seed(), token));
    }

    private static void hearOf(
            List<InetSocketAddress> values, Set<InetSocketAddress> peers, Consumer<InetSocketAddress> onPeer) {
        for (var peer : values) {
            if (peers.size() < MAX_PEERS && peers.add(peer)) {
                onPeer.accept(peer);
            }
        }
    }

    /** Counts the peers of a torrent, by asking the nodes nearest to it (BEP 33). */
    public DhtScrape scrape(InfoHash infoHash) throws InterruptedException {
        var target = NodeId.of(infoHash);
        var seeds = new BloomFilter();
        var others = new BloomFilter();
        var uncounted = new HashSet<InetAddress>(); // told of by nodes that do not count
        var counted = new Total();
        together("scrape " + shortened(target), (node, caller) -> {
            var lookup =
                    node.lookup(target, new Method.GetPeers(target, node.want(), false, true), (contact, contents) -> {
                        if (contents.filters().isPresent()) {
                            var filters = contents.filters().orElseThrow();
                            caller.accept(() -> {
                                seeds.add(new BloomFilter(filters.seeds()));
                                others.add(new BloomFilter(filters.peers()));
                                counted.add(1);
                            });
                        } else {
                            caller.accept(() -> contents.values().forEach(peer -> uncounted.add(peer.getAddress())));
                        }
                    });
            lookup.run();
            return lookup;
        });
        uncounted.stream().filter(peer -> !seeds.mayContain(peer)).forEach(others::insert);
        return new DhtScrape(estimate(seeds), estimate(others), counted.value);
    }

    private static long estimate(BloomFilter filter) {
        return filter.toBytes().equals(new BloomFilter().toBytes()) ? 0 : Math.round(filter.estimate());
    }

    /** Looks up {@code target} and asks every node on the way which torrents it knows (BEP 51); says how many there were. */
    public int sampleInfoHashes(NodeId target, Consumer<InfoHash> onInfoHash) throws InterruptedException {
        var known = new HashSet<NodeId>();
        together("sample_infohashes " + shortened(target), (node, caller) -> {
            var lookup = node.lookup(
                    target,
                    new Method.SampleInfohashes(target, node.want()),
                    (contact, contents) -> contents.samples()
                            .ifPresent(samples -> caller.accept(() -> samples.infoHashes().stream()
                                    .filter(known::add)
                                    .forEach(infoHash -> onInfoHash.accept(InfoHash.ofV1(infoHash.toBytes()))))));
            lookup.run();
            return lookup;
        });
        return known.size();
    }

    /** Looks for an item that never changes (BEP 44), by the hash of its value. */
    public Optional<ImmutableItem> get(NodeId target) throws InterruptedException {
        var found = new AtomicReference<ImmutableItem>(); // any of those that are: they are the same
        together("get " + shortened(target), (node, caller) -> {
            var lookup = node.lookup(
                    target,
                    new Method.Get(target, node.want(), OptionalLong.empty()),
                    (contact, contents) -> contents.stored()
                            .flatMap(Answer.Stored::value)
                            .flatMap(value -> ImmutableItem.received(target, value))
                            .ifPresent(found::set));
            lookup.run();
            return lookup;
        });
        return Optional.ofNullable(found.get());
    }

    /**
     * Looks for an item that may change (BEP 44), by the key of its owner and what tells it apart from others of his. Of
     * several it is the one with the greatest sequence number, and nodes that had an older one are given it.
     *
     * @param salt {@link BString#EMPTY} for none
     */
    public Optional<MutableItem> get(ItemKey key, BString salt) throws InterruptedException {
        var target = MutableItem.target(key, salt);
        var newest = new ArrayList<MutableItem>();
        together("get " + shortened(target), (node, caller) -> {
            var heard = new NewestItem(key, salt);
            var lookup = node.lookup(target, new Method.Get(target, node.want(), OptionalLong.empty()), heard);
            node.store(lookup.run(), heard::update);
            caller.accept(() -> heard.newest().ifPresent(newest::add));
            return lookup;
        });
        return newest.stream().max(Comparator.comparingLong(MutableItem::sequence));
    }

    /**
     * Has the nodes nearest to it keep an item, for two hours; to be repeated every hour or so, which anybody may do who has
     * the item.
     *
     * @return how many keep it; with a mutable item those do not that have a newer one
     */
    public int put(Item item) throws InterruptedException {
        return put(item, OptionalLong.empty());
    }

    /**
     * The same for an item that is to replace another, and only that: nodes that have one with any other sequence number
     * than {@code replaced} do not take it. So nobody's change is lost if several hold the key.
     */
    public int put(MutableItem item, long replaced) throws InterruptedException {
        return put(item, OptionalLong.of(replaced));
    }

    private int put(Item item, OptionalLong cas) throws InterruptedException {
        var target = item.target();
        // What they have is of no interest, but whether they have something (BEP 44: only then there may be a cas).
        var newerThan =
                item instanceof MutableItem mutable ? OptionalLong.of(mutable.sequence()) : OptionalLong.empty();
        var keptBy = new Total();
        together("put " + shortened(target), (node, caller) -> {
            var had = new HashSet<Contact>();
            var lookup = node.lookup(target, new Method.Get(target, node.want(), newerThan), (contact, contents) -> {
                if (contents.stored().isPresent()) {
                    had.add(contact);
                }
            });
            int stored = node.store(
                    lookup.run(),
                    found -> found.token()
                            .map(token -> Method.Put.of(
                                    item, token, had.contains(found.node()) ? cas : OptionalLong.empty())));
            caller.accept(() -> keptBy.add(stored));
            return lookup;
        });
        return keptBy.value;
    }

    /** The nodes nearest to a target that answer, nearest first. */
    public List<Contact> findNodes(NodeId target) throws InterruptedException {
        var found = new ArrayList<Contact>();
        together("find_node " + shortened(target), (node, caller) -> {
            var lookup = node.lookup(target, new Method.FindNode(target, node.want()), Lookup.Listener.NONE);
            var nearest = lookup.run().stream().map(Lookup.Found::node).toList();
            caller.accept(() -> found.addAll(nearest));
            return lookup;
        });
        found.sort((a, b) -> target.compareDistances(a.id(), b.id()));
        return List.copyOf(found);
    }

    private static String shortened(NodeId id) {
        return id.toHex().substring(0, 8); // as the names of a torrent's threads have it
    }

    private static int asked(List<Lookup> lookups) {
        return sum(lookups, Lookup::queries);
    }

    private static int answered(List<Lookup> lookups) {
        return sum(lookups, Lookup::answers);
    }

    private static int sum(List<Lookup> lookups, ToIntFunction<Lookup> figure) {
        return lookups.stream().mapToInt(figure).sum();
    }

    /** A number that only the calling thread touches. */
    private static final class Total {
        private int value;

        void add(int more) {
            value += more;
        }
    }

    /** What is done in both families. */
    @FunctionalInterface
    private interface Work {
        /** On a thread of its own; what it gives {@code caller} is run on the thread that waits for all of it. */
        Lookup run(Node node, Consumer<Runnable> caller) throws InterruptedException;
    }

    /** Does {@code work} in all families at the same time, and waits until it is done in each. */
    private List<Lookup> together(String task, Work work) throws InterruptedException {
        BlockingQueue<Optional<Runnable>> events = new LinkedBlockingQueue<>(); // an empty one: one family is done
        var lookups = new ArrayList<Lookup>();
        var failures = new ConcurrentLinkedQueue<Throwable>();
        try (var both = childScope(failures::add)) {
            for (var node : nodes) {
                boolean forked = both.tryFork("dht " + task + " " + node.family(), () -> {
                    try {
                        var lookup = work.run(node, event -> events.add(Optional.of(event)));
                        events.add(Optional.of(() -> lookups.add(lookup)));
                    } finally {
                        events.add(Optional.empty());
                    }
                });
                if (!forked) {
                    throw closedException();
                }
            }
            for (int running = nodes.size(); running > 0; ) {
                var event = events.take();
                event.ifPresent(Runnable::run);
                running -= event.isEmpty() ? 1 : 0;
            }
        }
        if (lookups.size() < nodes.size()) {
            var bug = failures.peek();
            throw closed || bug == null ? closedException() : new IllegalStateException("a bug of ours", bug);
        }
        return lookups;
    }

    private TaskScope childScope(Consumer<Throwable> onFailure) {
        if (closed) {
            throw closedException();
        }
        try {
            return scope.childSupervised("", (task, failure) -> onFailure.accept(failure));
        } catch (IllegalStateException e) {
            throw closedException(); // meanwhile
        }
    }

    private static IllegalStateException closedException() {
        return new IllegalStateException("the DHT node is closed");
    }

    /** What a later run needs to find its way: {@link DhtOptions#withState}. */
    public DhtState state() {
        return DhtState.of(nodes, options.state());
    }

    /** How it is going. */
    public DhtStatistics statistics() {
        return DhtStatistics.of(nodes);
    }

    private void closeNodes() {
        closed = true;
        nodes.forEach(Node::close);
        nameLookups.close(NAME_PATIENCE);
    }

    /** Leaves the network. Nothing of it is left when this returns, not even the socket if it was opened for the node. */
    @Override
    public void close() {
        scope.close();
    }
}
