package weft.picker;

import java.util.BitSet;
import weft.storage.PieceHash;

/**
 * A piece that has been begun and is not verified yet. Each of its blocks is in exactly one of these states:
 *
 * <ul>
 *   <li><em>free</em>: nobody is asked for it,
 *   <li><em>requested</em>: {@code requesters} peers are asked for it, more than one only in endgame,
 *   <li><em>arrived</em>: it is being written or has been; when all are written the piece is hashed.
 * </ul>
 *
 * Not thread-safe: guarded by the picker's lock.
 */
public final class PartialPiece {
    private final int piece;
    private final int blockCount;
    private final byte[] requesters; // per block
    private final Source[] senders; // per block: who sent it, null until it has arrived
    private final BitSet arrived;
    private final BitSet written; // of these, the blocks that are in the storage
    private int free;
    private int lowestFree; // no block below it is free

    private PieceHash hash = new PieceHash(); // of this attempt at the piece; updated outside of the picker's lock

    private final Claim claim; // of a suspect piece, which has failed its hash before; else null

    PartialPiece(int piece, int blockCount) {
        this(piece, blockCount, null);
    }

    private PartialPiece(int piece, int blockCount, Claim claim) {
        this.piece = piece;
        this.blockCount = blockCount;
        this.requesters = new byte[blockCount];
        this.senders = new Source[blockCount];
        this.arrived = new BitSet(blockCount);
        this.written = new BitSet(blockCount);
        this.free = blockCount;
        this.claim = claim;
    }

    /** Which piece it is. */
    public int piece() {
        return piece;
    }

    int blockCount() {
        return blockCount;
    }

    int free() {
        return free;
    }

    int requesters(int block) {
        return requesters[block];
    }

    boolean hasArrived(int block) {
        return arrived.get(block);
    }

    /** The blocks that are in the storage. */
    BitSet written() {
        return written;
    }

    /** Whether the piece has failed its hash before: then it is fetched from one peer alone. */
    boolean isSuspect() {
        return claim != null;
    }

    /** Whether {@code source} may be asked for blocks of this piece; claims a suspect piece that nobody has claimed. */
    boolean admits(Source source, Sources sources) {
        return claim == null || claim.admits(source, sources);
    }

    /** Whether a block is taken that {@code source} was asked for once and is not now: of a suspect piece its claimant's. */
    boolean admitsLate(Source source) {
        return claim == null || claim.isOf(source);
    }

    /** A second has passed. Returns the peer that is to fetch this piece no more, or null. */
    Source tick(Sources sources) {
        return claim == null ? null : claim.tick(sources);
    }

    /** The peer does not serve: another may have a suspect piece. */
    void unclaim(Source source) {
        if (claim != null) {
            claim.giveUp(source);
        }
    }

    /** The peer has gone. */
    void forget(Source source) {
        if (claim != null) {
            claim.forget(source);
        }
    }

    /** The lowest free block, or -1. */
    int nextFree() {
        if (free == 0) {
            return -1;
        }
        while (requesters[lowestFree] > 0 || arrived.get(lowestFree)) {
            lowestFree++;
        }
        return lowestFree;
    }

    void requested(int block) {
        if (requesters[block]++ == 0) {
            free--;
        }
    }

    /** One peer less is asked for the block. */
    void released(int block) {
        if (!arrived.get(block) && requesters[block] > 0 && --requesters[block] == 0) {
            free++;
            lowestFree = Math.min(lowestFree, block);
        }
    }

    /** The block has come and goes to the storage. */
    void arrived(int block, Source sender) {
        if (requesters[block] == 0) {
            free--; // it was asked for once, and given up
        }
        requesters[block] = 0;
        arrived.set(block);
        senders[block] = sender;
    }

    /** So many blocks, from this one on, are in the storage; true if they were the last ones of the piece. */
    boolean written(int first, int blocks) {
        written.set(first, first + blocks);
        return isWritten();
    }

    /** The blocks that were written in an earlier run, as resume data tells. */
    void restore(BitSet blocks) {
        blocks.stream().filter(block -> block < blockCount).forEach(block -> {
            arrived(block, null);
            written.set(block);
        });
    }

    boolean isWritten() {
        return written.cardinality() == blockCount;
    }

    /** The hash of the blocks that have come. */
    PieceHash hash() {
        return hash;
    }

    /** Who sent each block; an element is null where that is not known (an earlier run). */
    Source[] senders() {
        return senders.clone();
    }

    /** The piece did not match its hash: the next attempt at it, from one peer alone. */
    PartialPiece again() {
        return new PartialPiece(piece, blockCount, new Claim(piece, claim));
    }

    /** The storage failed to take the block: it is free again. */
    void lost(int block) {
        arrived.clear(block);
        senders[block] = null;
        hash = new PieceHash(); // the block is in it, or may be: what comes in its place need not be the same
        free++;
        lowestFree = Math.min(lowestFree, block);
    }
}
