package weft.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import weft.metainfo.InfoHash;
import weft.metainfo.Layout;
import weft.metainfo.TorrentFile;

/**
 * Keeps a torrent in files, and lends their memory: what is sent to peers is mapped, in windows of which all storages of
 * a {@link Disk} together have a bounded number, and goes from the system's cache to the socket without a copy of ours.
 * The default.
 *
 * <p>What is received is written positionally. Measured (1 GiB in blocks of 16 KiB, pieces of 256 KiB, Linux 6.18): 0.45 s
 * in any order of pieces; through mappings 0.3 s at best, 1.2 to 1.8 s in random order and up to 5 s where windows fell
 * badly, as each page faults by itself. And a full disk is an exception then, not a fault.
 *
 * <p>A file is made, sparse, with its whole length and the directories above, when it is first written to; an empty one
 * when it becomes wanted. Bytes never written read as zeros in a file that exists, and are missing in one that does not.
 * A file that is longer than it should be is cut when it is first written to. Padding (BEP 47) is never stored. In a
 * directory without write permission nothing is made and writing fails, but what is there can be read and lent.
 *
 * <p>Virtual threads may call everything: what would wait for the disk is done by the disk's file threads. A write is
 * made by the calling thread, unless so many others are at it already that no carrier would be left if the disk came to a
 * halt.
 */
public final class MappedStorage extends FileStorage {

    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(Layout.BLOCK_LENGTH).asReadOnlyBuffer();

    /** Unmapping makes all threads stop for a moment: to copy a block or two costs less. */
    private static final int LEAST_LENGTH = 2 * Layout.BLOCK_LENGTH;

    /** How often bytes are mapped that others' wishes push out again before they are lent. Then a copy will do. */
    private static final int MAX_ATTEMPTS = 2;

    private final Disk disk;
    private final Layout layout;
    private final MappedFile[] mappedFiles; // null for padding and for short files

    private MappedStorage(Disk disk, TorrentFiles files) {
        super(files);
        this.disk = disk;
        this.layout = files.layout();
        this.mappedFiles = new MappedFile[layout.files().size()];
        for (TorrentFile file : layout.files()) {
            mappedFiles[file.index()] = file.isPadding() || file.length() < LEAST_LENGTH
                    ? null
                    : new MappedFile(disk, files.file(file.index()));
        }
    }

    /** The files of a torrent, all of them wanted. */
    public static MappedStorage open(Disk disk, Path directory, Layout layout, InfoHash infoHash) throws IOException {
        return open(disk, directory, layout, infoHash, TorrentFiles.allOf(layout), StorageOptions.defaults());
    }

    /**
     * The files of a torrent. Makes the empty files among those that are wanted, and whatever an earlier run kept aside of
     * them; others cannot open them meanwhile ({@link StorageException.Reason#IN_USE}).
     *
     * @param wanted as for {@link #setWanted}
     */
    public static MappedStorage open(
            Disk disk, Path directory, Layout layout, InfoHash infoHash, BitSet wanted, StorageOptions options)
            throws IOException {
        Objects.requireNonNull(disk, "disk");
        Objects.requireNonNull(wanted, "wanted");
        return new MappedStorage(disk, TorrentFiles.open(disk, directory, layout, infoHash, wanted, options));
    }

    /** Lends mapped memory, or a copy of short files and where all that may be mapped is lent. */
    @Override
    public Lease lend(int piece, int begin, int length) throws IOException {
        Objects.checkFromIndexSize(begin, length, layout.pieceLength(piece));
        files.ensureOpen();
        MappedLease lease = tryLend(piece, begin, length);
        for (int attempt = 0; lease == null && attempt < MAX_ATTEMPTS; attempt++) {
            if (!isMappable(piece, begin, length) || !disk.onFileThread(() -> prepare(piece, begin, length))) {
                break;
            }
            lease = tryLend(piece, begin, length);
        }
        return lease != null ? lease : files.lendCopy(piece, begin, length);
    }

    @Override
    public void close() {
        super.close();
        for (MappedFile file : mappedFiles) {
            if (file != null) {
                file.close();
            }
        }
    }

    /** Where only the garbage collector unmaps, mapping much is no gain. */
    @Override
    PieceBytes bytesForCheck() {
        var read = new SlicedBytes(disk, layout, this);
        return Mapping.isUnmappedAtOnce() ? new MappedBytes(disk, files, mappedFiles, read) : read;
    }

    @Override
    void forget(StoredFile file) {
        MappedFile mapped = mappedFiles[file.file().index()];
        if (mapped != null) {
            mapped.forget();
        }
    }

    private boolean isMappable(int piece, int begin, int length) {
        long position = layout.pieceOffset(piece) + begin;
        long end = position + length;
        for (int index = layout.fileIndexAt(position); position < end; index++) {
            TorrentFile file = layout.files().get(index);
            if (!file.isPadding() && file.length() > 0 && mappedFiles[index] == null) {
                return false;
            }
            position = file.offset() + file.length();
        }
        return true;
    }

    /** A lease of what is mapped and in memory already; null if that is not all. */
    private MappedLease tryLend(int piece, int begin, int length) {
        var lease = new MappedLease();
        long position = layout.pieceOffset(piece) + begin;
        long end = position + length;
        for (int index = length == 0 ? 0 : layout.fileIndexAt(position); position < end; index++) {
            TorrentFile file = layout.files().get(index);
            long stop = Math.min(end, file.offset() + file.length());
            if (stop == position) {
                continue; // an empty file in between
            }
            boolean lent = file.isPadding()
                    ? lease.addZeros(stop - position)
                    : mappedFiles[index] != null
                            && !files.file(index).isInPartFile()
                            && lease.addMapped(mappedFiles[index], position - file.offset(), stop - file.offset());
            if (!lent) {
                lease.close();
                return null;
            }
            position = stop;
        }
        return lease;
    }

    /** Maps and warms what {@link #tryLend} wants. False if that cannot be done. On a file thread. */
    private boolean prepare(int piece, int begin, int length) throws IOException {
        long position = layout.pieceOffset(piece) + begin;
        long end = position + length;
        for (int index = layout.fileIndexAt(position); position < end; index++) {
            TorrentFile file = layout.files().get(index);
            long stop = Math.min(end, file.offset() + file.length());
            if (!file.isPadding() && stop > position) {
                boolean prepared = !files.file(index).isInPartFile()
                        && mappedFiles[index].prepare(position - file.offset(), (int) (stop - position));
                if (!prepared) {
                    return false;
                }
            }
            position = stop;
        }
        return true;
    }

    /** Slices of pinned windows, and zeros. */
    private static final class MappedLease implements Lease {

        private final List<ByteBuffer> slices = new ArrayList<>(1);
        private final List<Window> windows = new ArrayList<>(1);
        private final List<MappedFile> files = new ArrayList<>(1);
        private final AtomicBoolean closed = new AtomicBoolean();

        /** True: there are always zeros. */
        boolean addZeros(long count) {
            for (long left = count; left > 0; left -= ZEROS.capacity()) {
                slices.add(ZEROS.slice(0, (int) Math.min(left, ZEROS.capacity())));
            }
            return true;
        }

        /** False if these bytes of the file are not all mapped and in memory. */
        boolean addMapped(MappedFile file, long begin, long end) {
            files.add(file);
            for (long position = begin; position < end; ) {
                Window window = file.pinnedAt(position);
                if (window == null) {
                    return false;
                }
                windows.add(window);
                int offset = (int) (position % Window.LENGTH);
                int count = (int) Math.min(end - position, Window.LENGTH - offset);
                if (!window.isWarm(offset, count, file.isResidenceTold())) {
                    return false;
                }
                slices.add(window.slice(offset, count));
                position += count;
            }
            return true;
        }

        @Override
        public ByteBuffer[] buffers() {
            return slices.toArray(ByteBuffer[]::new);
        }

        @Override
        public IOException explain(Throwable fault) {
            return files.stream()
                    .filter(MappedFile::isCutShort)
                    .findFirst()
                    .map(file -> file.explain(fault))
                    .orElseGet(() -> Lease.super.explain(fault));
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                windows.forEach(Window::unpin);
            }
        }
    }
}
