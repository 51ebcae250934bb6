package weft.tracker;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import weft.bencode.BString;
import weft.concurrent.TaskScope;

/**
 * One tier of trackers (BEP 12) between start and stop of its torrent. A virtual thread of its own runs {@link #run}: it
 * asks the tier's trackers in order until one answers, moves that one to the front, and sleeps until it is time to ask
 * again. The other methods come from any thread and never wait for the network: state is guarded by {@code lock}, which
 * is held for memory work only.
 */
final class Tier {
    private static final System.Logger LOG = System.getLogger("weft.tracker");

    private final int index;
    private final AnnounceSession session;
    private final AnnounceTime time;
    private final Semaphore wake = new Semaphore(0);

    private final ReentrantLock lock = new ReentrantLock();
    // all that follows is guarded by lock
    private final List<TierTracker> order; // the one that answered last comes first
    private TierTracker current;
    private TrackerSnapshot.State state = TrackerSnapshot.State.IDLE;
    private final Set<IpFamily> completedSent = EnumSet.noneOf(IpFamily.class);
    private boolean completed; // the download became complete since start
    private boolean completedDue; // and the current tracker should hear it now
    private boolean soonerWanted;
    private long nextNanos; // the next regular announce, or the next try
    private long earliestNanos; // nothing but an event before this
    private int failures;
    private OptionalInt complete = OptionalInt.empty();
    private OptionalInt incomplete = OptionalInt.empty();
    private OptionalInt downloaded = OptionalInt.empty();
    private int peers;
    private int peers6;
    private Optional<TrackerException> error = Optional.empty();
    private Optional<String> warning = Optional.empty();

    Tier(int index, List<String> urls, AnnounceSession session, AnnounceTime time) {
        this.index = index;
        this.session = session;
        this.time = time;
        this.order = new ArrayList<>(urls.stream().map(TierTracker::new).toList());
        this.current = order.getFirst();
    }

    /** Announces for ever; ended by an interrupt. {@code scope} is where the second family's announces run. */
    void run(TaskScope scope) throws InterruptedException {
        while (true) {
            long due = nextDueNanos();
            if (due - time.nanos() > 0) {
                time.awaitUntil(wake, due);
            } else {
                announce(scope);
            }
        }
    }

    /** Asks for an announce before its time, because peers have run out; the tracker's minimum is honoured. */
    void announceSooner() {
        lock.lock();
        try {
            soonerWanted = true;
        } finally {
            lock.unlock();
        }
        wake.release();
    }

    /** The download has become complete: said at once to the tracker that knows us, and once only. */
    void becameComplete() {
        lock.lock();
        try {
            completedDue |= !completed; // said twice, it is no reason for a second announce
            completed = true;
        } finally {
            lock.unlock();
        }
        wake.release();
    }

    /** Whether the download has become complete and no tracker of the tier has heard of it. */
    boolean owesCompleted() {
        lock.lock();
        try {
            return completed && completedSent.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Which trackers know that we are there, so that they can be told that we go. Called when the thread has ended. */
    List<Farewell> farewells() {
        var farewells = new ArrayList<Farewell>();
        lock.lock();
        try {
            state = TrackerSnapshot.State.IDLE;
            for (var tracker : order) {
                tracker.started()
                        .forEach(family ->
                                farewells.add(new Farewell(tracker.url(), family, tracker.trackerId(family))));
            }
        } finally {
            lock.unlock();
        }
        return farewells;
    }

    /** The trackers' addresses, in today's order. */
    List<String> urls() {
        lock.lock();
        try {
            return order.stream().map(TierTracker::url).toList();
        } finally {
            lock.unlock();
        }
    }

    TrackerSnapshot snapshot() {
        lock.lock();
        try {
            return new TrackerSnapshot(
                    index,
                    order.stream().map(TierTracker::url).toList(),
                    current.url(),
                    state,
                    complete,
                    incomplete,
                    downloaded,
                    peers,
                    peers6,
                    failures,
                    error.map(TrackerException::getMessage),
                    error.map(TrackerException::kind),
                    warning,
                    nextAnnounceIn());
        } finally {
            lock.unlock();
        }
    }

    private Optional<Duration> nextAnnounceIn() {
        return switch (state) {
            case IDLE, ANNOUNCING, FAILED -> Optional.empty();
            case WORKING, WAITING_TO_RETRY -> Optional.of(Duration.ofNanos(Math.max(0, dueNanos() - time.nanos())));
        };
    }

    private long nextDueNanos() {
        wake.drainPermits(); // what woke us is in the fields that are read now
        lock.lock();
        try {
            return dueNanos();
        } finally {
            lock.unlock();
        }
    }

    private long dueNanos() {
        if (completedDue && state == TrackerSnapshot.State.WORKING) {
            return 0;
        }
        return soonerWanted ? Math.min(nextNanos, earliestNanos) : nextNanos;
    }

    private void announce(TaskScope scope) throws InterruptedException {
        for (var tracker : trackersToAsk()) {
            if (announceTo(tracker, scope)) {
                return;
            }
        }
        allFailed();
    }

    private List<TierTracker> trackersToAsk() {
        lock.lock();
        try {
            state = TrackerSnapshot.State.ANNOUNCING;
            soonerWanted = false;
            completedDue = false;
            long now = time.nanos();
            return order.stream().filter(t -> t.notBeforeNanos() <= now).toList();
        } finally {
            lock.unlock();
        }
    }

    /** Announces to one tracker over each family that its name has, at the same time; one answer is enough. */
    private boolean announceTo(TierTracker tracker, TaskScope scope) throws InterruptedException {
        lock.lock();
        try {
            current = tracker;
        } finally {
            lock.unlock();
        }
        List<FutureTask<AnnounceResponse>> announces;
        try {
            var client = session.clientFor(tracker.url());
            announces = client.families(tracker.url()).stream()
                    .map(family -> new FutureTask<>(() -> announceOver(family, tracker, client)))
                    .toList();
        } catch (TrackerException e) {
            failed(tracker, e);
            return false;
        }
        announces.stream().skip(1).forEach(second -> scope.fork("tier " + index + " second family", second::run));
        announces.getFirst().run();
        return answersOf(announces, tracker);
    }

    private AnnounceResponse announceOver(IpFamily family, TierTracker tracker, TrackerClient client)
            throws TrackerException, InterruptedException {
        var totals = session.totals();
        AnnounceEvent event;
        Optional<BString> trackerId;
        lock.lock();
        try {
            event = eventFor(family, tracker, totals);
            trackerId = tracker.trackerId(family);
        } finally {
            lock.unlock();
        }
        var response = session.announce(
                client, tracker.url(), family, session.request(event, totals, trackerId), session.patience());
        answered(family, tracker, event, response);
        return response;
    }

    private AnnounceEvent eventFor(IpFamily family, TierTracker tracker, AnnounceTotals totals) {
        if (!tracker.isStarted(family)) {
            return AnnounceEvent.STARTED;
        }
        if (completed && !completedSent.contains(family)) {
            return AnnounceEvent.COMPLETED;
        }
        return totals.partialSeed() ? AnnounceEvent.PAUSED : AnnounceEvent.NONE;
    }

    /** Takes an answer as soon as it is there, so that a silent other family keeps no peers from the torrent. */
    private void answered(IpFamily family, TierTracker tracker, AnnounceEvent event, AnnounceResponse response) {
        var usable = response.peers().stream()
                .filter(peer -> !peer.isUnresolved() && peer.getPort() != 0)
                .filter(peer -> !isOurs(peer, response))
                .toList();
        int ipv6 = (int) usable.stream()
                .filter(peer -> IpFamily.of(peer.getAddress()) == IpFamily.IPV6)
                .count();
        lock.lock();
        try {
            tracker.answered(family, response);
            if (event == AnnounceEvent.COMPLETED) {
                completedSent.add(family);
            }
            if (event == AnnounceEvent.STARTED && completed && !completedSent.contains(family)) {
                completedDue = true; // it was asked for the first time after the download had become complete
            }
            complete = response.complete().isPresent() ? response.complete() : complete;
            incomplete = response.incomplete().isPresent() ? response.incomplete() : incomplete;
            downloaded = response.downloaded().isPresent() ? response.downloaded() : downloaded;
            warning = response.warning();
            peers += usable.size() - ipv6;
            peers6 += ipv6;
        } finally {
            lock.unlock();
        }
        if (LOG.isLoggable(System.Logger.Level.DEBUG)) {
            LOG.log(
                    System.Logger.Level.DEBUG,
                    "{0}: {1} over {2} knows {3} peers",
                    session,
                    AnnounceSession.withoutKeys(tracker.url()),
                    family,
                    usable.size());
        }
        session.handOver(usable, response);
    }

    private boolean isOurs(InetSocketAddress peer, AnnounceResponse response) {
        return response.externalIp().map(peer.getAddress()::equals).orElse(false) && peer.getPort() == session.port();
    }

    private boolean answersOf(List<FutureTask<AnnounceResponse>> announces, TierTracker tracker)
            throws InterruptedException {
        var answers = new ArrayList<AnnounceResponse>();
        var errors = new ArrayList<TrackerException>();
        for (var announce : announces) {
            try {
                answers.add(announce.get());
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case TrackerException failure -> errors.add(failure);
                    case InterruptedException interrupt -> throw interrupt;
                    default -> throw new IllegalStateException(e.getCause());
                }
            }
        }
        if (answers.isEmpty()) {
            failed(tracker, mostTelling(errors));
            return false;
        }
        succeeded(tracker, answers);
        return true;
    }

    /** Where both families failed, what the tracker itself said tells more than that one of them is not reachable. */
    private static TrackerException mostTelling(List<TrackerException> errors) {
        return errors.stream()
                .max(Comparator.comparingInt(e -> e.kind() == TrackerException.Kind.REFUSED
                        ? 2
                        : e.kind() == TrackerException.Kind.UNREACHABLE ? 0 : 1))
                .orElseThrow();
    }

    private void succeeded(TierTracker tracker, List<AnnounceResponse> answers) {
        lock.lock();
        try {
            order.remove(tracker); // BEP 12: moved to the front of the tier
            order.addFirst(tracker);
            state = TrackerSnapshot.State.WORKING;
            failures = 0;
            error = Optional.empty();
            long now = time.nanos();
            nextNanos = now + longest(answers.stream().map(AnnounceResponse::interval));
            earliestNanos = now + longest(answers.stream().map(AnnounceResponse::minInterval));
        } finally {
            lock.unlock();
        }
    }

    private static long longest(Stream<Duration> durations) {
        return durations.mapToLong(Duration::toNanos).max().orElseThrow();
    }

    private void failed(TierTracker tracker, TrackerException e) {
        LOG.log(
                System.Logger.Level.DEBUG,
                () -> session + ": " + AnnounceSession.withoutKeys(tracker.url()) + ": " + e.getMessage());
        lock.lock();
        try {
            error = Optional.of(e);
            tracker.failed(e, time.nanos());
        } finally {
            lock.unlock();
        }
    }

    private void allFailed() {
        lock.lock();
        try {
            failures++;
            long now = time.nanos();
            long allowedNanos =
                    order.stream().mapToLong(TierTracker::notBeforeNanos).min().orElseThrow();
            boolean hopeless = allowedNanos == TierTracker.NEVER;
            state = hopeless ? TrackerSnapshot.State.FAILED : TrackerSnapshot.State.WAITING_TO_RETRY;
            nextNanos = Math.max(now + BackOff.after(failures).toNanos(), allowedNanos);
            earliestNanos = Math.max(now + AnnounceIntervals.DEFAULT_MINIMUM.toNanos(), allowedNanos);
        } finally {
            lock.unlock();
        }
    }

    /** A tracker to be told that we go, and how it knows us. */
    record Farewell(String url, IpFamily family, Optional<BString> trackerId) {}
}
