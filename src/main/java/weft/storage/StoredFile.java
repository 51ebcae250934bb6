package weft.storage;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.OptionalLong;
import weft.metainfo.TorrentFile;
import weft.storage.StorageException.Reason;

/**
 * One file of a torrent as it lies, or will lie, on disk: made with its whole length when it is first written to. Part of
 * {@link TorrentFiles}.
 */
final class StoredFile {

    private static final System.Logger LOG = System.getLogger("weft.storage");

    /** Zeros are written in steps of this when all blocks of a file are to be reserved. */
    private static final int ALLOCATION_STEP = 1 << 20;

    private final TorrentFile file;
    private final Disk disk;
    private final DownloadDirectory directory;
    private final StorageOptions options;
    private final DataFile data;

    private volatile boolean inPartFile; // changed under TorrentFiles.parts

    StoredFile(Disk disk, DownloadDirectory directory, TorrentFile file, StorageOptions options)
            throws StorageException {
        this.file = file;
        this.disk = disk;
        this.directory = directory;
        this.options = options;
        this.data = new DataFile(disk, directory, directory.pathOf(file), file.length(), this::make);
    }

    TorrentFile file() {
        return file;
    }

    DataFile data() {
        return data;
    }

    /** True for zeros that are never stored. */
    boolean isPadding() {
        return file.isPadding();
    }

    /** True if there are bytes of this file on disk, or will be. */
    boolean isStored() {
        return file.length() > 0 && !file.isPadding();
    }

    /** True if bytes of this file are kept in the part file, as it is not wanted and does not exist. */
    boolean isInPartFile() {
        return inPartFile;
    }

    void setInPartFile(boolean inPartFile) {
        this.inPartFile = inPartFile;
    }

    /** True if the file exists on disk. */
    boolean exists() {
        return Files.exists(data.path(), LinkOption.NOFOLLOW_LINKS);
    }

    /** True if the file on disk goes on to {@code end} at least. */
    boolean reaches(long end) {
        return data.path().toFile().length() >= end;
    }

    /** Makes the file, or brings an existing one to its length: ready to be opened for writing. */
    private void make() throws IOException {
        making(path -> {
            boolean fresh = !exists();
            if (fresh) {
                checkSpace(path);
                create(path);
            }
            bringToLength(path);
            if (fresh) {
                setAttributes(path);
            }
        });
    }

    /**
     * Makes what has no bytes, a symbolic link (BEP 47) or an empty file. What is there already stays as it is, even if it
     * is no such thing: none of it is known to be the torrent's, and writing to a link would change what it leads to.
     */
    void makeEmpty() throws IOException {
        boolean isLink = file.symlinkTarget().isPresent();
        if (exists() && (isLink || !Files.isDirectory(data.path(), LinkOption.NOFOLLOW_LINKS))) {
            return;
        }
        making(path -> {
            if (!isLink || !makeLink(path)) {
                create(path);
                setAttributes(path);
            }
        });
    }

    private interface Making {
        void make(Path path) throws IOException;
    }

    private void making(Making making) throws IOException {
        Path path = data.path();
        try {
            if (options.readOnly()) {
                throw new StorageException(
                        Reason.ACCESS_DENIED, "cannot write to " + path + ": " + directory.root() + " is read-only");
            }
            directory.makeParents(path);
            making.make(path);
        } catch (IOException e) {
            throw directory.explain(e, "make", path);
        }
    }

    private boolean makeLink(Path path) {
        Path target = directory.root();
        for (String element : file.symlinkTarget().orElseThrow()) {
            target = target.resolve(element);
        }
        try {
            Files.createSymbolicLink(path, path.getParent().relativize(target));
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            LOG.log(System.Logger.Level.WARNING, "no symbolic link, but an empty file: {0}: {1}", path, e.getMessage());
            return false;
        }
    }

    private static void create(Path path) throws IOException {
        // On Windows a file is sparse only if it is made so.
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)
                .close();
    }

    private void checkSpace(Path path) throws StorageException {
        OptionalLong usable = directory.usableSpace();
        if (usable.isPresent() && usable.getAsLong() < file.length()) { // else writing will tell
            throw TorrentFiles.noSpace(path, file.length(), usable.getAsLong());
        }
    }

    /** What is longer than it should be is cut: its end is no part of the torrent. */
    private void bringToLength(Path path) throws IOException {
        try (var random = new RandomAccessFile(path.toFile(), "rw")) {
            if (options.allocateFull()) {
                fill(random.getChannel(), random.length());
            }
            if (random.length() != file.length()) {
                random.setLength(file.length());
            }
        }
    }

    /** Lets the file grow as its blocks are written: one that is not done when we are closed is gone on with from there. */
    private void fill(FileChannel channel, long from) throws IOException {
        var zeros = ByteBuffer.allocateDirect(ALLOCATION_STEP);
        for (long offset = from; offset < file.length(); ) {
            data.ensureOpen();
            zeros.clear().limit((int) Math.min(zeros.capacity(), file.length() - offset));
            offset += channel.write(zeros, offset);
            disk.step();
        }
    }

    /** Attribute "x" of BEP 47: whoever may read the file may run it. */
    private void setAttributes(Path path) throws IOException {
        if (!file.isExecutable()) {
            return;
        }
        var view = Files.getFileAttributeView(path, PosixFileAttributeView.class);
        if (view == null) {
            return; // a file system without such a thing
        }
        var permissions = view.readAttributes().permissions();
        if (permissions.contains(PosixFilePermission.OWNER_READ)) {
            permissions.add(PosixFilePermission.OWNER_EXECUTE);
        }
        if (permissions.contains(PosixFilePermission.GROUP_READ)) {
            permissions.add(PosixFilePermission.GROUP_EXECUTE);
        }
        if (permissions.contains(PosixFilePermission.OTHERS_READ)) {
            permissions.add(PosixFilePermission.OTHERS_EXECUTE);
        }
        view.setPermissions(permissions);
    }
}
