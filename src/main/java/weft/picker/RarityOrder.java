package weft.picker;

import java.util.Arrays;
import java.util.BitSet;
import java.util.random.RandomGenerator;

/**
 * The pieces of one priority that nobody has begun, ordered by how many peers have them: rarest first, ties in random
 * order. A change of availability by one and the choice of the rarest piece take constant time whatever the number of
 * pieces, because the order is kept in buckets: pieces of equal availability lie side by side in {@code order}, and a
 * piece changes its bucket by a swap over the border between two of them.
 *
 * <pre>
 *   order    | p p p | p p p p p | p p |
 *   bucket       0         1        2       start[b] is where bucket b begins, start[last + 1] is size
 * </pre>
 *
 * Not thread-safe: guarded by the picker's lock.
 */
final class RarityOrder {
    /** How many of the rarest pieces are tried for a peer before its own pieces are searched instead. */
    private static final int PROBES = 128;

    private final int[] availability; // of all pieces, the picker's; changed by it together with the calls here
    private final int[] position; // of all pieces: where in order; shared by the orders of all priorities
    private final RandomGenerator random;
    private final BitSet members = new BitSet();

    private int[] order = new int[16];
    private int size;
    private int[] start = new int[8]; // start.length - 1 is the highest bucket ever needed

    RarityOrder(int[] availability, int[] position, RandomGenerator random) {
        this.availability = availability;
        this.position = position;
        this.random = random;
    }

    int size() {
        return size;
    }

    boolean contains(int piece) {
        return members.get(piece);
    }

    BitSet members() {
        return members;
    }

    void add(int piece) {
        int bucket = availability[piece];
        makeRoomFor(bucket);
        if (size == order.length) {
            order = Arrays.copyOf(order, size * 2);
        }
        members.set(piece);
        // The new piece comes in at the very end and sinks to its bucket: every bucket above gives its first place to
        // its end, which has just become free.
        int hole = size++;
        for (int b = start.length - 1; b > bucket; b--) {
            if (start[b] < hole) {
                put(order[start[b]], hole);
            }
            hole = start[b]++;
        }
        put(piece, hole);
        shuffleIntoBucket(piece, bucket);
    }

    void remove(int piece) {
        members.clear(piece);
        int bucket = availability[piece];
        int hole = position[piece];
        for (int b = bucket + 1; b < start.length; b++) {
            int last = --start[b];
            if (last != hole) {
                put(order[last], hole);
            }
            hole = last;
        }
        size--;
        if (size != hole) {
            put(order[size], hole);
        }
    }

    /** One more peer has {@code piece}; its availability still has the old value. */
    void rise(int piece) {
        int bucket = availability[piece];
        makeRoomFor(bucket + 1);
        int last = --start[bucket + 1];
        swap(piece, last);
        shuffleIntoBucket(piece, bucket + 1);
    }

    /** One peer less has {@code piece}; its availability still has the old value. */
    void fall(int piece) {
        int bucket = availability[piece];
        int first = start[bucket]++;
        swap(piece, first);
        shuffleIntoBucket(piece, bucket - 1);
    }

    /** A piece that as many peers have as any. There must be one. */
    int mostCommon() {
        return order[size - 1];
    }

    /**
     * The rarest piece that {@code pieces} contains, or -1. For a peer that has few of the pieces left, "rarest" gives
     * way to "any" after {@value #PROBES} tries, so that the cost stays bounded.
     */
    int rarestOf(PieceSet pieces) {
        int tries = Math.min(size, PROBES);
        for (int i = 0; i < tries; i++) {
            if (pieces.contains(order[i])) {
                return order[i];
            }
        }
        if (size <= PROBES) {
            return -1;
        }
        int from = random.nextInt(members.length());
        int found = pieces.nextCommon(members, from);
        return found >= 0 ? found : pieces.nextCommon(members, 0);
    }

    /** The piece of the lowest index that {@code pieces} contains, or -1. */
    int firstOf(PieceSet pieces) {
        return pieces.nextCommon(members, 0);
    }

    private void makeRoomFor(int bucket) {
        if (bucket >= start.length) {
            int oldLength = start.length;
            start = Arrays.copyOf(start, Math.max(bucket + 1, oldLength * 2));
            Arrays.fill(start, oldLength, start.length, size);
        }
    }

    private void shuffleIntoBucket(int piece, int bucket) {
        int end = bucket + 1 < start.length ? start[bucket + 1] : size;
        swap(piece, start[bucket] + random.nextInt(end - start[bucket]));
    }

    private void swap(int piece, int to) {
        int from = position[piece];
        put(order[to], from);
        put(piece, to);
    }

    private void put(int piece, int at) {
        order[at] = piece;
        position[piece] = at;
    }
}
