package weft.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.concurrent.WatchdogTicks;
import weft.kit.Await;
import weft.kit.FakeClock;

@Timeout(30)
@SuppressWarnings("try") // closing early, and twice, is what is tested
class TcpChannelTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(15);

    private final FakeClock clock = new FakeClock();
    private final Watchdog watchdog = new Watchdog(clock);
    private final TaskScope scope = TaskScope.supervised("weft tcp test", (task, failure) -> {});
    private final LinkedBlockingQueue<PeerChannel> accepted = new LinkedBlockingQueue<>();
    private TcpListener listener;

    @BeforeEach
    void listen() throws Exception {
        listener = TcpListener.open(InetAddress.getByName("127.0.0.1"), 0);
        scope.closeFirst(listener);
        scope.fork("acceptor", () -> listener.acceptInto(accepted::add, () -> false));
    }

    @AfterEach
    void close() {
        scope.close();
        accepted.forEach(PeerChannel::close);
    }

    private TcpChannel connect() throws Exception {
        return TcpChannel.connect(new InetSocketAddress("127.0.0.1", listener.port()), TIMEOUT, watchdog, scope);
    }

    @Test
    void bytesGoBothWays() throws Exception {
        try (var here = connect();
                var there = accepted.take()) {
            here.write(new ByteBuffer[] {bytes(1), bytes(2, 3), bytes(), bytes(4)}, 0, 4);
            var received = ByteBuffer.allocate(4);
            there.readFully(received);
            there.write(bytes(5));
            var answer = ByteBuffer.allocate(1);
            here.readFully(answer);

            assertThat(received.flip()).isEqualTo(bytes(1, 2, 3, 4));
            assertThat(answer.flip()).isEqualTo(bytes(5));
            assertThat(here.remoteAddress().getPort()).isEqualTo(listener.port());
        }
    }

    @Test
    void gatheringWriteWritesEverythingWhateverThePaceOfTheReader() throws Exception {
        var content = new byte[4 << 20];
        new SplittableRandom(1).nextBytes(content);
        try (var here = connect();
                var there = accepted.take()) {
            var buffers = new ByteBuffer[64];
            for (int i = 0; i < buffers.length; i++) {
                buffers[i] = ByteBuffer.wrap(content, i * (content.length / 64), content.length / 64);
            }
            scope.fork("writer", () -> here.write(buffers, 0, buffers.length));

            var received = ByteBuffer.allocate(content.length);
            there.readFully(received);

            assertThat(received.array()).isEqualTo(content);
        }
    }

    @Test
    void readFullySaysHowMuchCame() throws Exception {
        try (var here = connect();
                var there = accepted.take()) {
            here.write(bytes(1, 2, 3));
            here.close();

            assertThatThrownBy(() -> there.readFully(ByteBuffer.allocate(68)))
                    .isInstanceOf(EOFException.class)
                    .hasMessage("connection closed after 3 of 68 bytes");
        }
    }

    @Test
    void closingEndsWhoWaitsForBytes() throws Exception {
        try (var here = connect()) {
            var outcome = new CompletableFuture<Throwable>();
            scope.fork("reader", () -> {
                try {
                    here.read(ByteBuffer.allocate(1));
                } catch (Throwable e) {
                    outcome.complete(e);
                }
            });

            here.close();
            here.close();

            assertThat(outcome.get()).isInstanceOf(ClosedChannelException.class);
        }
    }

    @Test
    void nobodyThereFailsAtOnce() throws Exception {
        int port = listener.port();
        listener.close();
        Await.until("nobody listens", () -> isFree(port));

        assertThatThrownBy(() -> TcpChannel.connect(new InetSocketAddress("127.0.0.1", port), TIMEOUT, watchdog, scope))
                .isInstanceOf(ConnectException.class);
    }

    @Test
    void connectThatIsNotAnsweredEndsAtItsDeadline() throws Exception {
        try (var full = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                var first = new java.net.Socket(full.getInetAddress(), full.getLocalPort());
                var second = new java.net.Socket(full.getInetAddress(), full.getLocalPort())) {
            // The kernel's queue is full: further connects wait.
            var outcome = new CompletableFuture<Throwable>();
            scope.fork("dialler", () -> {
                try {
                    TcpChannel.connect((InetSocketAddress) full.getLocalSocketAddress(), TIMEOUT, watchdog, scope)
                            .close();
                    outcome.complete(new AssertionError("connected"));
                } catch (Throwable e) {
                    outcome.complete(e);
                }
            });

            clock.advance(TIMEOUT.minusSeconds(1));
            WatchdogTicks.tick(watchdog);
            assertThat(outcome).isNotDone();
            Await.until("the connect is ended", () -> {
                clock.advance(TIMEOUT);
                WatchdogTicks.tick(watchdog);
                return outcome.isDone();
            });

            assertThat(first.isConnected() && second.isConnected()).isTrue();
            assertThat(outcome.get()).isInstanceOf(SocketTimeoutException.class).hasMessageContaining("within 15 s");
        }
    }

    @Test
    void portInUseIsABindExceptionThatNamesIt() {
        assertThatThrownBy(() -> TcpListener.open(InetAddress.getByName("127.0.0.1"), listener.port()))
                .isInstanceOf(BindException.class)
                .hasMessageContaining("cannot listen on port " + listener.port());
    }

    @Test
    void portIsFreeAgainAfterCloseEvenIfConnectionsStand() throws Exception {
        try (var here = connect();
                var there = accepted.take()) {
            int port = listener.port();
            scope.close(); // the listener, and the thread that accepts

            TcpListener.open(InetAddress.getByName("127.0.0.1"), port).close();

            here.write(bytes(1));
            assertThat(there.read(ByteBuffer.allocate(1))).isOne();
        }
    }

    private static boolean isFree(int port) throws IOException {
        try {
            TcpListener.open(InetAddress.getByName("127.0.0.1"), port).close();
            return true;
        } catch (BindException e) {
            return false;
        }
    }

    private static ByteBuffer bytes(int... values) {
        var buffer = ByteBuffer.allocate(values.length);
        for (int value : values) {
            buffer.put((byte) value);
        }
        return buffer.flip();
    }
}
