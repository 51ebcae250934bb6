package weft.swarm;

import java.net.InetAddress;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
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

    private final Set<InetAddress> addresses =
            Collections.newSetFromMap(Collections.synchronizedMap(new LinkedHashMap<>() {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<InetAddress, Boolean> eldest) {
                    return size() > MAX;
                }
            }));

    /** Nobody is banned at first. */
    public Bans() {}

    void add(InetAddress address) {
        addresses.add(Subscriber.of(address));
    }

    /** Whether connections from and to this address are refused. */
    public boolean contains(InetAddress address) {
        return addresses.contains(Subscriber.of(address));
    }
}
