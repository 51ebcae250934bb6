package weft.kit;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports for programs that cannot pick one themselves. */
public final class Ports {
    /** Below the ports that systems hand out themselves, of which any may be taken the next moment. */
    private static final int FIRST = 20_000;

    private static final int LAST = 32_000;

    private Ports() {}

    /** A port of the loopback address that is free for TCP and UDP. */
    public static int free() {
        return ThreadLocalRandom.current()
                .ints(1000, FIRST, LAST)
                .filter(Ports::isFree)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no free port between " + FIRST + " and " + LAST));
    }

    private static boolean isFree(int port) {
        try (var probe = new ServerSocket();
                var udp = new DatagramSocket(null)) {
            probe.setReuseAddress(true);
            probe.bind(loopback(port));
            udp.bind(loopback(port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }

    /** This port of the loopback address. */
    public static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }
}
