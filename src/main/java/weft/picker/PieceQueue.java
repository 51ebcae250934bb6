package weft.picker;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import weft.metainfo.Layout;

/**
 * The pieces that are wanted and missing, in the order in which they are to be fetched: by priority; within a priority
 * those that are begun, in the order in which they were; then the others, rarest first. For that it counts how many peers
 * have each piece.
 *
 * <p>A wanted and missing piece is in one of two places: among the {@code fresh} of its priority, if nobody has begun it,
 * or in {@code partials}, and among the {@code begun} of its priority, until it is verified. A piece that was begun and is
 * wanted no more keeps what has come of it in {@code partials} alone.
 *
 * <p>Not thread-safe: guarded by the picker's lock.
 */
final class PieceQueue {
    /** What is left to do for one priority. */
    static final class Level {
        private final RarityOrder fresh;
        private final List<PartialPiece> begun = new ArrayList<>();

        private Level(RarityOrder fresh) {
            this.fresh = fresh;
        }

        /** The pieces that nobody has begun. */
        RarityOrder fresh() {
            return fresh;
        }

        /** The pieces that are begun, in the order in which they were. */
        List<PartialPiece> begun() {
            return begun;
        }
    }

    private final Layout layout;
    private final Progress progress;
    private final RandomGenerator random;
    private final int[] availability; // of pieces: peers that have it; those that have everything are not counted
    private final int[] position; // of pieces in their RarityOrder
    private final TreeMap<Integer, Level> levels = new TreeMap<>(Collections.reverseOrder()); // by priority
    private final Map<Integer, PartialPiece> partials = new HashMap<>();

    PieceQueue(Layout layout, Progress progress, RandomGenerator random) {
        this.layout = layout;
        this.progress = progress;
        this.random = random;
        this.availability = new int[layout.pieceCount()];
        this.position = new int[layout.pieceCount()];
        rebuild();
    }

    /** What there is to do, by priority, the highest first. */
    Collection<Level> levels() {
        return levels.values();
    }

    /** The attempt at a piece that is begun, or null. */
    PartialPiece partial(int piece) {
        return partials.get(piece);
    }

    Collection<PartialPiece> partials() {
        return partials.values();
    }

    /** Whether this is the attempt at its piece that counts: there may have been a newer one since. */
    @SuppressWarnings("ReferenceEquality") // this very attempt
    boolean isCurrent(PartialPiece partial) {
        return partials.get(partial.piece()) == partial;
    }

    /** The blocks that are in the storage, of every piece that is begun and of which any are. */
    Map<Integer, BitSet> writtenBlocks() {
        var blocks = new HashMap<Integer, BitSet>();
        for (PartialPiece partial : partials.values()) {
            if (!partial.written().isEmpty()) {
                blocks.put(partial.piece(), (BitSet) partial.written().clone());
            }
        }
        return blocks;
    }

    /** The pieces that are written in full and not verified. */
    List<Integer> unverified() {
        return partials.values().stream()
                .filter(PartialPiece::isWritten)
                .map(PartialPiece::piece)
                .toList();
    }

    // --- a piece's way through the queue

    /** The piece is to be fetched, if it is wanted. */
    void add(int piece) {
        if (progress.isMissing(piece)) {
            level(progress.priority(piece)).fresh.add(piece);
        }
    }

    PartialPiece begin(int piece) {
        removeFresh(piece);
        var partial = new PartialPiece(piece, layout.blockCount(piece));
        partials.put(piece, partial);
        attach(partial);
        return partial;
    }

    /** What has come of the piece was wrong: it is to be fetched again. */
    void beginAgain(PartialPiece partial) {
        detach(partial);
        var next = partial.again();
        partials.put(next.piece(), next);
        attach(next);
    }

    /** The piece is not to be fetched any more. Returns the attempt at it, or null if it was not begun. */
    PartialPiece remove(int piece) {
        var partial = partials.remove(piece);
        if (partial == null) {
            removeFresh(piece);
        } else {
            detach(partial);
        }
        return partial;
    }

    private void removeFresh(int piece) {
        var order = orderOf(piece);
        if (order != null) {
            order.remove(piece);
        }
    }

    /** The order that the piece is in, or null if it is begun, or not to be fetched. */
    private RarityOrder orderOf(int piece) {
        var level = levels.get(progress.priority(piece));
        return level != null && level.fresh.contains(piece) ? level.fresh : null;
    }

    private void attach(PartialPiece partial) {
        if (progress.isWanted(partial.piece())) {
            level(progress.priority(partial.piece())).begun.add(partial);
        }
    }

    private void detach(PartialPiece partial) {
        if (progress.isWanted(partial.piece())) {
            level(progress.priority(partial.piece())).begun.remove(partial);
        }
    }

    private Level level(int priority) {
        return levels.computeIfAbsent(priority, p -> new Level(new RarityOrder(availability, position, random)));
    }

    /** Takes over the blocks of pieces that were begun in an earlier run. */
    void restore(Map<Integer, BitSet> blocksOfPartials) {
        partials.clear();
        blocksOfPartials.forEach((piece, blocks) -> {
            if (!progress.has(piece)) {
                var partial = new PartialPiece(piece, layout.blockCount(piece));
                partial.restore(blocks);
                partials.put(piece, partial);
            }
        });
        rebuild();
    }

    /** Puts every piece where it belongs, as what is there or wanted has changed. Costs the number of pieces. */
    void rebuild() {
        levels.clear();
        for (int piece = 0; piece < availability.length; piece++) {
            if (!partials.containsKey(piece)) {
                add(piece);
            }
        }
        partials.values().forEach(this::attach);
    }

    // --- how many have it

    /** How many peers have the piece, of those that do not have everything. */
    int availability(int piece) {
        return availability[piece];
    }

    /** One more peer has the piece. */
    void rise(int piece) {
        var order = orderOf(piece);
        if (order != null) {
            order.rise(piece);
        }
        availability[piece]++;
    }

    /** One peer less has the piece. */
    void fall(int piece) {
        var order = orderOf(piece);
        if (order != null) {
            order.fall(piece);
        }
        availability[piece]--;
    }
}
