package weft.tracker;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The connection ids that UDP trackers have given us (BEP 15), by the tracker's address: good for any torrent for a minute.
 * Bounded; called from any thread, memory work only.
 */
final class UdpConnections {
    /** BEP 15: a client can use an id until one minute after it has received it. */
    static final Duration LIFETIME = Duration.ofMinutes(1);

    /** A client with more trackers than this connects anew, nothing worse. */
    static final int CAPACITY = 1000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<InetSocketAddress, Connection> connections = new LinkedHashMap<>(); // guarded by lock

    private record Connection(long id, long receivedNanos) {}

    /** The id to use with this tracker, if there is one that is still good. */
    OptionalLong id(InetSocketAddress tracker, long nowNanos) {
        lock.lock();
        try {
            var connection = connections.get(tracker);
            return connection == null || nowNanos - connection.receivedNanos() >= LIFETIME.toNanos()
                    ? OptionalLong.empty()
                    : OptionalLong.of(connection.id());
        } finally {
            lock.unlock();
        }
    }

    /** The tracker has given us this id. */
    void put(InetSocketAddress tracker, long id, long nowNanos) {
        lock.lock();
        try {
            connections.remove(tracker); // it goes to the end: the one received longest ago is the first to go
            connections.put(tracker, new Connection(id, nowNanos));
            if (connections.size() > CAPACITY) {
                connections.remove(connections.keySet().iterator().next());
            }
        } finally {
            lock.unlock();
        }
    }

    /** This id did not work; a newer one stays. */
    void forget(InetSocketAddress tracker, long id) {
        lock.lock();
        try {
            var connection = connections.get(tracker);
            if (connection != null && connection.id() == id) {
                connections.remove(tracker);
            }
        } finally {
            lock.unlock();
        }
    }
}
