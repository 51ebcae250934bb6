package weft.net;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How many peers a client is connected to, in all, from one subscriber, and half-open. One per client, shared by its
 * torrents; memory work only.
 *
 * <p>Whoever has connected and not said yet who he is has a place on sufferance: when there is none left, the one that
 * has been silent longest makes way, of those of whoever has most connections. So thousands that connect and say nothing
 * keep nobody out who speaks at once, be it that he connects to us or that we dial him.
 */
public final class ConnectionLimits {
    private final int maxConnections;
    private final int maxPerAddress;
    private final int maxHalfOpen;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<InetAddress, Integer> perSubscriber = new HashMap<>(); // guarded by lock
    private final Set<Place> strangers = new LinkedHashSet<>(); // guarded by lock; who came first is first
    private int connections; // guarded by lock; the half-open ones among them
    private int halfOpen; // guarded by lock

    /** Limits on connections in all, from or to one address, and on those being dialled. */
    public ConnectionLimits(int maxConnections, int maxPerAddress, int maxHalfOpen) {
        if (maxConnections < 1 || maxPerAddress < 1 || maxHalfOpen < 1) {
            throw new IllegalArgumentException("limits below 1: " + maxConnections + " connections, " + maxPerAddress
                    + " per address, " + maxHalfOpen + " half-open");
        }
        this.maxConnections = maxConnections;
        this.maxPerAddress = maxPerAddress;
        this.maxHalfOpen = maxHalfOpen;
    }

    /** A place for one connection, to be closed with it. */
    public final class Place implements AutoCloseable {
        private final InetAddress subscriber;
        private final Runnable makeWay; // closes the connection
        private boolean dialling; // guarded by lock
        private boolean closed; // guarded by lock

        private Place(InetAddress subscriber, boolean dialling, Runnable makeWay) {
            this.subscriber = subscriber;
            this.dialling = dialling;
            this.makeWay = makeWay;
        }

        /** The connection stands: another one may be dialled, and whoever has connected to us keeps his place. */
        public void established() {
            lock.lock();
            try {
                endDialling();
                strangers.remove(this);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() {
            lock.lock();
            try {
                if (closed) {
                    return;
                }
                closed = true;
                endDialling();
                strangers.remove(this);
                connections--;
                perSubscriber.computeIfPresent(subscriber, (a, count) -> count == 1 ? null : count - 1);
            } finally {
                lock.unlock();
            }
        }

        private void endDialling() {
            if (dialling) {
                dialling = false;
                halfOpen--;
            }
        }
    }

    /**
     * A place for a connection that a peer at {@code address} has opened; empty if there is none left. Until it is
     * {@linkplain Place#established established}, {@code makeWay} may be called, by any thread: it closes the connection.
     */
    public Optional<Place> accepted(InetAddress address, Runnable makeWay) {
        return take(address, false, makeWay);
    }

    /** A place for a connection about to be dialled; empty if there is none left now. */
    public Optional<Place> dialling(InetAddress address) {
        return take(address, true, () -> {});
    }

    /** Closes a connection that has said nothing since it was opened to us; false if there is none. */
    public boolean makeWay() {
        Optional<Place> evicted;
        lock.lock();
        try {
            evicted = whoCanBeSpared();
            evicted.ifPresent(Place::close);
        } finally {
            lock.unlock();
        }
        evicted.ifPresent(stranger -> stranger.makeWay.run());
        return evicted.isPresent();
    }

    /** How many connections there are, the half-open ones included. */
    public int connections() {
        lock.lock();
        try {
            return connections;
        } finally {
            lock.unlock();
        }
    }

    /** Whether there are as many connections as there may be, and nobody among them makes way. */
    public boolean isFull() {
        lock.lock();
        try {
            return connections >= maxConnections && strangers.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Whether anybody at all may be dialled now; one to whom there are as many connections as there may be may not, even so. */
    public boolean mayDial() {
        lock.lock();
        try {
            return halfOpen < maxHalfOpen && (connections < maxConnections || !strangers.isEmpty());
        } finally {
            lock.unlock();
        }
    }

    private Optional<Place> take(InetAddress address, boolean dialling, Runnable makeWay) {
        var subscriber = Subscriber.of(address);
        var place = new Place(subscriber, dialling, makeWay);
        Optional<Place> evicted = Optional.empty();
        lock.lock();
        try {
            if (dialling && halfOpen >= maxHalfOpen) {
                return Optional.empty();
            }
            int here = perSubscriber.getOrDefault(subscriber, 0);
            if (here >= maxPerAddress || connections >= maxConnections) {
                evicted = here >= maxPerAddress
                        ? strangers.stream()
                                .filter(stranger -> stranger.subscriber.equals(subscriber))
                                .findFirst()
                        : whoCanBeSpared();
                if (evicted.isEmpty()) {
                    return Optional.empty();
                }
                evicted.get().close();
            }
            connections++;
            perSubscriber.merge(subscriber, 1, Integer::sum);
            if (dialling) {
                halfOpen++;
            } else {
                strangers.add(place);
            }
        } finally {
            lock.unlock();
        }
        evicted.ifPresent(stranger -> stranger.makeWay.run()); // not under the lock: it closes a socket
        return Optional.of(place);
    }

    /** Of the strangers that who has most connections has, the one that came first. */
    private Optional<Place> whoCanBeSpared() {
        return strangers.stream()
                .reduce((first, next) ->
                        perSubscriber.get(next.subscriber) > perSubscriber.get(first.subscriber) ? next : first);
    }
}
