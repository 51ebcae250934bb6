package weft;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import weft.concurrent.TaskScope;
import weft.metainfo.Metainfo;
import weft.swarm.Swarm;
import weft.tracker.AnnounceTotals;
import weft.tracker.Announcer;
import weft.tracker.TrackerSnapshot;

/**
 * A torrent's connections to others: its swarm, its trackers and its part in the DHT, which begin and end together. Begun
 * and ended by the torrent's thread, which waits for them; the rest may be called from any thread.
 */
final class TorrentConnections {
    private static final System.Logger LOG = System.getLogger("weft");

    /** How long connections may take to end. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(2);

    /** How long the trackers may take to be told that we stop; libtorrent waits 5 s, we must have closed by then. */
    private static final Duration TRACKER_PATIENCE = Duration.ofSeconds(3);

    private final Metainfo metainfo;
    private final TaskScope scope;
    private final TorrentData data;
    private final Swarm swarm;
    private final Announced announced;
    private final Announcer announcer;
    private final DhtDiscovery dht;
    private boolean connected; // of the torrent's thread only; be it since the metadata was fetched

    /** Those of a torrent whose metainfo is at hand. */
    TorrentConnections(
            Client client,
            Metainfo metainfo,
            AddOptions options,
            TaskScope scope,
            TorrentData data,
            Swarm.Listener listener) {
        this.metainfo = metainfo;
        this.scope = scope;
        this.data = data;
        this.swarm = new Swarm(
                Swarm.Subject.of(metainfo, options.extensions()), client.shared(), client.swarmLimits(), listener);
        this.announced = new Announced(client, metainfo.infoHash(), this::totals, swarm::addCandidates);
        this.announcer = new Announcer(scope, announced, tiers(metainfo, options), client.announcerOptions());
        this.dht = new DhtDiscovery(
                metainfo.isPrivate() ? Optional.empty() : client.dht(), // BEP 27
                metainfo.infoHash(),
                client.port(),
                () -> 0,
                swarm::addFound);
        dht.become(swarm::isSeed, swarm::peerCount);
        swarm.setSequential(options.sequential());
        swarm.addCandidates(options.peers());
    }

    /** Those of a torrent whose metadata has been fetched: what was begun for that goes on. */
    TorrentConnections(
            Client client,
            Metainfo metainfo,
            AddOptions options,
            MetadataLife before,
            TorrentData data,
            Swarm.Listener listener) {
        this.metainfo = metainfo;
        this.scope = before.scope();
        this.data = data;
        this.swarm = before.swarm()
                .succeededBy(Swarm.Subject.of(metainfo, options.extensions()), client.swarmLimits(), listener);
        this.announced = before.announced(); // until it is known what lies on disk, as it was
        this.announcer = before.announcer();
        this.dht = before.dht();
        this.connected = true;
        dht.become(swarm::isSeed, swarm::peerCount);
        if (metainfo.isPrivate()) {
            dht.endForGood(); // what a link does not say: its peers come from its trackers only (BEP 27)
        }
        swarm.setSequential(options.sequential());
    }

    private static List<List<String>> tiers(Metainfo metainfo, AddOptions options) {
        var tiers = new ArrayList<List<String>>();
        if (options.trackers()) {
            tiers.addAll(metainfo.trackers());
        }
        tiers.addAll(options.extraTrackers());
        return tiers;
    }

    Swarm swarm() {
        return swarm;
    }

    // --- the order of life

    /** Connects, now that it is known what lies on disk and the files are open. */
    void begin(boolean paused) {
        announcer.beginWith(totals()); // before it is told them, or what earlier runs have moved would count
        announced.become(this::totals, swarm::addCandidates);
        swarm.start(scope, data.storage(), data.verifier(), paused);
        announcer.start();
        dht.start(scope);
        connected = true;
    }

    /** Whether there is anything to be ended. */
    boolean isConnected() {
        return connected;
    }

    /** The download has become complete. */
    void completed() {
        announcer.completed();
    }

    /**
     * Ends the connections, tells the trackers, and does what is to be done {@code meanwhile}: neither waits for the other,
     * and a tracker that does not answer is not waited for long.
     */
    void end(Runnable meanwhile) throws InterruptedException {
        if (!connected) {
            meanwhile.run();
            return;
        }
        connected = false;
        dht.stop();
        try (var goodbye = scope.childSupervised("goodbye", this::taskFailed)) {
            end(goodbye, announcer, swarm::stop, meanwhile);
        }
    }

    /** Ends those of any torrent, in a scope for the purpose. */
    static void end(TaskScope goodbye, Announcer announcer, Consumer<Duration> swarmStop, Runnable meanwhile)
            throws InterruptedException {
        goodbye.fork("trackers", () -> announcer.stop(TRACKER_PATIENCE));
        swarmStop.accept(STOP_PATIENCE);
        meanwhile.run();
        goodbye.join(TRACKER_PATIENCE);
    }

    private void taskFailed(String task, Throwable failure) {
        LOG.log(System.Logger.Level.ERROR, () -> metainfo.name() + ": " + task + " failed", failure);
    }

    // --- for any thread

    /** Asks the trackers for more peers, as soon as they allow. */
    void announce() {
        announcer.reannounce();
    }

    List<TrackerSnapshot> trackers() {
        return announcer.snapshot();
    }

    Optional<DhtDiscovery.Standing> dhtStanding() {
        return dht.standing();
    }

    /** Bytes served, in this run and all before. */
    long uploaded() {
        return data.uploadedBefore() + swarm.uploaded().total();
    }

    /** Bytes received, in this run and all before. */
    long downloaded() {
        return data.downloadedBefore() + swarm.downloaded().total();
    }

    private AnnounceTotals totals() {
        long missing = metainfo.layout().totalLength() - swarm.haveBytes();
        long corrupt = swarm.corruptBytes();
        return new AnnounceTotals(
                uploaded(),
                Math.max(0, downloaded() - corrupt),
                missing,
                corrupt,
                swarm.wasted().total(),
                missing > 0 && swarm.isComplete());
    }
}
