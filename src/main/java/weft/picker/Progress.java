package weft.picker;

import java.util.Arrays;
import java.util.BitSet;
import weft.metainfo.Layout;

/**
 * What is there of the torrent and what is wanted of it, in pieces and in bytes. Not thread-safe: guarded by the picker's
 * lock.
 */
final class Progress {
    private final Layout layout;
    private final BitSet have;
    private final int[] priorities; // of pieces; 0 = not wanted
    private int missing; // pieces that are wanted
    private long haveBytes;
    private long missingBytes; // of wanted pieces
    private long wantedBytes; // of all wanted pieces, there or not

    /** Nothing is there, and everything is wanted at priority 1. */
    Progress(Layout layout) {
        this.layout = layout;
        this.have = new BitSet(layout.pieceCount());
        this.priorities = new int[layout.pieceCount()];
        Arrays.fill(priorities, 1);
        count();
    }

    void setPriorities(int[] newPriorities) {
        System.arraycopy(newPriorities, 0, priorities, 0, priorities.length);
        count();
    }

    void restore(BitSet pieces) {
        have.clear();
        have.or(pieces);
        count();
    }

    private void count() {
        missing = 0;
        haveBytes = 0;
        missingBytes = 0;
        wantedBytes = 0;
        for (int piece = 0; piece < priorities.length; piece++) {
            int length = layout.pieceLength(piece);
            haveBytes += has(piece) ? length : 0;
            wantedBytes += isWanted(piece) ? length : 0;
            missing += isMissing(piece) ? 1 : 0;
            missingBytes += isMissing(piece) ? length : 0;
        }
    }

    void gained(int piece) {
        missing -= isMissing(piece) ? 1 : 0;
        missingBytes -= isMissing(piece) ? layout.pieceLength(piece) : 0;
        have.set(piece);
        haveBytes += layout.pieceLength(piece);
    }

    void lost(int piece) {
        have.clear(piece);
        haveBytes -= layout.pieceLength(piece);
        missing += isMissing(piece) ? 1 : 0;
        missingBytes += isMissing(piece) ? layout.pieceLength(piece) : 0;
    }

    int pieceCount() {
        return priorities.length;
    }

    int priority(int piece) {
        return priorities[piece];
    }

    boolean has(int piece) {
        return have.get(piece);
    }

    boolean isWanted(int piece) {
        return priorities[piece] > 0;
    }

    /** Whether the piece is wanted and not there. */
    boolean isMissing(int piece) {
        return isWanted(piece) && !has(piece);
    }

    /** A copy of the pieces that are there. */
    BitSet have() {
        return (BitSet) have.clone();
    }

    /** The pieces that are wanted and not there. */
    BitSet missing() {
        var pieces = new BitSet(priorities.length);
        for (int piece = 0; piece < priorities.length; piece++) {
            pieces.set(piece, isMissing(piece));
        }
        return pieces;
    }

    int missingCount() {
        return missing;
    }

    boolean isComplete() {
        return missing == 0;
    }

    boolean isSeed() {
        return have.cardinality() == priorities.length;
    }

    long haveBytes() {
        return haveBytes;
    }

    long missingBytes() {
        return missingBytes;
    }

    long wantedBytes() {
        return wantedBytes;
    }
}
