package weft.lan;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NeighboursTest {
    private final Neighbours neighbours = new Neighbours(0);

    private static InetSocketAddress peer(int host, int port) {
        return new InetSocketAddress("10.0." + host / 256 + "." + host % 256, port);
    }

    @Test
    void aMachineHasSoManyPortsAMinute() {
        assertThat(IntStream.range(1, 1000).filter(port -> neighbours.isBelieved(peer(1, port))))
                .hasSize(Neighbours.PORTS);
        assertThat(neighbours.isBelieved(peer(1, 1))).isTrue();
        assertThat(neighbours.isBelieved(peer(2, 1000))).isTrue();

        neighbours.mayBeHeard(Duration.ofMinutes(1).toNanos());

        assertThat(neighbours.isBelieved(peer(1, 999))).isTrue();
    }

    @Test
    void aNetworkHasSoManyMachinesAMinute() {
        assertThat(IntStream.range(0, 10_000).filter(host -> neighbours.isBelieved(peer(host, 1))))
                .hasSize(Neighbours.ADDRESSES);
    }

    @Test
    void soManyMessagesAMinuteAreHeard() {
        assertThat(IntStream.range(0, 10_000).filter(i -> neighbours.mayBeHeard(1)))
                .hasSize(Neighbours.MESSAGES);

        assertThat(neighbours.mayBeHeard(Duration.ofMinutes(1).toNanos())).isTrue();
    }
}
