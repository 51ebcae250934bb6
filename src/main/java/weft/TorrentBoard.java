package weft;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The board between a torrent's own thread and all others: whoever wants something of the torrent leaves a wish here, and
 * so does the swarm with what has happened; the thread, which is a {@link TorrentLife}, takes them from here and notes how
 * the torrent stands.
 *
 * <p>{@code lock} guards all of it, for memory work only; the swarm's locks may be taken under it, it is taken under none.
 * What only the torrent's thread may call is said so; the rest is for any thread.
 */
final class TorrentBoard {
    /** How far a hash check has come; all zero when there is none. */
    record CheckProgress(int checked, int total) {
        static final CheckProgress NONE = new CheckProgress(0, 0);
    }

    /** Where it is, what stopped it, and whether it is wished to run, or to be checked before anything else. */
    record Standing(TorrentState state, Optional<IOException> error, boolean isToRun, boolean isToCheck) {}

    /** A hash check that somebody waits for. */
    static final class Check {
        private final BitSet pieces;
        private BitSet good; // guarded by the board's lock; null until done
        private IOException failure; // guarded by the board's lock
        private boolean done; // guarded by the board's lock
        private volatile boolean cancelled; // changed under the board's lock

        Check(BitSet pieces) {
            this.pieces = pieces;
        }

        BitSet pieces() {
            return pieces;
        }

        boolean isCancelled() {
            return cancelled;
        }
    }

    /**
     * What there is to do.
     *
     * @param wish what the torrent is to be, which in error is stopped
     * @param fault what has failed, and has not been dealt with
     * @param priorities of the files, if they have changed
     */
    record Work(
            Goal wish,
            boolean inError,
            Optional<IOException> fault,
            Optional<int[]> priorities,
            boolean checkWished,
            boolean saveDue) {}

    /** That the torrent has become complete, and whether by what peers have sent. */
    record Completion(boolean byDownload) {}

    private final String name;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition wished = lock.newCondition(); // the thread has something to do
    private final Condition changed = lock.newCondition(); // the state has changed, or a check is done
    private Goal goal; // guarded by lock, as are all below
    private TorrentState state;
    private IOException fault; // that happened and has not been dealt with, or null
    private IOException error; // that stopped the torrent, or null
    private final FullDisk fullDisk; // if that is the error: we go on when it is not any more
    private final List<Check> checks = new ArrayList<>(); // that wait for their turn
    private Check current; // that is being made, or null
    private boolean putOff; // somebody has cancelled the check of what an earlier run left in doubt
    private final int[] filePriorities;
    private final BitSet prioritised = new BitSet(); // files whose priority somebody has wished
    private boolean prioritiesChanged = true;
    private final Unsaved unsaved;
    private volatile boolean blocksUnsaved; // changed under lock; looked at without it, for every few blocks that come
    private boolean completed; // and not told yet
    private boolean downloaded; // and that by peers
    private boolean ended;

    private volatile CheckProgress checkProgress = CheckProgress.NONE; // written by the thread

    /** {@code name} is the torrent's, for messages; the priorities become the board's. */
    TorrentBoard(String name, Goal goal, TorrentState state, int[] filePriorities, LongSupplier nanoTime) {
        this.name = name;
        this.goal = goal;
        this.state = state;
        this.filePriorities = filePriorities;
        this.unsaved = new Unsaved(filePriorities.length, nanoTime);
        this.fullDisk = new FullDisk(nanoTime);
    }

    // --- wishes

    /** Wishes the torrent to be started, paused or stopped; after an error it is tried anew. */
    void wish(Goal newGoal) {
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
            throw new IllegalStateException("the torrent is closed: " + name);
        }
    }

    void setPriority(int file, int priority) {
        lock.lock();
        try {
            requireOpen();
            filePriorities[file] = priority;
            prioritised.set(file);
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

    /** Waits for the pieces to be checked; says which are good. */
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
            throw new CancellationException("the hash check was cancelled: " + name);
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

    /** Asks for the end. */
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

    // --- looking, and waiting

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
            return new Standing(
                    state,
                    Optional.ofNullable(error),
                    goal == Goal.STARTED || goal == Goal.PAUSED,
                    checks.stream().anyMatch(check -> !check.cancelled));
        } finally {
            lock.unlock();
        }
    }

    CheckProgress checkProgress() {
        return checkProgress;
    }

    /** What it is wished to be now. */
    Goal goal() {
        lock.lock();
        try {
            return goal;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until it is where it is wished to be, and {@code isComplete}; false if the deadline passes before. */
    boolean awaitComplete(long deadlineNanos, BooleanSupplier isComplete) throws IOException, InterruptedException {
        lock.lock();
        try {
            while (true) {
                if (error != null) {
                    throw new IOException(error.getMessage(), error);
                }
                if (state == TorrentState.CLOSED) {
                    throw new IllegalStateException("the torrent was closed: " + name);
                }
                if (!prioritiesChanged && isSettled() && isComplete.getAsBoolean()) {
                    return true;
                }
                long left = deadlineNanos - System.nanoTime();
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

    /** Waits until the thread has ended, and calls the torrent closed in any case; false if the deadline passes before. */
    boolean awaitEnd(long deadlineNanos) {
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
            state = TorrentState.CLOSED;
            changed.signalAll();
            return ended;
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    // --- what the swarm tells

    /** More is on disk than was saved: also while no piece is complete, which may take minutes. */
    void blocksWritten() {
        if (blocksUnsaved) {
            return;
        }
        lock.lock();
        try {
            blocksUnsaved = true;
            unsaved.changed();
            wished.signal();
        } finally {
            lock.unlock();
        }
    }

    void pieceVerified(long bytes, int filesBegun) {
        lock.lock();
        try {
            if (unsaved.verified(bytes, filesBegun)) {
                wished.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    void completed(boolean byDownload) {
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

    void storageFailed(IOException cause) {
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

    // --- for the torrent's thread

    /** Waits until there is something to do; false if that is to end. {@code isThere} says whether it is as wished. */
    boolean awaitWork(Predicate<Goal> isThere) throws InterruptedException {
        lock.lock();
        try {
            while (true) {
                if (goal == Goal.CLOSED) {
                    return false;
                }
                if (fault != null || !checks.isEmpty() || fullDisk.isLookDue()) {
                    return true;
                }
                if (error == null && (prioritiesChanged || completed || !isThere.test(goal) || unsaved.isDue())) {
                    return true; // after an error, only when somebody wishes anew
                }
                boolean isToBeSaved = unsaved.isAny() && error == null;
                wished.awaitNanos(isToBeSaved ? unsaved.nanosUntilDue() : fullDisk.nanosUntilLook());
            }
        } finally {
            lock.unlock();
        }
    }

    /** Has the thread look whether there is something to do. */
    void wakeThread() {
        lock.lock();
        try {
            wished.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until a stop is wished that has something to end; false if {@code done}, for which it is woken, comes first. */
    boolean awaitStopWished(BooleanSupplier done, boolean hasSomethingToEnd) throws InterruptedException {
        lock.lock();
        try {
            while (!done.getAsBoolean()) {
                if (goal == Goal.STOPPED && hasSomethingToEnd) {
                    return true;
                }
                wished.await();
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** What there is to do now. A fault is taken, and told once. */
    Work takeWork() {
        lock.lock();
        try {
            var work = new Work(
                    error == null ? goal : Goal.STOPPED,
                    error != null,
                    Optional.ofNullable(fault),
                    prioritiesChanged ? Optional.of(filePriorities.clone()) : Optional.empty(),
                    !checks.isEmpty(),
                    unsaved.isDue());
            fault = null;
            return work;
        } finally {
            lock.unlock();
        }
    }

    /** The torrent is now in this state. Returns the one before, if it is another. */
    Optional<TorrentState> become(TorrentState newState) {
        lock.lock();
        try {
            if (state == newState) {
                return Optional.empty();
            }
            var before = state;
            state = newState;
            changed.signalAll();
            return Optional.of(before);
        } finally {
            lock.unlock();
        }
    }

    /** Something has changed that others may wait for. */
    void signalChanged() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** What has become complete is to be told now; empty if nothing has, or if something has failed that comes first. */
    Optional<Completion> takeCompletion() {
        lock.lock();
        try {
            if (fault != null || !completed) {
                return Optional.empty();
            }
            var completion = new Completion(downloaded);
            completed = false;
            downloaded = false;
            return Optional.of(completion);
        } finally {
            lock.unlock();
        }
    }

    /** The torrent is in error. Who wishes something from now on, wishes it anew. */
    void failed(IOException cause, boolean isFull) {
        lock.lock();
        try {
            error = cause;
            if (isFull) {
                fullDisk.filled();
            } else {
                fullDisk.forget();
            }
            fault = null;
        } finally {
            lock.unlock();
        }
    }

    /** The error of a full disk, if it is time to look for room again. */
    Optional<IOException> fullToLookAt() {
        lock.lock();
        try {
            return fullDisk.isLookDue() ? Optional.of(error) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** It was looked for room. True if that ends this error. */
    boolean looked(IOException full, boolean hasRoom) {
        lock.lock();
        try {
            fullDisk.looked();
            boolean goesOn = hasRoom && fullDisk.isFull() && Objects.equals(error, full);
            if (goesOn) {
                error = null;
                fullDisk.found();
            }
            return goesOn;
        } finally {
            lock.unlock();
        }
    }

    /** The priorities that an earlier run has saved, where nobody has said otherwise. Returns what holds now. */
    int[] takeOverPriorities(List<Integer> saved, Set<Integer> saidByCaller) {
        lock.lock();
        try {
            for (int file = 0; file < saved.size() && file < filePriorities.length; file++) {
                if (!saidByCaller.contains(file) && !prioritised.get(file)) {
                    filePriorities[file] = saved.get(file);
                }
            }
            return filePriorities.clone();
        } finally {
            lock.unlock();
        }
    }

    /** The swarm knows these priorities now. */
    void prioritiesApplied(int[] priorities) {
        lock.lock();
        try {
            prioritiesChanged = !Arrays.equals(priorities, filePriorities);
            unsaved.changed();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    List<Integer> priorities() {
        lock.lock();
        try {
            return Arrays.stream(filePriorities).boxed().toList();
        } finally {
            lock.unlock();
        }
    }

    /** Something is to be saved, in a while. */
    void changedUnsaved() {
        lock.lock();
        try {
            unsaved.changed();
        } finally {
            lock.unlock();
        }
    }

    /** What has changed is being saved; false if nothing has. */
    boolean takeUnsaved() {
        lock.lock();
        try {
            blocksUnsaved = false;
            return unsaved.take();
        } finally {
            lock.unlock();
        }
    }

    /** The hash check whose turn it is, that somebody waits for. */
    Optional<Check> nextCheck() {
        lock.lock();
        try {
            checks.removeIf(check -> check.cancelled);
            return checks.isEmpty() ? Optional.empty() : Optional.of(checks.removeFirst());
        } finally {
            lock.unlock();
        }
    }

    /** The pieces of the check are looked at from now on. */
    void checkBegins(Check check) {
        lock.lock();
        try {
            current = check;
            checkProgress = new CheckProgress(0, check.pieces.cardinality());
        } finally {
            lock.unlock();
        }
    }

    /** One more piece of the check was looked at. */
    void checkHasCome(int checked, int total) {
        checkProgress = new CheckProgress(checked, total);
        changedUnsaved();
    }

    /**
     * No more pieces of the check are looked at. If it was cancelled and {@code leavesDoubt} of what an earlier run has
     * left, there is nothing to go on with: the torrent stops.
     */
    void checkEnds(Check check, boolean leavesDoubt) {
        lock.lock();
        try {
            current = null;
            if (check.cancelled && goal != Goal.CLOSED && leavesDoubt) {
                putOff = true;
                goal = Goal.STOPPED;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whoever waits for the check is told; {@code failure} or null is what ended it. */
    void checkIsDone(Check check, BitSet good, IOException failure) {
        lock.lock();
        try {
            checkProgress = CheckProgress.NONE;
            check.good = check.cancelled ? null : good;
            check.failure = failure;
            check.done = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether somebody has cancelled the check of what an earlier run left in doubt, and wished nothing since. */
    boolean isPutOff() {
        lock.lock();
        try {
            return putOff;
        } finally {
            lock.unlock();
        }
    }

    /** The thread ends; nobody need wait any more. */
    void ended() {
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
