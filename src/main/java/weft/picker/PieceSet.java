package weft.picker;

import java.util.BitSet;

/**
 * The pieces that a peer has. A seed has them all and costs nothing; most peers become one. Not thread-safe: guarded by
 * the picker's lock.
 */
final class PieceSet {
    private final int pieceCount;
    private final BitSet pieces; // unused once all is set
    private boolean all;
    private int count;

    PieceSet(int pieceCount) {
        this.pieceCount = pieceCount;
        this.pieces = new BitSet();
    }

    boolean contains(int piece) {
        return all || pieces.get(piece);
    }

    /** Adds one piece; false if it was there. */
    boolean add(int piece) {
        if (contains(piece)) {
            return false;
        }
        pieces.set(piece);
        count++;
        return true;
    }

    void addAll() {
        all = true;
        count = pieceCount;
        pieces.clear();
    }

    /** Takes a piece out that is in the set. */
    void remove(int piece) {
        if (all) {
            all = false;
            pieces.set(0, pieceCount);
        }
        pieces.clear(piece);
        count--;
    }

    int count() {
        return count;
    }

    /** Whether the set is known as everything at once; a peer that got there one piece at a time counts piece by piece. */
    boolean isAll() {
        return all;
    }

    boolean isComplete() {
        return count == pieceCount;
    }

    /** The first piece from {@code from} on that is in this set and in {@code others}, or -1. */
    int nextCommon(BitSet others, int from) {
        int piece = others.nextSetBit(from);
        if (all) {
            return piece;
        }
        // Leap from the one set to the other until both agree.
        while (piece >= 0) {
            int mine = pieces.nextSetBit(piece);
            if (mine == piece || mine < 0) {
                return mine;
            }
            piece = others.nextSetBit(mine);
        }
        return -1;
    }

    /** How many pieces are in this set and in {@code others}. */
    int countCommon(BitSet others) {
        if (all) {
            return others.cardinality();
        }
        var common = (BitSet) others.clone();
        common.and(pieces);
        return common.cardinality();
    }

    /** The pieces that are not in the set. */
    BitSet complement() {
        var others = toBitSet();
        others.flip(0, pieceCount);
        return others;
    }

    /** A copy as a bit set. */
    BitSet toBitSet() {
        if (!all) {
            return (BitSet) pieces.clone();
        }
        var everything = new BitSet(pieceCount);
        everything.set(0, pieceCount);
        return everything;
    }
}
