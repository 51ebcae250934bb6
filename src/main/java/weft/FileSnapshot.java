package weft;

import java.nio.file.Path;

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
}
