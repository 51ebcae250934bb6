package weft.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.TaskScope;

@Timeout(30)
class TcpListenerTest {
    @Test
    void whoMakesTheTakerFailIsClosedAndTheNextOneIsAccepted() throws Exception {
        var taken = new AtomicInteger();
        try (var listener = TcpListener.open(InetAddress.getLoopbackAddress(), 0);
                var scope = TaskScope.supervised("weft listener test", (task, failure) -> {})) {
            scope.closeFirst(listener);
            scope.fork(
                    "acceptor",
                    () -> listener.acceptInto(
                            connection -> {
                                if (taken.incrementAndGet() == 1) {
                                    throw new IllegalStateException("on purpose");
                                }
                                connection.close();
                            },
                            () -> false));
            var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.port());
            for (int i = 0; i < 2; i++) {
                try (var peer = SocketChannel.open(address)) {
                    assertThat(peer.read(ByteBuffer.allocate(1))).isEqualTo(-1);
                }
            }
        }
        assertThat(taken).hasValue(2);
    }
}
