package weft.storage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import weft.storage.StorageException.Reason;

/**
 * Watches a file for what others do to it while we have it: what was found good of it, and is claimed, may be gone then.
 * What tells is whether it is as it was when all that is claimed of it was true: as it was opened, as it was saved after
 * writes of ours, as a hash check of all its pieces began.
 *
 * <p>A file that was cut or deleted is not written to any more, which would make it look whole again with nothing in it.
 * One that was only changed can be; but it is claimed in such a way that the next run looks at it.
 *
 * <p>Part of a {@link DataFile}. Of file threads only and under its lock, but for {@link #written}.
 */
final class FileWatch {

    /** The servers of some networks' file systems set the time of a write late; Samba's by two seconds. */
    private static final long LATE_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final Path path;
    private final long wholeLength; // that it has once it is made, at least

    private FileStamp known; // what it was like when nobody else had been at it
    private long leastSize; // the file is not ours any more if it is shorter
    private boolean changed; // since it was known
    private boolean replaced; // and in such a way that nothing of it is left
    private FileStamp looked; // as a hash check began, if somebody had been at it; else null
    private volatile boolean written; // by us, since it was known

    /** A file that nothing is known of yet. */
    FileWatch(Path path, long wholeLength) {
        this.path = path;
        this.wholeLength = wholeLength;
        this.known = FileStamp.NOTHING;
    }

    /** From now on the file should be as it is now. */
    void begin() throws IOException {
        know(FileStamp.of(path));
    }

    private void know(FileStamp now) {
        known = now;
        leastSize = Math.clamp(now.size(), 0, wholeLength);
    }

    /** Of any thread, after each write of ours. */
    void written() {
        written = true;
    }

    /** We have made it, with its whole length. */
    void made() {
        leastSize = wholeLength;
    }

    /** It is another file than it was. */
    void noticeChange() {
        changed = true;
    }

    /**
     * Before it is opened for writing.
     *
     * @throws StorageException {@link Reason#MISSING} or {@link Reason#CHANGED} if what was written to it would hide that
     *     something is gone
     */
    void ensureNothingIsGone() throws IOException {
        FileStamp now = FileStamp.of(path);
        ensureNothingIsGone(now);
        looked = null; // it is not as the check sees it for long
        if (!written && !isAsKnown(now)) {
            changed = true;
        }
    }

    /** The same, with a look that somebody else has taken. */
    void ensureNothingIsGone(FileStamp now) throws StorageException {
        if (isTooShort(now)) {
            throw now.exists()
                    ? gone(Reason.CHANGED, "is shorter than " + leastSize + " bytes")
                    : gone(Reason.MISSING, "was deleted");
        }
        if (replaced) {
            throw gone(Reason.CHANGED, "was replaced");
        }
    }

    private StorageException gone(Reason reason, String how) {
        return new StorageException(reason, "file changed underneath: " + path + " " + how);
    }

    private boolean isTooShort(FileStamp now) {
        return Math.max(0, now.size()) < leastSize;
    }

    private boolean isAsKnown(FileStamp now) {
        long later = now.modifiedNanos() - known.modifiedNanos();
        return now.size() == known.size() && later >= 0 && later <= LATE_NANOS;
    }

    /** How it is to be claimed: as it is, or in such a way that the next run looks at it. All writes of ours are forced. */
    FileStamp claim() throws IOException {
        boolean ours = written;
        written = false; // before the look: what is written from now on is seen by the next
        FileStamp now = FileStamp.of(path);
        changed |= replaced || isTooShort(now) || (!ours && !isAsKnown(now));
        if (changed) {
            return FileStamp.UNTRUSTED;
        }
        if (ours) {
            know(now);
        }
        return now;
    }

    /**
     * As a hash check begins.
     *
     * @param isReplaced true if what we had open is another file than what is there now
     * @return true if it has to be opened anew, as what we have open is not the file, or not all of it
     */
    boolean look(boolean isReplaced) throws IOException {
        boolean ours = written;
        looked = null;
        written = false;
        FileStamp now = FileStamp.of(path);
        boolean isCut = isReplaced || isTooShort(now);
        replaced |= isReplaced;
        changed |= isCut || (!ours && !isAsKnown(now));
        looked = changed ? now : null;
        if (ours && !changed) {
            written = true;
        }
        return isCut;
    }

    /**
     * The hash check has looked at all pieces of it.
     *
     * @return true if the file has to be made anew, or brought to its length, before it is written to
     */
    boolean lookedAtWhole() {
        if (looked == null) {
            return false;
        }
        know(looked);
        looked = null;
        changed = false;
        replaced = false;
        return leastSize < wholeLength;
    }

    /** True if there was a file when it was last known. */
    boolean isThere() {
        return known.exists();
    }
}
