package weft.dht;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.random.RandomGenerator;

/**
 * What a node does unasked, on a thread of its own: it finds its way into the network and, should it ever know hardly
 * anybody, back into it; it looks after its table, and moves when its address has changed.
 */
final class Life {
    private static final System.Logger LOG = System.getLogger("weft.dht");

    /** How often it is looked whether there is anything to do. */
    private static final long TICK_NANOS = 1_000_000_000L;

    /** Looking for the network is tried again after this, then after twice as long each time, up to the latter. */
    private static final long FIRST_RETRY_NANOS = 5_000_000_000L;

    private static final long LAST_RETRY_NANOS = 5 * 60 * 1_000_000_000L;

    /** Of the nodes of an earlier run, and of those that somebody tells of, so many are tried at a time. */
    private static final int DOORS = 16;

    /** Addresses that somebody told us of; more than so many at a time are no help. */
    private static final int MAX_WAITING = 64;

    /** Addresses that are tried again and again while there is nobody else. */
    private static final int MAX_KNOWN = 1000;

    /** Addresses some of which may be names: these are to be looked up, which may take long. */
    @FunctionalInterface
    interface Addresses {
        List<InetSocketAddress> find() throws InterruptedException;
    }

    private final Node node;
    private final Pace pace;
    private final RandomGenerator random;
    private final Addresses begin;
    private final Addresses routers;
    private final CountDownLatch ready;
    private final List<InetSocketAddress> known = new ArrayList<>(); // where there were nodes, or may be
    private final BlockingQueue<InetSocketAddress> told = new ArrayBlockingQueue<>(MAX_WAITING);

    private final Set<Class<?>> failuresSaid = new HashSet<>();
    private NodeId lastId;
    private long retryNanos = FIRST_RETRY_NANOS;
    private long nextTryNanos;

    /** {@code ready} is counted down when there is somebody to ask. */
    Life(Node node, Pace pace, RandomGenerator random, Addresses begin, Addresses routers, CountDownLatch ready) {
        this.node = node;
        this.pace = pace;
        this.random = random;
        this.begin = begin;
        this.routers = routers;
        this.ready = ready;
        this.lastId = node.id();
        this.nextTryNanos = pace.nanoTime();
    }

    /** Somebody says that there is a node. Any thread. */
    void tell(InetSocketAddress address) {
        boolean ignored = told.offer(address); // there are others
    }

    /**
     * Runs until interrupted or the node is closed. A bug that one round brings to light is said once, and the next round
     * comes all the same: without them the node would know nobody before long.
     */
    void run() throws InterruptedException {
        attempt(() -> known.addAll(begin.find()));
        while (!node.isClosed()) {
            attempt(this::lookAfterTheNode);
            var address = pace.poll(told, pace.nanoTime() + TICK_NANOS);
            if (address != null) {
                var addresses = new ArrayList<>(List.of(address));
                told.drainTo(addresses, DOORS - 1);
                attempt(() -> meet(addresses));
            }
        }
    }

    /** A part of a round. */
    @FunctionalInterface
    private interface Task {
        void run() throws InterruptedException;
    }

    private void attempt(Task task) throws InterruptedException {
        try {
            task.run();
        } catch (RuntimeException e) {
            if (!node.isClosed() && failuresSaid.add(e.getClass())) { // a node that is closed says so by an exception
                LOG.log(
                        System.Logger.Level.ERROR,
                        () -> node.family() + ": looking after the node met a bug of ours; it goes on",
                        e);
            }
        }
    }

    private void lookAfterTheNode() throws InterruptedException {
        node.step(); // what is due every second must not fail to come because something else does
        if (isLonely() && pace.nanoTime() - nextTryNanos >= 0) {
            findTheNetwork();
        }
        if (!node.id().equals(lastId)) {
            lastId = node.id();
            bootstrap(List.of());
        }
        var stale = node.table().refreshTarget(random);
        if (stale.isPresent() && !isLonely()) {
            node.lookup(stale.orElseThrow(), findNode(stale.orElseThrow()), Lookup.Listener.NONE)
                    .run();
        }
    }

    private Method findNode(NodeId target) {
        return new Method.FindNode(target, node.want());
    }

    private boolean isLonely() {
        return node.table().size() < RoutingTable.FEW;
    }

    private void findTheNetwork() throws InterruptedException {
        var doors = doors();
        if (!doors.isEmpty() || node.table().size() > 0) {
            bootstrap(doors);
        }
        if (isLonely()) {
            var addresses = routers.find();
            if (!addresses.isEmpty()) {
                bootstrap(addresses);
            }
        }
        if (isLonely()) {
            LOG.log(
                    System.Logger.Level.DEBUG,
                    "{0}: {1} nodes known",
                    node.family(),
                    node.table().size());
            nextTryNanos = pace.nanoTime() + retryNanos;
            retryNanos = Math.min(2 * retryNanos, LAST_RETRY_NANOS);
        } else {
            retryNanos = FIRST_RETRY_NANOS;
        }
    }

    /** Some that were not tried lately. */
    private List<InetSocketAddress> doors() {
        int count = Math.min(DOORS, known.size());
        var doors = List.copyOf(known.subList(0, count));
        Collections.rotate(known, -count);
        return doors;
    }

    /** All at once: each that is silent takes three seconds. */
    private void meet(List<InetSocketAddress> addresses) throws InterruptedException {
        if (!isLonely()) {
            addresses.forEach(node::ping);
            return;
        }
        for (var address : addresses) {
            if (known.size() < MAX_KNOWN && !known.contains(address)) {
                known.add(address); // it may be there the next time
            }
        }
        bootstrap(addresses);
    }

    /** The first node that answers can be asked, though others are silent for long. */
    private void bootstrap(List<InetSocketAddress> doors) throws InterruptedException {
        node.bootstrap(doors, (contact, contents) -> {
            if (node.table().size() > 0) { // routers are not in it
                ready.countDown();
            }
        });
    }
}
