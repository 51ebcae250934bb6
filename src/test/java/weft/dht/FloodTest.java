package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import weft.bencode.BString;
import weft.kit.Await;
import weft.net.AddressVotes;

/** A node on a real socket that is sent more than it can take. */
@Timeout(120)
class FloodTest {
    private static final int DATAGRAMS = 300_000;
    private static final int UNLIMITED = 1_000_000_000;
    private static final long MEBIBYTE = 1 << 20;
    private static final boolean MEMORY_WANTED = Boolean.getBoolean("weft.dht.memory");

    private final Random random = new Random(1);

    /** Different targets, ids and torrents each time, so that whatever is kept for any of them grows. */
    private byte[] query(int number, BString token) {
        var id = NodeId.random(random);
        var target = NodeId.random(random);
        var method = switch (number % 5) {
            case 0 -> new Method.Ping();
            case 1 -> new Method.FindNode(target, Set.of());
            case 2 -> new Method.GetPeers(target, Set.of(), false, false);
            case 3 -> new Method.AnnouncePeer(target, 1, false, false, token);
            default -> new Method.SampleInfohashes(target, Set.of());
        };
        return Krpc.encode(new Query(BString.of("t" + number), id, number % 2 == 0, method));
    }

    @Test
    void aFloodIsDroppedAndCostsNoMemory() throws IOException {
        var loopback = InetAddress.getLoopbackAddress();
        try (var dht = Dht.open(DhtOptions.loopback());
                var flooder = DatagramChannel.open().bind(new InetSocketAddress(loopback, 0))) {
            var to = new InetSocketAddress(loopback, dht.port());
            long before = usedBytes();
            long start = System.nanoTime();

            for (int i = 0; i < DATAGRAMS; i++) {
                flooder.send(ByteBuffer.wrap(query(i, BString.of("token"))), to);
            }
            flooder.send(ByteBuffer.wrap(new byte[1400]), to);

            Await.until("most of it ignored", () -> dht.statistics().ignored() > 1000);
            var now = dht.statistics();
            // The limit is one of ten seconds each, and a busy machine may take longer over it all.
            long windows = 1 + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start) / 10;
            assertThat(now.queriesAnswered() + now.queriesRefused())
                    .as("the limit for one address, and one more for each time that it was asked itself")
                    .isLessThanOrEqualTo(windows * DhtOptions.loopback().datagramsPerAddress() + now.queriesSent());
            assertThat(usedBytes() - before).isLessThan(16 * MEBIBYTE);
        }
    }

    @Test
    void withoutLimitsStoresAreBoundedStill() throws IOException {
        var loopback = InetAddress.getLoopbackAddress();
        var options = DhtOptions.loopback().withRates(250, UNLIMITED, UNLIMITED).withCapacity(100, 10, 500, 50);
        try (var dht = Dht.open(options);
                var flooder = DatagramChannel.open().bind(new InetSocketAddress(loopback, 0))) {
            var to = new InetSocketAddress(loopback, dht.port());
            flooder.configureBlocking(false);
            var received = ByteBuffer.allocate(2000);
            long before = usedBytes();

            for (int i = 0; i < DATAGRAMS / 3; i++) {
                var target = NodeId.random(random);
                ask(flooder, to, new Method.GetPeers(target, Set.of(), false, false));
                received.clear();
                if (flooder.receive(received) != null) {
                    announceWith(received.flip(), flooder, to);
                }
            }

            Await.until("full", () -> dht.statistics().torrents() == 100);
            var now = dht.statistics();
            assertThat(now.peers()).isLessThanOrEqualTo(500);
            assertThat(usedBytes() - before).isLessThan(16 * MEBIBYTE);
        }
    }

    /**
     * Everything that strangers can make a node keep, with a tenth of the default bounds; {@code -Dweft.dht.memory=true} takes
     * all of them, and prints how much heap that is.
     */
    @ParameterizedTest
    @EnumSource
    void atItsBoundsANodeKeepsSomeMegabytes(Family family) throws KrpcException {
        long before = usedBytes();
        var bounds =
                MEMORY_WANTED ? DhtOptions.defaults() : DhtOptions.defaults().withCapacity(200, 500, 10_000, 70);
        var full = new FullNode(family, bounds);
        long bytes = usedBytes() - before;

        var node = full.node;
        var figures = String.format(
                "%s: %d nodes and %d in waiting, %d peers of %d torrents, %d items: %.1f MB",
                family,
                node.table().size(),
                node.table().waiting(),
                node.responder().peers(),
                node.responder().torrents(),
                node.responder().items(),
                bytes / 1e6);
        if (MEMORY_WANTED) {
            System.err.println(figures);
        }
        assertThat(node.responder().peers()).as(figures).isEqualTo(bounds.maxPeers());
        assertThat(node.responder().torrents()).as(figures).isEqualTo(bounds.maxTorrents());
        assertThat(node.responder().items()).as(figures).isEqualTo(bounds.maxItems());
        assertThat(bytes).as(figures).isLessThan((MEMORY_WANTED ? 10 : 4) * MEBIBYTE);
    }

    /** Many who mean ill and have many addresses have filled it, and go on. */
    private final class FullNode {
        private static final int ITEMS_OF_A_KEY = 100;

        private final SimulatedNetwork time = new SimulatedNetwork(1);
        private final Family family;
        private final Node node;
        private byte[] sent;

        FullNode(Family family, DhtOptions bounds) throws KrpcException {
            this.family = family;
            this.node = new Node(
                    family,
                    NodeId.random(random),
                    bounds.withRates(UNLIMITED, UNLIMITED, UNLIMITED),
                    new AddressVotes(),
                    (datagram, to) -> sent = datagram,
                    SimulatedNetwork::atOnce,
                    time,
                    random);
            meetStrangers();
            takeAnnounces(bounds);
            keepItems(bounds);
        }

        private void meetStrangers() {
            for (int i = 0; i < 20_000; i++) {
                node.table().answered(new Contact(near(i % 30), stranger()));
            }
            for (int i = 0; i < 1000; i++) {
                node.ping(stranger());
                tell(new Method.FindNode(near(i % 160), Set.of()), stranger());
            }
        }

        private NodeId near(int bits) {
            return node.id().randomSharing(bits, random);
        }

        private InetSocketAddress stranger() {
            var bytes = new byte[family.addressBytes()];
            random.nextBytes(bytes);
            bytes[0] = 0x2a; // of the Internet, in both
            try {
                return new InetSocketAddress(InetAddress.getByAddress(bytes), 1 + random.nextInt(60_000));
            } catch (UnknownHostException e) {
                throw new AssertionError(e);
            }
        }

        private void tell(Method method, InetSocketAddress from) {
            node.received(Krpc.encode(new Query(BString.of("aa"), NodeId.random(random), false, method)), from);
        }

        private BString token(Method method, InetSocketAddress from) throws KrpcException {
            tell(method, from);
            return ((Answer) Krpc.decode(sent)).contents().token().orElseThrow();
        }

        private void takeAnnounces(DhtOptions bounds) throws KrpcException {
            int peers = bounds.maxPeers() / bounds.maxTorrents();
            for (int i = 0; i < bounds.maxTorrents(); i++) {
                var torrent = NodeId.random(random);
                for (int j = 0; j < peers; j++) {
                    var from = stranger();
                    var token = token(new Method.GetPeers(torrent, Set.of(), false, false), from);
                    tell(new Method.AnnouncePeer(torrent, 7000, false, false, token), from);
                }
                tell(new Method.GetPeers(torrent, Set.of(), false, true), stranger()); // filters
            }
        }

        private void keepItems(DhtOptions bounds) throws KrpcException {
            var longest = BString.of("x".repeat(996));
            for (int i = 0; i < bounds.maxItems(); i++) {
                var keys = ItemKeyPair.ofSeed(new byte[] {
                    (byte) (i / ITEMS_OF_A_KEY),
                    1,
                    2,
                    3,
                    4,
                    5,
                    6,
                    7,
                    8,
                    9,
                    10,
                    11,
                    12,
                    13,
                    14,
                    15,
                    16,
                    17,
                    18,
                    19,
                    20,
                    21,
                    22,
                    23,
                    24,
                    25,
                    26,
                    27,
                    28,
                    29,
                    30,
                    31
                });
                var salt = new byte[MutableItem.MAX_SALT_BYTES];
                random.nextBytes(salt);
                var item = MutableItem.sign(keys, BString.of(salt), 1, longest);
                var from = stranger();
                var token = token(new Method.Get(item.target(), Set.of(), OptionalLong.empty()), from);
                time.pass(Duration.ofMillis(20).toNanos()); // or there would be no time to verify it
                tell(Method.Put.of(item, token, OptionalLong.empty()), from);
            }
        }
    }

    private void ask(DatagramChannel from, InetSocketAddress to, Method.GetPeers method) throws IOException {
        var transaction = BString.of(method.infoHash().toBytes());
        from.send(ByteBuffer.wrap(Krpc.encode(new Query(transaction, NodeId.random(random), true, method))), to);
    }

    /** Announces for the torrent that the answer is about, which the transaction's id says. */
    private void announceWith(ByteBuffer datagram, DatagramChannel from, InetSocketAddress to) throws IOException {
        var bytes = new byte[datagram.remaining()];
        datagram.get(bytes);
        if (Krpc.decode(bytes) instanceof Answer answer
                && answer.transaction().length() == NodeId.BYTES
                && answer.contents().token().isPresent()) {
            var announce = new Method.AnnouncePeer(
                    NodeId.of(answer.transaction()),
                    7000,
                    false,
                    false,
                    answer.contents().token().orElseThrow());
            from.send(ByteBuffer.wrap(Krpc.encode(new Query(BString.of("a"), answer.id(), true, announce))), to);
        }
    }

    private static long usedBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
