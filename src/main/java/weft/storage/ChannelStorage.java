package weft.storage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Objects;
import weft.metainfo.InfoHash;
import weft.metainfo.Layout;

/**
 * Keeps a torrent in files as {@link MappedStorage} does, and maps none of them: what is sent to peers is read
 * positionally, by file threads, into direct memory that is used again. A lease of several blocks takes one call for each
 * file that it has bytes of.
 *
 * <p>For network file systems, where a mapping's faults wait for a server that may be gone and where other machines
 * change what is mapped; {@link Storage#ofFiles} chooses this there by itself.
 *
 * <p>An interrupt in the middle of a call closes a channel for everyone. Here it costs the thread that was interrupted
 * its call, at most; for the others the file is opened again.
 */
public final class ChannelStorage extends FileStorage {

    private ChannelStorage(TorrentFiles files) {
        super(files);
    }

    /** The files of a torrent, all of them wanted. */
    public static ChannelStorage open(Disk disk, Path directory, Layout layout, InfoHash infoHash) throws IOException {
        return open(disk, directory, layout, infoHash, TorrentFiles.allOf(layout), StorageOptions.defaults());
    }

    /** As {@link MappedStorage#open(Disk, Path, Layout, InfoHash, BitSet, StorageOptions)}. */
    public static ChannelStorage open(
            Disk disk, Path directory, Layout layout, InfoHash infoHash, BitSet wanted, StorageOptions options)
            throws IOException {
        Objects.requireNonNull(disk, "disk");
        Objects.requireNonNull(wanted, "wanted");
        return new ChannelStorage(TorrentFiles.open(disk, directory, layout, infoHash, wanted, options));
    }

    /** Lends a copy. */
    @Override
    public Lease lend(int piece, int begin, int length) throws IOException {
        return files.lendCopy(piece, begin, length);
    }

    @Override
    void forget(StoredFile file) {} // every call finds what is there

    @Override
    PieceBytes bytesForCheck() {
        return new SlicedBytes(files.disk(), files.layout(), this);
    }
}
