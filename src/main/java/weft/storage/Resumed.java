package weft.storage;

import java.util.BitSet;
import java.util.List;

/**
 * What {@link ResumeData#load} found.
 *
 * @param state what can be believed: {@link ResumeState#verified} has trusted pieces only, and {@link ResumeState#blocks}
 *     trusted blocks only
 * @param toCheck pieces that may be on disk, or may be spoilt there: to be hashed before anything is said about them. A
 *     piece that turns out bad may still have trusted blocks. What is in neither set is not there.
 * @param reasons why there is something to check, or why something claimed is gone, a sentence each; empty if all is well
 */
public record Resumed(ResumeState state, BitSet toCheck, List<String> reasons) {

    /** Copies. */
    public Resumed {
        toCheck = (BitSet) toCheck.clone();
        reasons = List.copyOf(reasons);
    }
}
