package weft.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import weft.metainfo.InfoHash;
import weft.metainfo.Layout;
import weft.metainfo.PieceRange;
import weft.metainfo.TorrentFile;
import weft.storage.StorageException.Reason;

/**
 * The files of one torrent: finds the place of every byte, and reads and writes it there. What {@link MappedStorage}
 * lends is mapped, all else of it and of {@link ChannelStorage} goes this way.
 *
 * <p>A byte lies in its file; or in the {@link PartFile}, if its file is not wanted and does not exist; or nowhere, if it
 * is padding (BEP 47), which reads as zeros. A file that exists is used, wanted or not.
 *
 * <p>All methods may be called from any thread. What may wait for the disk is left to file threads by virtual threads, and
 * done by others themselves.
 */
final class TorrentFiles {

    private static final System.Logger LOG = System.getLogger("weft.storage");

    private final Layout layout;
    private final Disk disk;
    private final StoredFile[] files;
    private final WantedFiles wanted;
    private final TorrentLock lock; // or null: nothing is written

    /** Whoever writes, and who has opened this: with the last of them the lock goes. Nobody comes after that. */
    private final AtomicInteger writers = new AtomicInteger(1);

    private final AtomicBoolean closed = new AtomicBoolean();

    private TorrentFiles(
            Disk disk,
            DownloadDirectory directory,
            Layout layout,
            InfoHash infoHash,
            StorageOptions options,
            TorrentLock lock)
            throws IOException {
        this.layout = layout;
        this.disk = disk;
        this.lock = lock;
        this.files = new StoredFile[layout.files().size()];
        for (TorrentFile file : layout.files()) {
            files[file.index()] = new StoredFile(disk, directory, file, options);
        }
        this.wanted = new WantedFiles(disk, directory, layout, infoHash, files, options.readOnly());
    }

    /** Opens the files of a torrent; of them only empty ones are made now, and those that have bytes in the part file. */
    static TorrentFiles open(
            Disk disk, Path root, Layout layout, InfoHash infoHash, BitSet wanted, StorageOptions options)
            throws IOException {
        var wantedNow = (BitSet) wanted.clone();
        var handOver = new CompletableFuture<TorrentFiles>(); // cancelled by a caller that is interrupted and goes
        boolean taken = false;
        try {
            TorrentFiles opened = disk.onFileThread(() -> {
                TorrentFiles files = open(disk, new DownloadDirectory(root), layout, infoHash, wantedNow, options);
                if (!handOver.complete(files)) {
                    files.close();
                }
                return files;
            });
            taken = true;
            return opened;
        } finally {
            if (!taken && !handOver.cancel(false)) {
                handOver.resultNow().close();
            }
        }
    }

    private static TorrentFiles open(
            Disk disk,
            DownloadDirectory directory,
            Layout layout,
            InfoHash infoHash,
            BitSet wanted,
            StorageOptions options)
            throws IOException {
        boolean writable = !options.readOnly() && directory.isWritable();
        TorrentLock lock = writable ? TorrentLock.acquire(directory, infoHash) : null;
        TorrentFiles files = null;
        boolean opened = false;
        try {
            files = new TorrentFiles(
                    disk, directory, layout, infoHash, writable ? options : options.withReadOnly(), lock);
            files.begin();
            files.wanted.findParts();
            files.wanted.change(wanted);
            opened = true;
            return files;
        } finally {
            if (!opened && files != null) {
                files.close();
            } else if (!opened && lock != null) {
                lock.close();
            }
        }
    }

    /** Before anything is changed: what others do from now on is noticed. */
    private void begin() {
        for (StoredFile file : files) {
            if (file.isStored()) {
                file.data().begin();
                disk.step();
            }
        }
    }

    /** All files of a torrent, by index. */
    static BitSet allOf(Layout layout) {
        var all = new BitSet();
        all.set(0, layout.files().size());
        return all;
    }

    Layout layout() {
        return layout;
    }

    Disk disk() {
        return disk;
    }

    StoredFile file(int index) {
        return files[index];
    }

    /** The pieces of which bytes are in the part file. */
    BitSet partFilePieces() {
        return wanted.partFilePieces();
    }

    /** See {@link Storage#write}. */
    void write(int piece, int begin, ByteBuffer block) throws IOException {
        ensureOpen();
        wanted.checkSpace();
        if (disk.mayCall()) {
            try {
                writing(() -> forEachFile(piece, begin, block, this::writeTo));
            } finally {
                disk.callMade();
            }
        } else {
            var copy = ByteBuffer.allocate(block.remaining()).put(block).flip();
            disk.onFileThread(() -> {
                writing(() -> forEachFile(piece, begin, copy, this::writeTo));
                return null;
            });
        }
    }

    private interface Writing {
        void run() throws IOException;
    }

    /** Keeps others out until it is done, even if this is closed meanwhile. By the thread that really does it. */
    private void writing(Writing work) throws IOException {
        int now;
        do {
            now = writers.get();
            if (now == 0) {
                throw new ClosedChannelException();
            }
        } while (!writers.compareAndSet(now, now + 1));
        try {
            work.run();
        } finally {
            writerGone();
        }
    }

    private void writerGone() {
        if (writers.decrementAndGet() == 0 && lock != null) {
            lock.close();
        }
    }

    /** See {@link Storage#read}. */
    void read(int piece, int begin, ByteBuffer target) throws IOException {
        if (Thread.currentThread().isVirtual()) {
            try (Lease copy = lendCopy(piece, begin, target.remaining())) {
                target.put(copy.buffers()[0]);
            }
        } else {
            ensureOpen();
            forEachFile(piece, begin, target, this::readFrom);
        }
    }

    /** Lends a copy that a file thread reads, with one call for each file that it has bytes of. */
    Lease lendCopy(int piece, int begin, int length) throws IOException {
        Objects.checkFromIndexSize(begin, length, layout.pieceLength(piece));
        ensureOpen();
        return disk.copies().lend(disk, length, target -> read(piece, begin, target));
    }

    /**
     * See {@link Storage#mayHold}.
     *
     * @param wanting is told of a file that is found wanting
     */
    boolean mayHold(int piece, Consumer<StoredFile> wanting) {
        long position = layout.pieceOffset(piece);
        long end = position + layout.pieceLength(piece);
        for (int index = layout.fileIndexAt(position); position < end; index++) {
            StoredFile stored = files[index];
            TorrentFile file = stored.file();
            long fileEnd = Math.min(end, file.offset() + file.length());
            boolean isStored = position < fileEnd && !stored.isPadding();
            if (isStored && !mayHold(stored, piece, fileEnd - file.offset())) {
                if (!stored.isInPartFile()) {
                    tryToLook(stored, stored.data()::reopenIfReplaced);
                    wanting.accept(stored);
                }
                return false;
            }
            position = fileEnd;
        }
        return true;
    }

    private interface Look {
        void at() throws IOException;
    }

    private static void tryToLook(StoredFile stored, Look look) {
        try {
            look.at();
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.DEBUG,
                    () -> "looking at " + stored.data().path(),
                    e); // writing will tell
        }
    }

    /**
     * As a hash check of these pieces begins: has it see what lies in the files now, those included that were replaced,
     * deleted or cut short while they were open.
     *
     * @param unknown is told of each that is not open now, or was replaced: what was mapped of it may be of another
     */
    void look(BitSet pieces, Consumer<StoredFile> unknown) throws IOException {
        ensureOpen();
        disk.onFileThread(() -> {
            forEachOf(pieces, stored -> {
                tryToLook(stored, stored.data()::look);
                if (stored.data().wasReplaced() || !stored.data().isOpen()) {
                    unknown.accept(stored);
                }
            });
            return null;
        });
    }

    /** The hash check has looked at these pieces, and found some good. */
    void lookedAt(BitSet pieces, BitSet good) throws IOException {
        disk.onFileThread(() -> {
            forEachOf(pieces, stored -> {
                PieceRange ofFile = layout.piecesOf(stored.file().index());
                if (pieces.nextClearBit(ofFile.first()) >= ofFile.end()) {
                    stored.data().lookedAtWhole();
                }
            });
            forEachOf(good, stored -> bytesOf(stored).foundGood());
            return null;
        });
    }

    /** Each file that there are bytes of in one of these pieces. */
    private void forEachOf(BitSet pieces, Consumer<StoredFile> action) {
        for (StoredFile stored : files) {
            PieceRange ofFile = layout.piecesOf(stored.file().index());
            int first = pieces.nextSetBit(ofFile.first());
            if (stored.isStored() && first >= 0 && ofFile.contains(first)) {
                action.accept(stored);
                disk.step();
            }
        }
    }

    private DataFile bytesOf(StoredFile stored) {
        return stored.isInPartFile() ? wanted.partFileData() : stored.data();
    }

    /** How each file is to be claimed, by index; all of them being forced. On a file thread; this may be closed. */
    List<FileStamp> claims() throws IOException {
        var claims = new ArrayList<FileStamp>();
        for (StoredFile file : files) {
            claims.add(file.isStored() ? file.data().claim() : FileStamp.NOTHING);
            disk.step();
        }
        return claims;
    }

    /** How the part file is to be claimed. On a file thread; this may be closed. */
    FileStamp partFileClaim() throws IOException {
        return wanted.partFileData().claim();
    }

    private boolean mayHold(StoredFile stored, int piece, long endInFile) {
        return stored.isInPartFile() ? wanted.isInPartFile(piece) : stored.reaches(endInFile);
    }

    /** See {@link Storage#setWanted}. */
    void setWanted(BitSet files) throws IOException {
        ensureOpen();
        var copy = (BitSet) files.clone();
        disk.onFileThread(() -> {
            writing(() -> wanted.change(copy));
            return null;
        });
    }

    /** See {@link Storage#flush}. */
    void flush() throws IOException {
        ensureOpen();
        var dirty = new ConcurrentLinkedQueue<DataFile>();
        for (StoredFile file : files) {
            if (file.data().isDirty()) {
                dirty.add(file.data());
            }
        }
        if (wanted.partFileData().isDirty()) {
            dirty.add(wanted.partFileData());
        }
        if (dirty.isEmpty()) {
            return;
        }
        disk.onAllFileThreads("flush", () -> {
            DataFile file = dirty.poll();
            if (file != null) {
                file.force();
            }
            return file != null;
        });
    }

    /** Closes all files when their current uses end; until then others are kept out. A second call does nothing. */
    void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        for (StoredFile file : files) {
            file.data().close();
        }
        wanted.close();
        writerGone();
    }

    void ensureOpen() throws ClosedChannelException {
        if (closed.get()) {
            throw new ClosedChannelException();
        }
    }

    static StorageException noSpace(Path path, long needed, long usable) {
        return new StorageException(
                Reason.NO_SPACE,
                "no space left for " + path + ": it needs " + needed + " bytes, " + usable + " are free");
    }

    // Finding the place

    private interface Access {
        /** Reads into or writes from what remains of the buffer. */
        void apply(StoredFile file, long offsetInFile, int piece, int offsetInPiece, ByteBuffer buffer)
                throws IOException;
    }

    /** Applies {@code access} to the stretches of files that the buffer's remaining bytes belong to, in order. */
    private void forEachFile(int piece, int begin, ByteBuffer buffer, Access access) throws IOException {
        Objects.checkFromIndexSize(begin, buffer.remaining(), layout.pieceLength(piece));
        long pieceOffset = layout.pieceOffset(piece);
        long position = pieceOffset + begin;
        int limit = buffer.limit();
        int index = buffer.hasRemaining() ? layout.fileIndexAt(position) : 0;
        try {
            for (; buffer.hasRemaining(); index++) {
                StoredFile file = files[index];
                long offsetInFile = position - file.file().offset();
                int count =
                        (int) Math.min(limit - buffer.position(), file.file().length() - offsetInFile);
                buffer.limit(buffer.position() + count);
                access.apply(file, offsetInFile, piece, (int) (position - pieceOffset), buffer);
                buffer.limit(limit);
                position += count;
            }
        } finally {
            buffer.limit(limit);
        }
    }

    private void writeTo(StoredFile file, long offsetInFile, int piece, int offsetInPiece, ByteBuffer source)
            throws IOException {
        if (file.isPadding()) {
            source.position(source.limit());
            return;
        }
        if (!source.hasRemaining()) {
            return; // an empty file in between
        }
        if (!file.isInPartFile()) {
            try {
                file.data().write(source, offsetInFile);
                return;
            } catch (DataFile.HeldException e) {
                // It has just become unwanted. Go on with the part file.
            }
        }
        var copy = ByteBuffer.allocate(source.remaining()).put(source).flip();
        disk.onFileThread(() -> {
            writing(() -> wanted.write(file, offsetInFile, piece, offsetInPiece, copy));
            return null;
        });
    }

    private void readFrom(StoredFile file, long offsetInFile, int piece, int offsetInPiece, ByteBuffer target)
            throws IOException {
        if (file.isPadding()) {
            while (target.hasRemaining()) {
                target.put((byte) 0);
            }
            return;
        }
        if (!target.hasRemaining()) {
            return; // an empty file in between
        }
        if (!file.isInPartFile()) {
            file.data().read(target, offsetInFile);
            return;
        }
        var copy = ByteBuffer.allocate(target.remaining());
        target.put(disk.onFileThread(() -> {
            wanted.read(file, offsetInFile, piece, offsetInPiece, copy);
            return copy.flip();
        }));
    }
}
