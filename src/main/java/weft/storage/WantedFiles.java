package weft.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import weft.metainfo.InfoHash;
import weft.metainfo.Layout;
import weft.metainfo.PieceRange;
import weft.metainfo.TorrentFile;

/**
 * Which files of a torrent are wanted, and the bytes of the others: those of pieces that reach into a wanted file lie in
 * the {@link PartFile}, as long as their own file is not wanted and does not exist. A byte moves at most once, from there
 * into its file when that becomes wanted, and while it does nobody else is at the part file.
 *
 * <p>Of file threads only, unless a method says otherwise.
 */
final class WantedFiles {

    private final Disk disk;
    private final DownloadDirectory directory;
    private final Layout layout;
    private final boolean readOnly;
    private final StoredFile[] files;
    private final PartFile partFile;

    /**
     * Shared by those who read or write the part file, exclusive for moving bytes out of it. Taken before the locks of
     * {@link PartFile} and {@link DataFile}.
     */
    private final ReentrantReadWriteLock parts = new ReentrantReadWriteLock();

    private volatile BitSet wanted = new BitSet(); // never changed once here
    private volatile boolean spaceChecked;

    /** Opens the part file, if there is one. What an earlier run left in it is of files that do not exist. */
    WantedFiles(
            Disk disk,
            DownloadDirectory directory,
            Layout layout,
            InfoHash infoHash,
            StoredFile[] files,
            boolean readOnly)
            throws IOException {
        this.disk = disk;
        this.directory = directory;
        this.layout = layout;
        this.readOnly = readOnly;
        this.files = files;
        this.partFile = PartFile.open(disk, directory, directory.partFile(infoHash), layout, readOnly);
    }

    /** Any thread may call this, as all others of one line. */
    BitSet partFilePieces() {
        return partFile.pieces();
    }

    DataFile partFileData() {
        return partFile.data();
    }

    boolean isInPartFile(int piece) {
        return partFile.holds(piece);
    }

    void close() {
        partFile.close();
    }

    // --- the part file's bytes

    /** Writes a stretch of a file that was in the part file a moment ago. */
    void write(StoredFile file, long offsetInFile, int piece, int offsetInPiece, ByteBuffer source) throws IOException {
        parts.readLock().lock();
        try {
            if (file.isInPartFile()) {
                partFile.write(piece, offsetInPiece, source);
            } else {
                file.data().write(source, offsetInFile);
            }
        } finally {
            parts.readLock().unlock();
        }
    }

    /** Reads a stretch of a file that was in the part file a moment ago. */
    void read(StoredFile file, long offsetInFile, int piece, int offsetInPiece, ByteBuffer target) throws IOException {
        parts.readLock().lock();
        try {
            if (file.isInPartFile()) {
                partFile.read(piece, offsetInPiece, target);
            } else {
                file.data().read(target, offsetInFile);
            }
        } finally {
            parts.readLock().unlock();
        }
    }

    // --- what is wanted

    /** Finds out, once, of which files an earlier run has left something in the part file. */
    void findParts() {
        BitSet held = partFile.pieces();
        for (StoredFile file : files) {
            PieceRange pieces = layout.piecesOf(file.file().index());
            int next = held.nextSetBit(pieces.first());
            boolean mayHaveParts = next >= 0 && pieces.contains(next) && !file.isPadding();
            if (mayHaveParts && file.data().hold()) {
                file.setInPartFile(true);
            }
            disk.step();
        }
    }

    void change(BitSet nowWanted) throws IOException {
        parts.writeLock().lock();
        try {
            var neededSlots = new BitSet();
            for (StoredFile file : files) {
                if (file.isPadding()) {
                    continue;
                }
                if (nowWanted.get(file.file().index())) {
                    bringIn(file);
                } else if (file.data().hold()) {
                    file.setInPartFile(true);
                }
                if (file.isInPartFile()) {
                    PieceRange pieces = layout.piecesOf(file.file().index());
                    neededSlots.set(pieces.first(), pieces.end());
                }
                disk.step();
            }
            if (!readOnly) {
                partFile.freeAllBut(neededSlots);
            }
            wanted = nowWanted;
            spaceChecked = readOnly;
        } finally {
            parts.writeLock().unlock();
        }
    }

    private void bringIn(StoredFile stored) throws IOException {
        if (readOnly) {
            return;
        }
        TorrentFile file = stored.file();
        stored.data().unhold();
        if (file.length() == 0) {
            stored.makeEmpty();
        }
        if (stored.isInPartFile()) {
            PieceRange pieces = layout.piecesOf(file.index());
            for (int piece = pieces.first(); piece < pieces.end(); piece++) {
                if (partFile.holds(piece)) {
                    moveIn(stored, piece);
                }
            }
            stored.data().force(); // before the slots are given up
        }
        stored.setInPartFile(false);
    }

    private void moveIn(StoredFile stored, int piece) throws IOException {
        TorrentFile file = stored.file();
        long pieceOffset = layout.pieceOffset(piece);
        long position = Math.max(pieceOffset, file.offset());
        long end = Math.min(pieceOffset + layout.pieceLength(piece), file.offset() + file.length());
        var buffer = ByteBuffer.allocate(Layout.BLOCK_LENGTH);
        while (position < end) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), end - position));
            partFile.read(piece, (int) (position - pieceOffset), buffer);
            buffer.flip();
            int count = buffer.remaining();
            stored.data().write(buffer, position - file.offset());
            position += count;
            disk.step();
        }
    }

    /** Before the first byte: is there room for the wanted files that do not exist yet? Any thread may ask. */
    void checkSpace() throws IOException {
        if (spaceChecked) {
            return;
        }
        disk.onFileThread(() -> {
            BitSet toMake = wanted;
            long needed = 0;
            for (StoredFile file : files) {
                boolean missing = toMake.get(file.file().index()) && !file.isPadding() && !file.exists();
                needed += missing ? file.file().length() : 0;
            }
            OptionalLong usable = directory.usableSpace();
            if (usable.isPresent() && usable.getAsLong() < needed) { // if it does not say, writing will tell
                throw TorrentFiles.noSpace(directory.root(), needed, usable.getAsLong());
            }
            return null;
        });
        spaceChecked = true;
    }
}
