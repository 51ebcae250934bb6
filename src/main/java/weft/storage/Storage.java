package weft.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
import weft.metainfo.InfoHash;
import weft.metainfo.Layout;

/**
 * Where one torrent's bytes are kept. Made by whoever adds the torrent, closed by the torrent.
 *
 * <p>All methods may be called from any thread and at the same time. Two writes that overlap in time are for different
 * bytes, or for the same bytes with the same content; bytes that are read or lent are not being written. Offsets that lie
 * outside a piece are an {@link IndexOutOfBoundsException}. After {@link #close} every method that throws
 * {@link IOException} throws a {@link java.nio.channels.ClosedChannelException}. A thread that is interrupted is served all
 * the same, or leaves with an {@link java.io.InterruptedIOException}; it stays interrupted, and nobody else notices.
 *
 * <p>To write a storage of your own, implement {@link #write}, {@link #read}, {@link #flush} and {@link #close}.
 */
public interface Storage extends AutoCloseable {

    /**
     * The files of a torrent: a {@link MappedStorage}, or a {@link ChannelStorage} if the options or the file system of
     * the directory want it.
     *
     * @param wanted as for {@link #setWanted}
     */
    static Storage ofFiles(
            Disk disk, Path directory, Layout layout, InfoHash infoHash, BitSet wanted, StorageOptions options)
            throws IOException {
        return FileStorage.open(disk, directory, layout, infoHash, wanted, options, NetworkFileSystems::typeOf);
    }

    /**
     * Stores the remaining bytes of {@code block} from {@code begin} of a piece on; they all lie within the piece. The
     * block's position is then at its limit. Once this returns, reads see the bytes; if it throws, some of them may have
     * been stored and the block's position is undefined.
     */
    void write(int piece, int begin, ByteBuffer block) throws IOException;

    /**
     * Fills {@code target} with the bytes from {@code begin} of a piece on; they all lie within the piece. Bytes that
     * were never written read as zeros, or are an {@link IOException} if the storage knows that it lacks them.
     */
    void read(int piece, int begin, ByteBuffer target) throws IOException;

    /**
     * Lends {@code length} bytes from {@code begin} of a piece on, for sending them to a peer. The caller closes the
     * lease, soon. A storage that can lend its own memory does; this default copies.
     */
    default Lease lend(int piece, int begin, int length) throws IOException {
        var copy = ByteBuffer.allocate(length);
        read(piece, begin, copy);
        return Lease.of(copy.flip());
    }

    /**
     * False if the storage knows, without reading, that it lacks bytes of this piece: a file that does not exist or is
     * too short. A hash check need not look at such a piece. True is no promise.
     */
    default boolean mayHold(int piece) {
        return true;
    }

    /**
     * Whether a call may hold the thread that makes it in a way that a virtual thread cannot be put aside for, and so hold
     * a carrier: a file call, native code, and on JDK 21 to 23 whatever waits inside {@code synchronized}, as many database
     * drivers do. True, the default, is always right: then the calls are made by a few platform threads of the
     * torrent's, and peers wait for those. A storage that waits for nothing but sockets and the locks of
     * {@code java.util.concurrent}, or sees to it itself as Weft's own do, says false; then it is called by as many virtual
     * threads as there are peers. Asked once, when the torrent opens it.
     */
    default boolean mayHoldCarrier() {
        return true;
    }

    /**
     * Says which files, by index, shall come into being. What is written to the others (pieces overlap files) is kept
     * where it disturbs nobody, and moves into place when the file becomes wanted. To begin with all are wanted.
     */
    default void setWanted(BitSet files) throws IOException {}

    /** Returns when everything whose {@link #write} has returned would survive a power cut. Cheap if nothing is new. */
    void flush() throws IOException;

    /** Lets go of all files and memory; what is lent goes with its lease. Flushes nothing. A second call does nothing. */
    @Override
    void close() throws IOException;
}
