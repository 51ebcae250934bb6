package weft.metainfo;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Follows the symbolic links of a torrent (BEP 47) to see which of them stay within it. A target counts from the
 * torrent's root, never leads upwards, and may lead through other links.
 */
final class Symlinks {

    /** As many links as Linux follows (path_resolution(7)) before it speaks of a loop. */
    private static final int MAX_HOPS = 40;

    private final Map<List<String>, List<String>> targets = new HashMap<>();
    private final TreeSet<String> existing = new TreeSet<>(); // paths of all files, with slashes

    void addFile(List<String> path) {
        existing.add(String.join("/", path));
    }

    void addLink(List<String> path, List<String> target) {
        addFile(path);
        targets.put(path, target);
    }

    /** The target of a link that was added, if it leads to a file or directory of the torrent. */
    Optional<List<String>> resolve(List<String> link) {
        List<String> target = targets.get(link);
        return leadsToSomething(target) ? Optional.of(target) : Optional.empty();
    }

    private boolean leadsToSomething(List<String> target) {
        var ahead = new ArrayDeque<>(target);
        var reached = new ArrayList<String>();
        int hops = 0;
        while (!ahead.isEmpty()) {
            reached.add(ahead.poll());
            List<String> onward = targets.get(reached);
            if (onward != null) {
                if (++hops > MAX_HOPS) {
                    return false;
                }
                reached.clear();
                for (int i = onward.size() - 1; i >= 0; i--) {
                    ahead.push(onward.get(i));
                }
            }
        }
        return isFileOrDirectory(String.join("/", reached));
    }

    private boolean isFileOrDirectory(String path) {
        String below = existing.ceiling(path + "/");
        return existing.contains(path) || below != null && below.startsWith(path + "/");
    }
}
