package weft.dht;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Up to eight nodes at about the same distance, and as many that would take their places (BEP 5). Of nodes at public
 * addresses there is one from each network. Guarded by the table's lock.
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

    /** Whether a node of the same network is in use here, other than {@code except} or null. */
    boolean hasNetworkOf(Neighbour node) {
        var address = node.address().getAddress();
        if (NodeId.isExempt(address)) {
            return false;
        }
        long network = Neighbour.network(address);
        return nodes.stream()
                .anyMatch(other -> Neighbour.network(other.address().getAddress()) == network);
    }

    void add(Neighbour node) {
        nodes.add(node);
    }

    /** Puts {@code node} in the place of one that is bad or, if it is verified itself, of one that is not (BEP 42). */
    boolean replaceWith(Neighbour node) {
        var loser = nodes.stream().filter(Neighbour::isBad).findFirst();
        if (loser.isEmpty() && node.isVerified()) {
            loser = nodes.stream().filter(other -> !other.isVerified()).findFirst();
        }
        loser.ifPresent(other -> {
            nodes.remove(other);
            nodes.add(node);
        });
        return loser.isPresent();
    }

    /** Has {@code node} wait for a place; who has waited longest makes way. Returns that one, or null. */
    Neighbour await(Neighbour node) {
        if (waiting.isEmpty()) {
            waiting = new ArrayList<>(2);
        }
        waiting.add(node);
        return waiting.size() > SIZE ? waiting.removeFirst() : null;
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
        for (var candidate : List.copyOf(waiting).reversed()) {
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
