package weft.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import weft.metainfo.InfoHash;
import weft.metainfo.Layout;

/** Keeps a torrent in files; its two kinds differ in how they lend what is sent to peers. */
abstract sealed class FileStorage implements Storage permits ChannelStorage, MappedStorage {

    final TorrentFiles files;

    FileStorage(TorrentFiles files) {
        this.files = files;
    }

    /** See {@link Storage#ofFiles}; {@code types} says what file system the directory is on. */
    static FileStorage open(
            Disk disk,
            Path directory,
            Layout layout,
            InfoHash infoHash,
            BitSet wanted,
            StorageOptions options,
            NetworkFileSystems.Types types)
            throws IOException {
        boolean mapped = switch (options.access()) {
            case MAPPED -> true;
            case CHANNEL -> false;
            case AUTOMATIC -> !disk.onFileThread(() -> new DownloadDirectory(directory).isOnNetwork(types));
        };
        return mapped
                ? MappedStorage.open(disk, directory, layout, infoHash, wanted, options)
                : ChannelStorage.open(disk, directory, layout, infoHash, wanted, options);
    }

    @Override
    public void write(int piece, int begin, ByteBuffer block) throws IOException {
        files.write(piece, begin, block);
    }

    @Override
    public void read(int piece, int begin, ByteBuffer target) throws IOException {
        files.read(piece, begin, target);
    }

    @Override
    public boolean mayHoldCarrier() {
        return false;
    }

    @Override
    public boolean mayHold(int piece) {
        return files.mayHold(piece, this::forget);
    }

    @Override
    public void setWanted(BitSet wantedFiles) throws IOException {
        files.setWanted(wantedFiles);
    }

    /** The pieces of which bytes are kept aside, in the part file, because they belong to files that are not wanted. */
    public BitSet partFilePieces() {
        return files.partFilePieces();
    }

    @Override
    public void flush() throws IOException {
        files.flush();
    }

    @Override
    public void close() {
        files.close();
    }

    /** See {@link TorrentFiles#look}. */
    void look(BitSet pieces) throws IOException {
        files.look(pieces, this::forget);
    }

    /** See {@link TorrentFiles#lookedAt}. */
    void lookedAt(BitSet pieces, BitSet good) throws IOException {
        files.lookedAt(pieces, good);
    }

    /** How each file is to be claimed, by index. On a file thread; this may be closed. */
    List<FileStamp> claims() throws IOException {
        return files.claims();
    }

    /** How the part file is to be claimed. On a file thread; this may be closed. */
    FileStamp partFileClaim() throws IOException {
        return files.partFileClaim();
    }

    /** The file may be another now: what is known of its bytes is void. */
    abstract void forget(StoredFile file);

    /** For a hash check. */
    abstract PieceBytes bytesForCheck();
}
