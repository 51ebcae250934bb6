package weft.net;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How many peers a client is connected to, in all, from one address, and half-open. One per client, shared by its
 * torrents; memory work only.
 */
public final class ConnectionLimits {
    private final int maxConnections;
    private final int maxPerAddress;
    private final int maxHalfOpen;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<InetAddress, Integer> perAddress = new HashMap<>(); // guarded by lock
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
        private final InetAddress address;
        private boolean dialling; // guarded by lock
        private boolean closed; // guarded by lock

        private Place(InetAddress address, boolean dialling) {
            this.address = address;
            this.dialling = dialling;
        }

        /** The connection stands: another one may be dialled. */
        public void established() {
            lock.lock();
            try {
                endDialling();
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
                connections--;
                perAddress.computeIfPresent(address, (a, count) -> count == 1 ? null : count - 1);
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

    /** A place for a connection that a peer at {@code address} has opened; empty if there is none left. */
    public Optional<Place> accepted(InetAddress address) {
        return take(address, false);
    }

    /** A place for a connection about to be dialled; empty if there is none left now. */
    public Optional<Place> dialling(InetAddress address) {
        return take(address, true);
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

    private Optional<Place> take(InetAddress address, boolean dialling) {
        lock.lock();
        try {
            int here = perAddress.getOrDefault(address, 0);
            if (connections >= maxConnections || here >= maxPerAddress || (dialling && halfOpen >= maxHalfOpen)) {
                return Optional.empty();
            }
            connections++;
            perAddress.put(address, here + 1);
            if (dialling) {
                halfOpen++;
            }
            return Optional.of(new Place(address, dialling));
        } finally {
            lock.unlock();
        }
    }
}
