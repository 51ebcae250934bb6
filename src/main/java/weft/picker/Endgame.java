package weft.picker;

/**
 * The end of a download, when every block that anybody has was asked for: a peer with nothing to do is asked for a block
 * that others were asked for too, so that the last ones do not wait for the slowest. The request is taken back from the
 * others when it delivers. What one peer is silent about need not wait for the end. Not thread-safe: guarded by the
 * picker's lock.
 */
final class Endgame {
    /** A block is asked of so many peers at most: more brings little and costs the swarm. */
    private static final int MAX_REQUESTERS = 3;

    /** Whoever has delivered so many times more than all who were asked for a block may be asked for it too. */
    private static final int MUCH_FASTER = 8;

    /** Before the end, a block is asked of a second peer if the first has sent nothing for so many seconds. */
    private static final int SILENT_SECONDS = 5;

    /** How many blocks that enough peers were asked for are looked at for one whose requesters are all slow. */
    private static final int MAX_LOOKED_AT = 32;

    private final Progress progress;
    private final PieceQueue queue;
    private final Sources sources;
    private final Requests requests;

    Endgame(Progress progress, PieceQueue queue, Sources sources, Requests requests) {
        this.progress = progress;
        this.queue = queue;
        this.sources = sources;
        this.requests = requests;
    }

    /** Whether there is no free block of a wanted piece that any peer has. Costs the number of pieces begun. */
    boolean hasBegun() {
        for (var level : queue.levels()) {
            if (level.fresh().size() > 0 && sources.anyHas(level.fresh().mostCommon())) {
                return false;
            }
            for (PartialPiece partial : level.begun()) {
                if (partial.free() > 0 && sources.anyHas(partial.piece())) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * Asks {@code source} for one block that others were asked for: the last one, which the others will deliver last, so
     * that least is sent twice. One at a time, as libtorrent does: in a small torrent with many peers endgame begins early,
     * and more would be waste. Returns how many, 0 or 1.
     */
    int pick(Source source, RequestWriter out) {
        for (int requesters = 1; requesters < MAX_REQUESTERS; requesters++) {
            for (var level : queue.levels()) {
                for (int i = level.begun().size() - 1; i >= 0; i--) {
                    var partial = level.begun().get(i);
                    if (!source.pieces.contains(partial.piece()) || !partial.admits(source, sources)) {
                        continue;
                    }
                    for (int block = partial.blockCount() - 1; block >= 0; block--) {
                        if (partial.requesters(block) == requesters && mayJoin(source, partial.piece(), block)) {
                            requests.ask(partial, block, source, out);
                            return 1;
                        }
                    }
                }
            }
        }
        return pickFromTheSlow(source, out);
    }

    /**
     * Whether one more may be asked for the block. Who has snubbed us may only join those who have, too: as one of the few
     * asked for a block it would keep others off.
     */
    private boolean mayJoin(Source source, int piece, int block) {
        return !source.snubbed
                || sources.stream().noneMatch(other -> !other.snubbed && other.requests.contains(piece, block));
    }

    /**
     * One block that enough peers were asked for already, for a peer that has delivered much more than any of them: a few
     * that say they have everything and serve nothing, or next to nothing, must not hold the last blocks.
     */
    private int pickFromTheSlow(Source source, RequestWriter out) {
        int looks = source.snubbed ? 0 : MAX_LOOKED_AT;
        for (var level : queue.levels()) {
            for (PartialPiece partial : level.begun()) {
                for (int block = 0; block < partial.blockCount() && looks > 0; block++) {
                    if (partial.requesters(block) >= MAX_REQUESTERS
                            && source.pieces.contains(partial.piece())
                            && partial.admits(source, sources)) {
                        looks--;
                        if (areMuchSlower(partial.piece(), block, source)) {
                            requests.ask(partial, block, source, out);
                            return 1;
                        }
                    }
                }
            }
        }
        return 0;
    }

    /**
     * Before the end: one block of the highest priority that only one peer was asked for, which is silent and has delivered
     * much less than this one. The end may be far, where somebody has pieces and does not serve them; until then a peer
     * that sends a block now and then, and so does not snub us, must not hold what others have too. Who has come just now
     * is not silent, nor who sends steadily, or much would be sent twice. Returns how many, 0 or 1.
     */
    int pickFromTheSilent(Source source, RequestWriter out) {
        PartialPiece best = null;
        int bestBlock = -1;
        for (Source other : sources) {
            if (source.snubbed || other.secondsWaiting < SILENT_SECONDS || !isMuchSlower(other, source)) {
                continue;
            }
            for (int i = 0; i < other.requests.size(); i++) {
                long request = other.requests.get(i);
                int block = RequestList.block(request);
                var partial = queue.partial(RequestList.piece(request));
                if (partial != null
                        && partial.requesters(block) == 1
                        && source.pieces.contains(partial.piece())
                        && progress.priority(partial.piece()) > (best == null ? 0 : progress.priority(best.piece()))
                        && partial.admits(source, sources)) {
                    best = partial;
                    bestBlock = block;
                }
            }
        }
        if (best == null) {
            return 0;
        }
        requests.ask(best, bestBlock, source, out);
        return 1;
    }

    private static boolean isMuchSlower(Source other, Source than) {
        return other.delivered * MUCH_FASTER < than.delivered;
    }

    private boolean areMuchSlower(int piece, int block, Source than) {
        for (Source other : sources) {
            if (other.requests.contains(piece, block) && !other.snubbed && !isMuchSlower(other, than)) {
                return false;
            }
        }
        return true;
    }
}
