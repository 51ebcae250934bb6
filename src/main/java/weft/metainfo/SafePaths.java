package weft.metainfo;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import weft.bencode.BString;

/**
 * Decides where below the download directory each file of a torrent lies: every element sanitised, every file in a
 * place of its own, links only within the torrent. The same torrent always gets the same paths. Used once.
 */
final class SafePaths {

    /** libtorrent 2.1's limit. */
    private static final int MAX_ELEMENTS = 100;

    /** Linux takes 4096 bytes (PATH_MAX), of which the download directory needs some. */
    private static final int MAX_PATH_LENGTH = 3500;

    private final String name;
    private final TextDecoder text;
    private final PathSanitizer sanitizer;
    private final Warnings warnings;

    SafePaths(String name, TextDecoder text, PathSanitizer sanitizer, Warnings warnings) {
        this.name = name;
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
        for (RawFile file : files) {
            List<String> wish = isSingle ? List.of(name) : path(file.path());
            if (wish.size() > MAX_ELEMENTS || String.join("/", wish).length() > MAX_PATH_LENGTH) {
                throw info.error(
                        "files",
                        "expected paths of at most " + MAX_ELEMENTS + " elements and " + MAX_PATH_LENGTH
                                + " characters, found a longer one in file " + wishes.size());
            }
            wishes.add(wish);
        }
        return place(files, wishes);
    }

    /** A v2 torrent is of a single file if the tree has one file by the torrent's name; v1 says so by {@code length}. */
    private static boolean isSingle(Fields info, List<RawFile> files) throws MetainfoException {
        List<BString> path = files.getFirst().path();
        return files.size() == 1 && !info.has("files") && (path.isEmpty() || path.equals(List.of(info.string("name"))));
    }

    private List<Placed> place(List<RawFile> files, List<List<String>> wishes) {
        // Padding is never stored, so it takes no place: torrents give all of it the same path.
        var stored = new ArrayList<List<String>>();
        for (int i = 0; i < files.size(); i++) {
            if (!files.get(i).isPadding()) {
                stored.add(wishes.get(i));
            }
        }
        var unique = new UniquePaths(stored);
        var paths = new ArrayList<List<String>>();
        for (int i = 0; i < files.size(); i++) {
            paths.add(files.get(i).isPadding() ? wishes.get(i) : unique.claim(wishes.get(i)));
        }
        Symlinks links = links(files, paths);
        var placed = new ArrayList<Placed>();
        for (int i = 0; i < files.size(); i++) {
            placed.add(place(files.get(i), paths.get(i), links));
        }
        return placed;
    }

    private Placed place(RawFile file, List<String> path, Symlinks links) {
        List<String> original = file.path().isEmpty()
                ? List.of(name)
                : file.path().stream().map(text::decode).toList();
        boolean isAsWished = file.path().isEmpty() || path.equals(below(original.stream())) || path.equals(original);
        if (!isAsWished && !file.isPadding()) {
            warnings.add("a file's path is not safe or not its own; it is kept as " + String.join("/", path));
        }
        if (!file.attributes().symlink()) {
            return new Placed(path, original, null);
        }
        List<String> target = links.resolve(path).orElse(null);
        if (target == null) {
            warnings.add("the link " + String.join("/", path) + " leads out of the torrent or nowhere");
        }
        return new Placed(path, original, target);
    }

    private Symlinks links(List<RawFile> files, List<List<String>> paths) {
        boolean hasLinks = files.stream().anyMatch(file -> file.attributes().symlink());
        var links = new Symlinks();
        for (int i = 0; i < files.size(); i++) {
            RawFile file = files.get(i);
            if (file.attributes().symlink()) {
                links.addLink(paths.get(i), target(file.symlinkPath()));
            } else if (!file.isPadding() && hasLinks) {
                links.addFile(paths.get(i));
            }
        }
        return links;
    }

    /** A target's {@code .} means nothing; any {@code ..} makes an element that no file has. */
    private List<String> target(List<BString> elements) {
        return elements.stream()
                .map(text::decode)
                .filter(element -> !element.equals("."))
                .map(sanitizer::sanitize)
                .toList();
    }

    private List<String> path(List<BString> elements) {
        return below(elements.stream().map(text::decode).map(sanitizer::sanitize));
    }

    private List<String> below(Stream<String> elements) {
        return Stream.concat(Stream.of(name), elements).toList();
    }
}
