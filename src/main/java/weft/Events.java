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

    /** Tells events until interrupted. */
    void run() throws InterruptedException {
        while (true) {
            tell(queue.take());
        }
    }

    /** Tells what is still in the queue, at the end. */
    void drain() {
        for (var event = queue.poll(); event != null; event = queue.poll()) {
            tell(event);
        }
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
