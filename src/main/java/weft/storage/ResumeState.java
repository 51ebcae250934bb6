package weft.storage;

import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a torrent knows about itself, apart from the metainfo, and would like to know again in the next run. Immutable if
 * its users leave the {@link BitSet}s that it hands out alone.
 *
 * @param verified the pieces that were compared with their hashes and found good
 * @param blocks of pieces that are not complete, the blocks that are in the storage
 * @param priorities of the files, by index; empty if nothing is known
 * @param uploaded bytes sent to peers, over all runs
 * @param downloaded bytes received from peers, over all runs
 */
public record ResumeState(
        BitSet verified, Map<Integer, BitSet> blocks, List<Integer> priorities, long uploaded, long downloaded) {

    /** Copies, and checks that nothing is negative. */
    public ResumeState {
        verified = (BitSet) verified.clone();
        var copies = new TreeMap<Integer, BitSet>();
        blocks.forEach((piece, bits) -> copies.put(piece, (BitSet) bits.clone()));
        blocks = Collections.unmodifiableMap(copies);
        priorities = List.copyOf(priorities);
        if (uploaded < 0 || downloaded < 0) {
            throw new IllegalArgumentException("negative: uploaded " + uploaded + ", downloaded " + downloaded);
        }
    }

    /** Knowing nothing. */
    public static ResumeState empty() {
        return new ResumeState(new BitSet(), Map.of(), List.of(), 0, 0);
    }
}
