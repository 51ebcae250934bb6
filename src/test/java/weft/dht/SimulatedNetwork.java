package weft.dht;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.function.BiConsumer;
import weft.bencode.BString;
import weft.net.AddressVotes;

/**
 * A network of nodes in one thread and a time of its own. Datagrams take 20 to 200 ms, and are delivered while somebody
 * waits: what a node does blocking, such as a lookup, runs on the test's thread as it would on any other, and whenever it
 * waits, the time goes on from one datagram to the next.
 */
final class SimulatedNetwork implements Pace {
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** A datagram on its way. */
    private record Delivery(long nanos, long number, BString datagram, InetSocketAddress from, InetSocketAddress to)
            implements Comparable<Delivery> {
        @Override
        public int compareTo(Delivery other) {
            int order = Long.compare(nanos, other.nanos);
            return order != 0 ? order : Long.compare(number, other.number);
        }
    }

    private final Random random;
    private final DhtOptions options;
    private final PriorityQueue<Delivery> deliveries = new PriorityQueue<>();
    private final Map<InetSocketAddress, Node> byAddress = new HashMap<>();
    private final Map<InetSocketAddress, BiConsumer<byte[], InetSocketAddress>> others = new HashMap<>();
    private final List<InetSocketAddress> addresses = new ArrayList<>();
    private final Set<InetSocketAddress> silent = new HashSet<>();
    private long now;
    private long interruptNanos = Long.MAX_VALUE;
    private long sent;

    SimulatedNetwork(long seed) {
        // Nobody here is to be held up by limits, which have tests of their own.
        this(seed, DhtOptions.loopback().withRates(1_000_000, 1_000_000, 1_000_000));
    }

    SimulatedNetwork(long seed, DhtOptions options) {
        this.random = new Random(seed);
        this.options = options;
    }

    /** Verifies signatures on the spot. */
    static boolean atOnce(Runnable verification) {
        verification.run();
        return true;
    }

    @Override
    public long nanoTime() {
        return now;
    }

    /** Whoever waits until then is interrupted: how a test ends what has no end. */
    void interruptAfter(long nanos) {
        interruptNanos = now + nanos;
    }

    @Override
    public <T> T poll(BlockingQueue<T> queue, long deadlineNanos) throws InterruptedException {
        while (true) {
            if (now >= interruptNanos) {
                throw new InterruptedException();
            }
            var ready = queue.poll();
            if (ready != null) {
                return ready;
            }
            var next = deliveries.peek();
            if (next == null || next.nanos() > deadlineNanos) {
                now = Math.max(now, deadlineNanos);
                return null;
            }
            deliverNext();
        }
    }

    private void deliverNext() {
        var next = deliveries.poll();
        now = Math.max(now, next.nanos());
        var node = byAddress.get(next.to());
        if (node != null && !silent.contains(next.to())) {
            node.received(next.datagram().toBytes(), next.from());
        }
        var other = others.get(next.to());
        if (other != null) {
            other.accept(next.datagram().toBytes(), next.from());
        }
    }

    /** Somebody who is no node of ours: gets the datagrams for an address, and who sent them. */
    void listen(InetSocketAddress address, BiConsumer<byte[], InetSocketAddress> receiver) {
        others.put(address, receiver);
    }

    /** Lets so much time pass. */
    void pass(long nanos) {
        long until = now + nanos;
        while (!deliveries.isEmpty() && deliveries.peek().nanos() <= until) {
            deliverNext();
        }
        now = until;
    }

    void send(byte[] datagram, InetSocketAddress from, InetSocketAddress to) {
        long takes = (20 + random.nextInt(180)) * NANOS_PER_MILLI;
        deliveries.add(new Delivery(now + takes, sent++, BString.of(datagram), from, to));
    }

    /** A new node at a random public address, with an id that fits it, which knows nobody. */
    Node join() {
        var address = new InetSocketAddress(randomAddress(), 1024 + random.nextInt(60_000));
        return join(address, NodeId.generateFor(address.getAddress(), random));
    }

    Node join(InetSocketAddress address, NodeId id) {
        var node = new Node(
                Family.of(address.getAddress()),
                id,
                options,
                new AddressVotes(),
                (datagram, to) -> send(datagram, address, to),
                SimulatedNetwork::atOnce,
                this,
                new Random(random.nextLong()));
        byAddress.put(address, node);
        addresses.add(address);
        return node;
    }

    private InetAddress randomAddress() {
        while (true) {
            try {
                var bytes = new byte[4];
                random.nextBytes(bytes);
                var address = InetAddress.getByAddress(bytes);
                if ((bytes[0] & 0xff) < 224 && bytes[0] != 0 && !NodeId.isExempt(address)) {
                    return address;
                }
            } catch (UnknownHostException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** So many nodes, each of which found its way in from a random earlier one. */
    void populate(int count) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            var door = addresses.isEmpty() ? List.<InetSocketAddress>of() : List.of(any(addresses));
            var node = join();
            var near = node.bootstrap(door, Lookup.Listener.NONE);
            // As their lives would within seconds: ask back who has asked them and has a place in their tables.
            near.forEach(found -> byAddress.get(found.node().address()).step());
            node.step();
        }
        for (int round = 0; round < 3; round++) {
            nodes().forEach(Node::step);
            pass(2_000 * NANOS_PER_MILLI);
        }
    }

    /** Has a random share of the nodes never answer again. */
    void silence(double share) {
        for (var address : addresses) {
            if (random.nextDouble() < share) {
                silent.add(address);
            }
        }
    }

    /** Has this one answer again. */
    void speak(Node node) {
        silent.remove(addressOf(node));
    }

    <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    /** Any node that is not silent. */
    Node anyNode() {
        while (true) {
            var address = any(addresses);
            if (!silent.contains(address)) {
                return byAddress.get(address);
            }
        }
    }

    InetSocketAddress addressOf(Node node) {
        return addresses.stream()
                .filter(address -> byAddress.get(address) == node)
                .findFirst()
                .orElseThrow();
    }

    List<Node> nodes() {
        return addresses.stream().map(byAddress::get).toList();
    }

    /** Those that are not silent. */
    List<Node> speaking() {
        return addresses.stream()
                .filter(address -> !silent.contains(address))
                .map(byAddress::get)
                .toList();
    }

    /** How many of these are silent. */
    long silentAmong(List<Contact> contacts) {
        return contacts.stream()
                .filter(contact -> silent.contains(contact.address()))
                .count();
    }

    long datagramsSent() {
        return sent;
    }

    Random random() {
        return random;
    }
}
