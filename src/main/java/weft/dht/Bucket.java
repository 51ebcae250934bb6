package weft.dht;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Up to eight nodes at about the same distance, and as many that would take their places (BEP 5). Of nodes at public
 * addresses there is one from each network. Guarded by the table's lock.
 *
 * <p>Who has a place keeps it while he answers: of nodes that have been there for long most will be there in an hour, and
 * nobody gets our table by coming often (BEP 5: "when a bucket is full of known good nodes, no more nodes may be added").
 * But ids can be chosen, and an attacker who chose his near ours before others came would keep those places for ever; ids
 * that fit an address cannot (BEP 42), so those are preferred, as libtorrent does. Either rule alone could be used to take a
 * bucket over. So a newcomer gets the place
 *
 * <ul>
 *   <li>of a bad node, whoever he is;
 *   <li>if his id fits and the other one's does not: of a node that has been silent for a quarter of an hour or did not
 *       answer last time, or of one in his own network;
 *   <li>in the same case of a good node, as long as fewer than half of the bucket fit.
 * </ul>
 *
 * <p>Of those it is the one heard of longest ago, and if it was not bad it waits for a place itself. So newcomers that fit can
 * have half of a bucket of good nodes at once, and the rest only as those fall silent.
 */
final class Bucket {
    /** BEP 5: K. */
    static final int SIZE = 8;

    /** The nodes in use, and those in waiting, of which the last is the one heard of last. */
    private final List<Neighbour> nodes = new ArrayList<>(SIZE);

    private List<Neighbour> waiting = List.of(); // most buckets never have any; then an ArrayList

    private long changedNanos;

    Bucket(long nowNanos) {
        changedNanos = nowNanos;
    }

    List<Neighbour> nodes() {
        return nodes;
    }

    List<Neighbour> waiting() {
        return waiting;
    }

    boolean isFull() {
        return nodes.size() >= SIZE;
    }

    /** BEP 5: when a node here answered last, or one was added. */
    long changedNanos() {
        return changedNanos;
    }

    void changed(long nowNanos) {
        changedNanos = nowNanos;
    }

    /** Whether a node of the same network is in use here. */
    boolean hasNetworkOf(Neighbour node) {
        return ofNetwork(node).isPresent();
    }

    private Optional<Neighbour> ofNetwork(Neighbour node) {
        var address = node.address().getAddress();
        if (NodeId.isExempt(address)) {
            return Optional.empty();
        }
        long network = Neighbour.network(address);
        return nodes.stream()
                .filter(other -> Neighbour.network(other.address().getAddress()) == network)
                .findFirst();
    }

    void add(Neighbour node) {
        nodes.add(node);
    }

    /** Puts {@code node} in the place of another one, which is returned, if there is one that has to make way for it. */
    Optional<Neighbour> replaceWith(Neighbour node, long nowNanos) {
        var rival = ofNetwork(node);
        var loser = rival.isPresent()
                ? rival.filter(other -> other.isBad() || isPreferred(node, other))
                : nodes.stream()
                        .filter(other -> hasToMakeWay(other, node, nowNanos))
                        .min(Comparator.comparing((Neighbour other) -> !other.isBad())
                                .thenComparing(other -> other.isGood(nowNanos))
                                .thenComparingLong(other -> other.seenNanos() - nowNanos));
        loser.ifPresent(other -> {
            nodes.remove(other);
            nodes.add(node);
        });
        return loser;
    }

    private boolean hasToMakeWay(Neighbour node, Neighbour newcomer, long nowNanos) {
        return node.isBad() || (isPreferred(newcomer, node) && (!node.isGood(nowNanos) || countVerified() < SIZE / 2));
    }

    private static boolean isPreferred(Neighbour node, Neighbour other) {
        return node.isVerified() && !other.isVerified();
    }

    private long countVerified() {
        return nodes.stream().filter(Neighbour::isVerified).count();
    }

    /** Has {@code node} wait for a place. If there are too many, one makes way, who is returned, or else null. */
    Neighbour await(Neighbour node) {
        if (waiting.isEmpty()) {
            waiting = new ArrayList<>(2);
        }
        waiting.add(node);
        return waiting.size() > SIZE ? removeLeastWanted() : null;
    }

    /** Who has waited longest, of those whose ids do not fit if there are any. */
    private Neighbour removeLeastWanted() {
        var least = waiting.stream()
                .filter(other -> !other.isVerified())
                .findFirst()
                .orElseGet(waiting::getFirst);
        waiting.remove(least);
        return least;
    }

    /** Takes {@code node} out, wherever it is. */
    void remove(Neighbour node) {
        nodes.remove(node);
        if (!waiting.isEmpty()) {
            waiting.remove(node);
        }
    }

    /** Gives the places that are free, or taken by bad nodes, to those who wait. Returns the bad ones that had to go. */
    List<Neighbour> fill() {
        var gone = new ArrayList<Neighbour>();
        var candidates = new ArrayList<>(waiting.reversed());
        candidates.sort(Comparator.comparing(node -> !node.isVerified())); // those first, else the one heard of last
        for (var candidate : candidates) {
            var bad = nodes.stream().filter(Neighbour::isBad).findFirst();
            if (isFull() && bad.isEmpty()) {
                break;
            }
            if (hasNetworkOf(candidate)) {
                continue;
            }
            if (isFull()) {
                bad.ifPresent(node -> {
                    nodes.remove(node);
                    gone.add(node);
                });
            }
            waiting.remove(candidate);
            nodes.add(candidate);
        }
        return gone;
    }

    /** The one that has been silent longest, if it is longer than that of a good node. */
    Optional<Neighbour> questionable(long nowNanos) {
        return nodes.stream()
                .filter(node -> nowNanos - node.seenNanos() >= Neighbour.GOOD_NANOS)
                .min(Comparator.comparingLong(node -> node.seenNanos() - nowNanos));
    }
}
