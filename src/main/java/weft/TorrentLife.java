package weft;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import weft.concurrent.TaskScope;
import weft.metainfo.InfoHash;
import weft.metainfo.Metainfo;
import weft.storage.ResumeState;
import weft.storage.StorageException;
import weft.storage.StorageException.Reason;
import weft.swarm.Swarm;
import weft.tracker.AnnounceTotals;
import weft.tracker.Announcer;
import weft.tracker.TrackerSnapshot;

/**
 * The thread on which a torrent lives. Whoever wants something of the torrent leaves a wish in the fields below and goes
 * on; this thread brings the torrent from where it is to where it is wished to be, one step at a time, and is the only
 * one that waits for the disk and the trackers. That is why {@code start}, {@code pause} and {@code stop} wait for
 * nobody and may come in any order.
 *
 * <p>{@code lock} guards the wishes and the state, for memory work only; the swarm's locks may be taken under it, it is taken under none.
 */
final class TorrentLife {
    private static final System.Logger LOG = System.getLogger("weft");

    /** How long connections may take to end. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(2);

    /** How long the trackers may take to be told that we stop; libtorrent waits 5 s, we must have closed by then. */
    private static final Duration TRACKER_PATIENCE = Duration.ofSeconds(3);

    /** How far a hash check has come; all zero when there is none. */
    record CheckProgress(int checked, int total) {}

    /** Where it is, what stopped it, and whether it is wished to run. */
    record Standing(TorrentState state, Optional<IOException> error, boolean isToRun) {}

    /** A hash check that somebody waits for. */
    private static final class Check {
        private final BitSet pieces;
        private BitSet good; // guarded by lock; null until done
        private IOException failure; // guarded by lock
        private boolean done; // guarded by lock
        private volatile boolean cancelled; // changed under lock

        private Check(BitSet pieces) {
            this.pieces = pieces;
        }
    }

    private final Client client;
    private final Metainfo metainfo;
    private final AddOptions options;
    private final TorrentData data;
    private final Swarm swarm;
    private final Events events;
    private final TaskScope scope;
    private final Announced announced;
    private final Announcer announcer;
    private final DhtDiscovery dht;
    private final boolean threadsRun; // those that are not of this life alone

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition wished = lock.newCondition(); // this thread has something to do
    private final Condition changed = lock.newCondition(); // the state has changed, or a check is done
    private Goal goal; // guarded by lock, as are all below
    private TorrentState state = TorrentState.STOPPED;
    private IOException fault; // that happened and has not been dealt with, or null
    private IOException error; // that stopped the torrent, or null
    private final FullDisk fullDisk; // if that is the error: we go on when it is not any more
    private final List<Check> checks = new ArrayList<>(); // that wait for their turn
    private Check current; // that is being made, or null
    private boolean putOff; // somebody has cancelled the check of what an earlier run left in doubt
    private final int[] filePriorities;
    private boolean prioritiesChanged = true;
    private final Unsaved unsaved;
    private boolean completed; // and not told yet
    private boolean downloaded; // and that by peers
    private boolean ended;

    private volatile CheckProgress checkProgress = new CheckProgress(0, 0);

    // Of this thread only.
    private boolean connected; // to peers and trackers, be it since the metadata was fetched
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
        this.events = new Events();
        this.swarm = new Swarm(
                Swarm.Subject.of(metainfo, options.extensions()),
                client.shared(),
                client.swarmLimits(),
                new SwarmEvents());
        this.announced = new Announced(client, metainfo.infoHash(), this::totals, swarm::addCandidates);
        this.announcer = new Announcer(scope, announced, tiers(options), client.announcerOptions());
        this.dht = new DhtDiscovery(
                metainfo.isPrivate() ? Optional.empty() : client.dht(), // BEP 27
                metainfo.infoHash(),
                client.port(),
                () -> 0,
                swarm::addFound);
        dht.become(swarm::isSeed, swarm::peerCount);
        this.threadsRun = false;
        this.goal = Goal.of(options.initialState());
        this.filePriorities = initialPriorities();
        this.unsaved = new Unsaved(filePriorities.length, client.shared().nanoTime());
        this.fullDisk = new FullDisk(client.shared().nanoTime());
        options.listeners().forEach(events::add);
        swarm.setSequential(options.sequential());
        swarm.addCandidates(options.peers());
    }

    /** The life of a torrent whose metadata has been fetched: what was begun for that goes on. */
    TorrentLife(Client client, Metainfo metainfo, AddOptions options, MetadataLife before) {
        this.client = client;
        this.metainfo = metainfo;
        this.options = options;
        this.scope = before.scope();
        this.data = new TorrentData(metainfo, options, client.disk());
        this.events = before.events();
        this.swarm = before.swarm()
                .succeededBy(Swarm.Subject.of(metainfo, options.extensions()), client.swarmLimits(), new SwarmEvents());
        this.announced = before.announced(); // until it is known what lies on disk, as it was
        this.announcer = before.announcer();
        this.dht = before.dht();
        dht.become(swarm::isSeed, swarm::peerCount);
        if (metainfo.isPrivate()) {
            dht.endForGood(); // what a link does not say: its peers come from its trackers only (BEP 27)
        }
        this.threadsRun = true;
        this.connected = true;
        this.state = TorrentState.FETCHING_METADATA;
        this.goal = Goal.of(options.initialState());
        this.filePriorities = initialPriorities();
        this.unsaved = new Unsaved(filePriorities.length, client.shared().nanoTime());
        this.fullDisk = new FullDisk(client.shared().nanoTime());
        swarm.setSequential(options.sequential());
    }

    private int[] initialPriorities() {
        var priorities = new int[metainfo.files().size()];
        for (int file = 0; file < priorities.length; file++) {
            priorities[file] = options.priorities().getOrDefault(file, 1);
        }
        return priorities;
    }

    private static String threadName(InfoHash infoHash) {
        return infoHash.toHex().substring(0, 8);
    }

    private void taskFailed(String task, Throwable failure) {
        LOG.log(System.Logger.Level.ERROR, () -> metainfo.name() + ": " + task + " failed", failure);
    }

    private List<List<String>> tiers(AddOptions options) {
        var tiers = new ArrayList<List<String>>();
        if (options.trackers()) {
            tiers.addAll(metainfo.trackers());
        }
        tiers.addAll(options.extraTrackers());
        return tiers;
    }

    /** Starts the torrent's threads. Called once, by the client. */
    void begin() {
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

    Events events() {
        return events;
    }

    Metainfo metainfo() {
        return metainfo;
    }

    // --- wishes

    void start() {
        wish(Goal.STARTED);
    }

    void pause() {
        wish(Goal.PAUSED);
    }

    void stop() {
        wish(Goal.STOPPED);
    }

    private void wish(Goal newGoal) {
        lock.lock();
        try {
            requireOpen();
            goal = newGoal;
            error = null;
            fullDisk.forget();
            putOff &= newGoal == Goal.STOPPED;
            wished.signal();
        } finally {
            lock.unlock();
        }
    }

    private void requireOpen() {
        if (goal == Goal.CLOSED) {
            throw new IllegalStateException("the torrent is closed: " + metainfo.name());
        }
    }

    /** Asks for the end, which {@link #awaitEnd} waits for. */
    void close() {
        lock.lock();
        try {
            goal = Goal.CLOSED;
            cancelChecks();
            wished.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the end until the deadline, then ends what is left by force. */
    void awaitEnd(long deadlineNanos) {
        boolean interrupted = false;
        lock.lock();
        try {
            while (!ended && System.nanoTime() - deadlineNanos < 0) {
                try {
                    changed.awaitNanos(Math.max(1, deadlineNanos - System.nanoTime()));
                } catch (InterruptedException e) {
                    interrupted = true; // the torrent is closed first
                }
            }
            if (!ended) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "{0}: the disk or a tracker does not answer; closed without waiting for it",
                        metainfo.name());
            }
            state = TorrentState.CLOSED;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        events.close();
        if (!scope.close(Duration.ofNanos(Math.max(1, deadlineNanos - System.nanoTime())))) {
            events.abandon(); // a listener that is too slow hears no more
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    void setPriority(int file, int priority) {
        lock.lock();
        try {
            requireOpen();
            filePriorities[file] = priority;
            prioritiesChanged = true;
            wished.signal();
        } finally {
            lock.unlock();
        }
    }

    int priority(int file) {
        lock.lock();
        try {
            return filePriorities[file];
        } finally {
            lock.unlock();
        }
    }

    void announce() {
        announcer.reannounce();
    }

    BitSet hashCheck(BitSet pieces) throws IOException, InterruptedException {
        var check = new Check(pieces);
        lock.lock();
        try {
            requireOpen();
            putOff = false; // what is in doubt comes first, and is what somebody wants to know
            checks.add(check);
            wished.signal();
            try {
                while (!check.done && !check.cancelled && !ended) {
                    changed.await();
                }
            } catch (InterruptedException e) {
                check.cancelled = true;
                throw e;
            }
            if (check.failure != null) {
                throw new IOException(check.failure.getMessage(), check.failure);
            }
            if (check.done && check.good != null) {
                return check.good;
            }
            requireOpen();
            throw new CancellationException("the hash check was cancelled: " + metainfo.name());
        } finally {
            lock.unlock();
        }
    }

    void cancelHashCheck() {
        lock.lock();
        try {
            requireOpen();
            cancelChecks();
        } finally {
            lock.unlock();
        }
    }

    // Under the lock.
    private void cancelChecks() {
        checks.forEach(check -> check.cancelled = true);
        if (current != null) {
            current.cancelled = true;
        }
        changed.signalAll(); // who waits need not wait for the piece that is being hashed
    }

    // --- looking

    TorrentState state() {
        lock.lock();
        try {
            return state;
        } finally {
            lock.unlock();
        }
    }

    Optional<IOException> error() {
        lock.lock();
        try {
            return Optional.ofNullable(error);
        } finally {
            lock.unlock();
        }
    }

    Standing standing() {
        lock.lock();
        try {
            return new Standing(state, Optional.ofNullable(error), goal == Goal.STARTED || goal == Goal.PAUSED);
        } finally {
            lock.unlock();
        }
    }

    CheckProgress checkProgress() {
        return checkProgress;
    }

    long uploaded() {
        return data.uploadedBefore() + swarm.uploaded().total();
    }

    long downloaded() {
        return data.downloadedBefore() + swarm.downloaded().total();
    }

    Optional<DhtDiscovery.Standing> dhtStanding() {
        return dht.standing();
    }

    List<TrackerSnapshot> trackers() {
        return announcer.snapshot();
    }

    boolean awaitComplete(long deadline) throws IOException, InterruptedException {
        lock.lock();
        try {
            while (true) {
                if (error != null) {
                    throw new IOException(error.getMessage(), error);
                }
                if (state == TorrentState.CLOSED) {
                    throw new IllegalStateException("the torrent was closed: " + metainfo.name());
                }
                // Not before the wishes are known to the swarm and what lies on disk has been looked at.
                if (swarm.isComplete() && !prioritiesChanged && data.isLoaded() && isSettled()) {
                    return true;
                }
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    // Under the lock.
    private boolean isSettled() {
        return switch (goal) {
            case STARTED -> state == TorrentState.SEEDING;
            case PAUSED -> state == TorrentState.PAUSED;
            case STOPPED -> state == TorrentState.STOPPED;
            case CLOSED -> false;
        };
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
            while (awaitWork()) {
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
            lock.lock();
            try {
                ended = true;
                goal = Goal.CLOSED;
                state = TorrentState.CLOSED;
                checks.forEach(check -> check.done = true);
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Waits until there is something to do; false if that is to end. */
    private boolean awaitWork() throws InterruptedException {
        lock.lock();
        try {
            while (true) {
                if (goal == Goal.CLOSED) {
                    return false;
                }
                if (fault != null || !checks.isEmpty()) {
                    return true;
                }
                if (fullDisk.isLookDue()) {
                    return true;
                }
                if (error == null && (prioritiesChanged || completed || !isWhereWished() || unsaved.isDue())) {
                    return true; // after an error, only when somebody wishes anew
                }
                boolean isToBeSaved = unsaved.isAny() && error == null;
                wished.awaitNanos(isToBeSaved ? unsaved.nanosUntilDue() : fullDisk.nanosUntilLook());
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isWhereWished() {
        if (error != null) {
            return true; // until somebody wishes anew
        }
        return switch (goal) {
            case STARTED -> running && !paused;
            case PAUSED -> running && paused;
            case STOPPED -> !running && state == TorrentState.STOPPED && data.isLoaded();
            case CLOSED -> false;
        };
    }

    /** Deals with what there is to do, one thing. */
    private void settle() throws IOException, InterruptedException {
        IOException newFault;
        int[] newPriorities;
        Goal wish;
        boolean saveDue;
        boolean inError;
        boolean checkWished;
        lookForRoom();
        lock.lock();
        try {
            inError = error != null;
            checkWished = !checks.isEmpty();
            saveDue = unsaved.isDue();
            newFault = fault;
            fault = null;
            newPriorities = prioritiesChanged ? filePriorities.clone() : null;
            wish = error == null ? goal : Goal.STOPPED;
        } finally {
            lock.unlock();
        }
        if (newFault != null) {
            fail(newFault);
            return;
        }
        if (!data.isLoaded()) {
            load();
        }
        if (newPriorities != null) {
            applyPriorities(newPriorities);
        }
        if (inError && !checkWished) {
            return; // there is no room yet, to check what is in doubt as little as to go on
        }
        if (wish != Goal.STOPPED || checkWished) {
            takeOverChanges();
        }
        if (!unchecked.isEmpty() && !isPutOff()) {
            check(new Check((BitSet) unchecked.clone()));
            if (isPutOff()) {
                return;
            }
        }
        var check = nextCheck();
        if (check.isPresent()) {
            check(check.get());
        }
        if (inError) {
            data.close(resumeState()); // it was opened for the check alone
            become(TorrentState.ERROR);
            return;
        }
        boolean nowCompleted = tellCompletion();
        switch (wish) {
            case STARTED -> run(false);
            case PAUSED -> run(true);
            case STOPPED -> halt();
            case CLOSED -> {} // awaitWork ends the loop
        }
        if (saveDue || nowCompleted) {
            save(false);
        }
    }

    /**
     * Tells that the torrent has become complete, if it has since it was told last. Not while it is in error: it is told
     * when it has recovered, and is complete still.
     */
    private boolean tellCompletion() {
        boolean isToTell;
        boolean byDownload;
        lock.lock();
        try {
            if (fault != null) {
                return false;
            }
            isToTell = completed;
            byDownload = downloaded;
            completed = false;
            downloaded = false;
        } finally {
            lock.unlock();
        }
        if (!isToTell || !swarm.isComplete()) {
            return false;
        }
        events.fire(new Events.Subject("complete"), TorrentListener::onComplete);
        if (byDownload && swarm.isSeed()) { // where some is not wanted it is not completed (BEP 21)
            announcer.completed();
        }
        return true;
    }

    /** Takes over what an earlier run left, and hashes what is doubtful. */
    private void load() throws IOException, InterruptedException {
        var found = whileDiskWorks("load", data::load);
        swarm.restore(found.state().verified(), found.state().blocks());
        lock.lock();
        try {
            var saved = found.state().priorities();
            for (int file = 0; file < saved.size() && file < filePriorities.length; file++) {
                if (!options.priorities().containsKey(file)) { // what the caller says now goes first
                    filePriorities[file] = saved.get(file);
                }
            }
        } finally {
            lock.unlock();
        }
        int[] priorities;
        lock.lock();
        try {
            priorities = filePriorities.clone();
        } finally {
            lock.unlock();
        }
        applyPriorities(priorities);
        unchecked = found.toCheck();
        signalChanged();
    }

    /** The files were closed: what has become of them meanwhile? */
    private void takeOverChanges() throws IOException {
        var changes = data.changes();
        if (changes.isPresent()) {
            swarm.restore(
                    changes.get().state().verified(), changes.get().state().blocks());
            unchecked.or(changes.get().toCheck());
            signalChanged();
        }
    }

    private void applyPriorities(int[] priorities) throws IOException {
        data.setWanted(priorities);
        swarm.setPriorities(data.piecePriorities(priorities));
        lock.lock();
        try {
            prioritiesChanged = !Arrays.equals(priorities, filePriorities);
            unsaved.changed();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void run(boolean pause) throws IOException {
        if (!running) {
            data.open();
            saveBeforeChange();
            announcer.beginWith(totals()); // before it is told them, or what earlier runs have moved would count
            announced.become(this::totals, swarm::addCandidates);
            swarm.start(scope, data.storage(), data.verifier(), pause);
            announcer.start();
            dht.start(scope);
            connected = true;
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
        disconnect();
        data.close(resumeState());
        become(TorrentState.STOPPED);
    }

    /**
     * Ends the connections, tells the trackers, and saves what a later run needs. The trackers are told meanwhile: neither
     * waits for the other, and a tracker that does not answer is not waited for long.
     */
    private void disconnect() throws InterruptedException {
        boolean isToSave = running; // else only what the fetching of the metadata began is to be ended
        running = false;
        disconnect(isToSave ? this::saveOrWarn : () -> {});
    }

    private void disconnect(Runnable meanwhile) throws InterruptedException {
        if (!connected) {
            return;
        }
        connected = false;
        dht.stop();
        try (var goodbye = scope.childSupervised("goodbye", this::taskFailed)) {
            goodbye.fork("trackers", () -> announcer.stop(TRACKER_PATIENCE));
            swarm.stop(STOP_PATIENCE);
            meanwhile.run();
            goodbye.join(TRACKER_PATIENCE);
        }
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
                    signalWished();
                }
            });
            while (awaitStopWished(result::isDone)) {
                disconnect(() -> {});
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

    /** Waits until a stop is wished and there are connections to be ended; false if there is no more to be waited for. */
    private boolean awaitStopWished(BooleanSupplier done) throws InterruptedException {
        lock.lock();
        try {
            while (!done.getAsBoolean()) {
                if (goal == Goal.STOPPED && connected) {
                    return true;
                }
                wished.await();
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void signalWished() {
        lock.lock();
        try {
            wished.signal();
        } finally {
            lock.unlock();
        }
    }

    private void fail(IOException cause) throws InterruptedException {
        var reason = cause instanceof StorageException e ? e.reason() : Reason.FAILED;
        boolean isFull = reason == Reason.NO_SPACE && options.storage().isEmpty();
        lock.lock();
        try {
            error = cause; // first: who wishes something from now on, wishes it anew
            if (isFull) {
                fullDisk.filled();
            } else {
                fullDisk.forget();
            }
            fault = null;
        } finally {
            lock.unlock();
        }
        if (reason == Reason.MISSING || reason == Reason.CHANGED || reason == Reason.FAILED) {
            data.doubt(); // somebody else, or the disk, has been at the files
        }
        disconnect();
        data.close(resumeState());
        LOG.log(System.Logger.Level.WARNING, "{0} stopped: {1}", metainfo.name(), cause.getMessage());
        become(TorrentState.ERROR);
        events.fire(new Events.Subject("error"), listener -> listener.onError(cause));
    }

    /** Ends the error of a full disk when there is room for all that is missing. */
    private void lookForRoom() throws IOException {
        IOException full;
        lock.lock();
        try {
            if (!fullDisk.isLookDue()) {
                return;
            }
            full = error;
        } finally {
            lock.unlock();
        }
        boolean hasRoom = data.hasRoomFor(swarm.missingBytes());
        boolean goesOn;
        lock.lock();
        try {
            fullDisk.looked();
            goesOn = hasRoom && fullDisk.isFull() && Objects.equals(error, full);
            if (goesOn) {
                error = null;
                fullDisk.found();
            }
        } finally {
            lock.unlock();
        }
        if (goesOn) {
            LOG.log(System.Logger.Level.INFO, "{0}: there is room again in {1}", metainfo.name(), data.directory());
        }
    }

    private void end() throws InterruptedException {
        if (error().isEmpty()) {
            tellCompletion();
        }
        if (!running) {
            saveOrWarn(); // priorities may have changed since
        }
        disconnect();
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
        boolean due;
        lock.lock();
        try {
            due = unsaved.take();
        } finally {
            lock.unlock();
        }
        // Until what is in doubt is looked at, what was saved before tells more, if it is true, than what is known now.
        boolean tellsMore = unchecked.isEmpty() || data.isDoubtful();
        if ((due || clean) && tellsMore && !data.save(resumeState(), clean)) {
            lock.lock();
            try {
                unsaved.changed(); // to be tried again in a while
            } finally {
                lock.unlock();
            }
        }
    }

    private ResumeState resumeState() {
        List<Integer> priorities;
        lock.lock();
        try {
            priorities = Arrays.stream(filePriorities).boxed().toList();
        } finally {
            lock.unlock();
        }
        return new ResumeState(swarm.have(), swarm.partials(), priorities, uploaded(), downloaded());
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
        record(before, newState);
        LOG.log(System.Logger.Level.INFO, "{0}: {1}", metainfo.name(), newState);
        events.fire(new Events.Subject("state"), listener -> listener.onStateChanged(newState));
    }

    private void record(TorrentState before, TorrentState now) {
        TorrentStateEvent.commit(threadName(metainfo.infoHash()), metainfo.name(), before, now, error());
    }

    private void signalChanged() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // --- hash checks

    private Optional<Check> nextCheck() {
        lock.lock();
        try {
            checks.removeIf(check -> check.cancelled);
            return checks.isEmpty() ? Optional.empty() : Optional.of(checks.removeFirst());
        } finally {
            lock.unlock();
        }
    }

    private void check(Check check) throws InterruptedException, IOException {
        lock.lock();
        try {
            current = check;
        } finally {
            lock.unlock();
        }
        if (running && !paused) {
            swarm.pause();
        }
        int total = check.pieces.cardinality();
        checkProgress = new CheckProgress(0, total);
        become(TorrentState.CHECKING);
        var good = new BitSet();
        IOException failure = null;
        var event = new HashCheckEvent();
        event.begin();
        try {
            data.open();
            whileDiskWorks("hash check", () -> {
                data.check(check.pieces, () -> check.cancelled || isClosing(), (piece, whole, checked) -> {
                    lock.lock();
                    try {
                        good.set(piece, whole);
                        unsaved.changed();
                    } finally {
                        lock.unlock();
                    }
                    unchecked.clear(piece);
                    swarm.checked(piece, whole);
                    checkProgress = new CheckProgress(checked, total);
                    events.fire(
                            new Events.Subject("hash check"), listener -> listener.onHashCheckProgress(checked, total));
                });
                return good;
            });
        } catch (IOException e) {
            failure = e;
        } catch (RuntimeException e) {
            failure = new IOException(e);
        }
        event.end();
        if (running && !connected) { // somebody has stopped it meanwhile: what is left of that can be done now
            running = false;
            saveOrWarn();
        }
        putOffIfCancelled(check);
        if (failure == null) {
            if (running && !paused) {
                swarm.resume();
            }
            swarm.checkEnded();
            if (running || isWishedStopped()) { // else it starts in a moment, and says so then
                become(runningState());
            }
        }
        checkProgress = new CheckProgress(0, 0);
        int whole;
        lock.lock();
        try {
            whole = good.cardinality();
            check.good = check.cancelled ? null : good;
            check.failure = failure;
            check.done = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (event.shouldCommit()) {
            event.torrent = threadName(metainfo.infoHash());
            event.pieces = total;
            event.good = whole;
            event.error = failure != null ? failure.getMessage() : check.cancelled ? "cancelled" : "";
            event.commit();
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Where what an earlier run left in doubt was being hashed, there is nothing to go on with: the torrent stops. */
    private void putOffIfCancelled(Check check) {
        lock.lock();
        try {
            current = null;
            if (check.cancelled && goal != Goal.CLOSED && !unchecked.isEmpty()) {
                putOff = true;
                goal = Goal.STOPPED;
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isPutOff() {
        lock.lock();
        try {
            return putOff;
        } finally {
            lock.unlock();
        }
    }

    private boolean isWishedStopped() {
        lock.lock();
        try {
            return goal == Goal.STOPPED;
        } finally {
            lock.unlock();
        }
    }

    private boolean isClosing() {
        lock.lock();
        try {
            return goal == Goal.CLOSED;
        } finally {
            lock.unlock();
        }
    }

    // --- what the swarm and the announcer tell

    private final class SwarmEvents implements Swarm.Listener {
        @Override
        public void pieceVerified(int piece) {
            var layout = metainfo.layout();
            long begin = layout.pieceOffset(piece);
            long last = begin + layout.pieceLength(piece) - 1;
            int filesBegun = layout.fileIndexAt(last) - layout.fileIndexAt(begin);
            lock.lock();
            try {
                if (unsaved.verified(layout.pieceLength(piece), filesBegun)) {
                    wished.signal();
                }
            } finally {
                lock.unlock();
            }
            events.fire(new Events.Subject("piece", piece), listener -> listener.onPieceVerified(piece));
        }

        @Override
        public void pieceFailed(int piece) {
            events.fire(new Events.Subject("piece", piece), listener -> listener.onPieceFailed(piece));
        }

        @Override
        public void completed(boolean byDownload) {
            lock.lock();
            try {
                completed = true;
                downloaded |= byDownload;
                wished.signal();
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void storageFailed(IOException cause) {
            lock.lock();
            try {
                if (fault == null && error == null) {
                    fault = cause;
                    wished.signal();
                }
            } finally {
                lock.unlock();
            }
        }
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
