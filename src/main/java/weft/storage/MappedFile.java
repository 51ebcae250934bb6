package weft.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import weft.storage.StorageException.Reason;

/**
 * The windows of one file. Part of a {@link MappedStorage}. Finding a window takes no lock.
 */
final class MappedFile {

    private final Disk disk;
    private final StoredFile file;
    private final ReentrantLock lock = new ReentrantLock(); // held for memory work only

    /** Null as long as nothing was mapped, and then where nothing is; set once, under lock. */
    private volatile AtomicReferenceArray<Window> windows;

    private volatile boolean residenceIsTold; // see isResidenceTold
    private volatile boolean closed;

    MappedFile(Disk disk, StoredFile file) {
        this.disk = disk;
        this.file = file;
    }

    /** The window with this byte, pinned; or null if it is not mapped. */
    Window pinnedAt(long offset) {
        AtomicReferenceArray<Window> table = windows;
        Window window = table == null ? null : table.get((int) (offset / Window.LENGTH));
        return window != null && window.pin() ? window : null;
    }

    /**
     * Linux tells whether pages are in memory only to those who could write to the file, and says yes to all others,
     * lest one spies on the others' reading.
     */
    boolean isResidenceTold() {
        return residenceIsTold;
    }

    /** Maps what is not mapped of these bytes, and warms them. False if that cannot be done. On a file thread. */
    boolean prepare(long offset, int count) throws IOException {
        long end = offset + count;
        for (long position = offset; position < end; ) {
            int index = (int) (position / Window.LENGTH);
            long begin = (long) index * Window.LENGTH;
            long stop = Math.min(end, begin + Window.LENGTH);
            Window window = pinnedAt(position);
            if (window == null) {
                window = map(index);
            }
            if (window == null) {
                return false;
            }
            try {
                window.warm((int) (position - begin), (int) (stop - position));
            } catch (IOException e) {
                throw explain(e);
            } finally {
                window.unpin();
            }
            position = stop;
        }
        return true;
    }

    /** What a fault in mapped memory, or while a channel took bytes from it, may mean. */
    IOException explain(Throwable fault) {
        String path = file.data().path().toString();
        return isCutShort()
                ? new StorageException(
                        Reason.CHANGED,
                        "file changed underneath: " + path + " is shorter than "
                                + file.file().length() + " bytes",
                        fault)
                : new StorageException(Reason.FAILED, "cannot read " + path + ": " + fault.getMessage(), fault);
    }

    boolean isCutShort() {
        return !file.reaches(file.file().length());
    }

    /** Unmaps everything, what is lent when it comes back; for good. */
    void close() {
        closed = true;
        forget();
    }

    /** Unmaps everything, what is lent when it comes back: the file is not what it was. */
    void forget() {
        AtomicReferenceArray<Window> table = windows;
        for (int i = 0; table != null && i < table.length(); i++) {
            Window window = table.get(i);
            if (window != null) {
                window.doom();
            }
        }
    }

    /** Maps a window and pins it; or returns null if there is no room, or the file ends within it. */
    private Window map(int index) throws IOException {
        long begin = (long) index * Window.LENGTH;
        int length = (int) Math.min(Window.LENGTH, file.file().length() - begin);
        if (!file.reaches(begin + length)) {
            return null; // bytes before that may be there all the same, as in a file of a client that lets them grow
        }
        ResidentSet set = disk.windowSet();
        if (!set.reserve(Window.cost(length))) {
            return null;
        }
        AtomicReferenceArray<Window> table = table();
        Window window;
        try {
            residenceIsTold = Files.isWritable(file.data().path());
            window = new Window(set, file.data().map(begin, length), length, table, index);
        } catch (IOException | RuntimeException e) {
            set.unreserve(Window.cost(length));
            throw e;
        }
        set.addPinned(window);
        Window earlier = table.getAndSet(index, window);
        if (earlier != null) {
            earlier.doom(); // two threads mapped the same
        }
        if (closed) {
            window.doom(); // close() did not see it
        }
        return window;
    }

    /** Made late: it takes memory, and most files are never sent. */
    private AtomicReferenceArray<Window> table() {
        lock.lock();
        try {
            if (windows == null) {
                windows = new AtomicReferenceArray<>(
                        Math.toIntExact((file.file().length() + Window.LENGTH - 1) / Window.LENGTH));
            }
            return windows;
        } finally {
            lock.unlock();
        }
    }
}
