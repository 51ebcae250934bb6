package weft.swarm;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Finds out who sent a wrong block. When a piece fails its hash and came from one peer, that peer is guilty. When several
 * took part, what each sent is remembered by its digest, and as soon as the piece is there and right, those whose blocks
 * were different are guilty and the others are cleared.
 *
 * <p>One per torrent; memory work only.
 */
final class Suspects {
    /** Failed pieces remembered at a time; more can only come from a swarm that is rotten as a whole. */
    private static final int MAX_PIECES = 64;

    /** Who sent what, one element per block. */
    private static final class Evidence {
        private final PiecePicker.Source[] senders;
        private final ByteBuffer[] digests;

        private Evidence(PiecePicker.Source[] senders, ByteBuffer[] digests) {
            this.senders = senders;
            this.digests = digests;
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Integer, Evidence> failedPieces = new HashMap<>(); // guarded by lock

    /**
     * A piece has failed its hash. Arguments have one element per block; a sender may be null.
     *
     * @return who is guilty for certain
     */
    Set<PiecePicker.Source> failed(int piece, PiecePicker.Source[] senders, ByteBuffer[] digests) {
        if (senders.length > 0 && senders[0] != null && Arrays.stream(senders).allMatch(s -> s == senders[0])) {
            return Set.of(senders[0]);
        }
        lock.lock();
        try {
            if (failedPieces.size() < MAX_PIECES) {
                failedPieces.put(piece, new Evidence(senders.clone(), digests.clone()));
            }
        } finally {
            lock.unlock();
        }
        return Set.of();
    }

    /** Whether {@link #passed} has something to compare with. */
    boolean isSuspect(int piece) {
        lock.lock();
        try {
            return failedPieces.containsKey(piece);
        } finally {
            lock.unlock();
        }
    }

    /** The piece is there and right, its blocks have these digests. Says who sent other ones before. */
    Set<PiecePicker.Source> passed(int piece, ByteBuffer[] digests) {
        Evidence evidence;
        lock.lock();
        try {
            evidence = failedPieces.remove(piece);
        } finally {
            lock.unlock();
        }
        var guilty = new LinkedHashSet<PiecePicker.Source>();
        for (int block = 0; evidence != null && block < digests.length; block++) {
            if (evidence.senders[block] != null && !evidence.digests[block].equals(digests[block])) {
                guilty.add(evidence.senders[block]);
            }
        }
        return guilty;
    }
}
