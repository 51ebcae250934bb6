package weft.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.TaskScope;
import weft.kit.Await;
import weft.kit.LogBook;
import weft.kit.WeftThreads;

@Timeout(60)
class UdpSocketTest {
    private static final InetAddress ANY = new InetSocketAddress(0).getAddress();
    private static final InetAddress IPV4 = address("127.0.0.1");
    private static final InetAddress IPV6 = address("::1");

    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final TaskScope scope = TaskScope.supervised("weft udp test", (task, failure) -> failures.add(failure));
    private final BlockingQueue<Came> came = new LinkedBlockingQueue<>();
    private final Set<Long> threadsBefore = WeftThreads.alive().keySet(); // of other tests

    /** A datagram that a handler was given. */
    private record Came(String text, InetSocketAddress sender) {}

    @AfterEach
    void nothingIsLeftBehind() {
        assertThat(scope.close(TaskScope.PATIENCE)).isTrue();
        assertThat(failures).isEmpty();
        awaitEndOfReaders();
    }

    @Test
    void eachKindGoesToItsHandler() throws Exception {
        var socket = UdpSocket.open(scope, ANY, 0);
        for (var kind : DatagramKind.values()) {
            socket.handle(kind, (datagram, sender) -> came.add(new Came(kind.name(), sender)));
        }
        try (var stranger = new DatagramSocket(0, IPV4)) {
            send(stranger, socket, "d1:q4:pinge");
            assertThat(next().text()).isEqualTo("DHT");
            send(stranger, socket, "\0\0\0\1abcd");
            assertThat(next().text()).isEqualTo("TRACKER");
            send(stranger, socket, "A" + "x".repeat(19));
            assertThat(next().text()).isEqualTo("UTP");
            send(stranger, socket, "nonsense");
            send(stranger, socket, "");
            send(stranger, socket, "d1:q4:pinge");
            assertThat(next()).isEqualTo(new Came("DHT", (InetSocketAddress) stranger.getLocalSocketAddress()));
            assertThat(socket.statistics()).isEqualTo(new UdpStatistics(6, 58, 0, 0, 0, 2, 0, 0));
        }
    }

    @Test
    void whatNobodyTakesIsCounted() throws Exception {
        var socket = UdpSocket.open(scope, ANY, 0);
        try (var stranger = new DatagramSocket(0, IPV4)) {
            send(stranger, socket, "de");
            Await.until("counting", () -> socket.statistics().unknown() == 1);
        }
    }

    @Test
    void oneSocketTakesBothFamiliesAndAnswersThem() throws Exception {
        var socket = UdpSocket.open(scope, ANY, 0);
        socket.handle(DatagramKind.DHT, (datagram, sender) -> {
            came.add(new Came("", sender));
            socket.send(datagram, sender); // an echo of the very bytes that came
        });
        for (var address : new InetAddress[] {IPV4, IPV6}) {
            try (var stranger = new DatagramSocket(0, address)) {
                send(stranger, socket, "d1:a1:be");

                var sender = next().sender();
                assertThat(sender).isEqualTo(stranger.getLocalSocketAddress());
                assertThat(sender.getAddress()).isInstanceOf(address.getClass());
                assertThat(receive(stranger)).isEqualTo("d1:a1:be");
            }
        }
        assertThat(socket.reaches(IPV4)).isTrue();
        assertThat(socket.reaches(IPV6)).isTrue();
        // What is sent may be there before it is counted.
        Await.until(
                () -> socket.statistics().toString(),
                () -> socket.statistics().equals(new UdpStatistics(2, 16, 2, 16, 0, 0, 0, 0)));
    }

    @Test
    void boundToAnAddressItReachesThatFamilyOnly() throws Exception {
        var ipv4 = UdpSocket.open(scope, IPV4, 0);
        var ipv6 = UdpSocket.open(scope, IPV6, 0);

        assertThat(ipv4.reaches(IPV4)).isTrue();
        assertThat(ipv4.reaches(IPV6)).isFalse();
        assertThat(ipv6.reaches(IPV4)).isFalse();
        assertThat(ipv6.reaches(IPV6)).isTrue();
        assertThat(ipv4.send(bytes("de"), new InetSocketAddress(IPV6, ipv6.port())))
                .isFalse();
        assertThat(ipv6.send(bytes("de"), new InetSocketAddress(IPV4, ipv4.port())))
                .isFalse();
        assertThat(ipv4.statistics().unsent()).isEqualTo(1);
    }

    @Test
    void interruptedSendersHarmNobody() throws Exception {
        var socket = listening();
        var self = new InetSocketAddress(IPV4, socket.port());
        var done = new CountDownLatch(2);
        TaskScope.Task sender = () -> {
            Thread.currentThread().interrupt();
            for (int i = 0; i < 100; i++) {
                assertThat(socket.send(bytes("de"), self)).isTrue();
                assertThat(Thread.currentThread().isInterrupted()).isTrue();
            }
            done.countDown();
        };
        scope.fork("virtual sender", sender);
        scope.forkPlatform("platform sender", sender);

        assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        for (int i = 0; i < 200; i++) {
            next();
        }
        assertThat(socket.statistics().sent()).isEqualTo(200);
    }

    @Test
    void interruptOfTheReaderEndsNothing() throws Exception {
        var socket = UdpSocket.open(scope, ANY, 0);
        var reader = new CompletableFuture<Thread>();
        socket.handle(DatagramKind.DHT, (datagram, sender) -> {
            reader.complete(Thread.currentThread());
            Thread.currentThread().interrupt();
            came.add(new Came("", sender));
        });
        var self = new InetSocketAddress(IPV4, socket.port());
        for (int i = 0; i < 3; i++) {
            socket.send(bytes("de"), self);
            next();
            reader.get().interrupt();
        }
        Await.until(
                "the reader's waiting again, uninterrupted", () -> !reader.get().isInterrupted());
    }

    @Test
    void handlerThatFailsEndsNothingAndIsLoggedOnce() throws Exception {
        var socket = UdpSocket.open(scope, ANY, 0);
        socket.handle(DatagramKind.TRACKER, (datagram, sender) -> {
            throw new IllegalStateException("on purpose");
        });
        socket.handle(DatagramKind.UTP, (datagram, sender) -> {
            throw new StackOverflowError("on purpose");
        });
        socket.handle(DatagramKind.DHT, (datagram, sender) -> came.add(new Came("", sender)));
        try (var log = LogBook.open();
                var stranger = new DatagramSocket(0, IPV4)) {
            for (int i = 0; i < 10; i++) {
                send(stranger, socket, "\0\0\0\1abcd");
                send(stranger, socket, "\1" + "x".repeat(30));
            }
            send(stranger, socket, "de");
            next();

            assertThat(socket.statistics().handlerFailures()).isEqualTo(20);
            assertThat(log.faults())
                    .singleElement()
                    .satisfies(fault -> assertThat(fault.text())
                            .startsWith("a datagram of " + stranger.getLocalSocketAddress() + " met a bug of ours"));
        }
    }

    @Test
    void answersOfTheSystemThatNobodyListensThereEndNothing() throws Exception {
        var socket = listening();
        InetSocketAddress nobody;
        try (var closing = new DatagramSocket(0, IPV4)) {
            nobody = (InetSocketAddress) closing.getLocalSocketAddress();
        }
        for (int i = 0; i < 50; i++) {
            socket.send(bytes("de"), nobody);
            socket.send(bytes("de"), new InetSocketAddress(IPV6, nobody.getPort()));
        }
        socket.send(bytes("d1:a1:be"), new InetSocketAddress(IPV4, socket.port()));

        assertThat(next().text()).isEqualTo("d1:a1:be");
    }

    @Test
    void whatCannotBeSentIsCountedAndEndsNothing() throws Exception {
        var socket = listening();

        assertThat(socket.send(bytes("de"), new InetSocketAddress(IPV4, 0))).isFalse();
        assertThat(socket.send(bytes("de"), InetSocketAddress.createUnresolved("name.invalid", 1)))
                .isFalse();
        assertThat(socket.send(ByteBuffer.allocate(70_000), new InetSocketAddress(IPV4, 1)))
                .isFalse();

        assertThat(socket.statistics()).isEqualTo(new UdpStatistics(0, 0, 0, 0, 3, 0, 0, 0));
        socket.send(bytes("de"), new InetSocketAddress(IPV4, socket.port()));
        next();
    }

    @Test
    void floodBehindASlowHandlerIsLeftToTheSystem() throws Exception {
        var socket = UdpSocket.open(scope, ANY, 0);
        var release = new CountDownLatch(1);
        socket.handle(DatagramKind.DHT, (datagram, sender) -> awaitQuietly(release));
        socket.handle(DatagramKind.TRACKER, (datagram, sender) -> came.add(new Came("", sender)));
        var self = new InetSocketAddress(IPV4, socket.port());
        var flood = bytes("d" + "x".repeat(1400) + "e");

        for (int i = 0; i < 20_000; i++) { // 28 MB, several times what the system keeps
            socket.send(flood.rewind(), self);
        }
        assertThat(socket.statistics().sent() + socket.statistics().unsent()).isEqualTo(20_000);
        release.countDown();

        Await.until("the next datagram", () -> {
            socket.send(bytes("\0\0\0\1abcd"), self);
            return came.poll(10, TimeUnit.MILLISECONDS) != null;
        });
        assertThat(socket.statistics().received()).isLessThan(20_000);
    }

    @Test
    void closeEndsTheReaderAndFreesThePortAtOnce() throws Exception {
        for (int i = 0; i < 20; i++) {
            var socket = UdpSocket.open(scope, ANY, 0);

            socket.close();
            socket.close();

            UdpSocket.open(scope, ANY, socket.port()).close();
            assertThat(socket.send(bytes("de"), new InetSocketAddress(IPV4, 1))).isFalse();
        }
        awaitEndOfReaders();
    }

    @Test
    void closeDoesNotWaitForAHandler() throws Exception {
        var socket = UdpSocket.open(scope, ANY, 0);
        var entered = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        socket.handle(DatagramKind.DHT, (datagram, sender) -> {
            entered.countDown();
            awaitQuietly(release);
        });
        socket.send(bytes("de"), new InetSocketAddress(IPV4, socket.port()));
        entered.await();

        socket.close();

        new DatagramSocket(socket.port()).close(); // it is free
        release.countDown();
    }

    @Test
    void portInUseIsNamed() throws Exception {
        var first = UdpSocket.open(scope, ANY, 0);

        assertThatThrownBy(() -> UdpSocket.open(scope, ANY, first.port()))
                .isInstanceOf(BindException.class)
                .hasMessageStartingWith("cannot take UDP port " + first.port() + ": ");
    }

    private void awaitEndOfReaders() {
        Await.until(
                () -> "the end of what is among " + WeftThreads.alive(),
                () -> threadsBefore.containsAll(WeftThreads.alive().keySet()));
    }

    private UdpSocket listening() throws IOException {
        var socket = UdpSocket.open(scope, ANY, 0);
        socket.handle(
                DatagramKind.DHT,
                (datagram, sender) -> came.add(
                        new Came(StandardCharsets.ISO_8859_1.decode(datagram).toString(), sender)));
        return socket;
    }

    private Came next() throws InterruptedException {
        var next = came.poll(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(next).as("a datagram").isNotNull();
        return next;
    }

    private static void send(DatagramSocket from, UdpSocket to, String text) throws IOException {
        var bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        from.send(new DatagramPacket(bytes, bytes.length, from.getLocalAddress(), to.port()));
    }

    private static String receive(DatagramSocket at) throws IOException {
        at.setSoTimeout((int) Await.PATIENCE.toMillis());
        var packet = new DatagramPacket(new byte[2000], 2000);
        at.receive(packet);
        return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.ISO_8859_1);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
