package weft;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import weft.concurrent.FlightRecording;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.metainfo.Magnet;
import weft.metainfo.Metainfo;
import weft.metainfo.MetainfoException;
import weft.net.ConnectionLimits;
import weft.net.PeerChannel;
import weft.storage.SavedMetainfo;
import weft.swarm.MetadataSwarm;
import weft.swarm.Swarm;
import weft.tracker.AnnounceTotals;
import weft.tracker.Announcer;
import weft.tracker.TrackerSnapshot;
import weft.wire.Handshake;

/**
 * The thread on which a torrent lives while no more is known of it than a magnet link says: it fetches the metadata from
 * peers (BEP 9), or reads what an earlier run has fetched. When it is there, a {@link TorrentLife} takes over scope, swarm,
 * announcer and events, and whatever is wished from then on is wished of that.
 *
 * <p>{@code lock} guards the wishes and the state, for memory work only.
 */
final class MetadataLife implements Life {
    private static final System.Logger LOG = System.getLogger("weft");

    /** While the size is unknown, what libtorrent says is left: whoever says 0 is taken for a seed. */
    private static final long LEFT_UNKNOWN = 16 * 1024;

    private final Client client;
    private final Magnet magnet;
    private final AddOptions options;
    private final Optional<SavedMetainfo> saved;
    private final TaskScope scope;
    private final Events events = new Events();
    private final MetadataSwarm swarm;
    private final Announced announced;
    private final Announcer announcer;
    private final DhtDiscovery dht;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition wished = lock.newCondition(); // this thread has something to do
    private final Condition changed = lock.newCondition(); // the state has changed
    private Goal goal; // guarded by lock, as are all below
    private TorrentState state = TorrentState.STOPPED;
    private byte[] fetched; // the info dictionary, once it is there
    private IOException error; // that stopped the torrent, or null
    private boolean metadataOnly; // until somebody wishes something
    private boolean sequential;
    private boolean ended;
    private volatile TorrentLife successor; // or null; changed under lock

    // Of this thread only.
    private boolean looked; // for what an earlier run has saved
    private boolean running;

    MetadataLife(Client client, Magnet magnet, AddOptions options) {
        this.client = client;
        this.magnet = magnet;
        this.options = options;
        boolean keeps = options.resume()
                && options.storage().isEmpty()
                && !options.storageOptions().readOnly();
        this.saved = keeps
                ? Optional.of(new SavedMetainfo(client.disk(), options.directory(), magnet.infoHash()))
                : Optional.empty();
        this.scope = client.scope().childSupervised(threadName(), this::taskFailed);
        this.swarm = new MetadataSwarm(
                magnet.infoHash(), client.shared(), client.swarmLimits().maxPeers(), this::metadataFetched);
        this.metadataOnly = options.initialState() == AddOptions.InitialState.METADATA_ONLY;
        this.goal = metadataOnly ? Goal.STARTED : Goal.of(options.initialState());
        this.sequential = options.sequential();
        options.listeners().forEach(events::add);
        swarm.addCandidates(options.peers());
        this.announced = new Announced(
                client, magnet.infoHash(), () -> AnnounceTotals.of(0, 0, LEFT_UNKNOWN), swarm::addCandidates);
        this.announcer = new Announcer(scope, announced, tiers(), client.announcerOptions());
        this.dht = new DhtDiscovery(
                client.dht(),
                magnet.infoHash(),
                client.port(),
                () -> swarm.peers().size(),
                swarm::addFound);
    }

    private String threadName() {
        return magnet.infoHash().toHex().substring(0, 8);
    }

    private void taskFailed(String task, Throwable failure) {
        LOG.log(System.Logger.Level.ERROR, () -> name() + ": " + task + " failed", failure);
    }

    private List<List<String>> tiers() {
        var tiers = new ArrayList<List<String>>();
        if (options.trackers()) {
            magnet.trackers().forEach(url -> tiers.add(List.of(url)));
        }
        tiers.addAll(options.extraTrackers());
        return tiers;
    }

    @Override
    public void begin() {
        scope.fork("events", events::run);
        scope.fork("life", this::run);
        client.dht().ifPresent(node -> scope.fork("nodes of the link", () -> client.tellNodes(node, magnet.nodes())));
        if (!magnet.peers().isEmpty()) {
            scope.fork("peers of the link", this::resolvePeers);
        }
    }

    private void resolvePeers() throws InterruptedException {
        for (InetSocketAddress peer : magnet.peers()) {
            client.resolve(peer).ifPresent(this::addPeer);
        }
    }

    // --- for the successor

    TaskScope scope() {
        return scope;
    }

    MetadataSwarm swarm() {
        return swarm;
    }

    Announced announced() {
        return announced;
    }

    Announcer announcer() {
        return announcer;
    }

    DhtDiscovery dht() {
        return dht;
    }

    @Override
    public Events events() {
        return events;
    }

    // --- wishes

    @Override
    public void start() {
        wish(Goal.STARTED);
    }

    @Override
    public void pause() {
        wish(Goal.PAUSED);
    }

    @Override
    public void stop() {
        wish(Goal.STOPPED);
    }

    private void wish(Goal newGoal) {
        lock.lock();
        try {
            if (goal == Goal.CLOSED) {
                throw new IllegalStateException("the torrent is closed: " + name());
            }
            if (successor == null) {
                goal = newGoal;
                metadataOnly = false;
                error = null;
                wished.signal();
                return;
            }
        } finally {
            lock.unlock();
        }
        switch (newGoal) {
            case STARTED -> successor.start();
            case PAUSED -> successor.pause();
            case STOPPED -> successor.stop();
            case CLOSED -> throw new IllegalArgumentException("closing is not a wish");
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            goal = Goal.CLOSED;
            wished.signal();
        } finally {
            lock.unlock();
        }
        known().ifPresent(TorrentLife::close);
    }

    @Override
    public void awaitEnd(long deadlineNanos) {
        boolean interrupted = false;
        lock.lock();
        try {
            while (!ended && successor == null && System.nanoTime() - deadlineNanos < 0) {
                try {
                    changed.awaitNanos(Math.max(1, deadlineNanos - System.nanoTime()));
                } catch (InterruptedException e) {
                    interrupted = true; // the torrent is closed first
                }
            }
            if (successor == null) {
                state = TorrentState.CLOSED;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
        if (successor != null) {
            successor.awaitEnd(deadlineNanos);
        } else {
            events.close();
            if (!scope.close(Duration.ofNanos(Math.max(1, deadlineNanos - System.nanoTime())))) {
                events.abandon(); // a listener that is too slow hears no more
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void setSequential(boolean yes) {
        lock.lock();
        try {
            if (successor == null) {
                sequential = yes;
                return;
            }
        } finally {
            lock.unlock();
        }
        successor.setSequential(yes);
    }

    @Override
    public void accept(
            PeerChannel channel, Watchdog.Guard deadline, Handshake.Head head, ConnectionLimits.Place place) {
        var next = successor;
        if (next != null) {
            next.accept(channel, deadline, head, place);
        } else {
            swarm.accept(channel, deadline, head, place);
        }
    }

    @Override
    public void addPeer(InetSocketAddress address) {
        swarm.addCandidates(List.of(address)); // the successor knows the same addresses
    }

    @Override
    public void found(InetSocketAddress address) {
        swarm.addFound(List.of(address));
    }

    @Override
    public void announce() {
        announcer.reannounce();
    }

    // --- looking

    /** The life that goes on from here, once the metadata is known. */
    @Override
    public Optional<TorrentLife> known() {
        return Optional.ofNullable(successor);
    }

    @Override
    public String name() {
        return known().map(TorrentLife::name).orElseGet(this::nameByLink);
    }

    private String nameByLink() {
        return magnet.name().orElse(magnet.infoHash().toHex());
    }

    @Override
    public TorrentBoard.Standing standing() {
        return known().map(TorrentLife::standing).orElseGet(this::fetching);
    }

    /** How the fetching of the metadata stands, or stood. */
    TorrentBoard.Standing fetching() {
        lock.lock();
        try {
            return new TorrentBoard.Standing(
                    state, Optional.ofNullable(error), goal == Goal.STARTED || goal == Goal.PAUSED, false);
        } finally {
            lock.unlock();
        }
    }

    boolean isDiskStuck() {
        return saved.isPresent() && saved.get().isDiskStuck();
    }

    Optional<DhtDiscovery.Standing> dhtStanding() {
        return dht.standing();
    }

    @Override
    public List<PeerSnapshot> peers() {
        var peers = new ArrayList<PeerSnapshot>(); // also those that the successor is still to take over
        swarm.peers().stream()
                .map(peer -> PeerSnapshot.withoutMetadata(
                        peer.address(), peer.client(), peer.outgoing(), peer.connectedFor()))
                .forEach(peers::add);
        known().ifPresent(next -> peers.addAll(next.peers()));
        return peers;
    }

    @Override
    public Swarm.Addresses addresses() {
        return swarm.addresses();
    }

    @Override
    public List<Swarm.Disconnect> disconnects() {
        return swarm.disconnects();
    }

    @Override
    public Diagnosis diagnosis() {
        return known().map(TorrentLife::diagnosis)
                .orElseGet(() -> new MetadataExamination(
                                this,
                                client.shared().limits().isFull(),
                                client.options().maxConnections())
                        .diagnosis());
    }

    @Override
    public List<TrackerSnapshot> trackers() {
        return announcer.snapshot();
    }

    @Override
    public boolean awaitMetadata(long deadlineNanos) throws IOException, InterruptedException {
        lock.lock();
        try {
            while (successor == null) {
                if (error != null && state == TorrentState.ERROR) {
                    throw new IOException(error.getMessage(), error);
                }
                if (state == TorrentState.CLOSED) {
                    throw new IllegalStateException("the torrent was closed: " + name());
                }
                long left = deadlineNanos - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    // --- the thread

    private void run() throws InterruptedException {
        try {
            while (!isSucceeded() && awaitWork()) {
                try {
                    settle();
                } catch (RuntimeException e) {
                    LOG.log(System.Logger.Level.ERROR, () -> name() + ": a bug", e);
                    fail(new IOException(e));
                }
            }
        } finally {
            if (!isSucceeded()) {
                disconnect();
                become(TorrentState.CLOSED);
            }
            lock.lock();
            try {
                ended = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private boolean isSucceeded() {
        return successor != null;
    }

    /** Waits until there is something to do; false if that is to end. */
    private boolean awaitWork() throws InterruptedException {
        lock.lock();
        try {
            while (true) {
                if (goal == Goal.CLOSED) {
                    return false;
                }
                boolean isToTake = fetched != null && goal != Goal.STOPPED;
                if (error == null && (isToTake || !looked || !isWhereWished())) {
                    return true;
                }
                wished.await();
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isWhereWished() {
        return switch (goal) {
            case STARTED, PAUSED -> running; // metadata is no content, and tells what there is to choose from
            case STOPPED -> !running;
            case CLOSED -> false;
        };
    }

    private void settle() throws InterruptedException {
        Goal wish;
        byte[] info;
        lock.lock();
        try {
            wish = goal;
            info = fetched;
        } finally {
            lock.unlock();
        }
        if (!looked) {
            looked = true;
            var known = saved.flatMap(SavedMetainfo::load);
            if (known.isPresent()) {
                succeed(known.get());
            }
            return; // something else may be wished by now
        }
        if (info != null && wish != Goal.STOPPED) {
            take(info);
            return;
        }
        switch (wish) {
            case STARTED, PAUSED -> connect();
            case STOPPED -> {
                disconnect();
                become(TorrentState.STOPPED);
            }
            case CLOSED -> {} // awaitWork ends the loop
        }
    }

    private void connect() {
        if (!running) {
            swarm.start(scope);
            announcer.start();
            dht.start(scope);
            running = true;
        }
        become(TorrentState.FETCHING_METADATA);
    }

    private void disconnect() throws InterruptedException {
        if (!running) {
            return;
        }
        running = false;
        dht.stop();
        try (var goodbye = scope.childSupervised("goodbye", this::taskFailed)) {
            TorrentConnections.end(goodbye, announcer, swarm::stop, () -> {});
        } catch (IllegalStateException closing) {
            LOG.log(System.Logger.Level.DEBUG, "{0}: closed without waiting for trackers", name());
        }
    }

    private void metadataFetched(byte[] info) {
        lock.lock();
        try {
            fetched = info;
            wished.signal();
        } finally {
            lock.unlock();
        }
    }

    private void take(byte[] info) throws InterruptedException {
        Metainfo metainfo;
        try {
            metainfo = Metainfo.ofInfo(info, magnet);
        } catch (MetainfoException e) {
            fail(new IOException("the metadata is of no use: " + e.getMessage(), e));
            return;
        }
        saved.ifPresent(place -> place.save(metainfo));
        succeed(metainfo);
    }

    private void succeed(Metainfo metainfo) throws InterruptedException {
        if (!metainfo.isV1() && !isMetadataOnly()) {
            fail(new IOException(
                    "this is a v2-only torrent (BEP 52), which this version can show but not transfer: " + name()));
            return;
        }
        var files = metainfo.files().size();
        var last = options.priorities().keySet().stream().max(Comparator.naturalOrder());
        if (last.isPresent() && last.get() >= files) {
            fail(new IOException("there is no file " + last.get() + " in this torrent, its files have the numbers 0 to "
                    + (files - 1)));
            return;
        }
        if (!magnet.selection().isEmpty() && magnet.selectedFiles(files).isEmpty()) {
            fail(new IOException("none of the files that were selected is in this torrent, which has " + files));
            return;
        }
        lock.lock();
        try {
            if (goal == Goal.CLOSED) {
                return;
            }
            var initial = switch (goal) {
                case STARTED, CLOSED ->
                    metadataOnly ? AddOptions.InitialState.STOPPED : AddOptions.InitialState.STARTED;
                case PAUSED -> AddOptions.InitialState.PAUSED;
                case STOPPED -> AddOptions.InitialState.STOPPED;
            };
            successor = new TorrentLife(
                    client,
                    metainfo,
                    options.withInitialState(initial).withSequential(sequential).withPriorities(selected(metainfo)),
                    this);
            fetched = null;
            successor.begin();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        LOG.log(System.Logger.Level.INFO, "{0}: the metadata is known", metainfo.name());
        events.fire(new Events.Subject("metadata"), listener -> listener.onMetadata(metainfo));
    }

    private boolean isMetadataOnly() {
        lock.lock();
        try {
            return metadataOnly;
        } finally {
            lock.unlock();
        }
    }

    /** What the link selects (BEP 53), where the caller has not said otherwise. */
    private Map<Integer, Integer> selected(Metainfo metainfo) {
        var priorities = new TreeMap<Integer, Integer>();
        if (!magnet.selection().isEmpty()) {
            int files = metainfo.files().size();
            if (magnet.selection().getLast().last() >= files) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "{0}: the link selects files up to {1,number,#}, and there are {2,number,#}: the rest is ignored",
                        metainfo.name(),
                        magnet.selection().getLast().last(),
                        files);
            }
            var wanted = magnet.selectedFiles(files);
            for (int file = wanted.nextClearBit(0); file < files; file = wanted.nextClearBit(file + 1)) {
                priorities.put(file, 0);
            }
        }
        priorities.putAll(options.priorities());
        return priorities;
    }

    private void fail(IOException cause) throws InterruptedException {
        lock.lock();
        try {
            error = cause; // what was fetched stays: it is what the info-hash means, whoever sends it
        } finally {
            lock.unlock();
        }
        disconnect();
        LOG.log(System.Logger.Level.WARNING, "{0} stopped: {1}", name(), cause.getMessage());
        become(TorrentState.ERROR);
        signalChanged(); // it may have been in error before
        events.fire(new Events.Subject("error"), listener -> listener.onError(cause));
    }

    private void signalChanged() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void become(TorrentState newState) {
        TorrentState before;
        lock.lock();
        try {
            if (state == newState) {
                return;
            }
            before = state;
            state = newState;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        client.torrentChanged();
        if (FlightRecording.isOn()) {
            TorrentStateEvent.commit(
                    threadName(), name(), before, newState, fetching().error());
        }
        LOG.log(System.Logger.Level.INFO, "{0}: {1}", name(), newState);
        events.fire(new Events.Subject("state"), listener -> listener.onStateChanged(newState));
    }
}
