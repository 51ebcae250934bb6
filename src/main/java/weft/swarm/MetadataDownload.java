package weft.swarm;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.apache.commons.codec.digest.DigestUtils;
import weft.bencode.BencodeLimits;
import weft.metainfo.InfoHash;
import weft.wire.MetadataMessage;
import weft.wire.ProtocolException;

/**
 * Puts an info dictionary together from the pieces that several peers send, and finds out who lies (BEP 9).
 *
 * <p>How large the dictionary is, is for each peer to claim: for each size that is claimed there is an attempt of its own,
 * a few at a time. Whatever comes of an attempt must have the torrent's info-hash. If it has not and one peer alone has
 * sent it, that peer has lied. If several have, it cannot be known who, and from then on the pieces of that size are asked
 * of one peer at a time.
 *
 * <p>One per torrent, shared by the peers' threads; state guarded by {@code lock}; nothing here blocks, but the peer that
 * brings the last piece also hashes the whole.
 */
final class MetadataDownload {
    /** What may be claimed, in bytes. A torrent file may not be longer either. */
    static final int LARGEST = BencodeLimits.METAINFO.maxBytes();

    /** Pieces asked of a peer at a time: half of what Transmission lets wait. */
    static final int WINDOW = 32;

    /** A peer that was asked and has sent nothing for so long is left alone, and others are asked. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    /** libtorrent's figure for how long a peer is left alone after it has refused a piece. */
    static final Duration RESPITE = Duration.ofMinutes(1);

    /** What nobody has sent for so long is asked of one more peer. */
    private static final Duration SLOW = Duration.ofSeconds(2);

    /** Attempts at the same time, of at most {@value #LARGEST} bytes each. */
    private static final int MAX_ATTEMPTS = 3;

    /** One peer at a time has so long, if others wait for their turn. */
    private static final Duration TURN = Duration.ofSeconds(30);

    /** Pieces that nobody asked for, or not any more, after which a peer is taken to be hostile. */
    private static final int MAX_UNREQUESTED = 2 * WINDOW;

    /** A peer, as far as metadata goes. */
    static final class Source {
        private final Object owner;
        private int size; // claimed; 0 if it has not the metadata. Guarded by the download's lock, as are all below
        private final Set<Integer> asked = new HashSet<>(); // pieces
        private long lastNanos; // when it last sent a piece, or was first asked since
        private long notBeforeNanos;
        private int unrequested;
        private boolean refused;

        private Source(Object owner, long nowNanos) {
            this.owner = owner;
            this.notBeforeNanos = nowNanos;
        }

        Object owner() {
            return owner;
        }
    }

    private static final class Attempt {
        private final byte[][] pieces;
        private final Source[] senders;
        private final long[] askedNanos; // when somebody was last asked; 0 if nobody is
        private final int size;
        private int missing;
        private boolean oneByOne; // several have sent what was wrong
        private Source only; // who is asked now, if it is one by one; or null
        private long onlySinceNanos;
        private boolean hashing;
        private long progressNanos;

        private Attempt(int size, long nowNanos) {
            int count = MetadataMessage.pieceCount(size);
            this.size = size;
            this.pieces = new byte[count][];
            this.senders = new Source[count];
            this.askedNanos = new long[count];
            this.missing = count;
            this.progressNanos = nowNanos;
        }

        private void forgetAll() {
            Arrays.fill(pieces, null);
            Arrays.fill(senders, null);
            Arrays.fill(askedNanos, 0);
            missing = pieces.length;
            only = null;
            hashing = false;
        }

        private byte[] joined() {
            var whole = ByteBuffer.allocate(size);
            for (byte[] piece : pieces) {
                whole.put(piece);
            }
            return whole.array();
        }
    }

    /**
     * What has come of a piece.
     *
     * @param metadata the info dictionary, when it is whole and right
     * @param liars who has sent what cannot be
     */
    record Outcome(Optional<byte[]> metadata, List<Object> liars) {
        private static final Outcome GOES_ON = new Outcome(Optional.empty(), List.of());
    }

    /** How the search for the metadata stands: peers that are connected, that claim to have it, and that refused it. */
    record Standing(int sources, int having, int refusing, int failures) {}

    private final InfoHash infoHash;
    private final LongSupplier nanoTime;

    private final ReentrantLock lock = new ReentrantLock();
    private final Set<Source> sources = new LinkedHashSet<>(); // guarded by lock
    private final Map<Integer, Attempt> attempts = new HashMap<>(); // by size; guarded by lock
    private boolean done; // guarded by lock
    private int failures; // guarded by lock; attempts that did not have the info-hash

    MetadataDownload(InfoHash infoHash, LongSupplier nanoTime) {
        this.infoHash = infoHash;
        this.nanoTime = nanoTime;
    }

    Source connect(Object owner) {
        lock.lock();
        try {
            var source = new Source(owner, nanoTime.getAsLong());
            sources.add(source);
            return source;
        } finally {
            lock.unlock();
        }
    }

    void disconnect(Source source) {
        lock.lock();
        try {
            sources.remove(source);
            release(source);
        } finally {
            lock.unlock();
        }
    }

    // Under the lock: what it was asked for is free for others.
    private void release(Source source) {
        var attempt = attempts.get(source.size);
        if (attempt != null) {
            source.asked.forEach(piece -> attempt.askedNanos[piece] = 0);
            if (attempt.only != null && attempt.only.equals(source)) {
                attempt.forgetAll();
            }
        }
        source.asked.clear();
    }

    /** The peer claims to have metadata of this size. */
    void claims(Source source, long size) throws ProtocolException {
        if (size > LARGEST) {
            throw new ProtocolException("metadata of " + size + " bytes > " + LARGEST);
        }
        lock.lock();
        try {
            if (source.size != size) {
                release(source);
                source.size = (int) size;
                source.notBeforeNanos = nanoTime.getAsLong();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Which pieces to ask of the peer now. */
    List<Integer> ask(Source source) {
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            giveUpOnSilent(source, now);
            if (done || source.size == 0 || now - source.notBeforeNanos < 0 || !sources.contains(source)) {
                return List.of();
            }
            var attempt = attemptOf(source.size, now);
            if (attempt == null || attempt.hashing) {
                return List.of();
            }
            if (attempt.oneByOne) {
                if (attempt.only != null && now - attempt.onlySinceNanos >= TURN.toNanos()) {
                    leaveAlone(attempt.only, now);
                }
                if (attempt.only == null) {
                    attempt.only = source;
                    attempt.onlySinceNanos = now;
                } else if (!attempt.only.equals(source)) {
                    return List.of();
                }
            }
            return choose(source, attempt, now);
        } finally {
            lock.unlock();
        }
    }

    private void giveUpOnSilent(Source source, long now) {
        if (!source.asked.isEmpty() && now - source.lastNanos >= PATIENCE.toNanos()) {
            leaveAlone(source, now);
        }
    }

    private void leaveAlone(Source source, long now) {
        release(source);
        source.notBeforeNanos = now + RESPITE.toNanos();
    }

    private Attempt attemptOf(int size, long now) {
        var known = attempts.get(size);
        if (known != null) {
            return known;
        }
        if (attempts.size() >= MAX_ATTEMPTS) {
            // Who comes first with lies must not keep the others from their turn.
            attempts.values()
                    .removeIf(attempt -> !attempt.hashing && now - attempt.progressNanos >= PATIENCE.toNanos());
            if (attempts.size() >= MAX_ATTEMPTS) {
                return null;
            }
            sources.stream()
                    .filter(source -> !attempts.containsKey(source.size))
                    .forEach(source -> source.asked.clear());
        }
        var attempt = new Attempt(size, now);
        attempts.put(size, attempt);
        return attempt;
    }

    private List<Integer> choose(Source source, Attempt attempt, long now) {
        var chosen = new ArrayList<Integer>();
        if (source.asked.isEmpty()) {
            source.lastNanos = now;
        }
        for (int piece = 0; piece < attempt.pieces.length && source.asked.size() < WINDOW; piece++) {
            boolean isFree = attempt.askedNanos[piece] == 0 || now - attempt.askedNanos[piece] >= SLOW.toNanos();
            if (attempt.pieces[piece] == null && isFree && source.asked.add(piece)) {
                attempt.askedNanos[piece] = now == 0 ? 1 : now;
                chosen.add(piece);
            }
        }
        return chosen;
    }

    /** A piece has come. */
    Outcome arrived(Source source, MetadataMessage.Data data) throws ProtocolException {
        Attempt complete;
        lock.lock();
        try {
            var attempt = attempts.get(source.size);
            if (!source.asked.remove(data.piece()) || attempt == null) {
                if (++source.unrequested > MAX_UNREQUESTED) {
                    throw new ProtocolException("metadata: " + source.unrequested + " pieces that nobody asked for");
                }
                return Outcome.GOES_ON; // too late, mostly
            }
            if (data.totalSize() != source.size) {
                throw new ProtocolException("metadata: " + data.totalSize() + " bytes in all, not " + source.size);
            }
            int length = MetadataMessage.pieceLength(data.piece(), source.size);
            if (data.bytes().remaining() != length) {
                throw new ProtocolException("metadata: piece " + data.piece() + " of "
                        + data.bytes().remaining() + " bytes, not " + length);
            }
            source.lastNanos = nanoTime.getAsLong();
            if (done || attempt.hashing || attempt.pieces[data.piece()] != null) {
                return Outcome.GOES_ON;
            }
            attempt.pieces[data.piece()] = new byte[length];
            data.bytes().get(attempt.pieces[data.piece()]);
            attempt.senders[data.piece()] = source;
            attempt.progressNanos = source.lastNanos;
            if (--attempt.missing > 0) {
                return Outcome.GOES_ON;
            }
            attempt.hashing = true;
            complete = attempt;
        } finally {
            lock.unlock();
        }
        return judge(complete, complete.joined());
    }

    private Outcome judge(Attempt attempt, byte[] metadata) {
        var hash = infoHash.isV2()
                ? InfoHash.ofV2(DigestUtils.sha256(metadata))
                : InfoHash.ofV1(DigestUtils.sha1(metadata));
        lock.lock();
        try {
            if (hash.equals(infoHash)) {
                done = true;
                attempts.clear();
                return new Outcome(Optional.of(metadata), List.of());
            }
            failures++;
            var senders = Arrays.stream(attempt.senders).distinct().toList();
            attempt.forgetAll();
            sources.stream().filter(source -> source.size == attempt.size).forEach(source -> source.asked.clear());
            if (senders.size() > 1) {
                attempt.oneByOne = true;
                return Outcome.GOES_ON;
            }
            senders.getFirst().size = 0;
            return new Outcome(Optional.empty(), List.of(senders.getFirst().owner()));
        } finally {
            lock.unlock();
        }
    }

    /** The peer refuses a piece: it is left alone for a while. */
    void refused(Source source) {
        lock.lock();
        try {
            source.refused = true;
            leaveAlone(source, nanoTime.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    Standing standing() {
        lock.lock();
        try {
            return new Standing(
                    sources.size(),
                    (int) sources.stream().filter(source -> source.size > 0).count(),
                    (int) sources.stream().filter(source -> source.refused).count(),
                    failures);
        } finally {
            lock.unlock();
        }
    }
}
