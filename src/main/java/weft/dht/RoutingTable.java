package weft.dht;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * The nodes of one family that this one knows: many near itself, and fewer the farther away (BEP 5). Bucket {@code i} has
 * those that share exactly {@code i} leading bits with our id, the last one all that share more; only that one is split
 * when it is full.
 *
 * <p>What gets in has answered us. One node per IP address, and one of each network in a bucket, so that nobody fills the
 * table from few addresses; local addresses are exempt, as of those one knows whose they are. A node that comes back at
 * its address with another id is distrusted and dropped. Nodes whose id fits their address (BEP 42) are preferred, within
 * limits that {@link Bucket} tells.
 *
 * <p>Used by any thread; everything is guarded by {@code lock}, under which nothing waits.
 */
final class RoutingTable {
    /** BEP 5: buckets unchanged for 15 minutes are refreshed. */
    static final long REFRESH_NANOS = 15 * 60 * 1_000_000_000L;

    /** So few nodes are as good as none: they may all be gone. */
    static final int FEW = 4;

    /** How long a node that was pinged has to answer before it is asked once more. */
    private static final long RETRY_NANOS = 20 * 1_000_000_000L;

    private final LongSupplier nanoTime;

    private final ReentrantLock lock = new ReentrantLock();
    private NodeId own; // guarded by lock, as all below
    private final List<Bucket> buckets = new ArrayList<>();
    /** By IP address, or where that is exempt by address and port. */
    private final Map<Object, Neighbour> byAddress = new HashMap<>();

    RoutingTable(NodeId own, LongSupplier nanoTime) {
        this.own = own;
        this.nanoTime = nanoTime;
        buckets.add(new Bucket(nanoTime.getAsLong()));
    }

    /** A node has answered: it is noted, or gets a place, or waits for one. */
    void answered(Contact contact) {
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            var known = byAddress.get(key(contact.address()));
            if (known != null && known.address().equals(contact.address())) {
                if (known.id().equals(contact.id())) {
                    known.answered(now);
                    bucketOf(known.id()).changed(now);
                } else {
                    drop(known); // who changes ids may want to be everywhere
                }
                return;
            }
            if (known != null && !known.isBad()) {
                return;
            }
            if (known != null) {
                drop(known);
            }
            if (!contact.id().equals(own) && makeRoomForId(contact.id())) {
                insert(new Neighbour(contact, now), now);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether nobody has this id, or nobody who is still there. */
    private boolean makeRoomForId(NodeId id) {
        var holder = find(id);
        if (holder.isPresent() && holder.orElseThrow().isBad()) {
            drop(holder.orElseThrow());
            return true;
        }
        return holder.isEmpty();
    }

    private Optional<Neighbour> find(NodeId id) {
        var bucket = bucketOf(id);
        for (var list : List.of(bucket.nodes(), bucket.waiting())) {
            for (var node : list) {
                if (node.id().equals(id)) {
                    return Optional.of(node);
                }
            }
        }
        return Optional.empty();
    }

    private void insert(Neighbour node, long now) {
        var bucket = bucketOf(node.id());
        boolean isCrowded = bucket.hasNetworkOf(node);
        while (!isCrowded && bucket.isFull() && isLast(bucket) && buckets.size() < NodeId.BITS) {
            split(now);
            bucket = bucketOf(node.id());
        }
        byAddress.put(key(node.address()), node);
        if (!isCrowded && !bucket.isFull()) {
            bucket.add(node);
            bucket.changed(now);
        } else if (!replace(bucket, node, now)) {
            forget(bucket.await(node));
        }
    }

    private boolean replace(Bucket bucket, Neighbour node, long now) {
        var loser = bucket.replaceWith(node, now);
        loser.ifPresent(other -> {
            bucket.changed(now);
            forget(other.isBad() ? other : bucket.await(other));
        });
        return loser.isPresent();
    }

    private boolean isLast(Bucket bucket) {
        return bucket == buckets.getLast();
    }

    /** Moves out of the last bucket what shares more bits with us than its number says. */
    private void split(long now) {
        var last = buckets.getLast();
        int depth = buckets.size() - 1;
        var nearer = new Bucket(now);
        buckets.add(nearer);
        for (var node : List.copyOf(last.nodes())) {
            if (own.commonPrefixLength(node.id()) > depth) {
                last.remove(node);
                nearer.add(node);
            }
        }
        for (var node : List.copyOf(last.waiting())) {
            if (own.commonPrefixLength(node.id()) > depth) {
                last.remove(node);
                forget(nearer.await(node));
            }
        }
        last.fill().forEach(this::forget);
        nearer.fill().forEach(this::forget);
    }

    private void drop(Neighbour node) {
        var bucket = bucketOf(node.id());
        bucket.remove(node);
        forget(node);
        bucket.fill().forEach(this::forget);
    }

    /** {@code node} or null is in no bucket any more. */
    private void forget(Neighbour node) {
        if (node != null) {
            byAddress.remove(key(node.address()), node);
        }
    }

    private Bucket bucketOf(NodeId id) {
        return buckets.get(Math.min(own.commonPrefixLength(id), buckets.size() - 1));
    }

    private static Object key(InetSocketAddress address) {
        return NodeId.isExempt(address.getAddress()) ? address : address.getAddress();
    }

    /**
     * A node has asked us. Says whether it should be asked back, as there would be a place for it: without that, every node
     * of the network would be.
     */
    boolean asked(Contact contact) {
        lock.lock();
        try {
            var known = byAddress.get(key(contact.address()));
            if (known == null) {
                var bucket = bucketOf(contact.id());
                return !bucket.isFull() || isLast(bucket);
            }
            if (known.address().equals(contact.address()) && known.id().equals(contact.id())) {
                known.seen(nanoTime.getAsLong());
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Nobody answered at this address. */
    void failed(InetSocketAddress address) {
        lock.lock();
        try {
            var known = byAddress.get(key(address));
            if (known == null || !known.address().equals(address)) {
                return;
            }
            known.failed();
            if (known.isHopeless()) {
                drop(known);
            } else if (known.isBad()) {
                bucketOf(known.id()).fill().forEach(this::forget);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The nodes nearest to {@code target}, nearest first; no bad ones: these may be told to others. */
    List<Contact> closest(NodeId target, int count) {
        lock.lock();
        try {
            return closest(target, count, false);
        } finally {
            lock.unlock();
        }
    }

    /** The same for ourselves: if there are none, then bad ones, as it may be we who were cut off. */
    List<Contact> closestEvenBad(NodeId target, int count) {
        lock.lock();
        try {
            var good = closest(target, count, false);
            return good.isEmpty() ? closest(target, count, true) : good;
        } finally {
            lock.unlock();
        }
    }

    private List<Contact> closest(NodeId target, int count, boolean evenBad) {
        // All of bucket b are at a distance that differs from bucket c's in a leading bit. The target's own bucket is
        // nearest, then come all behind it together, then those before it one by one.
        int home = Math.min(own.commonPrefixLength(target), buckets.size() - 1);
        var near = new ArrayList<Neighbour>();
        collect(buckets.get(home), evenBad, near);
        if (near.size() < count) {
            for (int i = home + 1; i < buckets.size(); i++) {
                collect(buckets.get(i), evenBad, near);
            }
        }
        for (int i = home - 1; i >= 0 && near.size() < count; i--) {
            collect(buckets.get(i), evenBad, near);
        }
        near.sort((a, b) -> target.compareDistances(a.id(), b.id()));
        var contacts = new ArrayList<Contact>(Math.min(count, near.size()));
        for (int i = 0; i < count && i < near.size(); i++) {
            contacts.add(near.get(i).contact());
        }
        return contacts;
    }

    private static void collect(Bucket bucket, boolean evenBad, List<Neighbour> into) {
        for (var node : bucket.nodes()) {
            if (evenBad || !node.isBad()) {
                into.add(node);
            }
        }
    }

    /** The node that has been silent longest, if its time is up: it is pinged to see whether it is still there. */
    Optional<Contact> questionable() {
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            return buckets.stream()
                    .flatMap(bucket -> bucket.questionable(now).stream())
                    .min(Comparator.comparingLong(node -> node.seenNanos() - now))
                    .map(node -> {
                        node.seen(now - Neighbour.GOOD_NANOS + RETRY_NANOS); // next time the next one
                        return node.contact();
                    });
        } finally {
            lock.unlock();
        }
    }

    /** A random id in a bucket where nothing has changed for too long, to be looked up. The next call has another. */
    Optional<NodeId> refreshTarget(RandomGenerator random) {
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            for (int i = 0; i < buckets.size(); i++) {
                if (now - buckets.get(i).changedNanos() >= REFRESH_NANOS) {
                    buckets.get(i).changed(now);
                    return Optional.of(own.randomSharing(Math.min(i, NodeId.BITS - 1), random));
                }
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** Puts ourselves elsewhere, and all we know into the buckets that they belong to from there. */
    void moveTo(NodeId id) {
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            var all = new ArrayList<Neighbour>();
            buckets.forEach(bucket -> all.addAll(bucket.nodes()));
            buckets.forEach(bucket -> all.addAll(bucket.waiting()));
            own = id;
            byAddress.clear();
            buckets.clear();
            buckets.add(new Bucket(now));
            all.stream().filter(node -> !node.id().equals(id)).forEach(node -> insert(node, now));
        } finally {
            lock.unlock();
        }
    }

    /** All nodes that have places, the nearest to us first; for the next run. */
    List<Contact> contacts() {
        lock.lock();
        try {
            return buckets.stream()
                    .flatMap(bucket -> bucket.nodes().stream())
                    .filter(node -> !node.isBad())
                    .sorted(Comparator.comparing(Neighbour::id, own.byDistance()))
                    .map(Neighbour::contact)
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    /** How many nodes have places and are not bad. */
    int size() {
        lock.lock();
        try {
            int size = 0;
            for (var bucket : buckets) {
                for (var node : bucket.nodes()) {
                    size += node.isBad() ? 0 : 1;
                }
            }
            return size;
        } finally {
            lock.unlock();
        }
    }

    /** How many of them are good: heard of within 15 minutes, and not failing. */
    int goodNodes() {
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            return (int) buckets.stream()
                    .flatMap(bucket -> bucket.nodes().stream())
                    .filter(node -> node.isGood(now))
                    .count();
        } finally {
            lock.unlock();
        }
    }

    /** How many nodes wait for a place. */
    int waiting() {
        lock.lock();
        try {
            return buckets.stream().mapToInt(bucket -> bucket.waiting().size()).sum();
        } finally {
            lock.unlock();
        }
    }

    /** Whether every node that is known by its address is in the bucket that it belongs to, and no other one is. */
    boolean isConsistent() {
        lock.lock();
        try {
            int count = 0;
            for (var bucket : buckets) {
                for (var list : List.of(bucket.nodes(), bucket.waiting())) {
                    count += list.size();
                    if (list.size() > Bucket.SIZE
                            || !list.stream()
                                    .allMatch(node -> bucketOf(node.id()) == bucket
                                            && byAddress.get(key(node.address())) == node)) {
                        return false;
                    }
                }
            }
            return count == byAddress.size();
        } finally {
            lock.unlock();
        }
    }
}
