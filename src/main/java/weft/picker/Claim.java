package weft.picker;

import java.util.HashSet;
import java.util.Set;

/**
 * Which peer a suspect piece is fetched from. A piece that has failed its hash is fetched again from one peer alone, so
 * that guilt is certain if it fails once more. The first that asks has it, unless another has delivered much more: those
 * who say that they have everything and serve nothing would hold it one after the other. If it is slow and others have the
 * piece too, it is passed over, and they have their turn. Not thread-safe: guarded by the picker's lock.
 */
final class Claim {
    /** A piece stays with one peer so long, if others have it: as long as a snub takes. */
    private static final int SECONDS = 60;

    /** Whoever has delivered so many times more goes before another. */
    private static final long MUCH_MORE = 8;

    private final int piece;
    private final Set<Source> passedOver; // had the piece for too long
    private Source claimant; // or null
    private int seconds; // how long the claimant has had it
    private boolean
            anybody; // may be the next claimant: those that were passed over too, and those that have snubbed us

    /** The piece has failed; this is the claim on it of before, or null if it was not suspect before. */
    Claim(int piece, Claim before) {
        this.piece = piece;
        this.passedOver = before == null ? new HashSet<>() : before.passedOver;
    }

    /** Whether {@code source} may be asked for blocks of the piece; if nobody has claimed it, it now does. */
    boolean admits(Source source, Sources sources) {
        if (claimant == source) {
            return true;
        }
        if (claimant != null || !mayClaim(source) || sources.stream().anyMatch(other -> goesBefore(other, source))) {
            return false; // it would keep the piece from everybody else
        }
        claimant = source;
        seconds = 0;
        anybody = false;
        return true;
    }

    boolean isOf(Source source) {
        return claimant == source;
    }

    private boolean mayClaim(Source source) {
        return anybody || (!source.snubbed && !passedOver.contains(source));
    }

    private boolean goesBefore(Source other, Source source) {
        return other.delivered > source.delivered * MUCH_MORE && !other.snubbed && couldServe(other);
    }

    /** A second has passed. Returns who has had the piece for too long and is to fetch it no more, or null. */
    Source tick(Sources sources) {
        if (claimant == null) {
            if (sources.stream().noneMatch(this::couldServe)) {
                passedOver.clear(); // they are better than nobody
                anybody = true;
            }
            return null;
        }
        if (++seconds <= SECONDS || sources.stream().noneMatch(this::couldServeInstead)) {
            return null;
        }
        var slow = claimant;
        passedOver.add(slow);
        claimant = null;
        return slow;
    }

    private boolean couldServe(Source source) {
        return !source.choked && source.pieces.contains(piece) && mayClaim(source);
    }

    private boolean couldServeInstead(Source source) {
        return source != claimant && couldServe(source);
    }

    /** The peer does not serve: another may have the piece. */
    void giveUp(Source source) {
        if (claimant == source) {
            claimant = null;
        }
    }

    /** The peer has gone. */
    void forget(Source source) {
        passedOver.remove(source);
        giveUp(source);
    }
}
