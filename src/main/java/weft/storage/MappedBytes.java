package weft.storage;

import java.io.IOException;
import java.security.MessageDigest;
import weft.metainfo.FileSlice;

/**
 * Bytes of files for a hash check, fed to the digest from mapped memory where the system has them in its cache: that
 * spares one copy of two. Measured (512 MiB in the system's cache, AMD EPYC with SHA extensions; bench/RESULTS.md): SHA-1
 * alone takes 0.88 of the processor time of a check that maps, and 0.79 of one that reads. What is not in the cache is
 * read, and so are short files, which are not worth a mapping.
 *
 * <p>The windows are not those that {@link MappedStorage} lends: they belong to the one thread, so that unmapping them
 * costs the others nothing. They count among the disk's mapped bytes; if there is no room, bytes are read.
 */
final class MappedBytes implements PieceBytes {

    /** Measured: 4, 8 and 16 MiB do equally well, 2 MiB a little worse. */
    private static final int WINDOW_LENGTH = 4 << 20;

    /** To map and unmap costs as much as hashing some 20 KiB. */
    private static final int LEAST_LENGTH = 256 << 10;

    /** What has gone from memory meanwhile is read by faults: a slow disk has to be told from one that hangs. */
    private static final int STEP_LENGTH = 256 << 10;

    private final Disk disk;
    private final TorrentFiles files;
    private final MappedFile[] mappedFiles; // null for padding
    private final SlicedBytes read;

    private Mapping window; // null if its bytes are to be read
    private int windowFile = -1; // which file it is a stretch of, that is from begin to end
    private long windowBegin;
    private long windowEnd;

    MappedBytes(Disk disk, TorrentFiles files, MappedFile[] mappedFiles, SlicedBytes read) {
        this.disk = disk;
        this.files = files;
        this.mappedFiles = mappedFiles;
        this.read = read;
    }

    @Override
    public void feed(int piece, MessageDigest digest) throws IOException {
        files.ensureOpen();
        int begin = 0;
        for (FileSlice slice : files.layout().slices(piece, 0, files.layout().pieceLength(piece))) {
            int file = slice.file().index();
            for (int done = 0; done < slice.length(); ) {
                long offset = slice.offsetInFile() + done;
                moveWindowTo(file, offset);
                int count = (int) Math.min(slice.length() - done, windowEnd - offset);
                if (window == null) {
                    read.feed(piece, begin + done, count, digest);
                } else {
                    feedWindow((int) (offset - windowBegin), count, digest);
                }
                done += count;
            }
            begin += slice.length();
        }
    }

    private void feedWindow(int offset, int count, MessageDigest digest) throws IOException {
        try {
            for (int done = 0; done < count; done += STEP_LENGTH) {
                digest.update(window.slice(offset + done, Math.min(STEP_LENGTH, count - done)));
                disk.step();
            }
        } catch (InternalError e) {
            throw mappedFiles[windowFile].explain(e);
        }
    }

    private void moveWindowTo(int file, long offset) throws IOException {
        if (file == windowFile && offset >= windowBegin && offset < windowEnd) {
            return;
        }
        close();
        StoredFile stored = files.file(file);
        windowFile = file;
        windowBegin = offset;
        windowEnd = Math.min(offset + WINDOW_LENGTH, stored.file().length());
        int length = (int) (windowEnd - windowBegin);
        boolean worthwhile = length >= LEAST_LENGTH && !stored.isPadding() && !stored.isInPartFile();
        if (worthwhile && stored.reaches(windowEnd) && disk.windowSet().reserve(length)) {
            map(stored, length);
        }
    }

    /** Room for it is reserved. */
    private void map(StoredFile stored, int length) throws IOException {
        try {
            window = stored.data().mapForThisThread(windowBegin, length);
        } finally {
            if (window == null) {
                disk.windowSet().unreserve(length);
            }
        }
        // If the last page is in memory, those before it most likely are.
        if (!window.slice(length - 1, 1).isLoaded()) {
            unmap();
        }
    }

    private void unmap() {
        window.unmap();
        window = null;
        disk.windowSet().unreserve(windowEnd - windowBegin);
    }

    @Override
    public void close() {
        if (window != null) {
            unmap();
        }
    }
}
