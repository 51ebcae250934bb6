package weft.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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
 * <p>Part of {@link WantedFiles}, under whose lock {@link #freeAllBut} has this to itself; the rest may be called by several
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
    private final int pieceCount;
    private final Map<Integer, Integer> slotOfPiece = new ConcurrentHashMap<>(); // of those pieces that have one

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
        this.pieceCount = layout.pieceCount();
        this.data = newData();
    }

    /** The part file at this path, which need not exist. One that is damaged counts as empty. On a file thread. */
    static PartFile open(Disk disk, DownloadDirectory directory, Path path, Layout layout, boolean readOnly)
            throws IOException {
        var partFile = new PartFile(disk, directory, path, layout, readOnly);
        if (Files.exists(path)) {
            partFile.data.begin();
            partFile.readIndex();
        }
        return partFile;
    }

    /** True if the piece has a slot. */
    boolean holds(int piece) {
        return slotOfPiece.containsKey(piece);
    }

    /** The pieces that have a slot. */
    BitSet pieces() {
        var pieces = new BitSet();
        slotOfPiece.keySet().forEach(pieces::set);
        return pieces;
    }

    /** Writes all that remains of {@code source} from {@code offset} of the piece on. */
    void write(int piece, int offset, ByteBuffer source) throws IOException {
        int slot = slotOf(piece);
        if (slot == NO_SLOT) {
            slot = allocate(piece);
        }
        data.write(source, position(slot, offset));
    }

    /** Fills {@code target} from {@code offset} of the piece on; what was never written is zeros. */
    void read(int piece, int offset, ByteBuffer target) throws IOException {
        int slot = slotOf(piece);
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
            BitSet superfluous = pieces();
            superfluous.andNot(needed);
            for (int piece : superfluous.stream().toArray()) {
                writeIndexEntry(piece, NO_SLOT);
                usedSlots.clear(slotOfPiece.remove(piece));
                any = true;
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

    /** The file, for forcing it. */
    DataFile data() {
        return data;
    }

    void close() {
        data.close();
    }

    private DataFile newData() {
        return new DataFile(disk, directory, path, slotsOffset, this::make);
    }

    private int slotOf(int piece) {
        return slotOfPiece.getOrDefault(piece, NO_SLOT);
    }

    private long position(int slot, int offset) {
        return slotsOffset + (long) slot * pieceLength + offset;
    }

    private int allocate(int piece) throws IOException {
        allocation.lock();
        try {
            int slot = slotOf(piece);
            if (slot == NO_SLOT) {
                slot = usedSlots.nextClearBit(0);
                // As long as the slot, so that reading what was never written finds zeros and not the end.
                data.write(ByteBuffer.allocate(1), position(slot, pieceLength - 1));
                writeIndexEntry(piece, slot);
                usedSlots.set(slot);
                slotOfPiece.put(piece, slot);
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
                .putInt(pieceCount)
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
        for (int piece = 0; piece < pieceCount; piece++) {
            int slot = head.getInt(HEADER_BYTES + INDEX_ENTRY_BYTES * piece) - 1;
            if (slot == NO_SLOT) {
                continue;
            }
            if (slot < 0 || slot >= pieceCount || usedSlots.get(slot)) {
                discard("its index is damaged");
                return;
            }
            usedSlots.set(slot);
            slotOfPiece.put(piece, slot);
        }
    }

    private void discard(String why) throws IOException {
        LOG.log(System.Logger.Level.WARNING, "{0} is of no use: {1}", path, why);
        usedSlots.clear();
        slotOfPiece.clear();
        if (!readOnly) {
            data.close();
            Files.delete(path);
            data = newData();
        }
    }
}
