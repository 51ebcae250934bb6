package weft.metainfo;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import weft.bencode.BString;

/**
 * One file of a torrent, with the attributes of BEP 47. Immutable.
 *
 * <p>Its {@link #path} is safe to create below any directory: sanitised, and different from that of every other file of
 * the torrent even where names ignore case. What the torrent really said is {@link #originalPath}.
 */
public final class TorrentFile {

    private final int index;
    private final List<String> path;
    private final List<String> originalPath;
    private final long offset;
    private final long length;
    private final Attributes attributes;
    private final List<String> symlinkTarget; // null if this is no link, or leads nowhere within the torrent
    private final BString piecesRoot; // null if v1 or empty

    /** Takes the lists over, which nobody changes any more. */
    TorrentFile(
            int index,
            List<String> path,
            List<String> originalPath,
            long offset,
            long length,
            Attributes attributes,
            List<String> symlinkTarget,
            BString piecesRoot) {
        if (index < 0 || offset < 0 || length < 0 || path.isEmpty()) {
            throw new IllegalArgumentException(
                    "file " + index + " at " + offset + " of " + length + " bytes, path " + path);
        }
        this.index = index;
        this.path = path;
        this.originalPath = originalPath;
        this.offset = offset;
        this.length = length;
        this.attributes = attributes;
        this.symlinkTarget = symlinkTarget;
        this.piecesRoot = piecesRoot;
    }

    /** A plain file. The path is taken as it is: only a {@link Metainfo} sanitises. */
    public static TorrentFile of(int index, List<String> path, long offset, long length) {
        List<String> elements = List.copyOf(path);
        return new TorrentFile(index, elements, elements, offset, length, Attributes.NONE, null, null);
    }

    /** A padding file (BEP 47): zeros that fill a piece and are never stored. */
    public static TorrentFile padding(int index, List<String> path, long offset, long length) {
        List<String> elements = List.copyOf(path);
        return new TorrentFile(index, elements, elements, offset, length, Attributes.PADDING, null, null);
    }

    /** The position in {@link Metainfo#files}, from 0. */
    public int index() {
        return index;
    }

    /** The elements below the download directory; of a torrent of several files the first one is the torrent's name. */
    public List<String> path() {
        return path;
    }

    /** {@link #path} below a download directory. */
    public Path in(Path directory) {
        return directory.resolve(String.join("/", path));
    }

    /** The elements as the torrent has them: for showing, with care, and never for opening a file. */
    public List<String> originalPath() {
        return originalPath;
    }

    /** The number of bytes. */
    public long length() {
        return length;
    }

    /** Where the first byte lies in the torrent's sequence of pieces. */
    public long offset() {
        return offset;
    }

    /** True for zeros that fill a piece, attribute "p": nothing of it is ever stored or shown. */
    public boolean isPadding() {
        return attributes.padding();
    }

    /** True for a program, attribute "x". */
    public boolean isExecutable() {
        return attributes.executable();
    }

    /** True for a file that Windows should hide, attribute "h". */
    public boolean isHidden() {
        return attributes.hidden();
    }

    /**
     * Where a symbolic link, attribute "l", leads: the path, as in {@link #path}, of a file or directory of this torrent,
     * perhaps through other links of it. A link that leads anywhere else has none and is a plain empty file.
     */
    public Optional<List<String>> symlinkTarget() {
        return Optional.ofNullable(symlinkTarget);
    }

    /** The root of the hash tree of a file of a v2 or hybrid torrent, 32 bytes; empty files have none (BEP 52). */
    public Optional<BString> piecesRoot() {
        return Optional.ofNullable(piecesRoot);
    }

    /** The path with slashes, and the length. */
    @Override
    public String toString() {
        return String.join("/", path) + " (" + length + " bytes)";
    }

    /** The letters of BEP 47's {@code attr}; a letter that is not known is ignored. */
    record Attributes(boolean padding, boolean executable, boolean hidden, boolean symlink) {

        static final Attributes NONE = parse("");
        static final Attributes PADDING = parse("p");

        static Attributes parse(String letters) {
            return new Attributes(
                    letters.contains("p"), letters.contains("x"), letters.contains("h"), letters.contains("l"));
        }
    }
}
