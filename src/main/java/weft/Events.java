package weft;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/**
 * Tells a torrent's listeners what happens: one event at a time, in order, on the torrent's event thread, which runs
 * {@link #run}. Whoever has an event only puts it into a queue.
 */
final class Events {
    private static final System.Logger LOG = System.getLogger("weft");

    private final List<TorrentListener> listeners = new CopyOnWriteArrayList<>();
    private final LinkedBlockingQueue<Consumer<TorrentListener>> queue = new LinkedBlockingQueue<>();
    private volatile boolean closed;

    void add(TorrentListener listener) {
        listeners.add(listener);
    }

    void remove(TorrentListener listener) {
        listeners.remove(listener);
    }

    void fire(Consumer<TorrentListener> event) {
        if (!listeners.isEmpty()) {
            queue.add(event);
        }
    }

    /** Tells events until {@link #close}, and then those that are left. */
    void run() {
        try {
            while (!closed) {
                tell(queue.take());
            }
        } catch (InterruptedException e) {
            LOG.log(System.Logger.Level.TRACE, "no more events");
        }
        for (var event = queue.poll(); event != null; event = queue.poll()) {
            tell(event);
        }
    }

    /** Ends {@link #run}, also where a listener closes its own torrent. */
    void close() {
        closed = true;
    }

    private void tell(Consumer<TorrentListener> event) {
        for (TorrentListener listener : listeners) {
            try {
                event.accept(listener);
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, () -> "a listener failed: " + listener, e);
            }
        }
    }
}
