package weft.picker;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import weft.metainfo.Layout;
import weft.storage.PieceHash;

/**
 * Decides which blocks to ask a peer for, and knows what has come of it. The order is {@link Selection}'s; the package's
 * description says who does the rest.
 *
 * <p>One per torrent, shared by all its peers' threads. Nothing in here blocks, and nothing is called under the lock but
 * the {@link RequestWriter}; a peer's reader takes it once for a batch of requests.
 */
public final class PiecePicker {
    private final Layout layout;

    /** Guards everything behind this class: {@link Source}s and {@link PartialPiece}s, too. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Progress progress;
    private final PieceQueue queue;
    private final Sources sources;
    private final Requests requests;
    private final Selection selection;

    /** Makes a picker for a torrent of which nothing is there and everything is wanted, at priority 1. */
    public PiecePicker(Layout layout, RandomGenerator random) {
        this.layout = layout;
        this.progress = new Progress(layout);
        this.queue = new PieceQueue(layout, progress, random);
        this.sources = new Sources(progress, queue);
        this.requests = new Requests(layout, queue, sources);
        this.selection =
                new Selection(progress, queue, sources, requests, new Endgame(progress, queue, sources, requests));
    }

    // --- what is there and what is wanted

    /** Sets the priority of every piece: 0 for unwanted, else any positive number, higher first. */
    public void setPriorities(int[] priorities) {
        lock.lock();
        try {
            progress.setPriorities(priorities);
            queue.rebuild();
            sources.recount();
        } finally {
            lock.unlock();
        }
    }

    /** Whether to pick the pieces of a priority in order instead of rarest first. */
    public void setSequential(boolean sequential) {
        lock.lock();
        try {
            selection.setSequential(sequential);
        } finally {
            lock.unlock();
        }
    }

    /** Takes over what resume data vouches for: whole pieces, and written blocks of pieces begun. */
    public void restore(BitSet pieces, Map<Integer, BitSet> blocksOfPartials) {
        lock.lock();
        try {
            progress.restore(pieces);
            queue.restore(blocksOfPartials);
            sources.recount();
        } finally {
            lock.unlock();
        }
    }

    /**
     * A hash check found that {@code piece} is whole, or that it is not. False if that is no news; a piece that is being
     * fetched then goes on being fetched.
     *
     * @param wasThere whether the piece was there when the check began: one that has come since was verified later than the
     *     check has read it, or before that and is damaged, which the next check finds
     */
    public boolean checked(int piece, boolean whole, boolean wasThere) {
        lock.lock();
        try {
            if (whole == progress.has(piece) || (!whole && !wasThere)) {
                return false;
            }
            if (whole) {
                var begun = queue.remove(piece);
                if (begun != null) {
                    requests.takeBack(begun);
                }
                gained(piece);
            } else {
                lost(piece);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void gained(int piece) {
        progress.gained(piece);
        if (progress.isWanted(piece)) {
            sources.gained(piece);
        }
    }

    private void lost(int piece) {
        progress.lost(piece);
        if (progress.isWanted(piece)) {
            queue.add(piece);
            sources.missed(piece);
        }
    }

    /** Whether the piece is there and verified. */
    public boolean has(int piece) {
        lock.lock();
        try {
            return progress.has(piece);
        } finally {
            lock.unlock();
        }
    }

    /** A copy of the pieces that are there and verified. */
    public BitSet have() {
        return underLock(progress::have);
    }

    /** The pieces that are wanted and missing. */
    public BitSet wanted() {
        return underLock(progress::missing);
    }

    /** The pieces that are wanted and missing and that no peer has. */
    public BitSet unavailable() {
        return underLock(sources::unavailable);
    }

    /** The blocks that are in the storage of every piece that is begun and not verified. */
    public Map<Integer, BitSet> partials() {
        return underLock(queue::writtenBlocks);
    }

    /** Whether everything that is wanted is there. */
    public boolean isComplete() {
        return underLock(progress::isComplete);
    }

    /** Whether everything is there. */
    public boolean isSeed() {
        return underLock(progress::isSeed);
    }

    /** Bytes of the verified pieces. */
    public long haveBytes() {
        return underLock(progress::haveBytes);
    }

    /** Bytes of the wanted pieces that are missing. */
    public long missingBytes() {
        return underLock(progress::missingBytes);
    }

    /** How much is wanted, and how much of that is missing. */
    public WantedBytes wantedBytes() {
        return underLock(() -> new WantedBytes(progress.wantedBytes(), progress.missingBytes()));
    }

    // --- peers, and what they have

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
            if (sources.remove(source)) {
                requests.drop(source);
                queue.partials().forEach(partial -> partial.forget(source));
            }
        } finally {
            lock.unlock();
        }
    }

    /** The peer has verified one more piece. False if that is no news. */
    public boolean have(Source source, int piece) {
        lock.lock();
        try {
            return sources.have(source, piece);
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
            return sources.have(source, pieces);
        } finally {
            lock.unlock();
        }
    }

    /** The peer has everything. Returns how many pieces are news. */
    public int haveAll(Source source) {
        lock.lock();
        try {
            return sources.haveAll(source);
        } finally {
            lock.unlock();
        }
    }

    /** The peer has a piece no more (BEP 54): what it was asked for of it is free for others. False if that is no news. */
    public boolean lost(Source source, int piece) {
        lock.lock();
        try {
            if (!sources.lost(source, piece)) {
                return false;
            }
            source.suggested.remove(piece);
            source.allowedFast.remove(piece);
            var partial = queue.partial(piece);
            if (partial != null) {
                requests.takeBack(source, partial);
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
        return underLock(source.pieces::count);
    }

    /** Whether the peer has everything. */
    public boolean isSeed(Source source) {
        return underLock(source.pieces::isComplete);
    }

    // --- how they treat us

    /** The peer serves this piece even while it chokes us (BEP 6). False if that is no news, or not remembered. */
    public boolean allowFast(Source source, int piece) {
        lock.lock();
        try {
            return source.allowFast(piece);
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
            return source.suggest(piece);
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
                requests.giveUpSuspects(source);
            } else {
                requests.giveUp(source);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The peer delivers nothing: what it was asked for is free for others, though it may still come. */
    public void snubbed(Source source) {
        lock.lock();
        try {
            source.snubbed = true;
            requests.giveUp(source);
            unclaimAll(source);
        } finally {
            lock.unlock();
        }
    }

    private void unclaimAll(Source source) {
        queue.partials().forEach(partial -> partial.unclaim(source));
    }

    /**
     * A second has passed: a suspect piece that one peer has had for too long is finished by another that has it, and so
     * may be what a peer that is silent was asked for.
     */
    public void tick() {
        lock.lock();
        try {
            sources.forEach(source -> source.secondsWaiting++);
            for (PartialPiece partial : queue.partials()) {
                var slow = partial.tick(sources);
                if (slow != null) {
                    requests.takeBack(slow, partial);
                }
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
            return sources.contains(source) ? selection.pick(source, max, out) : 0;
        } finally {
            lock.unlock();
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
            if (source.choked) {
                source.allowedFast.remove(piece); // not that fast, then: it must not be asked for at once again
            }
            return requests.rejected(source, piece, begin);
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
            return requests.arrived(source, piece, begin, length, others);
        } finally {
            lock.unlock();
        }
    }

    // --- from block to verified piece

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
     * So many blocks, from {@code begin} on, are in the storage; true if they were the last of their piece, which is to be
     * verified now. What belongs to an attempt that was given up meanwhile counts for nothing.
     */
    public boolean written(PartialPiece partial, int begin, int blocks) {
        lock.lock();
        try {
            return queue.isCurrent(partial) && partial.written(begin / Layout.BLOCK_LENGTH, blocks);
        } finally {
            lock.unlock();
        }
    }

    /** The storage did not take so many blocks, from {@code begin} on. */
    public void notWritten(PartialPiece partial, int begin, int blocks) {
        lock.lock();
        try {
            if (queue.isCurrent(partial)) {
                int first = begin / Layout.BLOCK_LENGTH;
                for (int block = first; block < first + blocks; block++) {
                    partial.lost(block);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** The pieces that are written in full and not verified, as resume data may bring them. */
    public List<Integer> unverified() {
        return underLock(queue::unverified);
    }

    /** The hash, as far as it is known, of a piece that is to be verified; that of nothing if there is no such piece. */
    public PieceHash hash(int piece) {
        lock.lock();
        try {
            var partial = queue.partial(piece);
            return partial == null ? new PieceHash() : partial.hash();
        } finally {
            lock.unlock();
        }
    }

    /** Who sent the blocks of a piece that is being verified, one element per block; null where it is not known. */
    public Source[] senders(int piece) {
        lock.lock();
        try {
            var partial = queue.partial(piece);
            return partial == null ? new Source[0] : partial.senders();
        } finally {
            lock.unlock();
        }
    }

    /** The piece matches its hash: we have it. False if it is not a piece that was being verified. */
    public boolean verified(int piece) {
        lock.lock();
        try {
            if (queue.partial(piece) == null) {
                return false;
            }
            queue.remove(piece);
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
            var partial = queue.partial(piece);
            if (partial != null) {
                queue.beginAgain(partial);
            }
        } finally {
            lock.unlock();
        }
    }

    /** For what is asked seldom: what is called for every block or message takes the lock itself, and makes no garbage. */
    private <T> T underLock(Supplier<T> question) {
        lock.lock();
        try {
            return question.get();
        } finally {
            lock.unlock();
        }
    }
}
