package weft;

import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import weft.metainfo.Layout;
import weft.metainfo.TorrentFile;

/**
 * A file of a torrent, as it was at one moment.
 *
 * @param index its place in the torrent, from 0
 * @param path where it lies below the download directory
 * @param length its bytes
 * @param bytesVerified how many of them belong to verified pieces
 * @param priority 0 if it is not wanted, else any positive number, higher first
 * @param padding whether it is only there to fill a piece (BEP 47); never made on disk
 */
public record FileSnapshot(int index, Path path, long length, long bytesVerified, int priority, boolean padding) {
    /** Whether every byte of it is there and verified. */
    public boolean isComplete() {
        return bytesVerified == length;
    }

    /** All files of a torrent, in its order. */
    static List<FileSnapshot> allOf(TorrentLife life) {
        var have = life.swarm().have();
        return life.metainfo().files().stream()
                .map(file -> new FileSnapshot(
                        file.index(),
                        Path.of("", file.path().toArray(String[]::new)),
                        file.length(),
                        bytesVerified(file, life.metainfo().layout(), have),
                        life.priority(file.index()),
                        file.isPadding()))
                .toList();
    }

    private static long bytesVerified(TorrentFile file, Layout layout, BitSet have) {
        long verified = 0;
        var pieces = layout.piecesOf(file.index());
        for (int piece = have.nextSetBit(pieces.first());
                piece >= 0 && piece < pieces.end();
                piece = have.nextSetBit(piece + 1)) {
            long begin = Math.max(layout.pieceOffset(piece), file.offset());
            long end = Math.min(layout.pieceOffset(piece) + layout.pieceLength(piece), file.offset() + file.length());
            verified += Math.max(0, end - begin);
        }
        return verified;
    }
}
