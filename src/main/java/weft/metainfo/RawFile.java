package weft.metainfo;

import java.util.List;
import weft.bencode.BString;

/**
 * A file as a torrent describes it, before its path is made safe.
 *
 * @param path elements below the torrent's name; none of a single file, which is called like the torrent
 * @param length bytes; 0 of a symbolic link whatever it claims
 * @param symlinkPath elements from the torrent's root; none if this is no link
 * @param piecesRoot root of the hash tree, or null if v1 or empty
 */
record RawFile(
        List<BString> path,
        long length,
        TorrentFile.Attributes attributes,
        List<BString> symlinkPath,
        BString piecesRoot) {

    private static final String BITCOMET_PADDING = "_____padding_file_";

    /** True for padding, by attribute or by the name that BitComet gave it before there was one. */
    boolean isPadding() {
        return attributes.padding() || (!path.isEmpty() && path.getLast().utf8().startsWith(BITCOMET_PADDING));
    }

    RawFile withPiecesRoot(BString root) {
        return new RawFile(path, length, attributes, symlinkPath, root);
    }
}
