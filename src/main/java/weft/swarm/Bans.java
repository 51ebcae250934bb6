package weft.swarm;

import java.net.InetAddress;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Addresses of peers that were found guilty of sending wrong data. One per client; bounded, the oldest go first. */
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
        addresses.add(address);
    }

    /** Whether connections from and to this address are refused. */
    public boolean contains(InetAddress address) {
        return addresses.contains(address);
    }
}
