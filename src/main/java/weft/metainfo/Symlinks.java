package weft.metainfo;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Follows the symbolic links of a torrent (BEP 47) to see which of them stay within it. A target counts from the
 * torrent's root, or, where that leads nowhere, from the link's own directory, as some programs wrote it. It never leads
 * upwards, and may lead through other links. Files and links are added first, all of them, and then resolved.
 */
final class Symlinks {

    /**
     * As many links as Linux follows one through the other (path_resolution(7)) before it speaks of a loop; all of them
     * lead nowhere then.
     */
    private static final int MAX_HOPS = 40;

    private final Map<List<String>, List<String>> links = new HashMap<>(); // from path to the elements of the target
    private final TreeSet<String> existing = new TreeSet<>(); // paths of all files, with slashes

    /** Where links lead in the end, empty if nowhere; each is followed once, however many lead through it. */
    private final Map<List<String>, Optional<List<String>>> ends = new HashMap<>();

    void addFile(List<String> path) {
        existing.add(String.join("/", path));
    }

    void addLink(List<String> path, List<String> target) {
        addFile(path);
        if (target.size() <= SafePaths.MAX_ELEMENTS) { // no file lies deeper
            links.put(path, target);
        }
    }

    /** The target of a link that was added, if it leads to a file or directory of the torrent. */
    Optional<List<String>> resolve(List<String> link) {
        return links.containsKey(link) && end(link, 0).isPresent() ? Optional.of(target(link)) : Optional.empty();
    }

    private Optional<List<String>> end(List<String> link, int hops) {
        Optional<List<String>> known = ends.putIfAbsent(link, Optional.empty()); // a link through itself leads nowhere
        if (known != null) {
            return known;
        }
        Optional<List<String>> end = hops < MAX_HOPS ? walk(target(link), hops + 1) : Optional.empty();
        ends.put(link, end);
        return end;
    }

    private List<String> target(List<String> link) {
        List<String> target = links.get(link);
        List<String> fromRoot = join(link.subList(0, 1), target);
        List<String> fromHere = join(link.subList(0, link.size() - 1), target);
        return isFileOrDirectory(fromHere) && !isFileOrDirectory(fromRoot) ? fromHere : fromRoot;
    }

    private Optional<List<String>> walk(List<String> path, int hops) {
        List<String> reached = new ArrayList<>();
        for (String element : path) {
            reached.add(element);
            if (reached.size() > SafePaths.MAX_ELEMENTS) {
                return Optional.empty();
            }
            if (links.containsKey(reached)) {
                Optional<List<String>> end = end(List.copyOf(reached), hops);
                if (end.isEmpty()) {
                    return end;
                }
                reached = new ArrayList<>(end.orElseThrow());
            }
        }
        return isFileOrDirectory(reached) ? Optional.of(reached) : Optional.empty();
    }

    private static List<String> join(List<String> directory, List<String> elements) {
        return Stream.concat(directory.stream(), elements.stream()).toList();
    }

    private boolean isFileOrDirectory(List<String> elements) {
        String path = String.join("/", elements);
        String below = existing.ceiling(path + "/");
        return existing.contains(path) || (below != null && below.startsWith(path + "/"));
    }
}
