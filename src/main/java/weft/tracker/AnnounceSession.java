package weft.tracker;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import weft.bencode.BString;
import weft.concurrent.FlightRecording;
import weft.concurrent.TaskScope;

/**
 * What an {@link Announcer} does between one start and the next stop: the tiers with their threads, and the figures that
 * count from this start on. Made anew for every start, since to a tracker that is a new session too.
 */
final class AnnounceSession {
    private static final System.Logger LOG = System.getLogger("weft.tracker");

    /** Of the time there is for stopping, at most this goes into waiting for threads to end. */
    private static final Duration UNWINDING = Duration.ofMillis(500);

    private final TaskScope parent;
    private final AnnouncingTorrent torrent;
    private final AnnouncerOptions options;
    private final int key;
    private volatile AnnounceTotals atStart;
    private final List<Tier> tiers = new ArrayList<>();
    private TaskScope scope; // or null: not started; written before any thread of the session runs

    /** {@code atStart} is what was moved before, and does not count. */
    AnnounceSession(
            TaskScope parent,
            AnnouncingTorrent torrent,
            List<List<String>> urls,
            AnnouncerOptions options,
            int key,
            AnnounceTotals atStart) {
        this.parent = parent;
        this.torrent = torrent;
        this.options = options;
        this.key = key;
        this.atStart = atStart;
        for (int i = 0; i < urls.size(); i++) {
            tiers.add(new Tier(i, urls.get(i), this, options.time()));
        }
    }

    /** If what was completed in a session that has ended was not said to a tier, and still holds, it is said in this one. */
    void takeOverCompleted(AnnounceSession ended) {
        for (int i = 0; i < tiers.size(); i++) {
            if (wasCompleteAtStart() && ended.tiers.get(i).owesCompleted()) {
                tiers.get(i).becameComplete();
            }
        }
    }

    /** Starts a thread for each tier. */
    void start() {
        scope = parent.childSupervised("announcer", AnnounceSession::logFailure);
        tiers.forEach(tier -> scope.fork("tier " + tier.snapshot().tier(), () -> tier.run(scope)));
    }

    /**
     * Breaks off what is under way, then tells all trackers that know of us that we go, at the same time; after
     * {@code patience} whoever has not answered is left.
     */
    void stop(Duration patience) {
        long deadlineNanos = System.nanoTime() + patience.toNanos();
        scope.close(UNWINDING);
        var farewells =
                tiers.stream().flatMap(tier -> tier.farewells().stream()).toList();
        if (farewells.isEmpty()) {
            return;
        }
        try (var last = new Closing(parent.childSupervised("announcer stopping", AnnounceSession::logFailure))) {
            var left = Duration.ofNanos(deadlineNanos - System.nanoTime()).minus(UNWINDING);
            var wait = left.isPositive() ? left : Duration.ofMillis(1);
            farewells.forEach(farewell -> last.scope().fork("stopped", () -> sayStopped(farewell, wait)));
            last.scope().join(wait);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IllegalStateException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> this + ": closed before trackers could be told", e);
        }
    }

    List<Tier> tiers() {
        return List.copyOf(tiers);
    }

    /** What was moved before is this much, as turns out now. */
    void beginWith(AnnounceTotals totals) {
        atStart = totals;
    }

    boolean wasCompleteAtStart() {
        return atStart.left() == 0;
    }

    /** What was moved since the start, which is what trackers count. */
    AnnounceTotals totals() {
        return torrent.totals().since(atStart);
    }

    Duration patience() {
        return options.patience();
    }

    int port() {
        return torrent.port();
    }

    AnnounceRequest request(AnnounceEvent event, AnnounceTotals totals, Optional<BString> trackerId) {
        return new AnnounceRequest(
                torrent.infoHash(),
                torrent.peerId(),
                torrent.port(),
                totals,
                event,
                event == AnnounceEvent.STOPPED ? 0 : options.numWant(),
                key,
                options.supportsCrypto(),
                trackerId);
    }

    /** Announces, and tells the flight recorder how that went. */
    AnnounceResponse announce(
            TrackerClient client, String url, IpFamily family, AnnounceRequest request, Duration patience)
            throws TrackerException, InterruptedException {
        var event = FlightRecording.begin(TrackerAnnounceEvent::new);
        try {
            var response = client.announce(url, family, request, patience);
            if (event != null) {
                event.commit(torrentName(), withoutKeys(url), family, request.event(), response);
            }
            return response;
        } catch (TrackerException e) {
            if (event != null) {
                event.commit(torrentName(), withoutKeys(url), family, request.event(), e);
            }
            throw e;
        }
    }

    /** A tracker's scheme, host and port: the rest of its address may hold a key. */
    static String withoutKeys(String url) {
        try {
            return TrackerUrl.parse(url).toString();
        } catch (TrackerException e) {
            return "a tracker"; // the reason is in the message that follows
        }
    }

    private String torrentName() {
        return torrent.infoHash().toHex().substring(0, 8);
    }

    TrackerClient clientFor(String url) throws TrackerException {
        int colon = url.indexOf("://");
        var scheme = url.substring(0, Math.max(0, colon)).toLowerCase(Locale.ROOT);
        return options.clients().stream()
                .filter(client -> client.speaks(scheme))
                .findFirst()
                .orElseThrow(() -> new TrackerException(
                        TrackerException.Kind.BAD_URL,
                        scheme.matches("[a-z0-9+.-]{1,10}")
                                ? scheme + " trackers are not supported"
                                : "the tracker's address is not of the form scheme://host/path"));
    }

    /** Gives the torrent what a tracker said; called by the tiers' threads, without a lock. */
    void handOver(List<InetSocketAddress> peers, AnnounceResponse response) {
        if (!peers.isEmpty()) {
            torrent.onPeers(peers);
        }
        response.externalIp()
                .ifPresent(seen -> response.answeredBy().ifPresent(by -> torrent.onExternalAddress(by, seen)));
    }

    @Override
    public String toString() {
        return "announcer " + torrentName();
    }

    private void sayStopped(Tier.Farewell farewell, Duration patience) throws InterruptedException {
        try {
            announce(
                    clientFor(farewell.url()),
                    farewell.url(),
                    farewell.family(),
                    request(AnnounceEvent.STOPPED, totals(), farewell.trackerId()),
                    patience);
        } catch (TrackerException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> this + ": stopped: " + e.getMessage());
        }
    }

    private static void logFailure(String task, Throwable e) {
        LOG.log(System.Logger.Level.ERROR, () -> "announcer " + task + " failed", e);
    }

    /** A scope whose end is not waited for longer than {@link #UNWINDING}. */
    private record Closing(TaskScope scope) implements AutoCloseable {
        @Override
        public void close() {
            scope.close(UNWINDING);
        }
    }
}
