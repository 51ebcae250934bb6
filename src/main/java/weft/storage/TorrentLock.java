package weft.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import weft.metainfo.InfoHash;
import weft.storage.StorageException.Reason;

/**
 * Keeps all others out of a torrent's files as long as somebody may write to them: other processes, and other clients of
 * this one. The system gives the lock back if we are killed. Where it has no locks, or we may not make the file that is
 * locked, only others in this process are kept out.
 *
 * <p>Acquired on file threads, closed on any.
 */
final class TorrentLock implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("weft.storage");

    /**
     * Locks of this process. The file of one must not even be opened a second time: on POSIX systems closing it again
     * would give up the lock.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    /** How often a lock file may vanish, as its owner goes, between being opened and being locked. */
    private static final int MAX_ATTEMPTS = 10;

    private final Path path;
    private final FileChannel channel; // or null: there is no lock, but in this process
    private final AtomicBoolean closed = new AtomicBoolean();

    private TorrentLock(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * Takes the lock.
     *
     * @throws StorageException {@link Reason#IN_USE} if somebody else has it, {@link Reason#UNSAFE_PATH} if a symbolic
     *     link is where its file should be
     */
    static TorrentLock acquire(DownloadDirectory directory, InfoHash infoHash) throws IOException {
        Path path = directory.lockFile(infoHash);
        try {
            directory.makeParents(path);
            path = path.getParent().toRealPath().resolve(path.getFileName());
        } catch (IOException e) {
            goWithout(path, directory.explain(e, "lock", path));
        }
        if (!HELD.add(path)) {
            throw inUse(directory, null);
        }
        boolean acquired = false;
        try {
            var lock = new TorrentLock(path, locked(directory, path));
            acquired = true;
            return lock;
        } finally {
            if (!acquired) {
                HELD.remove(path);
            }
        }
    }

    /** Null if there are no locks to be had here. */
    private static FileChannel locked(DownloadDirectory directory, Path path) throws IOException {
        try {
            for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
                FileChannel channel = tryLock(directory, path);
                if (channel != null) {
                    return channel;
                }
            }
            throw inUse(directory, null);
        } catch (OverlappingFileLockException e) {
            throw inUse(directory, e); // by another class loader's Weft
        } catch (UnsupportedOperationException e) {
            logUnlocked(path, e);
            return null;
        } catch (IOException e) {
            goWithout(path, directory.explain(e, "lock", path));
            return null;
        }
    }

    /** Null if the file vanished meanwhile. */
    private static FileChannel tryLock(DownloadDirectory directory, Path path) throws IOException {
        if (Files.isSymbolicLink(path)) {
            throw new StorageException(Reason.UNSAFE_PATH, "symbolic link where a file of ours should be: " + path);
        }
        FileChannel channel;
        try {
            // A link that is put there just now must not be followed either: what it leads to would be cut.
            channel = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            directory.makeParents(path);
            return null;
        }
        boolean locked = false;
        try {
            locked = isLocked(directory, channel) && isStillAt(directory, path, channel);
            return locked ? channel : null;
        } finally {
            if (!locked) {
                channel.close();
            }
        }
    }

    private static boolean isLocked(DownloadDirectory directory, FileChannel channel) throws StorageException {
        try {
            if (channel.tryLock() == null) {
                throw inUse(directory, null);
            }
            return true;
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw new UnsupportedOperationException(e.getMessage(), e); // a network's file system without locks
        }
    }

    /**
     * The file that we have locked may have been deleted by its last owner, and another be at its place: then that does
     * not have the length which we give ours. On a full disk we cannot tell.
     */
    private static boolean isStillAt(DownloadDirectory directory, Path path, FileChannel channel) throws IOException {
        int length = 1 + new Random().nextInt(1 << 16);
        try {
            channel.truncate(0);
            channel.write(ByteBuffer.allocate(1), length - 1);
            return Files.size(path) == length;
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            if (directory.explain(e, "write to", path) instanceof StorageException fault
                    && fault.reason() == Reason.NO_SPACE) {
                return true;
            }
            throw e;
        }
    }

    /** Returns if it is plain that we may not make the file. What else is wrong is wrong with more than the lock. */
    private static void goWithout(Path path, IOException fault) throws IOException {
        boolean isPlain = fault instanceof StorageException e
                && switch (e.reason()) {
                    case ACCESS_DENIED, IN_THE_WAY, NO_SPACE, BAD_NAME -> true;
                    case UNSAFE_PATH, MISSING, CHANGED, IN_USE, FAILED -> false;
                };
        if (!isPlain) {
            throw fault;
        }
        logUnlocked(path, fault);
    }

    private static StorageException inUse(DownloadDirectory directory, Exception cause) {
        return new StorageException(
                Reason.IN_USE,
                directory.root() + " is in use: another process or client has this torrent open there",
                cause);
    }

    private static void logUnlocked(Path path, Exception cause) {
        LOG.log(System.Logger.Level.INFO, "no lock against other processes: {0}: {1}", path, cause.getMessage());
    }

    /** Gives the lock back, with its file and, if nothing else is there, our directory. A second call does nothing. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        if (channel != null) {
            try {
                Files.deleteIfExists(path); // before others can get the lock
                Files.deleteIfExists(path.getParent());
            } catch (DirectoryNotEmptyException e) {
                // resume data, usually
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, () -> "deleting " + path, e);
            }
            DownloadDirectory.closeQuietly(channel);
        }
        HELD.remove(path);
    }
}
