package weft.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import weft.Torrent;
import weft.TorrentListener;
import weft.TorrentState;

/**
 * Follows one torrent for the display: who gave us blocks, since when nothing has moved, how long it took. Looked at by
 * the command's thread; as a listener it looks in between, so that not even a short download goes unseen.
 */
final class TorrentWatch implements TorrentListener {
    private static final long GLANCE_NANOS = Duration.ofMillis(50).toNanos();

    private final Torrent torrent;
    private final LongSupplier nanoClock;
    private final Runnable wake;

    private final Set<InetSocketAddress> givers = ConcurrentHashMap.newKeySet();
    private volatile long lastGlanceNanos;

    // Of the command's thread.
    private final long downloadedBefore;
    private final long uploadedBefore;
    private boolean isMoving; // has left the hash check
    private long beganNanos;
    private long bytesMoved;
    private long movedNanos;

    /** {@code wake} is called when there is something new to look at. */
    TorrentWatch(Torrent torrent, LongSupplier nanoClock, Runnable wake) {
        this.torrent = torrent;
        this.nanoClock = nanoClock;
        this.wake = wake;
        this.downloadedBefore = torrent.downloaded();
        this.uploadedBefore = torrent.uploaded();
        this.lastGlanceNanos = nanoClock.getAsLong() - GLANCE_NANOS;
        this.beganNanos = nanoClock.getAsLong();
        this.movedNanos = beganNanos;
    }

    Torrent torrent() {
        return torrent;
    }

    /** What is to be shown now. */
    TorrentView look() {
        long now = nanoClock.getAsLong();
        var state = torrent.state();
        if (!isMoving && state != TorrentState.CHECKING) {
            isMoving = true;
            beganNanos = now;
            movedNanos = now;
        }
        glance(now);
        long moved = torrent.downloaded() + torrent.uploaded();
        if (moved != bytesMoved) {
            bytesMoved = moved;
            movedNanos = now;
        }
        return TorrentView.of(torrent, complaint(state, now));
    }

    private Optional<String> complaint(TorrentState state, long now) {
        boolean shouldMove = state == TorrentState.DOWNLOADING || state == TorrentState.SEEDING;
        return shouldMove && now - movedNanos >= Stall.PATIENCE.toNanos()
                ? Optional.of(Text.printable(Stall.explain(torrent.snapshot(), torrent.peers(), torrent.trackers())))
                : Optional.empty();
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
            return torrent.awaitComplete(Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Bytes that came in since this command began. */
    long downloaded() {
        return torrent.downloaded() - downloadedBefore;
    }

    /** Bytes that went out since this command began. */
    long uploaded() {
        return torrent.uploaded() - uploadedBefore;
    }

    /** How many peers sent us anything. */
    int givers() {
        return givers.size();
    }

    /** The time since the hash check ended. */
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
