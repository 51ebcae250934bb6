package weft.swarm;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
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
 * <p>Neither an attempt nor a peer that is asked alone may go on for ever while others wait, or a liar who is slow enough
 * would never be found out: each has its turn, and goes to the end of the queue after it. A turn that has led nowhere is
 * twice as long the next time, so that an honest peer on a slow line comes to its end too.
 *
 * <p>One per torrent, shared by the peers' threads; state guarded by {@code lock}; nothing here blocks, but the peer that
 * brings the last piece also hashes the whole.
 */
final class MetadataDownload {
    /** What may be claimed, in bytes. A torrent file may not be longer either. */
    static final int LARGEST = BencodeLimits.METAINFO.maxBytes();

    /** Pieces asked of a peer at a time: what libtorrent answers at once. More would wait for its tick, once a second. */
    private static final int WINDOW = 10;

    /** A peer that was asked and has sent nothing for so long is left alone, and others are asked. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    /** libtorrent's figure for how long a peer is left alone after it has refused a piece. */
    static final Duration RESPITE = Duration.ofMinutes(1);

    /** What nobody has sent for so long is asked of one more peer. */
    private static final Duration SLOW = Duration.ofSeconds(2);

    /** Attempts at the same time: so many times the largest size is all the memory that this takes. */
    private static final int MAX_ATTEMPTS = 3;

    /** So long an attempt, or a peer that is asked alone, may take at first if others wait for their turn. */
    static final Duration TURN = Duration.ofSeconds(30);

    /** A turn is not made longer more often than this: half an hour is enough for ten megabytes at 6 kB/s. */
    private static final int MAX_DOUBLINGS = 6;

    /** Ten turns: whoever waits longer is one of many that claim what few do. */
    private static final Duration LONGEST_WAIT = TURN.multipliedBy(10);

    /** Pieces that nobody asked for, after which a peer is taken to be hostile. */
    private static final int MAX_UNREQUESTED = 16;

    /** A peer, as far as metadata goes. */
    static final class Source {
        private final Object owner;
        private int size; // claimed; 0 if it has not the metadata. Guarded by the download's lock, as are all below
        private final Set<Integer> asked = new HashSet<>(); // pieces
        private final Set<Integer> givenUp = new HashSet<>(); // pieces that it was asked for, and may still send
        private long lastNanos; // when it last sent a piece, or was first asked since
        private long notBeforeNanos;
        private long place; // in the queue: who has the lowest is next
        private int turns; // alone
        private int owed; // answers, those to requests that were given up among them
        private int unrequested;
        private boolean refused;
        private boolean disappointed; // it has refused, or not answered, since it last sent a piece
        private long usefulNanos; // when it last sent a piece; at first, when it came

        private Source(Object owner, long nowNanos, long place) {
            this.owner = owner;
            this.notBeforeNanos = nowNanos;
            this.usefulNanos = nowNanos;
            this.place = place;
        }

        Object owner() {
            return owner;
        }
    }

    /** What is put together of one size. Kept while anybody claims that size, whether or not it is its turn. */
    private static final class Attempt {
        private final byte[][] pieces;
        private final Source[] senders;
        private final long[] askedNanos; // when somebody was last asked; 0 if nobody is
        private final int size;
        private int missing;
        private boolean active; // it is its turn
        private long sinceNanos; // its turn began
        private long place; // in the queue: who has the lowest is next
        private int turns; // that have led nowhere
        private boolean oneByOne; // several have sent what was wrong
        private Source only; // who is asked now, if it is one by one; or null
        private long onlySinceNanos;
        private boolean hashing;

        private Attempt(int size, long place) {
            int count = MetadataMessage.pieceCount(size);
            this.size = size;
            this.place = place;
            this.pieces = new byte[count][];
            this.senders = new Source[count];
            this.askedNanos = new long[count];
            this.missing = count;
        }

        private void forgetAll() {
            Arrays.fill(pieces, null);
            Arrays.fill(senders, null);
            Arrays.fill(askedNanos, 0);
            missing = pieces.length;
            only = null;
            hashing = false;
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
    private long lastPlace; // in the queue; guarded by lock
    private boolean done; // guarded by lock
    private int failures; // guarded by lock; attempts that did not have the info-hash

    MetadataDownload(InfoHash infoHash, LongSupplier nanoTime) {
        this.infoHash = infoHash;
        this.nanoTime = nanoTime;
    }

    Source connect(Object owner) {
        lock.lock();
        try {
            var source = new Source(owner, nanoTime.getAsLong(), ++lastPlace);
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
            forgetUnclaimed();
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
        giveUp(source);
    }

    private static void giveUp(Source source) {
        source.givenUp.addAll(source.asked);
        source.asked.clear();
    }

    /** What nobody claims any more is no attempt: whoever made it up is gone. */
    private void forgetUnclaimed() {
        attempts.values()
                .removeIf(attempt ->
                        !attempt.hashing && claiming(attempt.size).findAny().isEmpty());
    }

    private Stream<Source> claiming(int size) {
        return sources.stream().filter(source -> source.size == size);
    }

    /** The peer claims to have metadata of this size; 0 if it has none to send. */
    void claims(Source source, long size) throws ProtocolException {
        if (size > LARGEST) {
            throw new ProtocolException("metadata of " + size + " bytes > " + LARGEST);
        }
        lock.lock();
        try {
            if (source.size != size) {
                release(source);
                source.givenUp.clear();
                source.size = (int) size;
                source.notBeforeNanos = nanoTime.getAsLong();
                source.place = ++lastPlace;
                forgetUnclaimed();
                if (size > 0) {
                    attempts.computeIfAbsent((int) size, claimed -> new Attempt(claimed, ++lastPlace));
                }
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
            if (!source.asked.isEmpty() && now - source.lastNanos >= PATIENCE.toNanos()) {
                leaveAlone(source, now);
            }
            if (done || !sources.contains(source) || !isEligible(source, now)) {
                return List.of();
            }
            var attempt = attempts.get(source.size);
            if (attempt.hashing
                    || !hasItsTurn(attempt, now)
                    || (attempt.oneByOne && !hasItsTurn(source, attempt, now))) {
                return List.of();
            }
            return choose(source, attempt, now);
        } finally {
            lock.unlock();
        }
    }

    private static boolean isEligible(Source source, long now) {
        return source.size > 0 && now - source.notBeforeNanos >= 0;
    }

    private void leaveAlone(Source source, long now) {
        release(source);
        source.disappointed = true;
        source.notBeforeNanos = now + RESPITE.toNanos();
        source.place = ++lastPlace;
    }

    /** Whether the attempt is one of those that are made now, or becomes it. */
    private boolean hasItsTurn(Attempt attempt, long now) {
        if (attempt.active) {
            return true;
        }
        var next = attempts.values().stream()
                .filter(waiting -> !waiting.active && hasEligible(waiting, now))
                .min(Comparator.comparingLong(waiting -> waiting.place));
        if (!next.equals(Optional.of(attempt))) {
            return false; // all peers are asked every now and then: it is for one of that size to come
        }
        var active = attempts.values().stream().filter(other -> other.active).toList();
        if (active.size() >= MAX_ATTEMPTS) {
            var over = active.stream()
                    .filter(other -> !other.hashing && isOver(other, now))
                    .min(Comparator.comparingLong(other -> other.sinceNanos - now));
            if (over.isEmpty()) {
                return false;
            }
            end(over.get());
        }
        attempt.active = true;
        attempt.sinceNanos = now;
        return true;
    }

    private boolean hasEligible(Attempt attempt, long now) {
        return claiming(attempt.size).anyMatch(source -> isEligible(source, now));
    }

    private boolean isOver(Attempt attempt, long now) {
        return now - attempt.sinceNanos >= turn(attempt.turns) || !hasEligible(attempt, now);
    }

    private static long turn(int before) {
        return TURN.toNanos() << Math.min(before, MAX_DOUBLINGS);
    }

    private void end(Attempt attempt) {
        attempt.forgetAll();
        attempt.active = false;
        attempt.turns++;
        attempt.place = ++lastPlace;
        claiming(attempt.size).forEach(MetadataDownload::giveUp);
    }

    /** Whether the peer is the one that is asked now, or becomes it. */
    private boolean hasItsTurn(Source source, Attempt attempt, long now) {
        var next = claiming(attempt.size)
                .filter(waiting -> isEligible(waiting, now) && !waiting.equals(attempt.only))
                .min(Comparator.comparingLong(waiting -> waiting.place));
        if (attempt.only != null && next.isPresent() && now - attempt.onlySinceNanos >= turn(attempt.only.turns)) {
            var over = attempt.only;
            over.turns++;
            over.place = ++lastPlace;
            release(over);
        }
        if (attempt.only == null && (next.isEmpty() || next.get().equals(source))) {
            attempt.only = source;
            attempt.onlySinceNanos = now;
        }
        return source.equals(attempt.only);
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
        source.owed += chosen.size();
        return chosen;
    }

    /** A piece has come. */
    Outcome arrived(Source source, MetadataMessage.Data data) throws ProtocolException {
        Attempt complete;
        byte[][] pieces;
        lock.lock();
        try {
            if (source.owed > 0) {
                source.owed--;
            } else if (++source.unrequested > MAX_UNREQUESTED) {
                throw new ProtocolException("metadata: " + source.unrequested + " pieces that nobody asked for");
            }
            if (!source.asked.remove(data.piece()) && !source.givenUp.remove(data.piece())) {
                return Outcome.GOES_ON; // once more, or of a size that it claims no more
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
            var attempt = attempts.get(source.size);
            if (attempt == null || !takes(attempt, source) || attempt.pieces[data.piece()] != null) {
                return Outcome.GOES_ON; // too late
            }
            source.usefulNanos = source.lastNanos;
            source.disappointed = false;
            attempt.pieces[data.piece()] = new byte[length];
            data.bytes().get(attempt.pieces[data.piece()]);
            attempt.senders[data.piece()] = source;
            if (--attempt.missing > 0) {
                return Outcome.GOES_ON;
            }
            attempt.hashing = true;
            complete = attempt;
            pieces = attempt.pieces.clone();
        } finally {
            lock.unlock();
        }
        return judge(complete, joined(pieces));
    }

    private static boolean takes(Attempt attempt, Source source) {
        return attempt.active && !attempt.hashing && (!attempt.oneByOne || source.equals(attempt.only));
    }

    private static byte[] joined(byte[][] pieces) {
        var whole = ByteBuffer.allocate(
                Arrays.stream(pieces).mapToInt(piece -> piece.length).sum());
        for (byte[] piece : pieces) {
            whole.put(piece);
        }
        return whole.array();
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
            claiming(attempt.size).forEach(MetadataDownload::giveUp);
            if (senders.size() > 1) {
                attempt.oneByOne = true;
                return Outcome.GOES_ON;
            }
            senders.getFirst().size = 0;
            forgetUnclaimed();
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
            source.owed = Math.max(0, source.owed - 1);
            leaveAlone(source, nanoTime.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    /**
     * How long the peer has been of no use. One that claims to have the metadata, and has not disappointed, may be waiting
     * for its turn: it is given {@link #LONGEST_WAIT} before that counts.
     */
    long idleNanos(Source source, long now) {
        lock.lock();
        try {
            boolean mayHaveIt = source.size > 0 && !source.disappointed;
            return Math.max(0, now - source.usefulNanos - (mayHaveIt ? LONGEST_WAIT.toNanos() : 0));
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
