package weft.picker;

import java.util.List;
import weft.metainfo.Layout;

/**
 * Who was asked for which block, and what became of it. Two places tell of a request: the peer's list, and the piece's
 * count of how many were asked for the block; whatever changes the one changes the other. When a request ends without its
 * block, the block may be asked of others; if it may come nevertheless, that is remembered, so that nobody is blamed for it.
 *
 * <p>Not thread-safe: guarded by the picker's lock.
 */
final class Requests {
    private final Layout layout;
    private final PieceQueue queue;
    private final Sources sources;

    Requests(Layout layout, PieceQueue queue, Sources sources) {
        this.layout = layout;
        this.queue = queue;
        this.sources = sources;
    }

    // --- a request and its answer

    void ask(PartialPiece partial, int block, Source source, RequestWriter out) {
        partial.requested(block);
        source.secondsWaiting = source.requests.size() == 0 ? 0 : source.secondsWaiting;
        source.requests.add(partial.piece(), block);
        out.request(partial.piece(), layout.blockOffset(block), layout.blockLength(partial.piece(), block));
    }

    /** A block has come. Others that were asked for it are added to {@code others}: their requests stand no more. */
    Arrival arrived(Source source, int piece, int begin, int length, List<Source> others) {
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
        source.secondsWaiting = 0;
        var partial = queue.partial(piece);
        if (partial == null || partial.hasArrived(block) || !(expected || partial.admitsLate(source))) {
            return Arrival.DUPLICATE;
        }
        if (partial.requesters(block) > (expected ? 1 : 0)) {
            takeBack(piece, block, others);
        }
        partial.arrived(block, source);
        source.arriving = partial;
        return Arrival.WANTED;
    }

    /** The peer will not serve a request. False if it was not asked. */
    boolean rejected(Source source, int piece, int begin) {
        int block = begin / Layout.BLOCK_LENGTH;
        if (source.requests.remove(piece, block)) {
            release(piece, block);
            return true;
        }
        return source.late.remove(piece, block);
    }

    // --- requests that are taken back

    private void takeBack(int piece, int block, List<Source> others) {
        for (Source other : sources) {
            if (other.requests.remove(piece, block)) {
                other.mayStillSend(piece, block);
                others.add(other);
            }
        }
    }

    /** The peer is not to send blocks of this piece any more. */
    void takeBack(Source source, PartialPiece partial) {
        for (int block = 0; block < partial.blockCount(); block++) {
            if (source.requests.remove(partial.piece(), block)) {
                partial.released(block);
                source.mayStillSend(partial.piece(), block);
            }
        }
    }

    /** Nobody is to send blocks of this attempt at a piece, which is over. */
    void takeBack(PartialPiece partial) {
        for (Source source : sources) {
            takeBack(source, partial);
        }
    }

    /** The peer has gone, and with it what it was asked for. */
    void drop(Source source) {
        for (long request : source.requests.drain()) {
            release(RequestList.piece(request), RequestList.block(request));
        }
    }

    /** What the peer was asked for is free for others, but may still come. */
    void giveUp(Source source) {
        for (long request : source.requests.drain()) {
            giveUp(source, RequestList.piece(request), RequestList.block(request));
        }
    }

    /** The same, of suspect pieces only: one that waits for one peer alone must not wait for one that chokes us. */
    void giveUpSuspects(Source source) {
        for (long request : source.requests.drain()) {
            int piece = RequestList.piece(request);
            int block = RequestList.block(request);
            var partial = queue.partial(piece);
            if (partial != null && partial.isSuspect()) {
                giveUp(source, piece, block);
            } else {
                source.requests.add(piece, block);
            }
        }
    }

    private void giveUp(Source source, int piece, int block) {
        release(piece, block);
        source.mayStillSend(piece, block);
    }

    private void release(int piece, int block) {
        var partial = queue.partial(piece);
        if (partial != null) {
            partial.released(block);
        }
    }
}
