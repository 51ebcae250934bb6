package weft.swarm;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import weft.picker.Source;

/**
 * Finds out who sent a wrong block. When a piece fails its hash and came from one peer, that peer is guilty. When several
 * took part, what each sent is remembered by its digest, and as soon as the piece is there and right, those whose blocks
 * were different are guilty and the others are cleared. Nobody is found guilty of what another sent.
 *
 * <p>One per torrent; memory work only.
 */
final class Suspects {
    /** Failures remembered at a time; more can only come from a swarm that is rotten as a whole. */
    private static final int MAX_FAILURES = 64;

    /** Blocks of these in all: some megabytes, even where a piece has 256 MiB. */
    private static final int MAX_BLOCKS = 64 * 1024;

    /** Failures of one piece: one that fails again must not make us forget who took part before. */
    private static final int MAX_FAILURES_OF_ONE = 8;

    /** Who sent what, one element per block. */
    private static final class Evidence {
        private final Source[] senders;
        private final ByteBuffer[] digests;

        private Evidence(Source[] senders, ByteBuffer[] digests) {
            this.senders = senders;
            this.digests = digests;
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Integer, ArrayDeque<Evidence>> failedPieces =
            new HashMap<>(); // guarded by lock, as are all below
    private int failures;
    private int blocks;

    /**
     * A piece has failed its hash. Arguments have one element per block; a sender may be null.
     *
     * @return who is guilty for certain
     */
    Set<Source> failed(int piece, Source[] senders, ByteBuffer[] digests) {
        if (senders.length > 0 && senders[0] != null && Arrays.stream(senders).allMatch(s -> s == senders[0])) {
            return Set.of(senders[0]);
        }
        lock.lock();
        try {
            var ofPiece = failedPieces.getOrDefault(piece, new ArrayDeque<>());
            if (failures < MAX_FAILURES
                    && blocks + senders.length <= MAX_BLOCKS
                    && ofPiece.size() < MAX_FAILURES_OF_ONE) {
                ofPiece.add(new Evidence(senders.clone(), digests.clone()));
                failedPieces.put(piece, ofPiece);
                failures++;
                blocks += senders.length;
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
    Set<Source> passed(int piece, ByteBuffer[] digests) {
        var guilty = new LinkedHashSet<Source>();
        lock.lock();
        try {
            var ofPiece = failedPieces.getOrDefault(piece, new ArrayDeque<>());
            failedPieces.remove(piece);
            for (Evidence evidence : ofPiece) {
                failures--;
                blocks -= evidence.senders.length;
                for (int block = 0; block < digests.length; block++) {
                    if (evidence.senders[block] != null && !evidence.digests[block].equals(digests[block])) {
                        guilty.add(evidence.senders[block]);
                    }
                }
            }
        } finally {
            lock.unlock();
        }
        return guilty;
    }
}
