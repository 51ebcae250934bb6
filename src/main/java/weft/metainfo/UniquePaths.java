package weft.metainfo;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Gives the files of a torrent different paths. Two are the same if they differ only in case or in Unicode composition,
 * since Windows and macOS hold them for the same; and a file may not have the path of a directory. The file that comes
 * later gets a number, as in libtorrent: {@code a.txt, A.1.txt}. Time and memory grow with the length of all paths, even
 * if all are the same.
 */
final class UniquePaths {

    private final TreeSet<String> wished = new TreeSet<>(); // keys of all paths, to see which are directories
    private final Set<String> taken = new HashSet<>();
    private final Map<String, Integer> lastNumber = new HashMap<>();

    /** Makes a path known. All must be, before the first is claimed; with what is returned. */
    String wish(List<String> path) {
        String wish = key(path);
        wished.add(wish);
        return wish;
    }

    /** This path if it is free, or else the same with a number in the last element. */
    List<String> claim(List<String> path, String wish) {
        if (isFree(wish)) {
            taken.add(wish);
            return path;
        }
        while (true) {
            int number = lastNumber.merge(wish, 1, Integer::sum);
            var renamed = new ArrayList<>(path);
            renamed.set(path.size() - 1, PathSanitizer.numbered(path.getLast(), number));
            String key = key(renamed);
            if (isFree(key)) {
                taken.add(key);
                return renamed;
            }
        }
    }

    private boolean isFree(String key) {
        String below = key + "/";
        String next = wished.ceiling(below);
        boolean isDirectory = next != null && next.startsWith(below);
        return !isDirectory && !taken.contains(key);
    }

    private static String key(List<String> path) {
        String joined = String.join("/", path);
        if (PathSanitizer.isAscii(joined)) {
            return joined.toLowerCase(Locale.ROOT);
        }
        String normal = Normalizer.normalize(joined, Normalizer.Form.NFC);
        // Upper case first: letters like dotless i and final sigma have one upper case but two lower ones.
        return normal.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
    }
}
