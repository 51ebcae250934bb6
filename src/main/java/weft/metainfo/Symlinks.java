package weft.metainfo;

import java.util.ArrayDeque;
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

    /** As many links as Linux follows (path_resolution(7)) before it speaks of a loop. */
    private static final int MAX_HOPS = 40;

    private final Map<List<String>, List<String>> links = new HashMap<>(); // from path to the elements of the target
    private final TreeSet<String> existing = new TreeSet<>(); // paths of all files, with slashes

    void addFile(List<String> path) {
        existing.add(String.join("/", path));
    }

    void addLink(List<String> path, List<String> target) {
        addFile(path);
        links.put(path, target);
    }

    /** The target of a link that was added, if it leads to a file or directory of the torrent. */
    Optional<List<String>> resolve(List<String> link) {
        List<String> target = target(link);
        return leadsToSomething(target) ? Optional.of(target) : Optional.empty();
    }

    private List<String> target(List<String> link) {
        List<String> target = links.get(link);
        List<String> fromRoot = join(link.subList(0, 1), target);
        List<String> fromHere = join(link.subList(0, link.size() - 1), target);
        return isFileOrDirectory(fromHere) && !isFileOrDirectory(fromRoot) ? fromHere : fromRoot;
    }

    private boolean leadsToSomething(List<String> target) {
        var ahead = new ArrayDeque<>(target);
        var reached = new ArrayList<String>();
        int hops = 0;
        while (!ahead.isEmpty()) {
            reached.add(ahead.poll());
            if (links.containsKey(reached)) {
                if (++hops > MAX_HOPS) {
                    return false;
                }
                target(reached).reversed().forEach(ahead::push);
                reached.clear();
            }
        }
        return isFileOrDirectory(reached);
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
