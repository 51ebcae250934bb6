package weft;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Tells a torrent's listeners what happens: one event at a time, in order, on the torrent's event thread, which runs
 * {@link #run}. Whoever has an event only leaves it here.
 *
 * <p>What waits is bounded, whatever a listener does: once very many events wait, a new one takes the place of an earlier
 * one about the same thing. So there are never more of them than that many and the things there are: pieces, mostly.
 */
final class Events {
    private static final System.Logger LOG = System.getLogger("weft");

    /** So many wait as they came: more than any burst brings that a listener which is merely slow falls behind by. */
    static final int PATIENCE = 10_000;

    /** What an event is about. */
    record Subject(String kind, int piece) {
        Subject(String kind) {
            this(kind, -1);
        }
    }

    private final List<TorrentListener> listeners = new CopyOnWriteArrayList<>();

    private final ReentrantLock lock = new ReentrantLock(); // held for memory work only
    private final Condition changed = lock.newCondition();
    private final LinkedHashMap<Object, Consumer<TorrentListener>> waiting = new LinkedHashMap<>(); // guarded by lock
    private long fired; // guarded by lock
    private boolean closed; // guarded by lock

    void add(TorrentListener listener) {
        listeners.add(listener);
    }

    void remove(TorrentListener listener) {
        listeners.remove(listener);
    }

    void fire(Subject subject, Consumer<TorrentListener> event) {
        if (listeners.isEmpty()) {
            return;
        }
        lock.lock();
        try {
            Object key = waiting.size() < PATIENCE ? (Object) fired++ : subject;
            waiting.remove(key); // the new one comes behind all others
            waiting.put(key, event);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** How many events wait. */
    int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    /** Tells events until {@link #close}, and then those that are left. */
    void run() {
        for (var event = next(); event != null; event = next()) {
            tell(event);
        }
    }

    /** Waits for the next event; null if there will be none. */
    private Consumer<TorrentListener> next() {
        lock.lock();
        try {
            while (waiting.isEmpty() && !closed) {
                try {
                    changed.await();
                } catch (InterruptedException e) {
                    closed = true; // the scope's end is the torrent's
                }
            }
            var first = waiting.pollFirstEntry();
            return first == null ? null : first.getValue();
        } finally {
            lock.unlock();
        }
    }

    /** Ends {@link #run} when all is told, also where a listener closes its own torrent. */
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Ends {@link #run} with the event that is being told. */
    void abandon() {
        lock.lock();
        try {
            closed = true;
            waiting.clear();
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void tell(Consumer<TorrentListener> event) {
        for (TorrentListener listener : listeners) {
            try {
                event.accept(listener);
            } catch (RuntimeException
                    | Error e) { // an assertion, a missing class: not ours, and the others still listen
                LOG.log(System.Logger.Level.ERROR, () -> "a listener failed: " + listener, e);
            }
        }
    }
}
