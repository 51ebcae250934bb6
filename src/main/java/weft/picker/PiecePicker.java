package weft.picker;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import weft.metainfo.Layout;
import weft.storage.PieceHash;

/**
 * Decides which blocks to ask a peer for, and knows what has come of it. The order: higher priority first, strictly;
 * within a priority the pieces already begun, so that they are finished and can be shared; then the rarest piece, ties
 * at random (BEP 3 wants random order; rarest first keeps every piece alive in the swarm, Cohen 2003), or the first one
 * if asked to be sequential. When nothing is left that anybody has and nobody was asked for, endgame begins: a peer with
 * nothing to do is asked for a block that others were asked for too, which is taken back from them when it delivers.
 *
 * <p>A wanted piece is in exactly one of these places: {@code have}; among the {@code fresh} of its priority, if nobody
 * has begun it; or in {@code partials}, until it is verified.
 *
 * <p>One per torrent, shared by all its peers' threads. Everything is guarded by {@code lock}, and nothing in here
 * blocks. Its place among the other locks is told in the package's description. A peer's reader takes it once for a batch
 * of requests.
 */
public final class PiecePicker {
    /** In endgame a block is asked of so many peers at most: more brings little and costs the swarm. */
    private static final int MAX_REQUESTERS = 3;

    /** Whoever has delivered so many times more than all who were asked for a block may be asked for it too. */
    private static final int MUCH_FASTER = 8;

    /** How many blocks that enough peers were asked for are looked at for one whose requesters are all slow. */
    private static final int MAX_LOOKED_AT = 32;

    /** A suspect piece stays with one peer so long, if others have it: as long as a snub takes. */
    private static final int CLAIM_SECONDS = 60;

    /** How many requests are remembered that were given up but may still be answered. */
    private static final int MAX_LATE = 1024;

    /** How many suggestions (BEP 6) of a peer are remembered. */
    private static final int MAX_SUGGESTED = 16;

    /** How many pieces a peer may allow us while it chokes us; BEP 6 has ten in mind. */
    private static final int MAX_ALLOWED_FAST = 100;

    /** What is left to do for one priority. */
    private static final class Level {
        private final RarityOrder fresh;
        private final List<PartialPiece> partials = new ArrayList<>(); // in the order they were begun

        private Level(RarityOrder fresh) {
            this.fresh = fresh;
        }
    }

    private final Layout layout;
    private final RandomGenerator random;

    private final ReentrantLock lock = new ReentrantLock();
    private final Set<Source> sources = new LinkedHashSet<>();
    private final BitSet have;
    private final int[] priorities; // of pieces; 0 = not wanted
    private final int[] availability; // of pieces: sources that have it, those that have everything not counted
    private final int[] position; // of pieces in their RarityOrder
    private final TreeMap<Integer, Level> levels = new TreeMap<>(Collections.reverseOrder());
    private final Map<Integer, PartialPiece> partials = new HashMap<>();
    private int seeds; // sources that have everything, and are not counted in availability
    private boolean sequential;
    private int missingWanted; // pieces
    private long haveBytes;
    private long missingBytes; // of wanted pieces
    private long wantedBytes; // of all wanted pieces, there or not

    /** Makes a picker for a torrent of which nothing is there and everything is wanted, at priority 1. */
    public PiecePicker(Layout layout, RandomGenerator random) {
        this.layout = layout;
        this.random = random;
        int count = layout.pieceCount();
        this.have = new BitSet(count);
        this.priorities = new int[count];
        this.availability = new int[count];
        this.position = new int[count];
        Arrays.fill(priorities, 1);
        rebuild();
    }

    // --- what we have and want

    /** Sets the priority of every piece: 0 for unwanted, else any positive number, higher first. */
    public void setPriorities(int[] newPriorities) {
        lock.lock();
        try {
            System.arraycopy(newPriorities, 0, priorities, 0, priorities.length);
            rebuild();
        } finally {
            lock.unlock();
        }
    }

    /** Whether to pick the pieces of a priority in order instead of rarest first. */
    public void setSequential(boolean sequential) {
        lock.lock();
        try {
            this.sequential = sequential;
        } finally {
            lock.unlock();
        }
    }

    /** Takes over what resume data vouches for: whole pieces, and written blocks of pieces begun. */
    public void restore(BitSet pieces, Map<Integer, BitSet> blocksOfPartials) {
        lock.lock();
        try {
            have.clear();
            have.or(pieces);
            partials.clear();
            blocksOfPartials.forEach((piece, blocks) -> {
                if (!have.get(piece)) {
                    var partial = new PartialPiece(piece, layout.blockCount(piece));
                    partial.restore(blocks);
                    partials.put(piece, partial);
                }
            });
            rebuild();
        } finally {
            lock.unlock();
        }
    }

    /**
     * A hash check found that {@code piece} is whole, or that it is not. False if that is no news; a piece that is being
     * fetched then goes on being fetched.
     */
    public boolean checked(int piece, boolean whole) {
        lock.lock();
        try {
            if (whole == have.get(piece)) {
                return false;
            }
            forgetPartial(piece);
            if (whole) {
                leaveFresh(piece);
                gained(piece);
            } else {
                lost(piece);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void forgetPartial(int piece) {
        var partial = partials.remove(piece);
        if (partial != null) {
            detach(partial);
            enterFresh(piece);
            for (Source source : sources) {
                for (int block = 0; block < partial.blockCount(); block++) {
                    if (source.requests.remove(piece, block)) {
                        remember(source, piece, block); // it may be on its way, and nobody is to blame
                    }
                }
            }
        }
    }

    private void gained(int piece) {
        have.set(piece);
        haveBytes += layout.pieceLength(piece);
        if (priorities[piece] > 0) {
            missingWanted--;
            missingBytes -= layout.pieceLength(piece);
            for (Source source : sources) {
                source.useful -= source.pieces.contains(piece) ? 1 : 0;
            }
        }
    }

    private void lost(int piece) {
        have.clear(piece);
        haveBytes -= layout.pieceLength(piece);
        if (priorities[piece] > 0) {
            missingWanted++;
            missingBytes += layout.pieceLength(piece);
            enterFresh(piece);
            for (Source source : sources) {
                source.useful += source.pieces.contains(piece) ? 1 : 0;
            }
        }
    }

    /** Whether the piece is there and verified. */
    public boolean has(int piece) {
        lock.lock();
        try {
            return have.get(piece);
        } finally {
            lock.unlock();
        }
    }

    /** A copy of the pieces that are there and verified. */
    public BitSet have() {
        lock.lock();
        try {
            return (BitSet) have.clone();
        } finally {
            lock.unlock();
        }
    }

    /** The pieces that are wanted and missing. */
    public BitSet wanted() {
        lock.lock();
        try {
            var wanted = new BitSet(priorities.length);
            for (int piece = 0; piece < priorities.length; piece++) {
                wanted.set(piece, priorities[piece] > 0 && !have.get(piece));
            }
            return wanted;
        } finally {
            lock.unlock();
        }
    }

    /** The pieces that are wanted and missing and that no peer has. */
    public BitSet unavailable() {
        lock.lock();
        try {
            var unavailable = new BitSet(priorities.length);
            for (int piece = 0; piece < priorities.length && seeds == 0; piece++) {
                unavailable.set(piece, isMissing(piece) && availability[piece] == 0);
            }
            return unavailable;
        } finally {
            lock.unlock();
        }
    }

    /** The blocks that have arrived of every piece that is begun and not verified. */
    public Map<Integer, BitSet> partials() {
        lock.lock();
        try {
            var copy = new HashMap<Integer, BitSet>();
            partials.forEach((piece, partial) -> {
                if (!partial.arrived().isEmpty()) {
                    copy.put(piece, (BitSet) partial.arrived().clone());
                }
            });
            return copy;
        } finally {
            lock.unlock();
        }
    }

    /** Whether everything that is wanted is there. */
    public boolean isComplete() {
        lock.lock();
        try {
            return missingWanted == 0;
        } finally {
            lock.unlock();
        }
    }

    /** Whether everything is there. */
    public boolean isSeed() {
        lock.lock();
        try {
            return have.cardinality() == layout.pieceCount();
        } finally {
            lock.unlock();
        }
    }

    /** Bytes of the verified pieces. */
    public long haveBytes() {
        lock.lock();
        try {
            return haveBytes;
        } finally {
            lock.unlock();
        }
    }

    /** Bytes of the wanted pieces that are missing. */
    public long missingBytes() {
        lock.lock();
        try {
            return missingBytes;
        } finally {
            lock.unlock();
        }
    }

    /** Bytes of the wanted pieces, whether there or not. */
    public long wantedBytes() {
        lock.lock();
        try {
            return wantedBytes;
        } finally {
            lock.unlock();
        }
    }

    // --- what the peers have

    /** A peer has come, with nothing yet, and choking us. */
    public Source connect(Object owner) {
        var source = new Source(owner, layout.pieceCount());
        lock.lock();
        try {
            sources.add(source);
        } finally {
            lock.unlock();
        }
        return source;
    }

    /** A peer has gone: what was asked of it is free for others. */
    public void disconnect(Source source) {
        lock.lock();
        try {
            if (!sources.remove(source)) {
                return;
            }
            releaseAll(source);
            partials.values().forEach(partial -> partial.forget(source));
            if (source.pieces.isAll()) {
                seeds--;
            } else {
                var pieces = source.pieces.toBitSet();
                for (int piece = pieces.nextSetBit(0); piece >= 0; piece = pieces.nextSetBit(piece + 1)) {
                    changeAvailability(piece, -1);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** The peer has verified one more piece. False if that is no news. */
    public boolean have(Source source, int piece) {
        lock.lock();
        try {
            boolean news = source.pieces.add(piece);
            if (news) {
                changeAvailability(piece, 1);
                source.useful += isMissing(piece) ? 1 : 0;
            }
            return news;
        } finally {
            lock.unlock();
        }
    }

    /** The peer has these pieces, and those that are known. Returns how many are news. */
    public int have(Source source, BitSet pieces) {
        if (pieces.cardinality() == layout.pieceCount()) {
            return haveAll(source);
        }
        lock.lock();
        try {
            int news = 0;
            for (int piece = pieces.nextSetBit(0); piece >= 0; piece = pieces.nextSetBit(piece + 1)) {
                if (source.pieces.add(piece)) {
                    changeAvailability(piece, 1);
                    source.useful += isMissing(piece) ? 1 : 0;
                    news++;
                }
            }
            return news;
        } finally {
            lock.unlock();
        }
    }

    /** The peer has everything. Returns how many pieces are news. */
    public int haveAll(Source source) {
        lock.lock();
        try {
            int news = layout.pieceCount() - source.pieces.count();
            var before = source.pieces.isAll() ? new BitSet() : source.pieces.toBitSet();
            for (int piece = before.nextSetBit(0); piece >= 0; piece = before.nextSetBit(piece + 1)) {
                changeAvailability(piece, -1);
            }
            seeds += source.pieces.isAll() ? 0 : 1;
            source.pieces.addAll();
            source.useful = missingWanted;
            return news;
        } finally {
            lock.unlock();
        }
    }

    /** The peer has a piece no more (BEP 54): what it was asked for of it is free for others. False if that is no news. */
    public boolean lost(Source source, int piece) {
        lock.lock();
        try {
            if (!source.pieces.contains(piece)) {
                return false;
            }
            if (source.pieces.isAll()) {
                seeds--;
                source.pieces.remove(piece);
                var left = source.pieces.toBitSet();
                for (int other = left.nextSetBit(0); other >= 0; other = left.nextSetBit(other + 1)) {
                    changeAvailability(other, 1);
                }
            } else {
                source.pieces.remove(piece);
                changeAvailability(piece, -1);
            }
            source.useful -= isMissing(piece) ? 1 : 0;
            source.suggested.remove(piece);
            source.allowedFast.remove(piece);
            var partial = partials.get(piece);
            if (partial != null) {
                takeBackAll(source, partial);
                partial.unclaim(source);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Whether the peer has anything that is wanted and missing. */
    public boolean isInteresting(Source source) {
        lock.lock();
        try {
            return source.useful > 0;
        } finally {
            lock.unlock();
        }
    }

    /** Whether the peer has this piece. */
    public boolean hasPiece(Source source, int piece) {
        lock.lock();
        try {
            return source.pieces.contains(piece);
        } finally {
            lock.unlock();
        }
    }

    /** How many pieces the peer has. */
    public int pieceCount(Source source) {
        lock.lock();
        try {
            return source.pieces.count();
        } finally {
            lock.unlock();
        }
    }

    /** Whether the peer has everything. */
    public boolean isSeed(Source source) {
        lock.lock();
        try {
            return source.pieces.isComplete();
        } finally {
            lock.unlock();
        }
    }

    /** The peer serves this piece even while it chokes us (BEP 6). False if that is no news, or not remembered. */
    public boolean allowFast(Source source, int piece) {
        lock.lock();
        try {
            return source.allowedFast.size() < MAX_ALLOWED_FAST && source.allowedFast.add(piece);
        } finally {
            lock.unlock();
        }
    }

    /**
     * The peer suggests a piece (BEP 6), because it has it at hand: taken before a piece that is merely rare. False if
     * that is no news, or not remembered.
     */
    public boolean suggest(Source source, int piece) {
        lock.lock();
        try {
            return source.suggested.size() < MAX_SUGGESTED && source.suggested.add(piece);
        } finally {
            lock.unlock();
        }
    }

    /** The peer unchokes us. */
    public void unchoked(Source source) {
        lock.lock();
        try {
            source.choked = false;
        } finally {
            lock.unlock();
        }
    }

    /**
     * The peer chokes us. Without the Fast Extension that voids what it was asked for; with it, every request is answered
     * with its block or a reject.
     */
    public void choked(Source source, boolean fast) {
        lock.lock();
        try {
            source.choked = true;
            unclaimAll(source);
            if (fast) {
                giveUpSuspects(source);
            } else {
                giveUp(source);
            }
        } finally {
            lock.unlock();
        }
    }

    // --- asking and receiving

    /**
     * Chooses up to {@code max} blocks to ask {@code source} for, counts them as asked, and hands each to {@code out}.
     *
     * @return how many were chosen
     */
    public int pick(Source source, int max, RequestWriter out) {
        lock.lock();
        try {
            if (max <= 0 || source.useful == 0 || !sources.contains(source)) {
                return 0;
            }
            if (source.choked) {
                return pickAllowedFast(source, max, out);
            }
            int picked = 0;
            for (var entry : levels.entrySet()) {
                var level = entry.getValue();
                picked += pickFromPartials(level, source, max - picked, out);
                while (picked < max) {
                    int piece = nextFresh(level, source);
                    if (piece < 0) {
                        break;
                    }
                    picked += take(begin(piece), source, max - picked, out);
                }
                if (picked == max) {
                    return picked;
                }
            }
            boolean idle = picked == 0 && source.requests.size() == 0;
            return idle && isEndgame() ? pickDuplicate(source, out) : picked;
        } finally {
            lock.unlock();
        }
    }

    private int pickFromPartials(Level level, Source source, int max, RequestWriter out) {
        int picked = 0;
        for (int i = 0; i < level.partials.size() && picked < max; i++) {
            var partial = level.partials.get(i);
            if (partial.free() > 0 && source.pieces.contains(partial.piece())) {
                picked += take(partial, source, max - picked, out);
            }
        }
        return picked;
    }

    private int nextFresh(Level level, Source source) {
        if (sequential) {
            return level.fresh.firstOf(source.pieces);
        }
        if (!source.suggested.isEmpty()) {
            for (var pieces = source.suggested.iterator(); pieces.hasNext(); ) {
                int piece = pieces.next();
                if (have.get(piece) || partials.containsKey(piece)) {
                    pieces.remove();
                } else if (level.fresh.contains(piece) && source.pieces.contains(piece)) {
                    return piece;
                }
            }
        }
        return level.fresh.rarestOf(source.pieces);
    }

    private int pickAllowedFast(Source source, int max, RequestWriter out) {
        int picked = 0;
        for (int piece : source.allowedFast) {
            if (picked < max && isMissing(piece) && source.pieces.contains(piece)) {
                var partial = partials.get(piece);
                picked += take(partial != null ? partial : begin(piece), source, max - picked, out);
            }
        }
        return picked;
    }

    private int take(PartialPiece partial, Source source, int max, RequestWriter out) {
        int taken = 0;
        while (taken < max && partial.free() > 0 && partial.admits(source)) {
            ask(partial, partial.nextFree(), source, out);
            taken++;
        }
        return taken;
    }

    private void ask(PartialPiece partial, int block, Source source, RequestWriter out) {
        partial.requested(block);
        source.requests.add(partial.piece(), block);
        out.request(partial.piece(), layout.blockOffset(block), layout.blockLength(partial.piece(), block));
    }

    /** Whether there is no free block of a wanted piece that any peer has. Costs the number of pieces begun. */
    private boolean isEndgame() {
        for (Level level : levels.values()) {
            if (level.fresh.size() > 0 && (seeds > 0 || availability[level.fresh.mostCommon()] > 0)) {
                return false;
            }
            for (PartialPiece partial : level.partials) {
                if (partial.free() > 0 && (seeds > 0 || availability[partial.piece()] > 0)) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * One block that others were asked for, for a peer that has nothing else to do: the last one, which the others will
     * deliver last, so that least is sent twice. One at a time, as libtorrent does: in a small torrent with many peers
     * endgame begins early, and more would be waste.
     */
    private int pickDuplicate(Source source, RequestWriter out) {
        for (int requesters = 1; requesters < MAX_REQUESTERS; requesters++) {
            for (var level : levels.values()) {
                for (int i = level.partials.size() - 1; i >= 0; i--) {
                    var partial = level.partials.get(i);
                    if (!source.pieces.contains(partial.piece()) || !partial.admits(source)) {
                        continue;
                    }
                    for (int block = partial.blockCount() - 1; block >= 0; block--) {
                        if (partial.requesters(block) == requesters && mayJoin(source, partial.piece(), block)) {
                            ask(partial, block, source, out);
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
        for (var level : levels.values()) {
            for (PartialPiece partial : level.partials) {
                for (int block = 0; block < partial.blockCount() && looks > 0; block++) {
                    if (partial.requesters(block) >= MAX_REQUESTERS
                            && source.pieces.contains(partial.piece())
                            && partial.admits(source)) {
                        looks--;
                        if (areMuchSlower(partial.piece(), block, source)) {
                            ask(partial, block, source, out);
                            return 1;
                        }
                    }
                }
            }
        }
        return 0;
    }

    private boolean areMuchSlower(int piece, int block, Source than) {
        for (Source other : sources) {
            if (other.requests.contains(piece, block)
                    && !other.snubbed
                    && other.delivered * MUCH_FASTER >= than.delivered) {
                return false;
            }
        }
        return true;
    }

    /** A second has passed: a suspect piece that one peer has had for too long is finished by another that has it. */
    public void tick() {
        lock.lock();
        try {
            for (PartialPiece partial : partials.values()) {
                if (!partial.isSuspect()) {
                    continue;
                }
                boolean tooLong = partial.isClaimed() && partial.claimedOneMoreSecond() > CLAIM_SECONDS;
                if (tooLong
                        && sources.stream()
                                        .filter(source -> couldServe(source, partial))
                                        .count()
                                > 1) {
                    takeBackAll(partial.passOverClaimant(), partial);
                } else if (!partial.isClaimed() && sources.stream().noneMatch(source -> couldServe(source, partial))) {
                    partial.admitAll();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private static boolean couldServe(Source source, PartialPiece partial) {
        return !source.choked && source.pieces.contains(partial.piece()) && partial.mayClaim(source);
    }

    private void takeBackAll(Source source, PartialPiece partial) {
        for (int block = 0; block < partial.blockCount(); block++) {
            if (source.requests.remove(partial.piece(), block)) {
                partial.released(block);
                remember(source, partial.piece(), block);
            }
        }
    }

    /** How many blocks the peer has been asked for and has not delivered. */
    public int outstanding(Source source) {
        lock.lock();
        try {
            return source.requests.size();
        } finally {
            lock.unlock();
        }
    }

    /**
     * A block has come. If it is wanted it counts as arrived and must be written, after which {@link #written} or
     * {@link #notWritten} is due. Peers that were asked for it as well are added to {@code others}: their request is to be
     * cancelled.
     */
    public Arrival arrived(Source source, int piece, int begin, int length, List<Source> others) {
        lock.lock();
        try {
            int block = begin / Layout.BLOCK_LENGTH;
            if (begin % Layout.BLOCK_LENGTH != 0 || length != layout.blockLength(piece, block)) {
                return Arrival.UNREQUESTED;
            }
            boolean expected = source.requests.remove(piece, block);
            if (!expected && !source.late.remove(piece, block)) {
                return Arrival.UNREQUESTED;
            }
            source.snubbed = false;
            source.delivered++;
            var partial = partials.get(piece);
            if (partial == null || partial.hasArrived(block)) {
                return Arrival.DUPLICATE;
            }
            if (partial.requesters(block) > (expected ? 1 : 0)) {
                takeBack(piece, block, others);
            }
            partial.arrived(block, source);
            source.arriving = partial;
            return Arrival.WANTED;
        } finally {
            lock.unlock();
        }
    }

    private void takeBack(int piece, int block, List<Source> others) {
        for (Source other : sources) {
            if (other.requests.remove(piece, block)) {
                remember(other, piece, block);
                others.add(other);
            }
        }
    }

    /** The hash of the blocks of this attempt at a piece that have come. */
    public PieceHash hash(PartialPiece partial) {
        lock.lock();
        try {
            return partial.hash();
        } finally {
            lock.unlock();
        }
    }

    /**
     * So many blocks are in the storage; true if they were the last of their piece, which is to be verified now. What
     * belongs to an attempt that was given up meanwhile counts for nothing.
     */
    public boolean written(PartialPiece partial, int blocks) {
        lock.lock();
        try {
            return isCurrent(partial) && partial.written(blocks);
        } finally {
            lock.unlock();
        }
    }

    /** The storage did not take so many blocks, from {@code begin} on. */
    public void notWritten(PartialPiece partial, int begin, int blocks) {
        lock.lock();
        try {
            if (isCurrent(partial)) {
                int first = begin / Layout.BLOCK_LENGTH;
                for (int block = first; block < first + blocks; block++) {
                    partial.lost(block);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    @SuppressWarnings("ReferenceEquality") // this very attempt at the piece
    private boolean isCurrent(PartialPiece partial) {
        return partials.get(partial.piece()) == partial;
    }

    /** The hash, as far as it is known, of a piece that is to be verified; that of nothing if there is no such piece. */
    public PieceHash hash(int piece) {
        lock.lock();
        try {
            var partial = partials.get(piece);
            return partial == null ? new PieceHash() : partial.hash();
        } finally {
            lock.unlock();
        }
    }

    /** The pieces that are written in full and not verified, as resume data may bring them. */
    public List<Integer> unverified() {
        lock.lock();
        try {
            return partials.values().stream()
                    .filter(PartialPiece::isWritten)
                    .map(PartialPiece::piece)
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    /** Who sent the blocks of a piece that is being verified, one element per block; null where it is not known. */
    public Source[] senders(int piece) {
        lock.lock();
        try {
            var partial = partials.get(piece);
            return partial == null ? new Source[0] : partial.senders();
        } finally {
            lock.unlock();
        }
    }

    /** The piece matches its hash: we have it. False if it is not a piece that was being verified. */
    public boolean verified(int piece) {
        lock.lock();
        try {
            var partial = partials.remove(piece);
            if (partial == null) {
                return false;
            }
            detach(partial);
            gained(piece);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** The piece does not match its hash: all of it is fetched again, from one peer. */
    public void failed(int piece) {
        lock.lock();
        try {
            var partial = partials.get(piece);
            if (partial != null) {
                detach(partial);
                var next = partial.again();
                partials.put(piece, next);
                attach(next);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether the peer has been asked for this block, and the request stands. */
    public boolean isAsked(Source source, int piece, int begin) {
        lock.lock();
        try {
            return source.requests.contains(piece, begin / Layout.BLOCK_LENGTH);
        } finally {
            lock.unlock();
        }
    }

    /** The peer will not serve a request (BEP 6). False if it was not asked. */
    public boolean rejected(Source source, int piece, int begin) {
        lock.lock();
        try {
            int block = begin / Layout.BLOCK_LENGTH;
            if (source.choked) {
                source.allowedFast.remove(piece); // not that fast, then: it must not be asked for at once again
            }
            if (source.requests.remove(piece, block)) {
                release(piece, block);
                return true;
            }
            return source.late.remove(piece, block);
        } finally {
            lock.unlock();
        }
    }

    /** The peer delivers nothing: what it was asked for is free for others, though it may still come. */
    public void snubbed(Source source) {
        lock.lock();
        try {
            source.snubbed = true;
            giveUp(source);
            unclaimAll(source);
        } finally {
            lock.unlock();
        }
    }

    private void unclaimAll(Source source) {
        partials.values().forEach(partial -> partial.unclaim(source));
    }

    /** A piece that waits for one peer alone must not wait for one that chokes us. */
    private void giveUpSuspects(Source source) {
        for (long request : source.requests.drain()) {
            int piece = RequestList.piece(request);
            int block = RequestList.block(request);
            var partial = partials.get(piece);
            if (partial != null && partial.isSuspect()) {
                release(piece, block);
                remember(source, piece, block);
            } else {
                source.requests.add(piece, block);
            }
        }
    }

    private void giveUp(Source source) {
        for (long request : source.requests.drain()) {
            release(RequestList.piece(request), RequestList.block(request));
            remember(source, RequestList.piece(request), RequestList.block(request));
        }
    }

    private void releaseAll(Source source) {
        for (long request : source.requests.drain()) {
            release(RequestList.piece(request), RequestList.block(request));
        }
    }

    private static void remember(Source source, int piece, int block) {
        source.late.add(piece, block);
        source.late.trimTo(MAX_LATE);
    }

    private void release(int piece, int block) {
        var partial = partials.get(piece);
        if (partial != null) {
            partial.released(block);
        }
    }

    // --- keeping the order

    private boolean isMissing(int piece) {
        return priorities[piece] > 0 && !have.get(piece);
    }

    private void changeAvailability(int piece, int by) {
        var level = levels.get(priorities[piece]);
        if (level != null && level.fresh.contains(piece)) {
            if (by > 0) {
                level.fresh.rise(piece);
            } else {
                level.fresh.fall(piece);
            }
        }
        availability[piece] += by;
    }

    private PartialPiece begin(int piece) {
        leaveFresh(piece);
        var partial = new PartialPiece(piece, layout.blockCount(piece));
        partials.put(piece, partial);
        attach(partial);
        return partial;
    }

    private void attach(PartialPiece partial) {
        int priority = priorities[partial.piece()];
        if (priority > 0) {
            level(priority).partials.add(partial);
        }
    }

    private void detach(PartialPiece partial) {
        int priority = priorities[partial.piece()];
        if (priority > 0) {
            level(priority).partials.remove(partial);
        }
    }

    private void enterFresh(int piece) {
        if (isMissing(piece)) {
            level(priorities[piece]).fresh.add(piece);
        }
    }

    private void leaveFresh(int piece) {
        var level = levels.get(priorities[piece]);
        if (level != null && level.fresh.contains(piece)) {
            level.fresh.remove(piece);
        }
    }

    private Level level(int priority) {
        return levels.computeIfAbsent(priority, p -> new Level(new RarityOrder(availability, position, random)));
    }

    /** Puts every piece where it belongs and counts anew. Costs the number of pieces: for changes of what is wanted. */
    private void rebuild() {
        levels.clear();
        missingWanted = 0;
        haveBytes = 0;
        missingBytes = 0;
        wantedBytes = 0;
        for (int piece = 0; piece < priorities.length; piece++) {
            int length = layout.pieceLength(piece);
            wantedBytes += priorities[piece] > 0 ? length : 0;
            if (have.get(piece)) {
                haveBytes += length;
            } else {
                missingWanted += priorities[piece] > 0 ? 1 : 0;
                missingBytes += priorities[piece] > 0 ? length : 0;
                if (!partials.containsKey(piece)) {
                    enterFresh(piece);
                }
            }
        }
        partials.values().forEach(this::attach);
        var missing = new BitSet(priorities.length);
        for (int piece = 0; piece < priorities.length; piece++) {
            missing.set(piece, isMissing(piece));
        }
        for (Source source : sources) {
            source.useful = source.pieces.countCommon(missing);
        }
    }
}
