package weft.storage;

import java.io.IOException;
import java.util.BitSet;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import weft.storage.StorageException.Reason;

/**
 * Checks some or all pieces of a torrent against their hashes, on all processors. Made for one check by whoever wants it,
 * run by one thread, which waits; cancelled by any.
 *
 * <p>Pieces are taken in order and in runs of some megabytes, so that the system reads ahead and disks need not seek much.
 * After each run a hashing thread is free for others: a long check does not keep another torrent's pieces waiting. Pieces
 * of which the storage knows that bytes are missing are not read.
 */
public final class HashCheck {

    /** Told of each piece as soon as it has been looked at; one call at a time, by varying threads. */
    @FunctionalInterface
    public interface Listener {
        /**
         * One more piece is known.
         *
         * @param good whether it is as it should be
         * @param checked how many pieces of this check are known now, this one included
         */
        void onPiece(int piece, boolean good, int checked);
    }

    /** What a hashing thread reads before it turns to others: some hundredths of a second of hashing. */
    private static final int RUN_BYTES = 16 << 20;

    private final PieceVerifier verifier;
    private final BitSet pieces;
    private final Listener listener;
    private final int total;

    private final ReentrantLock cursor = new ReentrantLock(); // held for memory work only
    private final BitSet left; // guarded by cursor: pieces that nobody has taken yet

    private final ReentrantLock results = new ReentrantLock(); // held while the listener is told; never with cursor
    private final BitSet good = new BitSet(); // guarded by results
    private final BitSet lookedAt = new BitSet(); // guarded by results
    private int checked; // guarded by results: how many these are

    private volatile boolean cancelled;
    private volatile boolean ended; // nothing more is to be hashed

    /** A check of these pieces. Nothing happens before {@link #run}. */
    public HashCheck(PieceVerifier verifier, BitSet pieces, Listener listener) {
        this.verifier = Objects.requireNonNull(verifier, "verifier");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.pieces = (BitSet) pieces.clone();
        this.left = (BitSet) pieces.clone();
        this.total = left.cardinality();
        if (left.length() > verifier.layout().pieceCount()) {
            throw new IndexOutOfBoundsException(
                    "piece " + (left.length() - 1) + " of " + verifier.layout().pieceCount());
        }
    }

    /** How many pieces there are to check. */
    public int total() {
        return total;
    }

    /** How many of them are known already. */
    public int checked() {
        results.lock();
        try {
            return checked;
        } finally {
            results.unlock();
        }
    }

    /** Ends the check early. Pieces that are being hashed are not reported any more. */
    public void cancel() {
        cancelled = true;
        ended = true;
    }

    /** True if the check was ended early. */
    public boolean isCancelled() {
        return cancelled;
    }

    /**
     * Checks, and returns the pieces found good: all of them, or those that were looked at before {@link #cancel}. To be
     * called once. A caller who is interrupted ends the check and leaves with an {@link java.io.InterruptedIOException}.
     *
     * @throws IOException if the storage fails in another way than by lacking bytes
     */
    public BitSet run() throws IOException {
        try {
            verifier.look(pieces);
            verifier.disk().onAllHashingThreads("hash check", this::checkRun);
        } finally {
            end(); // what is still at work after a failure or an interrupt ends with its piece
        }
        verifier.lookedAt(lookedAt, good); // nobody changes them any more
        return (BitSet) good.clone();
    }

    /** The listener is not told of anything from now on. */
    private void end() {
        results.lock();
        try {
            ended = true;
        } finally {
            results.unlock();
        }
    }

    /** Checks some pieces; false if there were none. On a hashing thread. */
    private boolean checkRun() throws IOException {
        BitSet run = nextRun();
        try (PieceBytes bytes = verifier.bytesForCheck()) {
            for (int piece = run.nextSetBit(0); piece >= 0 && !ended; piece = run.nextSetBit(piece + 1)) {
                report(piece, isGood(piece, bytes));
                verifier.disk().step();
            }
        }
        return !run.isEmpty() && !ended;
    }

    /** The next pieces that nobody has taken; none if that was all. */
    private BitSet nextRun() {
        var run = new BitSet();
        cursor.lock();
        try {
            long bytes = 0;
            for (int piece = left.nextSetBit(0); piece >= 0 && bytes < RUN_BYTES; piece = left.nextSetBit(piece + 1)) {
                left.clear(piece);
                run.set(piece);
                bytes += verifier.layout().pieceLength(piece);
            }
        } finally {
            cursor.unlock();
        }
        return run;
    }

    private boolean isGood(int piece, PieceBytes bytes) throws IOException {
        if (!verifier.storage().mayHold(piece)) {
            return false;
        }
        verifier.disk().step();
        try {
            return verifier.verify(piece, bytes);
        } catch (StorageException e) {
            if (e.reason() == Reason.MISSING || e.reason() == Reason.CHANGED) {
                return false; // it went while we looked
            }
            throw e;
        }
    }

    private void report(int piece, boolean isGood) {
        results.lock();
        try {
            if (ended) {
                return;
            }
            checked++;
            lookedAt.set(piece);
            good.set(piece, isGood);
            listener.onPiece(piece, isGood, checked);
        } finally {
            results.unlock();
        }
    }
}
