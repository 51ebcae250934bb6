package weft.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.TaskScope;

@Timeout(30)
class PortPairTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private final TaskScope scope = TaskScope.supervised("weft port test", (task, failure) -> {});

    @AfterEach
    void close() {
        assertThat(scope.close(TaskScope.PATIENCE)).isTrue();
    }

    private UdpSocket udp(int port) throws IOException {
        return UdpSocket.open(scope, LOOPBACK, port);
    }

    private static TcpListener tcp(int port) throws IOException {
        return TcpListener.open(LOOPBACK, port);
    }

    @Test
    void pairHasOneNumber() throws Exception {
        var pair = PortPair.open(0, PortPairTest::tcp, TcpListener::port, this::udp);
        try (var listener = pair.tcp()) {
            assertThat(listener.port()).isPositive().isEqualTo(pair.udp().port());
        }
    }

    @Test
    void systemIsAskedForAnotherPortWhereUdpHasItAlready() throws Exception {
        int taken = udp(0).port();
        var picked = new ArrayDeque<>(List.of(taken, taken, 0)); // what the system picks for TCP

        var pair = PortPair.open(0, port -> tcp(picked.remove()), TcpListener::port, this::udp);
        try (var listener = pair.tcp()) {
            assertThat(listener.port()).isNotEqualTo(taken).isEqualTo(pair.udp().port());
        }
        tcp(taken).close(); // what was not used is free
    }

    @Test
    void portThatWasAskedForIsHadForBothOrNot() throws Exception {
        int taken = udp(0).port();

        assertThatThrownBy(() -> PortPair.open(taken, PortPairTest::tcp, TcpListener::port, this::udp))
                .isInstanceOf(BindException.class)
                .hasMessageStartingWith("cannot take UDP port " + taken);
        tcp(taken).close();
    }
}
