package weft.swarm;

import java.net.InetAddress;
import java.util.LinkedHashSet;
import java.util.concurrent.locks.ReentrantLock;
import weft.net.Subscriber;

/**
 * Addresses of peers that were found guilty of sending wrong data, refused for as long as the client lives. One per
 * client; bounded, the oldest go first.
 *
 * <p>A ban is of an address, for a port and a peer id are changed at will; so it also hits whoever shares that address
 * (a NAT, or an IPv6 /64). libtorrent does the same: a piece costs the swarm a hash, a liar who may come back costs it
 * every piece.
 */
public final class Bans {
    private static final int MAX = 10_000;

    private final ReentrantLock lock = new ReentrantLock(); // nothing is taken under it
    private final LinkedHashSet<InetAddress> addresses = new LinkedHashSet<>(); // guarded by lock

    /** Nobody is banned at first. */
    public Bans() {}

    void add(InetAddress address) {
        lock.lock();
        try {
            if (addresses.add(Subscriber.of(address)) && addresses.size() > MAX) {
                addresses.removeFirst();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether connections from and to this address are refused. */
    public boolean contains(InetAddress address) {
        lock.lock();
        try {
            return addresses.contains(Subscriber.of(address));
        } finally {
            lock.unlock();
        }
    }
}
