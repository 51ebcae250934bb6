package weft.storage;

import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.OptionalLong;
import weft.metainfo.InfoHash;
import weft.metainfo.TorrentFile;
import weft.storage.StorageException.Reason;

/**
 * The directory that a torrent is downloaded into, and the one place that says what is wrong when the file system will
 * not have it our way. Immutable; everything that asks the file system is for file threads.
 *
 * <pre>
 * DIR/name/...                    the torrent's files
 * DIR/.weft/INFOHASH.parts        parts of pieces that belong to files which are not wanted ({@link PartFile})
 * DIR/.weft/INFOHASH.lock         held by whoever may write to the files ({@link TorrentLock})
 * DIR/.weft/INFOHASH.resume       what the next run need not find out again ({@link ResumeData})
 * DIR/.weft/INFOHASH.torrent      what a magnet link has come to ({@link SavedMetainfo})
 * </pre>
 */
final class DownloadDirectory {

    private static final System.Logger LOG = System.getLogger("weft.storage");

    /** No torrent may have files here. */
    private static final String OUR_DIRECTORY = ".weft";

    private final Path root;

    DownloadDirectory(Path root) {
        this.root = root.toAbsolutePath().normalize();
    }

    Path root() {
        return root;
    }

    Path partFile(InfoHash infoHash) {
        return ownFile(infoHash, ".parts");
    }

    Path lockFile(InfoHash infoHash) {
        return ownFile(infoHash, ".lock");
    }

    Path resumeFile(InfoHash infoHash) {
        return ownFile(infoHash, ".resume");
    }

    Path torrentFile(InfoHash infoHash) {
        return ownFile(infoHash, ".torrent");
    }

    private Path ownFile(InfoHash infoHash, String suffix) {
        return root.resolve(OUR_DIRECTORY).resolve(infoHash.toHex() + suffix);
    }

    /** Where a file of the torrent is. Its path is sanitised already; that it stays below the root is checked again. */
    Path pathOf(TorrentFile file) throws StorageException {
        try {
            Path path = root;
            for (String element : file.path()) {
                path = path.resolve(element);
            }
            path = path.normalize();
            if (path.equals(root) || !path.startsWith(root) || path.startsWith(root.resolve(OUR_DIRECTORY))) {
                throw new StorageException(
                        Reason.UNSAFE_PATH, "path leads out of " + root + " or is Weft's own: " + file.path());
            }
            return path;
        } catch (InvalidPathException e) {
            throw new StorageException(
                    Reason.BAD_NAME, "this system takes no such name: " + String.join("/", file.path()), e);
        }
    }

    /** Makes the directories above a path that lies below the root. */
    void makeParents(Path path) throws IOException {
        checkLinks(path);
        Path parent = path.getParent();
        try {
            Files.createDirectories(parent);
        } catch (IOException | ReadOnlyFileSystemException e) {
            throw explain(e, "make the directory", parent);
        }
    }

    /** Puts a new content into one of our own files: all of it or, if that fails, nothing. */
    void replace(Path path, byte[] content) throws IOException {
        makeParents(path);
        Path temporary = path.resolveSibling(path.getFileName() + ".tmp");
        try (var channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            var buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
        // A power cut may still bring back the old file. That does no harm: what it claims is true as well.
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Refuses a path below the root that symbolic links lead out of it, or nowhere. */
    void checkLinks(Path path) throws IOException {
        Path step = root;
        for (Path element : root.relativize(path)) {
            step = step.resolve(element);
            if (Files.isSymbolicLink(step) && !leadsInside(step)) {
                throw new StorageException(
                        Reason.UNSAFE_PATH, "symbolic link leads out of the download directory: " + step);
            }
        }
    }

    private boolean leadsInside(Path link) throws IOException {
        try {
            return link.toRealPath().startsWith(root.toRealPath());
        } catch (NoSuchFileException nowhere) {
            return false;
        }
    }

    /** True if files can be made or changed here: in the directory, or where it would be made. */
    boolean isWritable() {
        return Files.isWritable(firstExisting(root));
    }

    /** True if this is, or would be made, on a file system that is not of this machine alone. */
    boolean isOnNetwork(NetworkFileSystems.Types types) {
        return NetworkFileSystems.has(firstExisting(root), types);
    }

    /** Bytes that this user may still write here; empty if the file system does not say. */
    OptionalLong usableSpace() {
        var file = firstExisting(root).toFile();
        long usable = file.getUsableSpace();
        return usable > 0 || file.getTotalSpace() > 0 ? OptionalLong.of(usable) : OptionalLong.empty();
    }

    private static Path firstExisting(Path path) {
        Path existing = path;
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        return existing;
    }

    /**
     * What is wrong, in one sentence: {@code cannot DOING PATH: why}. What is explained already is passed through, and so
     * are "closed" and "interrupted", which are no faults of the disk's.
     */
    IOException explain(Exception fault, String doing, Path path) {
        if (fault instanceof StorageException
                || fault instanceof ClosedChannelException
                || fault instanceof InterruptedIOException) {
            return (IOException) fault;
        }
        Reason reason = reasonOf(fault, path);
        String why = switch (reason) {
            case NO_SPACE -> "no space left on " + root;
            case ACCESS_DENIED -> "permission denied or read-only";
            case MISSING -> "no such file or directory";
            case IN_THE_WAY -> inTheWay(path);
            case BAD_NAME -> "the file system takes no such name";
            case CHANGED, UNSAFE_PATH, IN_USE, FAILED -> plainMessage(fault);
        };
        return new StorageException(reason, "cannot " + doing + " " + path + ": " + why, fault);
    }

    private Reason reasonOf(Exception fault, Path path) {
        String message = plainMessage(fault).toLowerCase(Locale.ROOT);
        // The JDK has no types for these; the words are those of Linux, macOS and Windows.
        if (message.contains("no space left") || message.contains("not enough space") || message.contains("quota")) {
            return Reason.NO_SPACE;
        }
        if (message.contains("name too long") || message.contains("syntax is incorrect")) {
            return Reason.BAD_NAME;
        }
        if (fault instanceof AccessDeniedException
                || fault instanceof ReadOnlyFileSystemException
                || message.contains("permission denied")
                || message.contains("read-only file system")) {
            // Windows denies access to a directory that is opened as if it were a file.
            return Files.isDirectory(path) ? Reason.IN_THE_WAY : Reason.ACCESS_DENIED;
        }
        if (fault instanceof FileAlreadyExistsException
                || fault instanceof NotDirectoryException
                || message.contains("is a directory")
                || message.contains("not a directory")) {
            return Reason.IN_THE_WAY;
        }
        return fault instanceof NoSuchFileException || fault instanceof FileNotFoundException
                ? Reason.MISSING
                : Reason.FAILED;
    }

    private String inTheWay(Path path) {
        Path step = root;
        for (Path element : root.relativize(path)) {
            step = step.resolve(element);
            if (!step.equals(path) && Files.exists(step) && !Files.isDirectory(step)) {
                return step + " is a file where a directory should be";
            }
        }
        return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                ? "it is a directory where a file should be"
                : "something else is there";
    }

    private static String plainMessage(Exception fault) {
        String message =
                fault instanceof FileSystemException e && e.getReason() != null ? e.getReason() : fault.getMessage();
        return message == null ? fault.getClass().getSimpleName() : message;
    }

    /** Closes what cannot lose anything by failing to close. */
    static void closeQuietly(Closeable closeable) {
        try {
            closeable.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "closing " + closeable, e);
        }
    }
}
