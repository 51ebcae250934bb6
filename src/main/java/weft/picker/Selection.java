package weft.picker;

/**
 * Chooses which blocks to ask a peer for. Higher priorities go first, strictly. Within a priority the pieces already begun
 * do, so that they are finished and can be shared; then the rarest piece, ties at random (BEP 3 wants random order; rarest
 * first keeps every piece alive in the swarm, Cohen 2003), unless the peer suggests another, or the first one if asked to
 * be sequential. When that gives nothing, it is {@link Endgame}'s turn.
 *
 * <p>Not thread-safe: guarded by the picker's lock.
 */
final class Selection {
    private final Progress progress;
    private final PieceQueue queue;
    private final Sources sources;
    private final Requests requests;
    private final Endgame endgame;
    private boolean sequential;

    Selection(Progress progress, PieceQueue queue, Sources sources, Requests requests, Endgame endgame) {
        this.progress = progress;
        this.queue = queue;
        this.sources = sources;
        this.requests = requests;
        this.endgame = endgame;
    }

    void setSequential(boolean sequential) {
        this.sequential = sequential;
    }

    /** Asks {@code source} for up to {@code max} blocks. Returns for how many. */
    int pick(Source source, int max, RequestWriter out) {
        if (max <= 0 || source.useful == 0) {
            return 0;
        }
        if (source.choked) {
            return pickAllowedFast(source, max, out);
        }
        int picked = 0;
        for (var level : queue.levels()) {
            picked += pickFromBegun(level, source, max - picked, out);
            picked += pickFromFresh(level, source, max - picked, out);
            if (picked == max) {
                return picked;
            }
        }
        if (picked > 0 || source.requests.size() > 0) {
            return picked;
        }
        return endgame.hasBegun() ? endgame.pick(source, out) : endgame.pickFromTheSilent(source, out);
    }

    private int pickFromBegun(PieceQueue.Level level, Source source, int max, RequestWriter out) {
        var begun = level.begun();
        int picked = 0;
        for (int i = 0; i < begun.size() && picked < max; i++) {
            var partial = begun.get(i);
            if (partial.free() > 0 && source.pieces.contains(partial.piece())) {
                picked += take(partial, source, max - picked, out);
            }
        }
        return picked;
    }

    private int pickFromFresh(PieceQueue.Level level, Source source, int max, RequestWriter out) {
        int picked = 0;
        while (picked < max) {
            int piece = nextFresh(level.fresh(), source);
            if (piece < 0) {
                break;
            }
            picked += take(queue.begin(piece), source, max - picked, out);
        }
        return picked;
    }

    private int nextFresh(RarityOrder fresh, Source source) {
        if (sequential) {
            return fresh.firstOf(source.pieces);
        }
        int suggested = source.suggested.isEmpty() ? -1 : nextSuggested(fresh, source);
        return suggested >= 0 ? suggested : fresh.rarestOf(source.pieces);
    }

    private int nextSuggested(RarityOrder fresh, Source source) {
        for (var pieces = source.suggested.iterator(); pieces.hasNext(); ) {
            int piece = pieces.next();
            if (progress.has(piece) || queue.partial(piece) != null) {
                pieces.remove();
            } else if (fresh.contains(piece) && source.pieces.contains(piece)) {
                return piece;
            }
        }
        return -1;
    }

    /** Of a peer that chokes us, the pieces that it serves nevertheless (BEP 6). */
    private int pickAllowedFast(Source source, int max, RequestWriter out) {
        int picked = 0;
        for (int piece : source.allowedFast) {
            if (picked < max && progress.isMissing(piece) && source.pieces.contains(piece)) {
                var partial = queue.partial(piece);
                picked += take(partial != null ? partial : queue.begin(piece), source, max - picked, out);
            }
        }
        return picked;
    }

    private int take(PartialPiece partial, Source source, int max, RequestWriter out) {
        int taken = 0;
        while (taken < max && partial.free() > 0 && partial.admits(source, sources)) {
            requests.ask(partial, partial.nextFree(), source, out);
            taken++;
        }
        return taken;
    }
}
