package weft.kit;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A network that nobody else is in, for the processes that are started in it: loopback and one interface that leads nowhere,
 * but on which all processes hear what one sends to a multicast group. Linux, and root's.
 */
public final class NetworkNamespace {
    private NetworkNamespace() {}

    /**
     * What starts a command in a network of its own. The test needs that there can be one.
     *
     * @param address of the interface, with its prefix; {@code nodad} may follow one of IPv6, which is in use sooner then
     */
    public static String[] wrapper(String address) throws InterruptedException {
        // Without addresses of the system's own making, or there would be one of IPv6 beside any of IPv4.
        var setUp = "ip link set lo up && ip link add name weft0 type veth peer name weft1"
                + " && ip link set weft1 addrgenmode none up && ip link set weft0 addrgenmode none"
                + " && ip addr add " + address + " dev weft0 && ip link set weft0 up && exec \"$@\"";
        var wrapper = List.of("unshare", "-n", "sh", "-c", setUp, "sh");
        var probe = new ArrayList<>(wrapper);
        probe.add("true");
        int status = 1;
        try {
            status = new ProcessBuilder(probe).start().waitFor();
        } catch (IOException e) {
            // there is no unshare here
        }
        Needs.check(status == 0, "may make a network namespace");
        return wrapper.toArray(String[]::new);
    }
}
