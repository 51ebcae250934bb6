package weft.swarm;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.apache.commons.codec.digest.DigestUtils;
import weft.concurrent.FlightRecording;
import weft.metainfo.Layout;
import weft.net.Subscriber;
import weft.picker.PiecePicker;
import weft.picker.Source;
import weft.storage.PieceHash;

/**
 * Finds out whether the pieces that have come are right, and bans who is to blame for those that are not. Keeps count of
 * what was wrong, over all of the torrent's starts.
 *
 * <p>One of each swarm. Peers' readers bring pieces, which hold them up for no longer than a hash that is finished takes;
 * the disk's hashing threads read back what could not be hashed as it came, and every piece that does not match.
 */
final class Verification {
    private static final System.Logger LOG = System.getLogger("weft.swarm");

    private final Swarm swarm;
    private final PiecePicker picker;
    private final Layout layout;
    private final Swarm.Shared shared;
    private final Suspects suspects = new Suspects();
    private final LongAdder corrupt = new LongAdder();
    private final Map<Integer, Long> verifying = new ConcurrentHashMap<>(); // since when, in nanoseconds
    private final AtomicInteger failuresInARow = new AtomicInteger(); // pieces since the last verified one
    private final Set<InetAddress> bannedInARow = ConcurrentHashMap.newKeySet(); // since then

    /** Nothing has come yet. The swarm is told what becomes of each piece. */
    Verification(Swarm swarm, PiecePicker picker, Layout layout, Swarm.Shared shared) {
        this.swarm = swarm;
        this.picker = picker;
        this.layout = layout;
        this.shared = shared;
    }

    /**
     * Verifies a piece of which all blocks are written. One that came in order is hashed already; for all others, and for
     * those that turn out wrong, there is the disk to be read, by a hashing thread.
     */
    void verify(Swarm.Session current, int piece) {
        var hash = picker.hash(piece);
        if (hash.hashed() == layout.pieceLength(piece)) {
            if (verifiedOnArrival(current, piece, hash)) {
                return;
            }
            hash = new PieceHash(); // from the disk then, which has to be read anyhow to find out who is guilty
        }
        verifyFromDisk(current, piece, hash);
    }

    /** Has a piece verified that was written some time ago. */
    void verifyFromDisk(Swarm.Session current, int piece) {
        verifyFromDisk(current, piece, new PieceHash());
    }

    /** A banned peer was not dialled. */
    void refusedBanned(InetAddress address) {
        bannedInARow.add(Subscriber.of(address));
    }

    private boolean verifiedOnArrival(Swarm.Session current, int piece, PieceHash hash) {
        try {
            var event = FlightRecording.begin(PieceVerifiedEvent::new);
            boolean verified = !suspects.isSuspect(piece) && current.verifier().verify(piece, hash);
            end(event);
            if (verified) {
                pieceVerified(current, piece);
                commit(event, piece, 0);
            }
            return verified;
        } catch (IOException e) {
            swarm.storageFailed(current.storage(), e);
            return true;
        }
    }

    private void verifyFromDisk(Swarm.Session current, int piece, PieceHash hash) {
        verifying.put(piece, swarm.now());
        try {
            current.verifier().submit(() -> verifyNow(current, piece, hash));
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RejectedExecutionException | CancellationException closing) {
            LOG.log(System.Logger.Level.DEBUG, "{0}: piece {1} is left unverified", swarm.torrent(), piece);
        }
        verifying.remove(piece);
    }

    private void verifyNow(Swarm.Session current, int piece, PieceHash hash) {
        try {
            long waited = swarm.now() - verifying.getOrDefault(piece, swarm.now());
            var verified = FlightRecording.begin(PieceVerifiedEvent::new);
            var failed = FlightRecording.begin(PieceFailedEvent::new);
            if (current.verifier().verify(piece, hash)) {
                end(verified);
                pieceVerified(current, piece);
                commit(verified, piece, waited);
            } else {
                end(failed);
                if (failed != null) {
                    failed.senders = senders(piece);
                }
                if (pieceFailed(current, piece)) {
                    commit(failed, piece, waited);
                }
            }
        } catch (IOException e) {
            swarm.storageFailed(current.storage(), e);
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, () -> swarm.torrent() + ": verifying piece " + piece, e);
            swarm.storageFailed(current.storage(), new IOException("verifying piece " + piece + ": " + e, e));
        } finally {
            verifying.remove(piece);
        }
    }

    private static void end(PieceEvent event) {
        if (event != null) {
            event.end();
        }
    }

    private void commit(PieceEvent event, int piece, long waitedNanos) {
        if (event == null || !event.shouldCommit()) {
            return;
        }
        event.torrent = swarm.torrent();
        event.piece = piece;
        event.length = layout.pieceLength(piece);
        event.waited = waitedNanos;
        event.commit();
    }

    private String senders(int piece) {
        return Arrays.stream(picker.senders(piece))
                .filter(Objects::nonNull)
                .distinct()
                .map(source -> source.owner().toString())
                .collect(Collectors.joining(" "));
    }

    private void pieceVerified(Swarm.Session current, int piece) throws IOException {
        if (suspects.isSuspect(piece)) {
            suspects.passed(piece, blockDigests(current, piece)).forEach(source -> ban(source, piece));
        }
        if (!picker.verified(piece)) {
            return;
        }
        failuresInARow.set(0);
        bannedInARow.clear();
        swarm.pieceVerified(piece);
    }

    /** False if it has not, after all: a hash check has found it whole meanwhile, and takes the word of nobody. */
    private boolean pieceFailed(Swarm.Session current, int piece) throws IOException {
        var senders = picker.senders(piece);
        if (senders.length == 0) {
            return false;
        }
        var guilty = suspects.failed(piece, senders, blockDigests(current, piece));
        picker.failed(piece);
        corrupt.add(layout.pieceLength(piece));
        failuresInARow.incrementAndGet();
        swarm.pieceFailed(piece);
        guilty.forEach(source -> ban(source, piece));
        swarm.refill();
        return true;
    }

    private ByteBuffer[] blockDigests(Swarm.Session current, int piece) throws IOException {
        var digests = new ByteBuffer[layout.blockCount(piece)];
        for (int block = 0; block < digests.length; block++) {
            var bytes = ByteBuffer.allocate(layout.blockLength(piece, block));
            current.storage().read(piece, layout.blockOffset(block), bytes);
            digests[block] = ByteBuffer.wrap(DigestUtils.sha1(bytes.array()));
        }
        return digests;
    }

    private void ban(Source source, int piece) {
        var guilty = (Peer) source.owner();
        LOG.log(System.Logger.Level.DEBUG, "{0}: banned, sent wrong data of piece {1}", guilty, piece);
        shared.bans().add(guilty.address().getAddress());
        bannedInARow.add(Subscriber.of(guilty.address().getAddress()));
        swarm.closeBanned("banned: sent wrong data of piece " + piece);
    }

    // --- looking

    /** How many pieces wait for the disk since before this moment. */
    int waiting(long latestNanos) {
        return (int) verifying.values().stream()
                .filter(since -> since - latestNanos < 0)
                .count();
    }

    /** How many pieces have failed their hash since the last that did not. */
    int failuresInARow() {
        return failuresInARow.get();
    }

    /** How many addresses have been banned, or not dialled because they were, since the last piece that was right. */
    int bannedInARow() {
        return bannedInARow.size();
    }

    /** Bytes of pieces that came in and failed their hash. */
    long corruptBytes() {
        return corrupt.sum();
    }
}
