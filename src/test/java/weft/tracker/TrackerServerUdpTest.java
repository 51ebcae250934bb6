package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.bencode.BString;
import weft.concurrent.TaskScope;
import weft.kit.Await;
import weft.metainfo.InfoHash;
import weft.net.UdpSocket;
import weft.wire.PeerId;

/** The tracker over UDP, asked by our client and packet by packet. */
@Timeout(60)
class TrackerServerUdpTest {
    private static final InetAddress IPV4 = FakeUdpTracker.address("127.0.0.1");
    private static final InetAddress IPV6 = FakeUdpTracker.address("::1");
    private static final Duration PATIENCE = Await.PATIENCE;
    private static final BString HASH = BString.of(AnnounceRequests.INFO_HASH.truncated());

    private final TaskScope scope = TaskScope.supervised("weft test", (task, e) -> {});
    private final HttpTracker http = HttpTracker.open(scope, HttpTrackerOptions.defaults());
    private final AtomicLong now = new AtomicLong();

    @AfterEach
    void nothingIsLeftBehind() throws Exception {
        http.close();
        scope.close();

        assertThat(Threads.named("weft")).isEmpty();
    }

    private UdpTracker client() throws IOException {
        var socket = UdpSocket.open(scope, new InetSocketAddress(0).getAddress(), 0);
        return new UdpTracker(socket, http.resolver(), new Random(1));
    }

    private static AnnounceRequest request(AnnounceEvent event, String peerId, int port, long left) {
        return AnnounceRequests.of(event, AnnounceRequests.peerId(peerId), port, left);
    }

    // --- as it should be

    @Test
    void peersOfEachFamilyFindTheirOwn() throws Exception {
        var any = TrackerServerOptions.defaults().withPort(0);
        try (var tracker = TrackerServer.open(any)) {
            var client = client();
            var ipv4 = tracker.udpAnnounceUri(IPV4).toString();
            var ipv6 = tracker.udpAnnounceUri(IPV6).toString();
            var seed = request(AnnounceEvent.STARTED, "one.................", 1001, 0);
            var leecher = request(AnnounceEvent.STARTED, "two.................", 1002, 9);

            var first = client.announce(ipv4, IpFamily.IPV4, seed, PATIENCE);
            client.announce(ipv6, IpFamily.IPV6, seed, PATIENCE);
            var second = client.announce(ipv4, IpFamily.IPV4, leecher, PATIENCE);
            var third = client.announce(ipv6, IpFamily.IPV6, leecher, PATIENCE);

            assertThat(first.peers()).isEmpty();
            assertThat(first.interval()).isEqualTo(Duration.ofMinutes(30));
            assertThat(second.peers()).containsExactly(new InetSocketAddress(IPV4, 1001));
            assertThat(second.complete()).hasValue(1);
            assertThat(second.incomplete()).hasValue(1);
            assertThat(third.peers()).containsExactly(new InetSocketAddress(IPV6, 1001));
            assertThat(tracker.statistics()).isEqualTo(new TrackerStatistics(1, 1, 1, 4, 0, 0));
        }
    }

    @Test
    void scrapeCountsWhatWasAnnouncedUnknownTorrentsAsEmpty() throws Exception {
        try (var tracker = TrackerServer.open(TrackerServerOptions.loopback())) {
            var client = client();
            var url = tracker.udpAnnounceUri().toString();
            var unknown = InfoHash.parse("00".repeat(20));
            for (var event : List.of(AnnounceEvent.STARTED, AnnounceEvent.COMPLETED)) {
                client.announce(url, IpFamily.IPV4, request(event, "one.................", 1, 0), PATIENCE);
            }
            client.announce(url, IpFamily.IPV4, request(AnnounceEvent.STARTED, "two.................", 2, 5), PATIENCE);

            var counts = client.scrape(url, List.of(unknown, AnnounceRequests.INFO_HASH), PATIENCE);
            assertThat(counts.swarms())
                    .containsEntry(BString.of(unknown.truncated()), counts(0, 0, 0))
                    .containsEntry(HASH, counts(1, 1, 1));
            client.announce(url, IpFamily.IPV4, request(AnnounceEvent.STOPPED, "two.................", 2, 5), PATIENCE);
            assertThat(tracker.statistics()).isEqualTo(new TrackerStatistics(1, 1, 0, 4, 1, 0));
        }
    }

    private static SwarmCounts counts(int complete, int incomplete, int downloaded) {
        return new SwarmCounts(
                OptionalInt.of(complete), OptionalInt.of(incomplete), OptionalInt.of(downloaded), OptionalInt.empty());
    }

    @Test
    void clientThatAsksOverHttpAndUdpIsOneClient() throws Exception {
        try (var tracker = TrackerServer.open(TrackerServerOptions.loopback())) {
            var request = request(AnnounceEvent.STARTED, "one.................", 1, 5);

            http.announce(tracker.announceUri().toString(), IpFamily.IPV4, request, PATIENCE);
            client().announce(tracker.udpAnnounceUri().toString(), IpFamily.IPV4, request, PATIENCE);

            assertThat(tracker.statistics().leechers()).isEqualTo(1);
        }
    }

    @Test
    void torrentsThatAreNotTrackedAreRefused() throws Exception {
        try (var tracker = TrackerServer.open(TrackerServerOptions.loopback().withAllowed(Set.of()))) {
            var client = client();
            var url = tracker.udpAnnounceUri().toString();

            assertThatThrownBy(() ->
                            client.announce(url, IpFamily.IPV4, AnnounceRequests.of(AnnounceEvent.STARTED), PATIENCE))
                    .hasMessage("unregistered torrent")
                    .isInstanceOfSatisfying(
                            TrackerException.class, e -> assertThat(e.kind()).isEqualTo(TrackerException.Kind.REFUSED));
        }
    }

    @Test
    void answersFitIntoAPacketHoweverManyPeersAreWanted() throws Exception {
        try (var tracker = TrackerServer.open(TrackerServerOptions.defaults().withPort(0))) {
            for (var address : List.of(IPV4, IPV6)) {
                try (var one = new RawClient(tracker, address)) {
                    long id = one.connect();
                    byte[] answer = {};
                    for (int i = 1; i <= 300; i++) {
                        answer = one.ask(announce(id, 0, "peer " + i + " ".repeat(20), i, Integer.MAX_VALUE));
                    }

                    boolean ipv4 = address.equals(IPV4);
                    assertThat(answer)
                            .hasSize(ipv4 ? 20 + 200 * 6 : 20 + 76 * 18)
                            .hasSizeLessThan(1400);
                    assertThat(one.ask(announce(id, 0, "asker               ", 999, 7)))
                            .hasSize(20 + 7 * (ipv4 ? 6 : 18));
                    assertThat(one.ask(announce(id, 0, "asker               ", 999, -1)))
                            .hasSize(20 + 50 * (ipv4 ? 6 : 18));
                }
            }
        }
    }

    @Test
    void addressInTheRequestIsBelievedOnlyIfToldSo() throws Exception {
        for (boolean trust : new boolean[] {false, true}) {
            var options = TrackerServerOptions.loopback().withTrustIpParameter(trust);
            try (var tracker = TrackerServer.open(options);
                    var one = new RawClient(tracker, IPV4)) {
                long id = one.connect();
                one.ask(announce(id, 0xCB007109, "one                 ", 1, -1)); // 203.0.113.9

                assertThat(one.announced(announce(id, 0, "two                 ", 2, -1))
                                .peers())
                        .containsExactly(new InetSocketAddress(trust ? "203.0.113.9" : "127.0.0.1", 1));
            }
        }
    }

    // --- as it should not be

    @Test
    void nothingButAConnectIsAnsweredWithoutAnIdOfThatAddress() throws Exception {
        try (var tracker = TrackerServer.open(TrackerServerOptions.loopback());
                var one = new RawClient(tracker, IPV4);
                var other = new RawClient(tracker, FakeUdpTracker.address("127.0.0.2"))) {
            long othersId = other.connect();
            var connect = new UdpRequest.Connect(1).encode().array();
            var noMagic = connect.clone();
            noMagic[0] = 1;
            var silence = List.of(
                    new byte[0],
                    new byte[1],
                    Arrays.copyOf(connect, 15),
                    noMagic,
                    announce(0, 0, "one                 ", 1, -1),
                    announce(UdpRequest.PROTOCOL_ID, 0, "one                 ", 1, -1),
                    announce(othersId, 0, "one                 ", 1, -1),
                    new UdpRequest.Scrape(othersId, 1, List.of(HASH)).encode().array(),
                    header(othersId, 3),
                    header(othersId, -1));
            for (byte[] datagram : silence) {
                one.send(datagram);
            }

            assertThat(one.ask(connect)).hasSize(connect.length); // the first answer: no more than was sent
            assertThat(tracker.statistics()).isEqualTo(new TrackerStatistics(0, 0, 0, 0, 0, silence.size()));
        }
    }

    @Test
    void malformedRequestWithAGoodIdIsRefusedInWords() throws Exception {
        try (var tracker = TrackerServer.open(TrackerServerOptions.loopback());
                var one = new RawClient(tracker, IPV4)) {
            long id = one.connect();
            var announce = announce(id, 0, "one                 ", 1, -1);
            var badOption = Arrays.copyOf(announce, announce.length + 2);
            badOption[announce.length] = 2;
            badOption[announce.length + 1] = 9;

            assertThat(one.refusal(header(id, 7))).isEqualTo("request: no such action, 7");
            assertThat(one.refusal(header(id, 3))).isEqualTo("request: no such action, 3");
            assertThat(one.refusal(Arrays.copyOf(announce, 97))).isEqualTo("announce: 81 bytes, not 82");
            assertThat(one.refusal(badOption)).isEqualTo("announce: option 2 runs past the end");
            assertThat(one.refusal(header(id, 2))).isEqualTo("scrape: 0 bytes, not 20");
            assertThat(tracker.statistics()).isEqualTo(new TrackerStatistics(0, 0, 0, 0, 0, 5));
        }
    }

    @Test
    void idIsNotGoodForEver() throws Exception {
        try (var tracker = TrackerServer.open(TrackerServerOptions.loopback(), now::get, new Random(1));
                var one = new RawClient(tracker, IPV4)) {
            long id = one.connect();
            now.addAndGet(Duration.ofMinutes(2).toNanos());
            one.ask(announce(id, 0, "one                 ", 1, -1));
            now.addAndGet(Duration.ofMinutes(1).toNanos());
            one.send(announce(id, 0, "one                 ", 1, -1));

            assertThat(one.connect()).isNotEqualTo(id);
            assertThat(tracker.statistics().failures()).isEqualTo(1);
        }
    }

    @Test
    void floodOfNonsenseEndsNothing() throws Exception {
        var random = new SplittableRandom(3);
        try (var tracker = TrackerServer.open(TrackerServerOptions.loopback());
                var one = new RawClient(tracker, IPV4)) {
            long id = one.connect();
            for (int i = 0; i < 20_000; i++) {
                var datagram = new byte[random.nextInt(200)];
                random.nextBytes(datagram);
                if (i % 2 == 0 && datagram.length >= 16) {
                    ByteBuffer.wrap(datagram).putLong(id).putInt(random.nextInt(5)); // as far in as a stranger gets
                }
                one.send(datagram);
            }
            try (var other = new RawClient(tracker, IPV4)) {
                Await.until("an answer", () -> {
                    other.send(new UdpRequest.Connect(1).encode().array());
                    return other.answersWithin(Duration.ofMillis(100));
                });
            }
            assertThat(tracker.statistics().failures()).isPositive();
        }
    }

    // --- the port

    @Test
    void udpPortInUseIsNamedAndTheOtherLetGo() throws Exception {
        try (var taken = new DatagramSocket(0, IPV4)) {
            int port = taken.getLocalPort();
            var options = TrackerServerOptions.defaults().withBind(new InetSocketAddress(IPV4, port));

            assertThatThrownBy(() -> TrackerServer.open(options))
                    .isInstanceOf(BindException.class)
                    .hasMessageStartingWith("cannot take UDP port " + port + ": ");
            new ServerSocket(port, 1, IPV4).close();
        }
    }

    @Test
    void bothAddressesHaveTheSamePort() throws Exception {
        try (var tracker = TrackerServer.open(TrackerServerOptions.loopback())) {
            int port = tracker.address().getPort();

            assertThat(tracker.announceUri()).hasToString("http://127.0.0.1:" + port + "/announce");
            assertThat(tracker.udpAnnounceUri()).hasToString("udp://127.0.0.1:" + port + "/announce");
            assertThat(tracker.udpAnnounceUri(IPV6)).hasToString("udp://[0:0:0:0:0:0:0:1]:" + port + "/announce");
        }
    }

    private static byte[] announce(long id, int ip, String peerId, int port, int numWant) {
        return new UdpRequest.Announce(
                        id,
                        42,
                        HASH,
                        BString.of(PeerId.of(Arrays.copyOf(peerId.getBytes(StandardCharsets.US_ASCII), 20))
                                .toBytes()),
                        0,
                        9,
                        0,
                        2,
                        ip,
                        peerId.hashCode(),
                        numWant,
                        port,
                        Optional.of("/announce?pk=1"))
                .encode()
                .array();
    }

    private static byte[] header(long id, int action) {
        return ByteBuffer.allocate(16).putLong(id).putInt(action).putInt(42).array();
    }

    /** Sends any bytes from an address of its own. */
    private static final class RawClient implements AutoCloseable {
        private final DatagramSocket socket;
        private final IpFamily family;
        private final InetSocketAddress to;

        RawClient(TrackerServer tracker, InetAddress from) throws IOException {
            family = IpFamily.of(from);
            socket = new DatagramSocket(0, from);
            socket.setSoTimeout((int) PATIENCE.toMillis());
            var host = family == IpFamily.IPV4 ? IPV4 : IPV6;
            to = new InetSocketAddress(host, tracker.address().getPort());
        }

        void send(byte[] datagram) throws IOException {
            socket.send(new DatagramPacket(datagram, datagram.length, to)); // connected, it would send nothing empty
        }

        byte[] ask(byte[] datagram) throws IOException {
            send(datagram);
            return receive();
        }

        long connect() throws IOException {
            var answer = UdpAnswer.parse(
                    ByteBuffer.wrap(ask(new UdpRequest.Connect(7).encode().array())), family);
            assertThat(answer).isInstanceOf(UdpAnswer.Connected.class);
            return ((UdpAnswer.Connected) answer).connectionId();
        }

        UdpAnswer.Announced announced(byte[] datagram) throws IOException {
            return (UdpAnswer.Announced) UdpAnswer.parse(ByteBuffer.wrap(ask(datagram)), family);
        }

        String refusal(byte[] datagram) throws IOException {
            var answer = UdpAnswer.parse(ByteBuffer.wrap(ask(datagram)), family);
            assertThat(answer)
                    .isInstanceOfSatisfying(
                            UdpAnswer.Refused.class,
                            refused -> assertThat(refused.transactionId()).isEqualTo(42));
            return ((UdpAnswer.Refused) answer).message();
        }

        boolean answersWithin(Duration time) throws IOException {
            socket.setSoTimeout((int) time.toMillis());
            try {
                receive();
                return true;
            } catch (SocketTimeoutException e) {
                return false;
            }
        }

        private byte[] receive() throws IOException {
            var packet = new DatagramPacket(new byte[3000], 3000);
            socket.receive(packet);
            return Arrays.copyOf(packet.getData(), packet.getLength());
        }

        @Override
        public void close() {
            socket.close();
        }
    }
}
