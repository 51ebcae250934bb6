package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.bencode.BString;
import weft.concurrent.TaskScope;
import weft.kit.Await;
import weft.kit.WeftThreads;
import weft.metainfo.InfoHash;
import weft.net.AddressVotes;
import weft.net.UdpSocket;

/** Nodes on real sockets of the loopback address. */
@Timeout(60)
class DhtTest {
    private static final InfoHash TORRENT = InfoHash.parse("9dd66bca00000000000000000000000000000001");

    private final List<Dht> open = new ArrayList<>();
    private Set<Long> threadsBefore;

    @BeforeEach
    void noteThreads() {
        threadsBefore = WeftThreads.alive().keySet();
    }

    @AfterEach
    void closeAll() {
        open.forEach(Dht::close);
        var threads = WeftThreads.alive();
        threads.keySet().removeAll(threadsBefore);
        assertThat(threads).isEmpty();
    }

    private Dht open(DhtOptions options) throws IOException {
        var dht = Dht.open(options);
        open.add(dht);
        return dht;
    }

    private Dht joined(Dht... others) throws Exception {
        var addresses = List.of(others).stream().map(DhtTest::address).toList();
        var dht = open(DhtOptions.loopback().withNodes(addresses));
        assertThat(dht.awaitReady(Await.PATIENCE)).isTrue();
        return dht;
    }

    private static InetSocketAddress address(Dht dht) {
        return loopback(dht.port());
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private static InetSocketAddress loopback6(int port) {
        return new InetSocketAddress("::1", port);
    }

    @Test
    void whatOneAnnouncesAnotherFinds() throws Exception {
        var first = open(DhtOptions.loopback());
        var seed = joined(first);
        var leecher = joined(first);

        var announced = seed.announce(TORRENT, new DhtAnnounce(7001, false, true), peer -> {});
        var heard = new ArrayList<InetSocketAddress>();
        var found = leecher.getPeers(TORRENT, heard::add);

        assertThat(announced.announcedTo()).isGreaterThanOrEqualTo(1);
        assertThat(found.peers()).containsExactly(loopback(7001)).isEqualTo(heard);
        assertThat(found.nodesAsked()).isGreaterThanOrEqualTo(found.nodesAnswered());
    }

    @Test
    void theImpliedPortIsTheOneOfTheSocket() throws Exception {
        var first = open(DhtOptions.loopback());
        var seed = joined(first);

        seed.announce(TORRENT, new DhtAnnounce(7001, true, false), peer -> {});

        assertThat(joined(first).getPeers(TORRENT, peer -> {}).peers()).containsExactly(address(seed));
    }

    @Test
    void ipv6IsANetworkOfItsOwn() throws Exception {
        var bind = new InetSocketAddress("::1", 0);
        var first = open(DhtOptions.loopback().withBind(bind));
        var options = DhtOptions.loopback().withBind(bind).withNodes(List.of(loopback6(first.port())));
        var seed = open(options);
        var leecher = open(options);
        assertThat(seed.awaitReady(Await.PATIENCE) && leecher.awaitReady(Await.PATIENCE))
                .isTrue();

        seed.announce(TORRENT, new DhtAnnounce(7001, false, true), peer -> {});

        assertThat(leecher.getPeers(TORRENT, peer -> {}).peers()).containsExactly(loopback6(7001));
    }

    @Test
    void aDualStackNodeAnnouncesInBothFamilies() throws Exception {
        var both = DhtOptions.loopback().withPort(0);
        var first = open(both);
        var seed = open(both.withNodes(List.of(loopback(first.port()), loopback6(first.port()))));
        Await.until("known in both", () -> seed.state().nodes().size() == 2);

        seed.announce(TORRENT, new DhtAnnounce(7001, false, true), peer -> {});

        Await.until(
                "both found",
                () -> Set.copyOf(seed.getPeers(TORRENT, peer -> {}).peers())
                        .equals(Set.of(loopback(7001), loopback6(7001))));
    }

    @Test
    void addNodeIsEnoughToJoin() throws Exception {
        var first = open(DhtOptions.loopback());
        var second = open(DhtOptions.loopback());
        assertThat(second.isReady()).isFalse();

        second.addNode(address(first));

        assertThat(second.awaitReady(Await.PATIENCE)).isTrue();
        Await.until("asked back", () -> first.statistics().nodes() == 1);
    }

    @Test
    void aLaterRunGoesOnWhereTheEarlierWas() throws Exception {
        var first = open(DhtOptions.loopback());
        var second = joined(first);
        Await.until("saved", () -> second.state().nodes().equals(List.of(address(first))));
        var state = second.state();
        second.close();

        var third = open(DhtOptions.loopback().withState(DhtState.parse(state.toBytes())));

        assertThat(third.awaitReady(Await.PATIENCE)).isTrue();
        assertThat(third.state().ipv4Id()).isEqualTo(state.ipv4Id());
    }

    @Test
    void aReadOnlyNodeAsksAndAnswersNobody() throws Exception {
        var first = open(DhtOptions.loopback());
        var seed = joined(first);
        seed.announce(TORRENT, new DhtAnnounce(7001, false, true), peer -> {});
        Await.until("known", () -> first.statistics().nodes() == 1);
        var reader = open(DhtOptions.loopback().withReadOnly(true).withNodes(List.of(address(first))));
        assertThat(reader.awaitReady(Await.PATIENCE)).isTrue();

        assertThat(reader.getPeers(TORRENT, peer -> {}).peers()).containsExactly(loopback(7001));

        first.addNode(address(reader));
        Await.until("asked", () -> reader.statistics().queriesReceived() > 0);
        assertThat(reader.statistics().queriesAnswered()).isZero();
        assertThat(first.statistics().nodes()).isEqualTo(1);
    }

    @Test
    void closingEndsALookupAtOnce() throws Exception {
        try (var silent = new DatagramSocket(loopback(0))) {
            var dht = open(DhtOptions.loopback().withNodes(List.of(loopback(silent.getLocalPort()))));
            silent.receive(
                    new DatagramPacket(new byte[2000], 2000)); // the first query, by which it looks for the network
            var lookup = CompletableFuture.supplyAsync(() -> lookUp(dht));
            dht.addNode(loopback(silent.getLocalPort()));

            long begun = System.nanoTime();
            dht.close();

            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(3));
            assertThatThrownBy(() -> lookup.get(20, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasRootCauseMessage("the DHT node is closed");
            assertThatThrownBy(() -> dht.getPeers(TORRENT, peer -> {}))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the DHT node is closed");
        }
    }

    private static DhtPeers lookUp(Dht dht) {
        try {
            while (true) {
                dht.getPeers(TORRENT, peer -> {});
            }
        } catch (InterruptedException e) {
            throw new CompletionException(e);
        }
    }

    @Test
    void aNodeOnASharedSocketLeavesItOpen() throws Exception {
        try (var scope = TaskScope.supervised("weft test", (task, failure) -> {})) {
            var socket = UdpSocket.open(scope, InetAddress.getLoopbackAddress(), 0);
            var first = open(DhtOptions.loopback());
            var dht = Dht.open(
                    scope, socket, DhtOptions.loopback().withNodes(List.of(address(first))), new AddressVotes());
            assertThat(dht.awaitReady(Await.PATIENCE)).isTrue();
            assertThat(dht.port()).isEqualTo(socket.port());

            dht.close();

            try (var other = new DatagramSocket(loopback(0))) {
                long before = socket.statistics().received();
                byte[] datagram = {1, 2, 3};
                other.send(new DatagramPacket(datagram, 3, loopback(socket.port())));
                Await.until("still received", () -> socket.statistics().received() > before);
            }
        }
    }

    @Test
    void whatOnePutsAnotherGets() throws Exception {
        var first = open(DhtOptions.loopback());
        var writer = joined(first);
        var reader = joined(first);
        var fixed = ImmutableItem.of(BString.of("Hello World!"));
        var keys = ItemKeyPair.generate();
        var salt = BString.of("salt");
        var item = MutableItem.sign(keys, salt, 1, BString.of("one"));
        var next = MutableItem.sign(keys, salt, 2, BString.of("two"));

        assertThat(writer.put(fixed)).isGreaterThanOrEqualTo(1);
        assertThat(writer.put(item)).isGreaterThanOrEqualTo(1);
        assertThat(writer.put(next, 7)).as("somebody else's was expected").isZero();
        assertThat(reader.get(keys.key(), salt)).contains(item);
        assertThat(writer.put(next, 1)).isGreaterThanOrEqualTo(1);

        assertThat(reader.get(fixed.target())).contains(fixed);
        assertThat(reader.get(keys.key(), salt)).contains(next);
        assertThat(reader.get(keys.key(), BString.EMPTY)).isEmpty();
    }

    @Test
    void scrapeCountsAndSamplesTell() throws Exception {
        var first = open(DhtOptions.loopback());
        var seed = joined(first);
        seed.announce(TORRENT, new DhtAnnounce(7001, false, true), peer -> {});
        var infoHashes = new ArrayList<InfoHash>();

        var scrape = seed.scrape(TORRENT);
        seed.sampleInfoHashes(NodeId.of(TORRENT), infoHashes::add);

        assertThat(scrape).isEqualTo(new DhtScrape(1, 0, scrape.nodes()));
        assertThat(scrape.nodes()).isGreaterThanOrEqualTo(1);
        assertThat(infoHashes).containsExactly(TORRENT);
        assertThat(seed.findNodes(NodeId.of(TORRENT)))
                .extracting(Contact::address)
                .contains(address(first));
    }
}
