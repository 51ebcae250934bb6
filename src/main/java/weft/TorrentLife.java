package weft;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import weft.concurrent.FlightRecording;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.metainfo.InfoHash;
import weft.metainfo.Metainfo;
import weft.net.ConnectionLimits;
import weft.net.PeerChannel;
import weft.storage.ResumeState;
import weft.storage.StorageException;
import weft.storage.StorageException.Reason;
import weft.swarm.Swarm;
import weft.tracker.TrackerSnapshot;
import weft.wire.Handshake;

/**
 * The thread on which a torrent lives. Whoever wants something of the torrent leaves a wish on the {@link TorrentBoard} and
 * goes on; this thread brings the torrent from where it is to where it is wished to be, one step at a time, and is the only
 * one that waits for the disk and the trackers. That is why {@code start}, {@code pause} and {@code stop} wait for
 * nobody and may come in any order.
 *
 * <p>What others may call comes first; the rest, and all fields that are not final, are of this thread only.
 */
final class TorrentLife implements Life {
    private static final System.Logger LOG = System.getLogger("weft");

    private final Client client;
    private final Metainfo metainfo;
    private final AddOptions options;
    private final TorrentData data;
    private final Swarm swarm; // that of the connections
    private final Events events;
    private final TaskScope scope;
    private final TorrentConnections connections;
    private final boolean threadsRun; // those that are not of this life alone

    private final TorrentBoard board;

    private boolean running; // connected, and its files are open
    private boolean paused;
    private BitSet unchecked = new BitSet(); // what an earlier run left in doubt and nobody has looked at yet

    /** The life of a torrent whose metainfo is at hand. */
    TorrentLife(Client client, Metainfo metainfo, AddOptions options) {
        this.client = client;
        this.metainfo = metainfo;
        this.options = options;
        this.scope = client.scope().childSupervised(threadName(metainfo.infoHash()), this::taskFailed);
        this.data = new TorrentData(metainfo, options, client.disk());
        this.board = board(TorrentState.STOPPED);
        this.events = new Events();
        this.connections = new TorrentConnections(client, metainfo, options, scope, data, new SwarmEvents());
        this.swarm = connections.swarm();
        this.threadsRun = false;
        options.listeners().forEach(events::add);
    }

    /** The life of a torrent whose metadata has been fetched: what was begun for that goes on. */
    TorrentLife(Client client, Metainfo metainfo, AddOptions options, MetadataLife before) {
        this.client = client;
        this.metainfo = metainfo;
        this.options = options;
        this.scope = before.scope();
        this.data = new TorrentData(metainfo, options, client.disk());
        this.board = board(TorrentState.FETCHING_METADATA);
        this.events = before.events();
        this.connections = new TorrentConnections(client, metainfo, options, before, data, new SwarmEvents());
        this.swarm = connections.swarm();
        this.threadsRun = true;
    }

    private TorrentBoard board(TorrentState state) {
        var priorities = new int[metainfo.files().size()];
        for (int file = 0; file < priorities.length; file++) {
            priorities[file] = options.priorities().getOrDefault(file, 1);
        }
        return new TorrentBoard(
                metainfo.name(),
                Goal.of(options.initialState()),
                state,
                priorities,
                client.shared().nanoTime());
    }

    private static String threadName(InfoHash infoHash) {
        return infoHash.toHex().substring(0, 8);
    }

    private void taskFailed(String task, Throwable failure) {
        LOG.log(System.Logger.Level.ERROR, () -> metainfo.name() + ": " + task + " failed", failure);
    }

    @Override
    public void begin() {
        if (!threadsRun) {
            scope.fork("events", events::run);
        }
        scope.fork("life", this::run);
        if (!metainfo.isPrivate() && !metainfo.nodes().isEmpty()) {
            client.dht().ifPresent(node -> scope.fork("DHT nodes", () -> client.tellNodes(node, metainfo.nodes())));
        }
    }

    Swarm swarm() {
        return swarm;
    }

    @Override
    public Events events() {
        return events;
    }

    Metainfo metainfo() {
        return metainfo;
    }

    // --- what others wish and ask

    @Override
    public void start() {
        board.wish(Goal.STARTED);
    }

    @Override
    public void pause() {
        board.wish(Goal.PAUSED);
    }

    @Override
    public void stop() {
        board.wish(Goal.STOPPED);
    }

    void setPriority(int file, int priority) {
        board.setPriority(file, priority);
    }

    int priority(int file) {
        return board.priority(file);
    }

    BitSet hashCheck(BitSet pieces) throws IOException, InterruptedException {
        return board.hashCheck(pieces);
    }

    void cancelHashCheck() {
        board.cancelHashCheck();
    }

    @Override
    public void setSequential(boolean sequential) {
        swarm.setSequential(sequential);
    }

    @Override
    public void addPeer(InetSocketAddress address) {
        swarm.addCandidates(List.of(address));
    }

    @Override
    public void found(InetSocketAddress address) {
        swarm.addFound(List.of(address));
    }

    @Override
    public void announce() {
        connections.announce();
    }

    @Override
    public void accept(
            PeerChannel channel, Watchdog.Guard deadline, Handshake.Head head, ConnectionLimits.Place place) {
        swarm.accept(channel, deadline, head, place);
    }

    @Override
    public void close() {
        board.close();
    }

    @Override
    public void awaitEnd(long deadlineNanos) {
        boolean hasEnded = board.awaitEnd(deadlineNanos);
        boolean interrupted = Thread.interrupted(); // the torrent is closed first
        if (!hasEnded) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: the disk or a tracker does not answer; closed without waiting for it",
                    metainfo.name());
        }
        events.close();
        if (!scope.close(Duration.ofNanos(Math.max(1, deadlineNanos - System.nanoTime())))) {
            events.abandon(); // a listener that is too slow hears no more
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    TorrentState state() {
        return board.state();
    }

    Optional<IOException> error() {
        return board.error();
    }

    @Override
    public boolean awaitMetadata(long deadlineNanos) {
        return true;
    }

    @Override
    public Optional<TorrentLife> known() {
        return Optional.of(this);
    }

    @Override
    public String name() {
        return metainfo.name();
    }

    @Override
    public TorrentBoard.Standing standing() {
        return board.standing();
    }

    TorrentBoard.CheckProgress checkProgress() {
        return board.checkProgress();
    }

    boolean isDiskStuck() {
        return data.isDiskStuck();
    }

    /** Not before the wishes are known to the swarm and what lies on disk has been looked at. */
    boolean awaitComplete(long deadlineNanos) throws IOException, InterruptedException {
        return board.awaitComplete(deadlineNanos, () -> swarm.isComplete() && data.isLoaded());
    }

    long uploaded() {
        return connections.uploaded();
    }

    long downloaded() {
        return connections.downloaded();
    }

    Optional<DhtDiscovery.Standing> dhtStanding() {
        return connections.dhtStanding();
    }

    @Override
    public List<PeerSnapshot> peers() {
        return swarm.peers().stream().map(peer -> PeerSnapshot.of(this, peer)).toList();
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
    public List<TrackerSnapshot> trackers() {
        return connections.trackers();
    }

    @Override
    public Diagnosis diagnosis() {
        return new Examination(
                        this,
                        client.shared().limits().isFull(),
                        client.options().maxConnections())
                .diagnosis();
    }

    static long deadline(Duration timeout) {
        long now = System.nanoTime();
        try {
            return Math.addExact(now, timeout.toNanos());
        } catch (ArithmeticException forEver) {
            return now + Long.MAX_VALUE / 2;
        }
    }

    // --- the thread

    private void run() throws InterruptedException {
        try {
            while (board.awaitWork(this::isWhere)) {
                try {
                    settle();
                } catch (IOException e) {
                    fail(e);
                } catch (RuntimeException e) {
                    LOG.log(System.Logger.Level.ERROR, () -> metainfo.name() + ": a bug", e);
                    fail(new IOException(e));
                }
            }
            end();
        } finally {
            data.close();
            record(state(), TorrentState.CLOSED);
            board.ended();
        }
    }

    private boolean isWhere(Goal goal) {
        return switch (goal) {
            case STARTED -> running && !paused;
            case PAUSED -> running && paused;
            case STOPPED -> !running && board.state() == TorrentState.STOPPED && data.isLoaded();
            case CLOSED -> false;
        };
    }

    /** Deals with what there is to do, one thing. */
    private void settle() throws IOException, InterruptedException {
        lookForRoom();
        var work = board.takeWork();
        if (work.fault().isPresent()) {
            fail(work.fault().get());
            return;
        }
        if (!data.isLoaded()) {
            load(); // with the priorities
        } else if (work.priorities().isPresent()) {
            applyPriorities(work.priorities().get());
        }
        if (work.inError() && !work.checkWished()) {
            return; // there is no room yet, to check what is in doubt as little as to go on
        }
        if (work.wish() != Goal.STOPPED || work.checkWished()) {
            takeOverChanges();
        }
        if (!unchecked.isEmpty() && !board.isPutOff()) {
            check(new TorrentBoard.Check((BitSet) unchecked.clone()));
            if (board.isPutOff()) {
                return;
            }
        }
        var check = board.nextCheck();
        if (check.isPresent()) {
            check(check.get());
        }
        if (work.inError()) {
            if (error().isPresent()) { // else somebody has wished something during the check
                data.close(resumeState()); // it was opened for that alone
                become(TorrentState.ERROR);
            }
            return;
        }
        if (work.wish() == Goal.STOPPED && !work.checkWished() && board.goal() != Goal.STOPPED) {
            return; // wished since: the changes of closed files are to be taken over before
        }
        boolean nowCompleted = tellCompletion();
        switch (board.goal()) { // something else may have been wished while the disk was at work
            case STARTED -> run(false);
            case PAUSED -> run(true);
            case STOPPED -> halt();
            case CLOSED -> {} // awaitWork ends the loop
        }
        if (work.saveDue() || nowCompleted) {
            save(false);
        }
    }

    /**
     * Tells that the torrent has become complete, if it has since it was told last. Not while it is in error: it is told
     * when it has recovered, and is complete still.
     */
    private boolean tellCompletion() {
        var completion = board.takeCompletion();
        if (completion.isEmpty() || !swarm.isComplete()) {
            return false;
        }
        events.fire(new Events.Subject("complete"), TorrentListener::onComplete);
        if (completion.get().byDownload() && swarm.isSeed()) { // all there is, not only all that is wanted (BEP 21)
            connections.completed();
        }
        return true;
    }

    /** Takes over what an earlier run left, and hashes what is doubtful. */
    private void load() throws IOException, InterruptedException {
        var found = whileDiskWorks("load", data::load);
        swarm.restore(found.state().verified(), found.state().blocks());
        applyPriorities(board.takeOverPriorities(
                found.state().priorities(), options.priorities().keySet())); // what the caller says now goes first
        unchecked = found.toCheck();
        board.signalChanged();
    }

    /** The files were closed: what has become of them meanwhile? */
    private void takeOverChanges() throws IOException {
        var changes = data.changes();
        if (changes.isPresent()) {
            swarm.restore(
                    changes.get().state().verified(), changes.get().state().blocks());
            unchecked.or(changes.get().toCheck());
            board.signalChanged();
        }
    }

    private void applyPriorities(int[] priorities) throws IOException {
        data.setWanted(priorities);
        swarm.setPriorities(data.piecePriorities(priorities));
        board.prioritiesApplied(priorities);
    }

    private void run(boolean pause) throws IOException {
        if (!running) {
            data.open();
            saveBeforeChange();
            connections.begin(pause);
            running = true;
            paused = pause;
        }
        if (pause != paused) {
            if (pause) {
                swarm.pause();
            } else {
                swarm.resume();
            }
            paused = pause;
        }
        become(runningState());
    }

    /**
     * What the last run has saved may say that nothing is written any more. If we were killed before the first save, what
     * we have written would look like somebody else's doing, and whole files would have to be hashed.
     */
    private void saveBeforeChange() throws IOException {
        var state = resumeState();
        boolean claims = !state.verified().isEmpty() || !state.blocks().isEmpty();
        if (claims && !swarm.isSeed() && unchecked.isEmpty()) {
            data.save(state, false);
        }
    }

    private TorrentState runningState() {
        if (!running) {
            return TorrentState.STOPPED;
        }
        if (paused) {
            return TorrentState.PAUSED;
        }
        return swarm.isComplete() ? TorrentState.SEEDING : TorrentState.DOWNLOADING;
    }

    private void halt() throws InterruptedException {
        disconnect(running);
        data.close(resumeState());
        become(TorrentState.STOPPED);
    }

    /** Ends the connections, be it only those that the fetching of the metadata began, and saves what a later run needs. */
    private void disconnect(boolean isToSave) throws InterruptedException {
        running = false;
        connections.end(isToSave ? this::saveOrWarn : () -> {});
    }

    /**
     * Has the disk do, in a thread beside this one, what may take it minutes. If a stop is wished meanwhile, the connections
     * end at once, and only the rest waits.
     */
    private <T> T whileDiskWorks(String task, Callable<T> work) throws IOException, InterruptedException {
        var result = new CompletableFuture<T>();
        try (var beside = scope.childSupervised("", this::taskFailed)) {
            beside.fork(task, () -> {
                try {
                    result.complete(work.call());
                } catch (Throwable e) {
                    result.completeExceptionally(e);
                } finally {
                    board.wakeThread();
                }
            });
            while (board.awaitStopWished(result::isDone, connections.isConnected())) {
                connections.end(() -> {});
            }
            return result.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException fault -> throw fault;
                case RuntimeException bug -> throw bug;
                case Throwable other -> throw new IOException(other);
            }
        }
    }

    private void fail(IOException cause) throws InterruptedException {
        var reason = cause instanceof StorageException e ? e.reason() : Reason.FAILED;
        boolean isFull = reason == Reason.NO_SPACE && options.storage().isEmpty();
        board.failed(cause, isFull);
        if (reason == Reason.MISSING || reason == Reason.CHANGED || reason == Reason.FAILED) {
            data.doubt(); // somebody else, or the disk, has been at the files
        }
        disconnect(running || data.isDoubtful()); // what was saved before need not be true any more
        data.close(resumeState());
        LOG.log(System.Logger.Level.WARNING, "{0} stopped: {1}", metainfo.name(), cause.getMessage());
        become(TorrentState.ERROR);
        events.fire(new Events.Subject("error"), listener -> listener.onError(cause));
    }

    /** Ends the error of a full disk when there is room for all that is missing. */
    private void lookForRoom() throws IOException {
        var full = board.fullToLookAt();
        if (full.isPresent() && board.looked(full.get(), data.hasRoomFor(swarm.missingBytes()))) {
            LOG.log(System.Logger.Level.INFO, "{0}: there is room again in {1}", metainfo.name(), data.directory());
        }
    }

    private void end() throws InterruptedException {
        if (error().isEmpty()) {
            tellCompletion();
        }
        disconnect(true); // priorities may have changed since it was stopped
        data.close();
        events.fire(new Events.Subject("state"), listener -> listener.onStateChanged(TorrentState.CLOSED));
    }

    private void saveOrWarn() {
        try {
            save(true);
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: resume data is not written: {1}",
                    metainfo.name(),
                    e instanceof ClosedChannelException ? "closing could not wait for the disk" : e.getMessage());
        }
    }

    private void save(boolean clean) throws IOException {
        boolean due = board.takeUnsaved();
        // Until what is in doubt is looked at, what was saved before tells more, if it is true, than what is known now.
        boolean tellsMore = unchecked.isEmpty() || data.isDoubtful();
        if ((due || clean) && tellsMore && !data.save(resumeState(), clean)) {
            board.changedUnsaved(); // to be tried again in a while
        }
    }

    private ResumeState resumeState() {
        return new ResumeState(swarm.have(), swarm.partials(), board.priorities(), uploaded(), downloaded());
    }

    private void become(TorrentState newState) {
        var before = board.become(newState);
        if (before.isEmpty()) {
            return;
        }
        client.torrentChanged();
        record(before.get(), newState);
        LOG.log(System.Logger.Level.INFO, "{0}: {1}", metainfo.name(), newState);
        events.fire(new Events.Subject("state"), listener -> listener.onStateChanged(newState));
    }

    private void record(TorrentState before, TorrentState now) {
        if (FlightRecording.isOn()) {
            TorrentStateEvent.commit(threadName(metainfo.infoHash()), metainfo.name(), before, now, error());
        }
    }

    // --- hash checks

    private void check(TorrentBoard.Check check) throws InterruptedException, IOException {
        board.checkBegins(check);
        if (running && !paused) {
            swarm.pause();
            paused = true; // something else may be wished when it ends
        }
        var had = swarm.have();
        int total = check.pieces().cardinality();
        swarm.setBeingChecked(true);
        become(TorrentState.CHECKING);
        var good = new BitSet();
        IOException failure = null;
        var event = FlightRecording.begin(HashCheckEvent::new);
        try {
            data.open();
            whileDiskWorks("hash check", () -> {
                data.check(
                        check.pieces(),
                        () -> check.isCancelled() || board.goal() == Goal.CLOSED,
                        (piece, whole, checked) -> {
                            good.set(piece, swarm.checked(piece, whole, had.get(piece)));
                            unchecked.clear(piece);
                            board.checkHasCome(checked, total);
                            events.fire(
                                    new Events.Subject("hash check"),
                                    listener -> listener.onHashCheckProgress(checked, total));
                        });
                return good;
            });
        } catch (IOException e) {
            failure = e;
        } catch (RuntimeException e) {
            failure = new IOException(e);
        } finally {
            swarm.setBeingChecked(false);
        }
        if (event != null) {
            event.end();
        }
        boolean isStopped = running && !connections.isConnected(); // somebody has done that meanwhile
        if (isStopped && failure == null) { // what is left of it can be done now
            running = false;
            saveOrWarn();
        }
        board.checkEnds(check, !unchecked.isEmpty());
        if (failure == null) {
            swarm.checkEnded();
            goOn();
        }
        int whole = good.cardinality();
        board.checkIsDone(check, good, failure);
        if (event != null && event.shouldCommit()) {
            event.torrent = threadName(metainfo.infoHash());
            event.pieces = total;
            event.good = whole;
            event.error = failure != null ? failure.getMessage() : check.isCancelled() ? "cancelled" : "";
            event.commit();
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** After a check, as is wished by now. What was not running starts in a moment, and says so then. */
    private void goOn() throws IOException, InterruptedException {
        switch (board.goal()) {
            case STARTED -> {
                if (running) {
                    run(false);
                }
            }
            case PAUSED -> {
                if (running) {
                    run(true);
                }
            }
            case STOPPED -> halt();
            case CLOSED -> {} // awaitWork ends the loop
        }
    }

    // --- what the swarm tells

    private final class SwarmEvents implements Swarm.Listener {
        @Override
        public void blocksWritten() {
            board.blocksWritten();
        }

        @Override
        public void pieceVerified(int piece) {
            var layout = metainfo.layout();
            long begin = layout.pieceOffset(piece);
            long last = begin + layout.pieceLength(piece) - 1;
            int filesBegun = layout.fileIndexAt(last) - layout.fileIndexAt(begin);
            board.pieceVerified(layout.pieceLength(piece), filesBegun);
            events.fire(new Events.Subject("piece", piece), listener -> listener.onPieceVerified(piece));
        }

        @Override
        public void pieceFailed(int piece) {
            events.fire(new Events.Subject("piece", piece), listener -> listener.onPieceFailed(piece));
        }

        @Override
        public void completed(boolean byDownload) {
            board.completed(byDownload);
        }

        @Override
        public void storageFailed(IOException cause) {
            board.storageFailed(cause);
        }
    }
}
