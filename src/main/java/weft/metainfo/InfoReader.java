package weft.metainfo;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.commons.codec.digest.DigestUtils;
import weft.bencode.BString;
import weft.bencode.Bencode;
import weft.bencode.BencodeException;
import weft.bencode.BencodeLimits;

/**
 * Reads the info dictionary: v1 (BEP 3), v2 or both in one (BEP 52). A hybrid torrent is described by its v1 half, with
 * the hash-tree roots of the v2 half; halves that contradict each other are refused, since whoever made such a torrent
 * wants peers to disagree. Used once.
 */
final class InfoReader {

    private static final int V1_HASH_BYTES = 20;
    private static final long META_VERSION_2 = 2;

    private final Fields torrent;
    private final Fields info;
    private final TextDecoder text;
    private final PathSanitizer sanitizer;
    private final Warnings warnings;

    InfoReader(Fields torrent, PathSanitizer sanitizer, Warnings warnings) throws MetainfoException {
        this.torrent = torrent;
        this.info = torrent.dict("info");
        this.text = TextDecoder.of(torrent.dict());
        this.sanitizer = sanitizer;
        this.warnings = warnings;
    }

    InfoDictionary read() throws MetainfoException {
        boolean isV2 = checkVersion();
        boolean isV1 = !isV2 || info.has("pieces") || info.has("files") || info.has("length");
        int pieceLength = pieceLength(isV2);
        String originalName = originalName();
        String name = safeName(originalName);
        List<RawFile> files = isV1 ? V1Files.read(info) : List.of();
        if (isV2) {
            checkStrict();
            List<RawFile> v2Files = FileTree.read(info);
            new PieceLayers(torrent, pieceLength, warnings).check(v2Files);
            files = isV1 ? merge(files, v2Files, pieceLength) : v2Files;
        }
        checkTotal(files, pieceLength, isV1);
        var torrentFiles = torrentFiles(originalName, name, files, isV1 ? 1 : pieceLength);
        Layout layout = isV1 ? Layout.of(pieceLength, torrentFiles) : Layout.ofAlignedFiles(pieceLength, torrentFiles);
        if (info.has("ssl-cert")) {
            warnings.add("the torrent is for peers with certificates (ssl-cert), which Weft cannot talk to");
        }
        // BEP 27 names only the value 1; treating others as private too errs on the side that tells nobody.
        boolean isPrivate = info.dict().integer("private").orElse(0) != 0;
        return new InfoDictionary(name, layout, isPrivate, isV1 ? v1Pieces(layout) : null, isV2);
    }

    private boolean checkVersion() throws MetainfoException {
        boolean hasTree = info.has("file tree");
        if (info.has("meta version") || hasTree) {
            long version = info.dict().integer("meta version").orElse(0);
            if (version != META_VERSION_2 && (hasTree || version != 1)) {
                throw info.unexpected("meta version", "the version 2 of BEP 52, the newest that is known");
            }
            return version == META_VERSION_2;
        }
        return false;
    }

    private int pieceLength(boolean isV2) throws MetainfoException {
        int length = (int) info.integer("piece length", 1, Layout.MAX_PIECE_LENGTH);
        if (isV2 && (length < Layout.BLOCK_LENGTH || Integer.bitCount(length) != 1)) {
            throw info.unexpected("piece length", "a power of two from " + Layout.BLOCK_LENGTH + " (v2)");
        }
        return length;
    }

    private String originalName() throws MetainfoException {
        return text.decode(info.string(info.dict().string("name.utf-8").isPresent() ? "name.utf-8" : "name"));
    }

    private String safeName(String original) {
        String name = sanitizer.sanitize(original);
        if (name.equals(PathSanitizer.NOTHING) && !original.equals(name)) {
            // Not "_", or the files of all such torrents would lie in one directory.
            name = DigestUtils.sha1Hex(info.dict().raw().toBytes());
        } else if (name.equalsIgnoreCase(Metainfo.STATE_DIRECTORY)) {
            name = "_" + name;
        }
        if (!name.equals(original)) {
            warnings.add("the torrent's name is not safe for a file; it is kept as " + name);
        }
        return name;
    }

    /** BEP 52: what is not canonical makes a v2 info dictionary invalid. */
    private void checkStrict() throws MetainfoException {
        try {
            Bencode.decodeStrict(info.dict().raw().toBytes(), BencodeLimits.METAINFO);
        } catch (BencodeException e) {
            throw new MetainfoException(
                    "info",
                    info.dict().offset().orElse(0) + e.offset(),
                    "expected canonical bencoding, as v2 demands, found " + e.reason());
        }
    }

    /** The files of the v1 half, padding included, with the roots of the v2 half. */
    private List<RawFile> merge(List<RawFile> v1Files, List<RawFile> v2Files, int pieceLength)
            throws MetainfoException {
        var merged = new ArrayList<RawFile>();
        Iterator<RawFile> others = v2Files.iterator();
        long offset = 0;
        for (RawFile file : v1Files) {
            if (file.isPadding()) {
                merged.add(file);
            } else {
                boolean aligned = file.length() == 0 || offset % pieceLength == 0;
                RawFile other = others.hasNext() ? others.next() : null;
                if (!aligned || other == null || !isSameFile(file, other)) {
                    throw contradiction();
                }
                merged.add(file.withPiecesRoot(other.piecesRoot()));
            }
            offset += file.length();
        }
        if (others.hasNext()) {
            throw contradiction();
        }
        return merged;
    }

    private boolean isSameFile(RawFile v1, RawFile v2) throws MetainfoException {
        List<BString> path = v1.path().isEmpty() ? List.of(info.string("name")) : v1.path();
        return v1.length() == v2.length() && path.equals(v2.path());
    }

    private MetainfoException contradiction() {
        return info.error("file tree", "expected the files of the v1 half of this hybrid torrent, found others");
    }

    private void checkTotal(List<RawFile> files, int pieceLength, boolean isV1) throws MetainfoException {
        long most = (long) Layout.MAX_PIECES * pieceLength;
        long alignment = isV1 ? 1 : pieceLength;
        long total = 0;
        for (RawFile file : files) {
            if (file.length() > most - total) {
                throw info.error("piece length", "expected at most " + Layout.MAX_PIECES + " pieces, found more");
            }
            total = alignedUp(total, file, alignment) + file.length();
        }
        if (total == 0) {
            throw info.error("length", "expected at least one byte in all files together, found none");
        }
        if (total > most) {
            throw info.error("piece length", "expected at most " + Layout.MAX_PIECES + " pieces, found more");
        }
    }

    private static long alignedUp(long offset, RawFile file, long alignment) {
        return file.length() == 0 ? offset : (offset + alignment - 1) / alignment * alignment;
    }

    private List<TorrentFile> torrentFiles(String originalName, String name, List<RawFile> files, long alignment)
            throws MetainfoException {
        var paths = new SafePaths(originalName, name, text, sanitizer, warnings).of(info, files);
        var torrentFiles = new ArrayList<TorrentFile>();
        long offset = 0;
        for (int i = 0; i < files.size(); i++) {
            RawFile file = files.get(i);
            offset = alignedUp(offset, file, alignment);
            SafePaths.Placed placed = paths.get(i);
            var attributes = file.isPadding() ? TorrentFile.Attributes.PADDING : file.attributes();
            torrentFiles.add(new TorrentFile(
                    i,
                    placed.path(),
                    placed.original(),
                    offset,
                    file.length(),
                    attributes,
                    placed.symlinkTarget(),
                    file.piecesRoot()));
            offset += file.length();
        }
        return torrentFiles;
    }

    private BString v1Pieces(Layout layout) throws MetainfoException {
        BString pieces = info.string("pieces");
        if (pieces.length() != (long) layout.pieceCount() * V1_HASH_BYTES) {
            throw info.error(
                    "pieces",
                    "expected " + layout.pieceCount() + " hashes of " + V1_HASH_BYTES + " bytes, for "
                            + layout.totalLength() + " bytes in pieces of " + layout.pieceLength() + ", found "
                            + pieces.length() + " bytes");
        }
        return pieces;
    }
}
