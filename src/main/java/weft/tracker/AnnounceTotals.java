package weft.tracker;

/**
 * The figures of a torrent that an announce carries, in payload bytes.
 *
 * @param uploaded sent to peers
 * @param downloaded received and good: without what failed its hash or came twice
 * @param left what is missing of the <em>whole</em> torrent, wanted or not; 0 says seed. Where the size is not known yet
 *     (a magnet link) libtorrent says 16384, so that nobody takes it for a seed
 * @param corrupt received and failed its hash
 * @param redundant received more than once
 * @param partialSeed whether all that is wanted is there, but not all there is (BEP 21)
 */
public record AnnounceTotals(
        long uploaded, long downloaded, long left, long corrupt, long redundant, boolean partialSeed) {
    /** Checks that nothing is negative. */
    public AnnounceTotals {
        if (uploaded < 0 || downloaded < 0 || left < 0 || corrupt < 0 || redundant < 0) {
            throw new IllegalArgumentException("negative total: " + uploaded + " uploaded, " + downloaded
                    + " downloaded, " + left + " left, " + corrupt + " corrupt, " + redundant + " redundant");
        }
    }

    /** The usual three figures; nothing corrupt, nothing redundant, no partial seed. */
    public static AnnounceTotals of(long uploaded, long downloaded, long left) {
        return new AnnounceTotals(uploaded, downloaded, left, 0, 0, false);
    }

    /** What was moved since {@code start}; {@code left} and {@code partialSeed} are as they are now. */
    AnnounceTotals since(AnnounceTotals start) {
        return new AnnounceTotals(
                Math.max(0, uploaded - start.uploaded),
                Math.max(0, downloaded - start.downloaded),
                left,
                Math.max(0, corrupt - start.corrupt),
                Math.max(0, redundant - start.redundant),
                partialSeed);
    }
}
