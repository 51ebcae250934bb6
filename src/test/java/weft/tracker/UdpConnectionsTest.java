package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class UdpConnectionsTest {
    private static final long MINUTE = UdpConnections.LIFETIME.toNanos();

    private final UdpConnections connections = new UdpConnections();

    private static InetSocketAddress tracker(int port) {
        return new InetSocketAddress("192.0.2.1", port);
    }

    @Test
    void idIsGoodForAMinuteAndForItsAddressOnly() {
        connections.put(tracker(1), 11, 0);

        assertThat(connections.id(tracker(1), MINUTE - 1)).hasValue(11);
        assertThat(connections.id(tracker(1), MINUTE)).isEmpty();
        assertThat(connections.id(tracker(2), 0)).isEmpty();
    }

    @Test
    void onlyTheIdThatDidNotWorkIsForgotten() {
        connections.put(tracker(1), 11, 0);
        connections.put(tracker(1), 12, 1);

        connections.forget(tracker(1), 11);
        assertThat(connections.id(tracker(1), 2)).hasValue(12);
        connections.forget(tracker(1), 12);
        assertThat(connections.id(tracker(1), 2)).isEmpty();
    }

    @Test
    void oldestMakesRoom() {
        for (int i = 1; i <= UdpConnections.CAPACITY; i++) {
            connections.put(tracker(i), i, i);
        }
        connections.put(tracker(1), 99, 5000);
        connections.put(tracker(UdpConnections.CAPACITY + 1), 100, 5001);

        assertThat(connections.id(tracker(1), 5002)).hasValue(99);
        assertThat(connections.id(tracker(2), 5002)).isEmpty();
        assertThat(connections.id(tracker(3), 5002)).hasValue(3);
    }
}
