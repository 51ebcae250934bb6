package weft.metainfo;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import weft.bencode.BString;

/**
 * Decides where below the download directory each file of a torrent lies: every element sanitised, every file in a
 * place of its own, links only within the torrent. The same torrent always gets the same paths. Used once.
 */
final class SafePaths {

    /** libtorrent 2.1's limit. */
    static final int MAX_ELEMENTS = 100;

    /** Linux takes 4096 bytes (PATH_MAX), of which the download directory needs some. */
    private static final int MAX_PATH_LENGTH = 3500;

    /** An element as the torrent has it and as a file has it; the same object twice if they are equal. */
    private record Name(String original, String safe) {}

    private final Name torrentName;
    private final TextDecoder text;
    private final PathSanitizer sanitizer;
    private final Warnings warnings;
    private final Map<BString, Name> names = new HashMap<>(); // directories come in every path below them

    SafePaths(String originalName, String safeName, TextDecoder text, PathSanitizer sanitizer, Warnings warnings) {
        this.torrentName = new Name(originalName, safeName);
        this.text = text;
        this.sanitizer = sanitizer;
        this.warnings = warnings;
    }

    /**
     * Where a file lies.
     *
     * @param path elements below the download directory
     * @param original elements as the torrent has them, decoded
     * @param symlinkTarget elements below the download directory, or null
     */
    record Placed(List<String> path, List<String> original, List<String> symlinkTarget) {}

    /** The places of the files, in order. */
    List<Placed> of(Fields info, List<RawFile> files) throws MetainfoException {
        boolean isSingle = isSingle(info, files);
        var wishes = new ArrayList<List<String>>();
        var keys = new ArrayList<String>();
        var unique = new UniquePaths();
        for (RawFile file : files) {
            List<String> wish = isSingle ? List.of(torrentName.safe()) : wish(info, file, wishes.size());
            wishes.add(wish);
            keys.add(file.isPadding() ? "" : unique.wish(wish));
        }
        var paths = new ArrayList<List<String>>();
        var links = new Symlinks();
        for (RawFile file : files) {
            // Padding is never stored, so it takes no place: torrents give all of it the same path.
            List<String> wish = wishes.get(paths.size());
            List<String> path = file.isPadding() ? wish : unique.claim(wish, keys.get(paths.size()));
            paths.add(path);
            if (file.attributes().symlink()) {
                links.addLink(path, target(file.symlinkPath()));
            } else if (!file.isPadding()) {
                links.addFile(path);
            }
        }
        var placed = new ArrayList<Placed>();
        for (RawFile file : files) {
            placed.add(place(file, paths.get(placed.size()), isSingle, links));
        }
        return placed;
    }

    /** A v2 torrent is of a single file if the tree has one file by the torrent's name; v1 says so by {@code length}. */
    private static boolean isSingle(Fields info, List<RawFile> files) throws MetainfoException {
        List<BString> path = files.getFirst().path();
        return files.size() == 1 && !info.has("files") && (path.isEmpty() || path.equals(List.of(info.string("name"))));
    }

    private List<String> wish(Fields info, RawFile file, int index) throws MetainfoException {
        var wish = new String[1 + file.path().size()];
        wish[0] = torrentName.safe();
        int length = wish[0].length();
        for (int i = 1; i < wish.length; i++) {
            wish[i] = name(file.path().get(i - 1)).safe();
            length += 1 + wish[i].length();
        }
        if (wish.length > MAX_ELEMENTS || length > MAX_PATH_LENGTH) {
            throw info.error(
                    "files",
                    "expected paths of at most " + MAX_ELEMENTS + " elements and " + MAX_PATH_LENGTH
                            + " characters, found a longer one in file " + index);
        }
        return List.of(wish);
    }

    /** Elements of a link's target. A {@code .} means nothing; a {@code ..} makes an element that no file has. */
    private List<String> target(List<BString> elements) {
        return elements.stream()
                .map(this::name)
                .filter(name -> !name.original().equals("."))
                .map(Name::safe)
                .toList();
    }

    private Name name(BString element) {
        return names.computeIfAbsent(element, bytes -> {
            String original = text.decode(bytes);
            String safe = sanitizer.sanitize(original);
            return new Name(original.equals(safe) ? safe : original, safe);
        });
    }

    private Placed place(RawFile file, List<String> path, boolean isSingle, Symlinks links) {
        if (isSingle) {
            return new Placed(path, List.of(torrentName.original()), null);
        }
        var original = new ArrayList<String>(file.path().size());
        for (BString element : file.path()) {
            original.add(name(element).original());
        }
        List<String> belowName = path.subList(1, path.size());
        boolean isAsWished = original.equals(belowName);
        if (!isAsWished && !file.isPadding()) {
            warnings.add("a file's path is not safe or not its own; it is kept as " + String.join("/", path));
        }
        List<String> target = null;
        if (file.attributes().symlink()) {
            target = links.resolve(path).orElse(null);
            if (target == null) {
                warnings.add("the link " + String.join("/", path) + " leads out of the torrent or nowhere");
            }
        }
        // A view of the path costs nothing, and most originals are one.
        return new Placed(path, isAsWished ? belowName : List.copyOf(original), target);
    }
}
