package weft.dht;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import weft.net.AddressVotes;

/**
 * A node of the DHT in one family of addresses (BEP 5, BEP 32). It has no thread: whoever receives its datagrams calls
 * {@link #received}, which answers queries at once and hands answers to those who wait for them; who looks something up
 * does so on his own thread; and {@link #step} is to be called every second or so, for what a node does unasked.
 *
 * <p>Nothing that comes over the network makes a method here fail: it is answered, ignored or refused, and counted.
 */
final class Node {
    private static final System.Logger LOG = System.getLogger("weft.dht");

    /** Nodes that asked us and that we do not know: so many wait to be asked back. */
    private static final int MAX_STRANGERS = 64;

    /** So many of them are pinged in a step, and one of the nodes that have been silent for long. */
    private static final int PINGS_A_STEP = 4;

    /** DESIGN: who is not asked anything in 15 minutes cannot be reached, and says so (BEP 43). */
    private static final long UNREACHED_NANOS = 15 * 60 * 1_000_000_000L;

    /** Who moves finds his neighbours anew. Liars who can have us do so are not to keep us busy with it. */
    private static final long SETTLED_NANOS = 5 * 60 * 1_000_000_000L;

    /** How long queries to store something wait for their turn: by then all queries are over that are out now. */
    private static final long TURN_NANOS = Transactions.GIVE_UP_NANOS + 2_000_000_000L;

    /** How long nodes have to take what is to be stored. */
    private static final long STORE_NANOS = 4_000_000_000L;

    private final Family family;
    private final DhtOptions options;
    private final Transport transport;
    private final Pace pace;
    private final RandomGenerator random;

    private final RoutingTable table;
    private final Transactions transactions;
    private final Responder responder;
    private final AddressVotes votes;
    private final Predicate<Runnable> verifier;
    private final Gate gate;
    private final Counters counters = new Counters();

    private final Set<Exchange> exchanges = ConcurrentHashMap.newKeySet();
    private final BlockingQueue<InetSocketAddress> strangers = new ArrayBlockingQueue<>(MAX_STRANGERS);
    private final AtomicBoolean malformedSaid = new AtomicBoolean();
    private final AtomicBoolean unexpectedSaid = new AtomicBoolean();

    private volatile NodeId id;
    private volatile Set<InetSocketAddress> routers = Set.of();
    private volatile Node sibling; // of the other family, or null
    private volatile boolean readOnly;
    private volatile long askedNanos; // when somebody asked us last, or we began
    private volatile boolean closed;
    private long movedNanos; // when our id changed last, or long ago; of the thread that calls step

    /** {@code verifier}: see {@link ItemStore}. */
    Node(
            Family family,
            NodeId id,
            DhtOptions options,
            AddressVotes votes,
            Transport transport,
            Predicate<Runnable> verifier,
            Pace pace,
            RandomGenerator random) {
        this.family = family;
        this.id = id;
        this.options = options;
        this.transport = transport;
        this.verifier = verifier;
        this.pace = pace;
        this.random = random;
        this.readOnly = options.readOnly();
        this.askedNanos = pace.nanoTime();
        this.movedNanos = pace.nanoTime() - SETTLED_NANOS;
        this.table = new RoutingTable(id, pace::nanoTime);
        this.transactions = new Transactions(random);
        this.votes = votes;
        this.gate = new Gate(options, pace::nanoTime);
        this.responder = new Responder(this, options, this::verify, pace, random);
    }

    /** Makes the two know each other; each tells of the other's nodes (BEP 32). */
    static void pair(Node one, Node other) {
        one.sibling = other;
        other.sibling = one;
    }

    Family family() {
        return family;
    }

    NodeId id() {
        return id;
    }

    RoutingTable table() {
        return table;
    }

    Responder responder() {
        return responder;
    }

    Counters counters() {
        return counters;
    }

    Optional<Node> sibling() {
        return Optional.ofNullable(sibling);
    }

    boolean isReadOnly() {
        return readOnly;
    }

    /** By which most nodes that answered see this one (BEP 42). */
    Optional<InetAddress> externalAddress() {
        return family == Family.IPV4 ? votes.ipv4() : votes.ipv6();
    }

    /** Nodes that only help others to find their way, and are kept out of the table. */
    void routers(Set<InetSocketAddress> addresses) {
        routers = Set.copyOf(addresses);
    }

    boolean isRouter(InetSocketAddress address) {
        return routers.contains(address);
    }

    /** A datagram has come, whose bytes are the node's from now on. Does not wait. */
    void received(byte[] datagram, InetSocketAddress from) {
        if (closed) {
            return;
        }
        counters.received.increment();
        boolean admitted = from.getPort() != 0 && gate.admits(from.getAddress());
        if (!admitted && !transactions.isAwaited(from)) { // others may send in the name of those whom we asked
            counters.ignored.increment();
            return;
        }
        try {
            switch (Krpc.decode(datagram)) {
                case Query query when !admitted -> counters.ignored.increment();
                case Query query -> asked(query, from);
                case Answer answer -> answered(answer, from);
                case Failure failure -> refused(failure, from);
            }
        } catch (KrpcException e) {
            counters.malformed.increment();
            sayOnce(malformedSaid, from, e.getMessage());
            if (admitted) {
                e.reply().ifPresent(failure -> refuse(failure, from));
            }
        }
    }

    /** A datagram has come that is too long for any message. */
    void receivedTooMuch() {
        counters.received.increment();
        counters.malformed.increment();
    }

    private void asked(Query query, InetSocketAddress from) {
        counters.queriesReceived.increment();
        askedNanos = pace.nanoTime();
        if (readOnly) {
            if (options.readOnly()) {
                return;
            }
            readOnly = false; // somebody has reached us
        }
        if (!gate.mayAnswer(from.getAddress())) { // before there is work
            counters.ignored.increment();
            return;
        }
        responder.answer(query, from, message -> send(message, from));
        if (!query.readOnly()
                && !query.id().equals(id)
                && !isRouter(from)
                && table.asked(new Contact(query.id(), from))) {
            boolean ignored = strangers.offer(from); // or another time
        }
    }

    private boolean verify(Runnable verification) {
        boolean taken = gate.mayVerify() && verifier.test(verification);
        if (!taken) {
            counters.unverified.increment();
        }
        return taken;
    }

    /** Says what is wrong with a query that was none. */
    private void refuse(Failure failure, InetSocketAddress to) {
        if (readOnly) {
            return;
        }
        if (!gate.mayAnswer(to.getAddress())) {
            counters.ignored.increment();
            return;
        }
        send(failure, to);
    }

    private void send(Message message, InetSocketAddress to) {
        (message instanceof Failure ? counters.queriesRefused : counters.queriesAnswered).increment();
        transport.send(Krpc.encode(message), to);
    }

    private void answered(Answer answer, InetSocketAddress from) {
        var transaction = transactions.close(answer.transaction(), from, pace.nanoTime());
        if (transaction.isEmpty()) {
            unexpected(from);
            return;
        }
        counters.answersReceived.increment();
        answer.seenAs().ifPresent(seen -> votes.vote(from.getAddress(), seen.getAddress()));
        if (!answer.id().equals(id) && !isRouter(from)) {
            table.answered(new Contact(answer.id(), from));
        }
        transaction.orElseThrow().end(answer);
    }

    private void refused(Failure failure, InetSocketAddress from) {
        transactions
                .close(failure.transaction(), from, pace.nanoTime())
                .ifPresentOrElse(transaction -> transaction.end(failure), () -> unexpected(from));
    }

    private void unexpected(InetSocketAddress from) {
        counters.unexpected.increment();
        sayOnce(unexpectedSaid, from, "answers what it was not asked, or too late");
    }

    /** Strangers could fill the log otherwise; the counters tell the rest. */
    private static void sayOnce(AtomicBoolean said, InetSocketAddress from, String what) {
        if (!said.get() && !said.getAndSet(true)) {
            LOG.log(System.Logger.Level.DEBUG, "{0}: {1}; others like it are only counted", from, what);
        }
    }

    /** What a thread needs that wants answers; to be closed. */
    Exchange exchange() {
        var exchange = new Exchange(this, pace);
        exchanges.add(exchange);
        if (closed) {
            exchange.nodeClosed();
        }
        return exchange;
    }

    void forget(Exchange exchange) {
        exchanges.remove(exchange);
    }

    /** Sends a query whose outcome goes to {@code exchange}, or to nobody if that is null; not if that is too many. */
    boolean ask(InetSocketAddress to, Method method, Exchange exchange, Object subject) {
        if (closed || !gate.mayAsk()) {
            return false;
        }
        var transaction = transactions.open(to, pace.nanoTime(), exchange, subject);
        transaction.ifPresent(open -> {
            counters.queriesSent.increment();
            gate.asks(to.getAddress());
            transport.send(Krpc.encode(new Query(Transactions.name(open), id, readOnly, method)), to);
        });
        return transaction.isPresent();
    }

    /** Ends the queries that nobody will answer any more. */
    void expire() {
        for (var transaction : transactions.expire(pace.nanoTime())) {
            counters.queriesUnanswered.increment();
            table.failed(transaction.to());
            transaction.end(null);
        }
    }

    /** How long an answer takes here, at most. */
    long slowAfterNanos() {
        return transactions.slowAfterNanos();
    }

    /** A lookup that begins when it is run. */
    Lookup lookup(NodeId target, Method method, Lookup.Listener listener) {
        return new Lookup(this, pace, target, method, listener);
    }

    /**
     * Makes itself known to the nodes nearest to it, and gets to know those (BEP 5), beginning at these addresses. Each that
     * answers is in the table when {@code listener} hears of it.
     */
    List<Lookup.Found> bootstrap(List<InetSocketAddress> unknown, Lookup.Listener listener)
            throws InterruptedException {
        return lookup(id, new Method.FindNode(id, want()), listener).run(unknown);
    }

    /** BEP 32: what is said by the family of the datagram need not be asked for, but for a sibling that knows nobody. */
    Set<Family> want() {
        var other = sibling;
        return other != null && other.table.size() < RoutingTable.FEW ? EnumSet.allOf(Family.class) : Set.of();
    }

    /**
     * Has nodes store something, as those that gave a token let us. Queries that the limits do not allow at once wait for
     * their turn.
     *
     * @return how many have
     */
    int store(List<Lookup.Found> nodes, Function<Lookup.Found, Optional<Method>> howTo) throws InterruptedException {
        var waiting = new ArrayDeque<Request>();
        for (var found : nodes) {
            howTo.apply(found).ifPresent(method -> waiting.add(new Request(found.node(), method)));
        }
        int stored = 0;
        int out = 0;
        long deadline = pace.nanoTime() + TURN_NANOS;
        try (var exchange = exchange()) {
            while (out > 0 || !waiting.isEmpty()) {
                while (!waiting.isEmpty() && waiting.peek().send(exchange)) {
                    waiting.poll();
                    out++;
                    deadline = waiting.isEmpty() ? pace.nanoTime() + STORE_NANOS : deadline;
                }
                var outcome = exchange.await(waiting.isEmpty() ? deadline : pace.nanoTime() + Lookup.RETRY_NANOS);
                if (outcome != null) {
                    out--;
                    stored += outcome.message() instanceof Answer ? 1 : 0;
                } else if (pace.nanoTime() - deadline >= 0) {
                    if (waiting.isEmpty()) {
                        break;
                    }
                    giveUp(waiting);
                    deadline = pace.nanoTime() + STORE_NANOS;
                }
            }
        }
        return stored;
    }

    private void giveUp(ArrayDeque<Request> waiting) {
        LOG.log(
                System.Logger.Level.DEBUG,
                "{0}: {1} nodes were not asked to store anything, as too many others are being asked",
                family,
                waiting.size());
        waiting.clear();
    }

    /** What a node is to be asked. */
    private record Request(Contact to, Method method) {
        boolean send(Exchange exchange) {
            return exchange.ask(to.address(), method, to);
        }
    }

    /**
     * Whether a node at {@code address} may be asked something because the one at {@code toldBy} told of it: not at an
     * address of our own network, if who told is not in it.
     */
    boolean mayAsk(InetSocketAddress address, InetSocketAddress toldBy) {
        var ip = address.getAddress();
        return Family.of(ip) == family
                && address.getPort() != 0
                && !ip.isAnyLocalAddress()
                && !ip.isMulticastAddress()
                && !isBroadcast(ip)
                && (!NodeId.isExempt(ip) || NodeId.isExempt(toldBy.getAddress()));
    }

    private static boolean isBroadcast(InetAddress ip) {
        byte[] bytes = ip.getAddress();
        return bytes.length == 4 && (bytes[0] & 0xf0) == 0xf0; // 240.0.0.0/4 is nobody's
    }

    /** Nodes of the other family that one of ours told of. */
    void heardOf(Contact toldBy, Answer.Contents contents) {
        var other = sibling;
        if (other == null || other.table.size() >= RoutingTable.FEW) {
            return;
        }
        for (var contact : contents.nodes().getOrDefault(other.family, List.of())) {
            if (other.mayAsk(contact.address(), toldBy.address())) {
                boolean ignored = other.strangers.offer(contact.address());
            }
        }
    }

    /** Asks whether there is a node at this address, which then gets into the table. */
    void ping(InetSocketAddress address) {
        boolean ignored = ask(address, new Method.Ping(), null, null);
    }

    /** What is to be done every second or so: unanswered queries, nodes to be pinged, and where and what we are. */
    void step() {
        expire();
        for (int i = 0; i < PINGS_A_STEP; i++) {
            var stranger = strangers.poll();
            if (stranger == null) {
                break;
            }
            ping(stranger);
        }
        table.questionable().ifPresent(contact -> ping(contact.address()));
        if (pace.nanoTime() - movedNanos >= SETTLED_NANOS) {
            externalAddress().filter(address -> !id.fits(address)).ifPresent(this::moveTo);
        }
        if (!readOnly && pace.nanoTime() - askedNanos > UNREACHED_NANOS && counters.answersReceived.sum() > 0) {
            readOnly = true;
            LOG.log(System.Logger.Level.INFO, "{0}: nobody asks us anything, so we are read-only from now on", family);
        }
    }

    /** BEP 42: with this address goes another id. */
    private void moveTo(InetAddress address) {
        movedNanos = pace.nanoTime();
        id = NodeId.generateFor(address, random);
        table.moveTo(id);
        LOG.log(System.Logger.Level.INFO, "others see us as {0}, so our id is {1} now", address.getHostAddress(), id);
    }

    boolean isClosed() {
        return closed;
    }

    /** Ends every exchange, and so those who wait; nothing is sent or answered any more. */
    void close() {
        closed = true;
        exchanges.forEach(Exchange::nodeClosed);
    }
}
