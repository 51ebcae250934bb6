package weft.metainfo;

/**
 * A stretch of one file: where a stretch of the torrent's bytes lies on the disk.
 *
 * @param file the file, which may be padding
 * @param offsetInFile where the stretch begins in the file
 * @param length bytes, at least 1
 */
public record FileSlice(TorrentFile file, long offsetInFile, int length) {}
