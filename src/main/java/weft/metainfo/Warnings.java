package weft.metainfo;

import java.util.ArrayList;
import java.util.List;

/** Collects sentences about what was odd but accepted; keeps a bounded number of them, since a stranger causes them. */
final class Warnings {

    private static final int MAX = 50;

    private final List<String> sentences = new ArrayList<>();
    private int unlisted;

    void add(String sentence) {
        if (sentences.size() < MAX) {
            sentences.add(sentence);
        } else {
            unlisted++;
        }
    }

    List<String> toList() {
        var all = new ArrayList<>(sentences);
        if (unlisted > 0) {
            all.add("and " + unlisted + " more");
        }
        return List.copyOf(all);
    }
}
