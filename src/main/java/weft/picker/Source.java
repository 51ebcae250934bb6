package weft.picker;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A peer as the picker sees it: what it has, what it was asked for, how it treats us. Made by {@link PiecePicker#connect};
 * everything that changes is guarded by the picker's lock.
 */
public final class Source {
    /** How many requests are remembered that were given up but may still be answered. */
    private static final int MAX_LATE = 1024;

    /** How many suggestions (BEP 6) of a peer are remembered. */
    private static final int MAX_SUGGESTED = 16;

    /** How many pieces a peer may allow us while it chokes us; BEP 6 has ten in mind. */
    private static final int MAX_ALLOWED_FAST = 100;

    final PieceSet pieces;
    final RequestList requests = new RequestList();
    final RequestList late = new RequestList(); // given up, but the blocks may still come
    final Set<Integer> allowedFast = new LinkedHashSet<>();
    final Set<Integer> suggested = new LinkedHashSet<>();
    int useful; // pieces it has that are wanted and missing
    boolean choked = true;
    boolean snubbed;
    PartialPiece arriving; // the attempt at a piece to which its last wanted block belongs, or null
    int delivered; // blocks that it was asked for
    int secondsWaiting; // since its last block, or since it was asked for one when it had no requests

    private final Object owner;

    Source(Object owner, int pieceCount) {
        this.owner = owner;
        this.pieces = new PieceSet(pieceCount);
    }

    /** Who it is: what {@link PiecePicker#connect} was given. */
    public Object owner() {
        return owner;
    }

    /** What the last block that was {@link Arrival#WANTED} is to be written for. To be asked by who told of it. */
    public PartialPiece arriving() {
        return arriving;
    }

    boolean allowFast(int piece) {
        return allowedFast.size() < MAX_ALLOWED_FAST && allowedFast.add(piece);
    }

    boolean suggest(int piece) {
        return suggested.size() < MAX_SUGGESTED && suggested.add(piece);
    }

    /** It was asked for the block, and is not any more; but the block may be on its way. */
    void mayStillSend(int piece, int block) {
        late.add(piece, block);
        late.trimTo(MAX_LATE);
    }
}
