package weft.swarm;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import weft.concurrent.FlightRecording;
import weft.storage.Lease;
import weft.storage.Storage;

/**
 * A torrent's storage as the threads of one peer use it: the reader writes blocks, the writer borrows them. Keeps in mind
 * since when each has been waiting, and tells the flight recorder of long waits, so that somebody who looks can tell a slow
 * disk from a slow peer.
 */
final class PeerDisk {
    private static final long NOBODY_WAITS = 0;

    private final String torrent;
    private final String address;
    private final LongSupplier nanoTime;
    // Set lazily, twice for every block: who looks at them looks for seconds, and need not see them at once.
    private final AtomicLong writingSinceNanos = new AtomicLong(NOBODY_WAITS); // of the reader
    private final AtomicLong lendingSinceNanos = new AtomicLong(NOBODY_WAITS); // of the writer

    PeerDisk(String torrent, String address, LongSupplier nanoTime) {
        this.torrent = torrent;
        this.address = address;
        this.nanoTime = nanoTime;
    }

    void write(Storage storage, int piece, int begin, ByteBuffer block) throws IOException {
        int length = block.remaining();
        var event = FlightRecording.begin(DiskWriteEvent::new);
        writingSinceNanos.lazySet(now());
        try {
            storage.write(piece, begin, block);
        } finally {
            writingSinceNanos.lazySet(NOBODY_WAITS);
            commit(event, piece, begin, length);
        }
    }

    Lease lend(Storage storage, int piece, int begin, int length) throws IOException {
        var event = FlightRecording.begin(DiskReadEvent::new);
        lendingSinceNanos.lazySet(now());
        try {
            return storage.lend(piece, begin, length);
        } finally {
            lendingSinceNanos.lazySet(NOBODY_WAITS);
            commit(event, piece, begin, length);
        }
    }

    private void commit(DiskEvent event, int piece, int begin, int length) {
        if (event == null) {
            return;
        }
        event.end();
        if (!event.shouldCommit()) {
            return;
        }
        event.torrent = torrent;
        event.address = address;
        event.piece = piece;
        event.begin = begin;
        event.length = length;
        event.commit();
    }

    /** Whether a block of the peer's is being written. */
    boolean isWriting() {
        return writingSinceNanos.get() != NOBODY_WAITS;
    }

    /** How many of the two threads have been waiting since before this time. */
    int waiting(long beforeNanos) {
        return isBefore(writingSinceNanos.get(), beforeNanos) + isBefore(lendingSinceNanos.get(), beforeNanos);
    }

    private static int isBefore(long sinceNanos, long beforeNanos) {
        return sinceNanos != NOBODY_WAITS && sinceNanos - beforeNanos < 0 ? 1 : 0;
    }

    private long now() {
        return nanoTime.getAsLong() | 1; // never 0, and off by a nanosecond at most
    }
}
