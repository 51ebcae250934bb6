package weft.storage;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import weft.storage.StorageException.Reason;

/**
 * A file that is read and written at positions, opened when needed and closed when others need its place more. Part of a
 * storage, which closes it. All methods may be called from any thread; interrupts harm neither the file nor the call.
 *
 * <p>Reading and writing is done by the calling thread. Opening and making the file are left to file threads.
 */
final class DataFile {

    private static final System.Logger LOG = System.getLogger("weft.storage");

    /** Makes the file, or puts an existing one into shape, before it is first opened for writing. On a file thread. */
    interface Maker {
        void make() throws IOException;
    }

    /** How often a file that is written to is looked at whether somebody has cut it short. */
    private static final long LOOK_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Linux writes back within half a minute; somebody's server may have other ideas. */
    private static final Duration WRITTEN_BACK_AFTER = Duration.ofHours(1);

    private final Disk disk;
    private final DownloadDirectory directory;
    private final Path path;
    private final long length; // that it has once it is made, at least
    private final Maker maker;
    private final FileWatch watch; // guarded by lock

    private final ReentrantLock lock = new ReentrantLock(); // of file threads only, and held across their file calls
    private volatile boolean made; // written under lock
    private boolean held; // guarded by lock: not to be made
    private boolean replaced; // guarded by lock: what was opened anew was another file

    private volatile OpenFile open; // or null
    private volatile long lookedNanos = System.nanoTime();
    private volatile boolean dirty; // something was written that was not forced
    private volatile boolean closed;

    DataFile(Disk disk, DownloadDirectory directory, Path path, long length, Maker maker) {
        this.disk = disk;
        this.directory = directory;
        this.path = path;
        this.length = length;
        this.maker = maker;
        this.watch = new FileWatch(path, length);
    }

    /** From now on what others do to the file is noticed. On a file thread. */
    void begin() {
        lock.lock();
        try {
            watch.begin();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "looking at " + path, e); // writing will tell
        } finally {
            lock.unlock();
        }
    }

    Path path() {
        return path;
    }

    /** Writes all that remains of {@code source}. */
    void write(ByteBuffer source, long offset) throws IOException {
        int begin = source.position();
        try {
            use(true, file -> {
                ensureWhole(file, offset + source.limit() - begin);
                watch.written(); // before as well: what a claim made in the middle of it sees is ours
                try {
                    file.write(source, offset + source.position() - begin);
                } finally {
                    dirty = true; // after the write: a force() that begins from now on sees it and covers it
                    watch.written();
                }
            });
        } catch (HeldException e) {
            throw e;
        } catch (IOException e) {
            throw directory.explain(e, "write to", path);
        }
    }

    /** Writing up to its end would make a file that was cut short look whole again, with a hole where it was cut. */
    private void ensureWhole(OpenFile file, long end) throws IOException {
        long now = System.nanoTime();
        if (end >= length || now - lookedNanos > LOOK_EVERY_NANOS) {
            lookedNanos = now;
            if (file.size() < length) {
                throw tooShort(length);
            }
        }
    }

    /** Fills {@code target}; a file that ends before that has been changed underneath. */
    void read(ByteBuffer target, long offset) throws IOException {
        int begin = target.position();
        try {
            use(false, file -> file.read(target, offset + target.position() - begin));
        } catch (EOFException e) {
            throw tooShort(offset + target.limit() - begin);
        } catch (IOException e) {
            throw directory.explain(e, "read", path);
        }
    }

    /** Maps a stretch of the file for reading. On a file thread. */
    Mapping map(long offset, long length) throws IOException {
        return map(offset, length, OpenFile::map);
    }

    /** The same for this thread alone, which may be a hashing thread. */
    Mapping mapForThisThread(long offset, long length) throws IOException {
        return map(offset, length, OpenFile::mapForThisThread);
    }

    private interface Mapper {
        Mapping map(OpenFile file, long offset, long length) throws IOException;
    }

    private Mapping map(long offset, long length, Mapper mapper) throws IOException {
        try {
            var mapping = new Mapping[1];
            use(false, file -> {
                if (file.size() < offset + length) {
                    throw tooShort(offset + length);
                }
                mapping[0] = mapper.map(file, offset, length);
            });
            return mapping[0];
        } catch (IOException e) {
            throw directory.explain(e, "map", path);
        }
    }

    private StorageException tooShort(long end) {
        return new StorageException(
                Reason.CHANGED,
                "file changed underneath: " + path + " is shorter than " + end + " bytes"
                        + (Files.exists(path) ? "" : " (it does not exist any more)"));
    }

    /**
     * Keeps the file from being made: a write that would do so fails with a {@link HeldException} from now on. False, and
     * nothing happens, if the file exists. On a file thread.
     */
    boolean hold() {
        lock.lock();
        try {
            held = !made && !Files.exists(path);
            return held;
        } finally {
            lock.unlock();
        }
    }

    /** Takes back {@link #hold}. On a file thread. */
    void unhold() {
        lock.lock();
        try {
            held = false;
        } finally {
            lock.unlock();
        }
    }

    /** True if something was written that was not forced. */
    boolean isDirty() {
        return dirty;
    }

    /** Returns when everything written before would survive a power cut. On a file thread. */
    void force() throws IOException {
        if (!dirty) {
            return;
        }
        dirty = false;
        boolean forced = false;
        try {
            use(made, file -> {
                file.force();
                watch.written(); // some networks' file systems give it its time only now
                ensureStillThere(file);
            });
            forced = true;
        } catch (IOException e) {
            throw directory.explain(e, "write to", path);
        } finally {
            if (!forced) {
                dirty = true;
            }
        }
    }

    /** What is written to a deleted file is gone when we close it, and what is cut off is gone already. */
    private void ensureStillThere(OpenFile file) throws IOException {
        lock.lock();
        try {
            FileStamp now = FileStamp.of(path);
            watch.ensureNothingIsGone(now.exists() && file.isAt(path) ? now : FileStamp.NOTHING);
        } finally {
            lock.unlock();
        }
    }

    /** How the file is to be claimed, all of it being forced: see {@link FileWatch#claim}. On a file thread. */
    FileStamp claim() throws IOException {
        lock.lock();
        try {
            return watch.claim();
        } finally {
            lock.unlock();
        }
    }

    /** Has the next use see what is there now, which may be another file than the one that is open, or none. */
    void reopenIfReplaced() throws IOException {
        if (open != null) {
            disk.onFileThread(() -> {
                lock.lock();
                try {
                    giveUpIf(isReplaced());
                } finally {
                    lock.unlock();
                }
                return null;
            });
        }
    }

    /** As a hash check begins: what it finds is in the file as it is now. On a file thread. */
    void look() throws IOException {
        lock.lock();
        try {
            giveUpIf(watch.look(isReplaced()));
        } finally {
            lock.unlock();
        }
    }

    private boolean isReplaced() {
        OpenFile file = open;
        return file != null && !file.isAt(path);
    }

    private void giveUpIf(boolean isOfNoUse) {
        OpenFile file = open;
        if (isOfNoUse && file != null) {
            open = null;
            file.doom();
        }
    }

    /**
     * The hash check that began with {@link #look} has looked at all pieces of the file. If it is not all there it is made
     * anew, or brought to its length, by the next write. On a file thread.
     */
    void lookedAtWhole() {
        lock.lock();
        try {
            if (watch.lookedAtWhole()) {
                made = false;
                if (!watch.isThere()) {
                    dirty = false;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * The hash check has found good bytes in the file. It has them from the system's cache, perhaps, and they are claimed
     * next: so they are forced before, unless they have been there for so long that the system has surely done that.
     * On a file thread.
     */
    void foundGood() {
        try {
            var attributes = Files.readAttributes(path, BasicFileAttributes.class);
            var recently = Instant.now().minus(WRITTEN_BACK_AFTER);
            if (attributes.lastModifiedTime().toInstant().isAfter(recently)
                    || attributes.creationTime().toInstant().isAfter(recently)) { // a copy may have an old time
                dirty = true;
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "looking at " + path, e); // nothing is there to be forced
        }
    }

    /** Whether the file was replaced while it was not open, and has been opened since; true once. On a file thread. */
    boolean wasReplaced() {
        lock.lock();
        try {
            boolean was = replaced;
            replaced = false;
            return was;
        } finally {
            lock.unlock();
        }
    }

    /** False if the next use has to open the file. */
    boolean isOpen() {
        return open != null;
    }

    void ensureOpen() throws ClosedChannelException {
        if (closed) {
            throw new ClosedChannelException();
        }
    }

    /** Closes the file when its current uses end; those that come later fail. */
    void close() {
        closed = true;
        OpenFile last = open;
        if (last != null) {
            last.doom();
        }
    }

    private interface Use {
        void with(OpenFile file) throws IOException;
    }

    private void use(boolean forWriting, Use use) throws IOException {
        while (true) {
            OpenFile file = pinned(forWriting);
            try {
                use.with(file);
                return;
            } catch (ClosedChannelException e) {
                if (closed) {
                    throw e;
                }
                file.doom(); // some thread was interrupted while using it: open it again and go on
            } finally {
                file.unpin();
            }
        }
    }

    private OpenFile pinned(boolean forWriting) throws IOException {
        while (true) {
            OpenFile file = open;
            if (isUsable(file, forWriting) && file.pin()) {
                return file;
            }
            // Not pinned there: if this thread is interrupted while it waits, the pin would be nobody's.
            disk.onFileThread(() -> {
                open(file, forWriting);
                return null;
            });
        }
    }

    private static boolean isUsable(OpenFile file, boolean forWriting) {
        return file != null && (file.isWritable() || !forWriting);
    }

    /** Opens the file, unless somebody has opened it since {@code unusable} was found wanting. */
    private void open(OpenFile unusable, boolean forWriting) throws IOException {
        lock.lock();
        try {
            OpenFile earlier = open;
            if (earlier != unusable && isUsable(earlier, forWriting)) {
                return;
            }
            ensureOpen();
            if (forWriting) {
                makeReady();
            }
            directory.checkLinks(path);
            OpenFile fresh = opened(forWriting);
            open = fresh;
            if (earlier != null) {
                if (!fresh.isSameAs(earlier)) {
                    replaced = true;
                    watch.noticeChange();
                }
                earlier.doom();
            }
        } finally {
            lock.unlock();
        }
        if (closed) {
            close(); // it came between
        }
    }

    private OpenFile opened(boolean writable) throws IOException {
        Set<OpenOption> options =
                writable ? Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE) : Set.of(StandardOpenOption.READ);
        ResidentSet set = disk.openFileSet();
        set.reserveAtAnyRate(1); // those that cannot be closed are in use for one call only
        try {
            var file = new OpenFile(disk, FileChannel.open(path, options), writable, OpenFile.keyAt(path));
            set.add(file);
            return file;
        } catch (IOException e) {
            set.unreserve(1);
            throw directory.explain(e, "open", path);
        }
    }

    /** Puts the file into shape for writing, unless that would hide that something of it is gone. */
    private void makeReady() throws IOException {
        if (!made && held) {
            throw new HeldException();
        }
        watch.ensureNothingIsGone();
        if (!made) {
            try {
                maker.make();
                made = true;
                watch.made();
            } finally {
                watch.written();
            }
        }
    }

    /** A file was to be made that is held. */
    static final class HeldException extends IOException {
        private static final long serialVersionUID = 1;
    }
}
