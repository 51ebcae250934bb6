package weft;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * What of a torrent has changed since its resume data was written, and when that is to be written again. No locking of its
 * own: guarded by the lock of its {@link TorrentBoard}.
 */
final class Unsaved {
    /** How often resume data is written while something changes: what a crash makes us hash again, at most. */
    static final Duration SAVE_EVERY = Duration.ofSeconds(30);

    /**
     * And how much may come in until it is written at the latest. Saving forces what is claimed to the disk: little by
     * little, while more comes in, rather than all of a large torrent at its end. (Tests that kill downloads have it happen
     * sooner.)
     */
    private static final long SAVE_EVERY_BYTES = Long.getLong("weft.saveEveryBytes", 128L << 20);

    /**
     * And how many files may have been written to until then: forcing so many takes a second or two on most disks, and we
     * are to be closed within five. Or a twentieth of them all, if that is more: with each save all are looked at.
     */
    private static final int SAVE_EVERY_FILES = 1_000;

    private final int mostFiles;
    private final LongSupplier nanoTime;
    private boolean something;
    private long bytes; // verified since then
    private int files; // that they begin in
    private long savedNanos;

    /** Nothing has changed yet, of a torrent of so many files. */
    Unsaved(int fileCount, LongSupplier nanoTime) {
        this.mostFiles = Math.max(SAVE_EVERY_FILES, fileCount / 20);
        this.nanoTime = nanoTime;
        this.savedNanos = nanoTime.getAsLong();
    }

    /** Something has changed. */
    void changed() {
        something = true;
    }

    /** A piece of so many bytes has come in, in which so many files begin; true if whoever saves is to look. */
    boolean verified(long pieceBytes, int filesBegun) {
        bytes += pieceBytes;
        files += filesBegun;
        boolean isFirst = !something;
        something = true;
        return isFirst || isDue();
    }

    /** Whether it is time to write. */
    boolean isDue() {
        return something && (bytes >= SAVE_EVERY_BYTES || files >= mostFiles || nanosUntilDue() <= 0);
    }

    /** Whether there is anything to write. */
    boolean isAny() {
        return something;
    }

    /** How long it may take from now until it is time, if no more changes. */
    long nanosUntilDue() {
        return savedNanos + SAVE_EVERY.toNanos() - nanoTime.getAsLong();
    }

    /** It is being written: from now on counts what changes next. False if there was nothing. */
    boolean take() {
        boolean before = something;
        savedNanos = nanoTime.getAsLong();
        something = false;
        bytes = 0;
        files = 0;
        return before;
    }
}
