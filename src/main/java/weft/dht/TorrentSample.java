package weft.dht;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Which torrents a node tells indexers of (BEP 51): the same {@value #COUNT} for an hour, however often it is asked, so
 * that asking often is of no use. As long as there are no more than that it tells of all.
 *
 * <p>One per store, used by any thread.
 */
final class TorrentSample {
    /** As many as libtorrent gives: 400 bytes, which leave room for 16 nodes in a packet. */
    private static final int COUNT = 20;

    /** BEP 51 allows up to six hours. Announcements live half an hour, so that ours are mostly others by then. */
    private static final Duration INTERVAL = Duration.ofHours(1);

    private final PeerStore store;
    private final LongSupplier nanoTime;

    private final ReentrantLock lock = new ReentrantLock();
    private List<NodeId> sample = List.of(); // guarded by lock
    private long chosenNanos; // guarded by lock

    TorrentSample(PeerStore store, LongSupplier nanoTime) {
        this.store = store;
        this.nanoTime = nanoTime;
    }

    Answer.Samples current() {
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            // A sample that is not full was all there was: it may grow, without telling more for that.
            if (sample.size() < COUNT || now - chosenNanos >= INTERVAL.toNanos()) {
                sample = store.sampleTorrents(COUNT);
                chosenNanos = now;
            }
            return new Answer.Samples((int) INTERVAL.toSeconds(), store.torrents(), sample);
        } finally {
            lock.unlock();
        }
    }
}
