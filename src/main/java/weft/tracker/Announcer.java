package weft.tracker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import weft.concurrent.TaskScope;

/**
 * Tells a torrent's trackers what it does, and brings it the peers that they know (BEP 3, BEP 12).
 *
 * <p>One per torrent and info-hash; the torrent starts, stops and closes it. Every tier has a virtual thread, so all
 * tiers announce at the same time. That is our choice, and µTorrent's: by the letter of BEP 12 a tier is asked only when
 * all before it have failed, but most torrents today put every tracker into a tier of its own. Within a tier the order is
 * BEP 12's: shuffled once, asked until one answers, which moves to the front. A tracker that is there under HTTP and UDP
 * addresses is asked over UDP first, which costs it least.
 *
 * <p>What trackers hear, each over IPv4 and IPv6 apart (BEP 7): {@code started} once, and again until one gets through;
 * {@code completed} once, if the download became complete since; {@code stopped} once, if {@code started} got through;
 * between them regular announces. The peer id and the key never change, and what was moved counts from the start.
 *
 * <p>All methods may be called from any thread. Only {@link #stop} and {@link #close} wait, for as long as they say.
 */
@SuppressWarnings("exports")
public final class Announcer implements AutoCloseable {
    /** How long {@link #close} waits for trackers to take their {@code stopped}: libtorrent's 5 s, less our own time. */
    public static final Duration STOP_PATIENCE = Duration.ofSeconds(4);

    private final TaskScope parent;
    private final AnnouncingTorrent torrent;
    private final AnnouncerOptions options;
    private final int key;

    private final ReentrantLock lock = new ReentrantLock(); // taken before a tier's lock, never after
    private AnnounceSession session; // guarded by lock; the last one, while stopped
    private boolean running; // guarded by lock

    /**
     * Makes an announcer, which does nothing yet. Blank and repeated addresses are dropped.
     *
     * @param parent the torrent's scope, in which the threads will run
     * @param tiers the tiers as the torrent's metainfo gives them
     */
    public Announcer(TaskScope parent, AnnouncingTorrent torrent, List<List<String>> tiers, AnnouncerOptions options) {
        this.parent = Objects.requireNonNull(parent, "parent");
        this.torrent = Objects.requireNonNull(torrent, "torrent");
        this.options = Objects.requireNonNull(options, "options");
        this.key = options.random().nextInt();
        this.session = session(shuffled(tiers, options.random()), AnnounceTotals.of(0, 0, 0));
    }

    /** Starts announcing, {@code started} first. Does nothing if it is running. */
    public void start() {
        var totals = torrent.totals(); // not under the lock: it is the torrent's code
        lock.lock();
        try {
            if (!running) {
                var ended = session;
                session = session(urls(), totals);
                session.takeOverCompleted(ended);
                session.start();
                running = true;
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Stops announcing and tells the trackers so. Waits at most {@code patience} for them and then leaves them, and half a
     * second more at the very most. Does nothing if it is not running.
     */
    public void stop(Duration patience) {
        AnnounceSession ending;
        lock.lock();
        try {
            if (!running) {
                return;
            }
            running = false;
            ending = session;
        } finally {
            lock.unlock();
        }
        ending.stop(patience);
    }

    /**
     * The torrent that runs already, by a magnet link, is known at last: it is as if it had begun with these figures, from
     * which on is counted what is moved. Does nothing if it is not running.
     */
    public void beginWith(AnnounceTotals totals) {
        lock.lock();
        try {
            if (running) {
                session.beginWith(totals);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * The download has become complete. Ignored if it was so at the start. Trackers that have not heard of it when the
     * torrent is stopped hear of it after the next start.
     */
    public void completed() {
        lock.lock();
        try {
            if (!session.wasCompleteAtStart()) {
                session.tiers().forEach(Tier::becameComplete);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Peers have run out, or a person asks: announces to all tiers as soon as their trackers allow. */
    public void reannounce() {
        lock.lock();
        try {
            if (running) {
                session.tiers().forEach(Tier::announceSooner);
            }
        } finally {
            lock.unlock();
        }
    }

    /** How it stands with each tier; read from memory, at any time. */
    public List<TrackerSnapshot> snapshot() {
        lock.lock();
        try {
            return session.tiers().stream().map(Tier::snapshot).toList();
        } finally {
            lock.unlock();
        }
    }

    /** Stops, with the patience of {@link #STOP_PATIENCE}. */
    @Override
    public void close() {
        stop(STOP_PATIENCE);
    }

    private AnnounceSession session(List<List<String>> urls, AnnounceTotals atStart) {
        return new AnnounceSession(parent, torrent, urls, options, key, atStart);
    }

    private List<List<String>> urls() {
        return session.tiers().stream().map(Tier::urls).toList();
    }

    private static List<List<String>> shuffled(List<List<String>> tiers, RandomGenerator random) {
        var seen = new LinkedHashSet<String>();
        var result = new ArrayList<List<String>>();
        for (var tier : tiers) {
            var urls = new ArrayList<String>();
            for (var url : tier) {
                var trimmed = url.strip();
                if (!trimmed.isEmpty() && seen.add(trimmed)) {
                    urls.add(trimmed);
                }
            }
            if (!urls.isEmpty()) {
                Collections.shuffle(urls, random);
                preferUdp(urls);
                result.add(urls);
            }
        }
        return result;
    }

    /** Has the UDP address of each tracker change places with an HTTP one of the same host and port before it. */
    private static void preferUdp(List<String> urls) {
        for (int i = 0; i < urls.size(); i++) {
            for (int before = 0; before < i; before++) {
                if (isUdpOf(urls.get(i), urls.get(before))) {
                    Collections.swap(urls, i, before);
                    break;
                }
            }
        }
    }

    private static boolean isUdpOf(String url, String other) {
        try {
            var udp = TrackerUrl.parse(url);
            var http = TrackerUrl.parse(other);
            return udp.scheme().equals("udp")
                    && !http.scheme().equals("udp")
                    && udp.host().equals(http.host())
                    && udp.port() == http.port();
        } catch (TrackerException e) {
            return false; // whoever asks it is told
        }
    }
}
