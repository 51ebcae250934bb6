package weft.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.ReentrantLock;
import weft.metainfo.Layout;
import weft.storage.StorageException.Reason;

/**
 * Keeps the parts of pieces that belong to files which are not wanted: pieces overlap files, and a piece can be verified
 * only as a whole. A piece that has such bytes gets a slot of a piece's length, in which they lie where they lie in the
 * piece; the rest of the slot is a hole. The index is at the head of the file, so that the next run finds it.
 *
 * <pre>
 * "WEFTPART" (8) · version=1 (4) · piece length (4) · piece count (4) · zeros to 32
 * for each piece: 0, or 1 + its slot (4)
 * from the next multiple of 4096 on: slots
 * </pre>
 *
 * <p>Part of {@link TorrentFiles}, under whose lock {@link #freeAllBut} has this to itself; the rest may be called by several
 * file threads at the same time. The file is made with the first slot and deleted with the last.
 */
final class PartFile {

    private static final System.Logger LOG = System.getLogger("weft.storage");

    private static final long MAGIC = 0x57454654_50415254L; // "WEFTPART"
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 32;
    private static final int INDEX_ENTRY_BYTES = Integer.BYTES;
    private static final int ALIGNMENT = 4096;
    private static final int NO_SLOT = -1;

    private final Disk disk;
    private final DownloadDirectory directory;
    private final Path path;
    private final boolean readOnly;
    private final int pieceLength;
    private final long slotsOffset;
    private final AtomicIntegerArray slotOfPiece; // NO_SLOT or the slot

    private final ReentrantLock allocation = new ReentrantLock(); // of file threads only
    private final BitSet usedSlots = new BitSet(); // guarded by allocation
    private volatile DataFile data;

    private PartFile(Disk disk, DownloadDirectory directory, Path path, Layout layout, boolean readOnly) {
        this.disk = disk;
        this.directory = directory;
        this.path = path;
        this.readOnly = readOnly;
        this.pieceLength = layout.pieceLength();
        long headEnd = HEADER_BYTES + (long) INDEX_ENTRY_BYTES * layout.pieceCount();
        this.slotsOffset = (headEnd + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        int[] none = new int[layout.pieceCount()];
        Arrays.fill(none, NO_SLOT);
        this.slotOfPiece = new AtomicIntegerArray(none);
        this.data = newData();
    }

    /** The part file at this path, which need not exist. One that is damaged counts as empty. On a file thread. */
    static PartFile open(Disk disk, DownloadDirectory directory, Path path, Layout layout, boolean readOnly)
            throws IOException {
        var partFile = new PartFile(disk, directory, path, layout, readOnly);
        if (Files.exists(path)) {
            partFile.readIndex();
        }
        return partFile;
    }

    /** True if the piece has a slot. */
    boolean holds(int piece) {
        return slotOfPiece.get(piece) != NO_SLOT;
    }

    /** The pieces that have a slot. */
    BitSet pieces() {
        var pieces = new BitSet();
        for (int piece = 0; piece < slotOfPiece.length(); piece++) {
            if (holds(piece)) {
                pieces.set(piece);
            }
        }
        return pieces;
    }

    /** Writes all that remains of {@code source} from {@code offset} of the piece on. */
    void write(int piece, int offset, ByteBuffer source) throws IOException {
        int slot = slotOfPiece.get(piece);
        if (slot == NO_SLOT) {
            slot = allocate(piece);
        }
        data.write(source, position(slot, offset));
    }

    /** Fills {@code target} from {@code offset} of the piece on; what was never written is zeros. */
    void read(int piece, int offset, ByteBuffer target) throws IOException {
        int slot = slotOfPiece.get(piece);
        if (slot == NO_SLOT) {
            throw new StorageException(Reason.MISSING, path + " has nothing of piece " + piece);
        }
        data.read(target, position(slot, offset));
    }

    /** Gives back the slots of all pieces but these, and deletes the file if none is left. On a file thread. */
    void freeAllBut(BitSet needed) throws IOException {
        boolean any = false;
        allocation.lock();
        try {
            for (int piece = 0; piece < slotOfPiece.length(); piece++) {
                if (holds(piece) && !needed.get(piece)) {
                    writeIndexEntry(piece, NO_SLOT);
                    usedSlots.clear(slotOfPiece.getAndSet(piece, NO_SLOT));
                    any = true;
                }
            }
            if (any && usedSlots.isEmpty()) {
                data.close();
                Files.deleteIfExists(path);
                data = newData();
            }
        } catch (IOException e) {
            throw directory.explain(e, "change", path);
        } finally {
            allocation.unlock();
        }
    }

    /** Returns when everything written before would survive a power cut. On a file thread. */
    void force() throws IOException {
        data.force();
    }

    void close() {
        data.close();
    }

    private DataFile newData() {
        return new DataFile(disk, directory, path, this::make);
    }

    private long position(int slot, int offset) {
        return slotsOffset + (long) slot * pieceLength + offset;
    }

    private int allocate(int piece) throws IOException {
        allocation.lock();
        try {
            int slot = slotOfPiece.get(piece);
            if (slot == NO_SLOT) {
                slot = usedSlots.nextClearBit(0);
                // As long as the slot, so that reading what was never written finds zeros and not the end.
                data.write(ByteBuffer.allocate(1), position(slot, pieceLength - 1));
                writeIndexEntry(piece, slot);
                usedSlots.set(slot);
                slotOfPiece.set(piece, slot);
            }
            return slot;
        } finally {
            allocation.unlock();
        }
    }

    private void writeIndexEntry(int piece, int slot) throws IOException {
        var entry = ByteBuffer.allocate(INDEX_ENTRY_BYTES).putInt(0, slot + 1);
        data.write(entry, HEADER_BYTES + (long) INDEX_ENTRY_BYTES * piece);
    }

    private ByteBuffer header() {
        return ByteBuffer.allocate(HEADER_BYTES)
                .putLong(MAGIC)
                .putInt(VERSION)
                .putInt(pieceLength)
                .putInt(slotOfPiece.length())
                .rewind();
    }

    private void make() throws IOException {
        if (readOnly) {
            throw new StorageException(Reason.ACCESS_DENIED, "cannot write to " + path + ": opened read-only");
        }
        if (!Files.exists(path)) {
            directory.makeParents(path);
            byte[] head = Arrays.copyOf(header().array(), (int) slotsOffset);
            try {
                Files.write(path, head);
            } catch (IOException e) {
                throw directory.explain(e, "make", path);
            }
        }
    }

    private void readIndex() throws IOException {
        var head = ByteBuffer.allocate((int) slotsOffset);
        if (Files.size(path) < slotsOffset) {
            discard("it is too short");
            return;
        }
        data.read(head, 0);
        head.flip();
        if (!head.slice(0, HEADER_BYTES).equals(header())) {
            discard("it is not of this torrent");
            return;
        }
        int[] slots = new int[slotOfPiece.length()];
        for (int piece = 0; piece < slots.length; piece++) {
            int slot = head.getInt(HEADER_BYTES + INDEX_ENTRY_BYTES * piece) - 1;
            slots[piece] = slot;
            if (slot != NO_SLOT && (slot < 0 || slot >= slots.length || usedSlots.get(slot))) {
                usedSlots.clear();
                discard("its index is damaged");
                return;
            }
            if (slot != NO_SLOT) {
                usedSlots.set(slot);
            }
        }
        for (int piece = 0; piece < slots.length; piece++) {
            slotOfPiece.set(piece, slots[piece]);
        }
    }

    private void discard(String why) throws IOException {
        LOG.log(System.Logger.Level.WARNING, "{0} is of no use: {1}", path, why);
        if (!readOnly) {
            data.close();
            Files.delete(path);
            data = newData();
        }
    }
}
