package weft.lan;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * How much is believed of whom: anybody near may send us what he likes, from any address he likes. Per minute so many
 * addresses, so many ports of each, and so many messages are looked at as an honest house may have.
 *
 * <p>For one thread; knows no clock.
 */
final class Neighbours {
    /** A client that does not put several torrents into a message sends one for each of its hundreds. */
    static final int MESSAGES = 6000;

    static final int ADDRESSES = 256;

    /** Clients of one machine. */
    static final int PORTS = 8;

    private static final Duration PERIOD = Duration.ofMinutes(1);

    private final Map<InetAddress, Set<Integer>> ports = new HashMap<>();
    private int messages;
    private long periodBegan;

    Neighbours(long now) {
        this.periodBegan = now;
    }

    /** Whether one more message is looked at. */
    boolean mayBeHeard(long now) {
        if (now - periodBegan >= PERIOD.toNanos()) {
            periodBegan = now;
            messages = 0;
            ports.clear();
        }
        return ++messages <= MESSAGES;
    }

    /** Whether a peer may be told of. */
    boolean isBelieved(InetSocketAddress peer) {
        var known = ports.get(peer.getAddress());
        if (known == null) {
            if (ports.size() >= ADDRESSES) {
                return false;
            }
            known = new HashSet<>();
            ports.put(peer.getAddress(), known);
        }
        return known.contains(peer.getPort()) || (known.size() < PORTS && known.add(peer.getPort()));
    }
}
