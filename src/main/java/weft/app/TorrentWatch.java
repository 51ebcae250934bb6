package weft.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.BitSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import weft.Diagnosis;
import weft.Torrent;
import weft.TorrentListener;
import weft.TorrentState;

/**
 * Follows one torrent for the display: who gave us blocks, since when nothing has moved, how long it took. Looked at by
 * the command's thread; as a listener it looks in between, so that not even a short download goes unseen.
 */
final class TorrentWatch implements TorrentListener {
    /** How long nothing has to move before that is complained of. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    /** A diagnosis does not say sooner that the disk does not get on. */
    static final Duration DISK_PATIENCE = Duration.ofSeconds(2);

    private static final long GLANCE_NANOS = Duration.ofMillis(50).toNanos();

    private final Torrent torrent;
    private final LongSupplier nanoClock;
    private final Runnable wake;

    private final Set<InetSocketAddress> givers = ConcurrentHashMap.newKeySet();
    private volatile long lastGlanceNanos;

    private volatile boolean loaded;
    private volatile long downloadedBefore; // these three are set before loaded is
    private volatile long uploadedBefore;
    private volatile long beganNanos;

    // Of the command's thread.
    private long wellNanos; // when it last moved, or had no need to
    private boolean wasWell = true; // at the last look

    /** {@code wake} is called when there is something new to look at. */
    TorrentWatch(Torrent torrent, LongSupplier nanoClock, Runnable wake) {
        this.torrent = torrent;
        this.nanoClock = nanoClock;
        this.wake = wake;
        this.beganNanos = nanoClock.getAsLong();
        this.wellNanos = beganNanos;
        this.lastGlanceNanos = beganNanos - GLANCE_NANOS;
    }

    /**
     * Waits until the metadata is known, and what lies on disk: at once if resume data vouches for it, else when it is hashed. From here
     * on bytes and time are counted. The torrent is not started yet, so nothing moves before. Where the disk is too full even
     * for that it may be put off: what lies there is hashed when there is room, before anything is fetched.
     */
    void load(boolean waitsForRoom) throws IOException, InterruptedException {
        torrent.awaitMetadata();
        try {
            torrent.hashCheck(new BitSet()); // what has to be hashed to begin with goes before
        } catch (IOException e) {
            if (!waitsForRoom || !Faults.isDiskFull(e)) {
                throw e;
            }
        }
        downloadedBefore = torrent.downloaded();
        uploadedBefore = torrent.uploaded();
        beganNanos = nanoClock.getAsLong();
        loaded = true;
        wake.run();
    }

    /** Whether {@link #load} is done. */
    boolean isLoaded() {
        return loaded;
    }

    Torrent torrent() {
        return torrent;
    }

    /** What is to be shown now. */
    TorrentView look() {
        long now = nanoClock.getAsLong();
        glance(now);
        var diagnosis = torrent.diagnosis();
        boolean isWell = !diagnosis.cause().isStall();
        if (isWell) {
            wellNanos = now;
        } else if (wasWell && diagnosis.cause() == Diagnosis.Cause.DISK_BUSY) {
            wellNanos = now - DISK_PATIENCE.toNanos();
        }
        wasWell = isWell;
        return TorrentView.of(torrent, diagnosis, complaint(diagnosis, now));
    }

    private Optional<String> complaint(Diagnosis diagnosis, long now) {
        boolean isFull = diagnosis.cause() == Diagnosis.Cause.DISK_FULL;
        if (now - wellNanos < PATIENCE.toNanos() || (torrent.state() == TorrentState.ERROR && !isFull)) {
            return Optional.empty(); // who waits for the torrent tells of its error
        }
        var hint = switch (diagnosis.cause()) {
            case NO_SOURCES -> ": --peer HOST:PORT names a peer";
            case DISK_FULL -> "; it goes on when there is room";
            default -> "";
        };
        return Optional.of(Text.printable(diagnosis.sentence() + hint));
    }

    private void glance(long now) {
        lastGlanceNanos = now;
        for (var peer : torrent.peers()) {
            if (peer.downloaded() > 0) {
                givers.add(peer.address());
            }
        }
    }

    /**
     * Whether everything that is wanted is there, and what lies on disk has been looked at.
     *
     * @throws IOException the fault that stopped the torrent
     */
    boolean isComplete() throws IOException {
        try {
            return torrent.awaitComplete(Duration.ZERO) && loaded;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Whether it fetches or serves. */
    boolean isRunning() {
        return switch (torrent.state()) {
            case DOWNLOADING, SEEDING -> true;
            case STOPPED, CHECKING, FETCHING_METADATA, PAUSED, ERROR, CLOSED -> false;
        };
    }

    /** Bytes that came in since this command began. */
    long downloaded() {
        return torrent.downloaded() - downloadedBefore;
    }

    /** Bytes that went out since this command began. */
    long uploaded() {
        return torrent.uploaded() - uploadedBefore;
    }

    /** How many peers sent us anything; at least one if anything came, though it may have gone before we looked. */
    int givers() {
        return Math.max(givers.size(), downloaded() > 0 ? 1 : 0);
    }

    /** The time since {@link #load}. */
    Duration elapsed() {
        return Duration.ofNanos(nanoClock.getAsLong() - beganNanos);
    }

    @Override
    public void onPieceVerified(int piece) {
        long now = nanoClock.getAsLong();
        if (now - lastGlanceNanos >= GLANCE_NANOS) {
            glance(now);
        }
    }

    @Override
    public void onStateChanged(TorrentState state) {
        wake.run();
    }

    @Override
    public void onError(IOException cause) {
        wake.run();
    }

    @Override
    public void onComplete() {
        glance(nanoClock.getAsLong());
        wake.run();
    }
}
