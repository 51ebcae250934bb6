package weft.picker;

import java.util.BitSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The peers that are connected, and which of them have what. Of a peer it is kept count how many pieces it has that we
 * miss, so that whether it is interesting is known at once. Peers that have everything are only counted: they make no
 * piece rarer than another. Not thread-safe: guarded by the picker's lock.
 */
final class Sources implements Iterable<Source> {
    private final Progress progress;
    private final PieceQueue queue; // which orders pieces by how many have them
    private final Set<Source> connected = new LinkedHashSet<>();
    private int seeds; // those of them that have everything, and are not counted piece by piece

    Sources(Progress progress, PieceQueue queue) {
        this.progress = progress;
        this.queue = queue;
    }

    // --- who is there

    void add(Source source) {
        connected.add(source);
    }

    /** Takes a peer out, with its pieces; false if it was not in. */
    boolean remove(Source source) {
        if (!connected.remove(source)) {
            return false;
        }
        if (source.pieces.isAll()) {
            seeds--;
        } else {
            fall(source.pieces.toBitSet());
        }
        return true;
    }

    boolean contains(Source source) {
        return connected.contains(source);
    }

    /** All of them, in the order in which they came. */
    @Override
    public Iterator<Source> iterator() {
        return connected.iterator();
    }

    Stream<Source> stream() {
        return connected.stream();
    }

    // --- what they have

    /** The peer has one more piece. False if that is no news. */
    boolean have(Source source, int piece) {
        boolean news = source.pieces.add(piece);
        if (news) {
            queue.rise(piece);
            source.useful += progress.isMissing(piece) ? 1 : 0;
        }
        return news;
    }

    /** The peer has these pieces, and those that are known. Returns how many are news. */
    int have(Source source, BitSet pieces) {
        int news = 0;
        for (int piece = pieces.nextSetBit(0); piece >= 0; piece = pieces.nextSetBit(piece + 1)) {
            news += have(source, piece) ? 1 : 0;
        }
        return news;
    }

    /**
     * The peer has everything. Returns how many pieces are news. Only who had nothing is counted as a whole from now on: if
     * who has lost a piece were, too, it could have all pieces counted one by one, and as a whole again, with every message.
     */
    int haveAll(Source source) {
        if (source.pieces.count() > 0) {
            return have(source, source.pieces.complement());
        }
        source.pieces.addAll();
        seeds++;
        source.useful = progress.missingCount();
        return progress.pieceCount();
    }

    /** The peer has a piece no more. False if that is no news. */
    boolean lost(Source source, int piece) {
        if (!source.pieces.contains(piece)) {
            return false;
        }
        if (source.pieces.isAll()) {
            seeds--;
            source.pieces.remove(piece);
            rise(source.pieces.toBitSet());
        } else {
            source.pieces.remove(piece);
            queue.fall(piece);
        }
        source.useful -= progress.isMissing(piece) ? 1 : 0;
        return true;
    }

    private void rise(BitSet pieces) {
        for (int piece = pieces.nextSetBit(0); piece >= 0; piece = pieces.nextSetBit(piece + 1)) {
            queue.rise(piece);
        }
    }

    private void fall(BitSet pieces) {
        for (int piece = pieces.nextSetBit(0); piece >= 0; piece = pieces.nextSetBit(piece + 1)) {
            queue.fall(piece);
        }
    }

    /** Whether any of them has the piece. */
    boolean anyHas(int piece) {
        return seeds > 0 || queue.availability(piece) > 0;
    }

    /** The pieces that are wanted and missing and that none of them has. */
    BitSet unavailable() {
        var pieces = progress.missing();
        for (int piece = pieces.nextSetBit(0); piece >= 0; piece = pieces.nextSetBit(piece + 1)) {
            pieces.set(piece, !anyHas(piece));
        }
        return pieces;
    }

    // --- what we miss of it

    /** We have a piece that was wanted. */
    void gained(int piece) {
        for (Source source : connected) {
            source.useful -= source.pieces.contains(piece) ? 1 : 0;
        }
    }

    /** We miss a piece that is wanted. */
    void missed(int piece) {
        for (Source source : connected) {
            source.useful += source.pieces.contains(piece) ? 1 : 0;
        }
    }

    /** What we miss has changed as a whole. */
    void recount() {
        var missing = progress.missing();
        for (Source source : connected) {
            source.useful = source.pieces.countCommon(missing);
        }
    }
}
