package weft.storage;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A bounded set of {@link Resident}s: all mapped windows of a client, or all its open files. Who wants to add one first
 * makes room, by which those that were not used for longest are released.
 *
 * <p>The clock by which "longest" is measured ticks whenever room is made, not with every use: what was used since the
 * last tick counts as used now, and using a resident costs no more than looking at a number that rarely changes.
 */
final class ResidentSet {

    private final long budget;
    private volatile long clock; // as ticks, to be read without the lock

    private final ReentrantLock lock = new ReentrantLock(); // held for memory work only
    private final Set<Resident> members = new LinkedHashSet<>(); // guarded by lock; compared by identity
    private long ticks; // guarded by lock
    private long used; // guarded by lock: the costs of the members, and what was reserved for others to come

    ResidentSet(long budget) {
        this.budget = budget;
    }

    long clock() {
        return clock;
    }

    /** What the members cost together, and those about to be added. */
    long used() {
        lock.lock();
        try {
            return used;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Reserves room for a resident of this cost, to be followed by {@link #add} or {@link #unreserve}; releases idle
     * members as needed. False, with nothing reserved, if those in use leave too little.
     */
    boolean reserve(long cost) {
        while (true) {
            Resident victim;
            lock.lock();
            try {
                clock = ++ticks;
                if (used + cost <= budget) {
                    used += cost;
                    return true;
                }
                victim = leastRecentlyUsed();
            } finally {
                lock.unlock();
            }
            if (victim == null) {
                return false;
            }
            victim.evict(); // or it was pinned just now: look again
        }
    }

    /** Like {@link #reserve}, but goes over the budget rather than fail: for what is in use for a moment only. */
    void reserveAtAnyRate(long cost) {
        if (!reserve(cost)) {
            unreserve(-cost);
        }
    }

    /** Gives back a reservation. */
    void unreserve(long cost) {
        lock.lock();
        try {
            used -= cost;
        } finally {
            lock.unlock();
        }
    }

    /** Takes in a resident for whose cost room was reserved. */
    void add(Resident resident) {
        lock.lock();
        try {
            members.add(resident);
        } finally {
            lock.unlock();
        }
    }

    /** The same, of one that is new and in use from the first moment: nobody can release it in between. */
    void addPinned(Resident resident) {
        resident.pin();
        add(resident);
    }

    /** Called by a resident that has been released. */
    void gone(Resident resident) {
        lock.lock();
        try {
            members.remove(resident);
            used -= resident.cost();
        } finally {
            lock.unlock();
        }
    }

    private Resident leastRecentlyUsed() {
        Resident oldest = null;
        for (Resident resident : members) {
            if (resident.isIdle()
                    && (oldest == null || resident.lastUsed() < oldest.lastUsed())
                    && resident.isReleasable()) {
                oldest = resident;
            }
        }
        return oldest;
    }
}
