package weft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import weft.dht.DhtOptions;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.Message;
import weft.kit.SharedTorrent;
import weft.kit.SwarmExtension;
import weft.kit.WeftThreads;
import weft.tracker.AnnounceTotals;
import weft.tracker.TrackerServer;
import weft.tracker.TrackerServerOptions;
import weft.tracker.TrackerSnapshot;
import weft.tracker.TrackerStatistics;

/** Ports, trackers, and that stopping stops. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ClientTest {
    private static final Duration BOUND = Duration.ofSeconds(5);

    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension();

    private static Duration timeOf(Runnable work) {
        long began = System.nanoTime();
        work.run();
        return Duration.ofNanos(System.nanoTime() - began);
    }

    private static int peersOf(TrackerServer tracker) {
        return tracker.statistics().seeds() + tracker.statistics().leechers();
    }

    // --- ports

    @Test
    void portZeroLetsTheSystemPick() throws Exception {
        try (var one = Client.open();
                var other = Client.open()) {
            assertThat(one.port()).isPositive().isNotEqualTo(other.port());
        }
    }

    @Test
    void fixedPortIsTaken() throws Exception {
        int port;
        try (var socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }

        try (var client = Client.open(ClientOptions.defaults().withPort(port))) {
            assertThat(client.port()).isEqualTo(port);
            new Socket("127.0.0.1", port).close();
            assertThatThrownBy(() -> new DatagramSocket(port)).isInstanceOf(BindException.class);
        }
        new DatagramSocket(port).close();
        try (var again = Client.open(ClientOptions.defaults().withPort(port))) {
            assertThat(again.port()).as("free at once").isEqualTo(port);
        }
    }

    @Test
    void portInUseIsABindExceptionThatNamesIt() throws Exception {
        var shared = swarm.share(Content.ofLength(1000));
        try (var socket = new ServerSocket(0)) {
            int port = socket.getLocalPort();
            var options = ClientOptions.defaults().withPort(port);

            assertThatThrownBy(() -> Client.open(options))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining(String.valueOf(port));
            assertThatThrownBy(() ->
                            Torrent.open(shared.torrentFile(), AddOptions.into(shared.seededDirectory()), options))
                    .isInstanceOf(BindException.class);
        }
    }

    @Test
    void portThatIsInUseForUdpAloneIsABindExceptionTooAndIsLetGo() throws Exception {
        int threads = WeftThreads.alive().size();
        try (var socket = new DatagramSocket(0)) {
            int port = socket.getLocalPort();

            assertThatThrownBy(() -> Client.open(ClientOptions.defaults().withPort(port)))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining("UDP port " + port);
            new ServerSocket(port).close();
        }
        assertThat(WeftThreads.alive()).hasSize(threads);
    }

    @Test
    void bindAddressIsListenedOnAlone() throws Exception {
        var options = ClientOptions.defaults().withBindAddress(InetAddress.getByName("127.0.0.2"));

        try (var client = Client.open(options)) {
            new Socket("127.0.0.2", client.port()).close();
            assertThatThrownBy(() -> new Socket("127.0.0.3", client.port())).isInstanceOf(IOException.class);
        }
    }

    @Test
    void nonsenseOptionsAreRefused() {
        var options = ClientOptions.defaults();

        assertThatThrownBy(() -> options.withPort(65536)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.withPort(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.withMaxConnections(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.withMaxConnectionsPerAddress(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.withMaxHalfOpen(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.withUploadSlotsPerTorrent(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.withMaxMappedBytes(1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void closedClientTakesNoTorrents() throws Exception {
        var shared = swarm.share(Content.ofLength(1000));
        var client = Client.open();
        client.close();
        client.close();

        assertThatThrownBy(() -> client.add(shared.metainfo(), AddOptions.into(swarm.directory())))
                .isInstanceOf(IllegalStateException.class);
        assertThat(client.torrents()).isEmpty();
    }

    // --- UDP trackers

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void torrentsFindEachOtherThroughAUdpTrackerOverEitherFamily(String host) throws Exception {
        var bind = new InetSocketAddress(InetAddress.getByName(host), 0);
        var tracker =
                swarm.own(TrackerServer.open(TrackerServerOptions.defaults().withBind(bind)));
        var url = tracker.udpAnnounceUri().toString();
        var shared = swarm.share(Content.ofLength(300_000));
        var seed = shared.seed(options -> options.withTracker(url));
        Await.until("the seed is known", () -> tracker.statistics().seeds() == 1);

        var leecher = shared.leecher(options -> options.withTracker(url));

        leecher.awaitComplete().assertHasContent();
        Await.until("two seeds", () -> tracker.statistics().seeds() == 2);
        assertThat(leecher.torrent().peers())
                .allSatisfy(peer -> assertThat(peer.address().getAddress()).isEqualTo(bind.getAddress()));
        seed.close();
        leecher.close();
        assertThat(tracker.statistics()).as("both said goodbye").isEqualTo(new TrackerStatistics(1, 0, 0, 5, 0, 0));
    }

    // --- many at once

    /** Runs the same in many threads at the same time; returns what became of each. */
    private static List<Object> inThreads(int count, Callable<Object> work) throws Exception {
        var together = new CyclicBarrier(count);
        var outcomes = new ArrayList<CompletableFuture<Object>>();
        for (int i = 0; i < count; i++) {
            var outcome = new CompletableFuture<Object>();
            outcomes.add(outcome);
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    together.await();
                    outcome.complete(work.call());
                } catch (Throwable e) {
                    outcome.complete(e);
                }
            });
        }
        var results = new ArrayList<>();
        for (var outcome : outcomes) {
            results.add(outcome.get(20, TimeUnit.SECONDS));
        }
        return results;
    }

    @Test
    void sameTorrentAddedByManyThreadsIsAddedOnce() throws Exception {
        var shared = swarm.share(Content.ofLength(1000));
        for (int round = 0; round < 20; round++) {
            try (var client = Client.open()) {
                var outcomes =
                        inThreads(4, () -> client.add(shared.metainfo(), AddOptions.into(shared.seededDirectory())));

                var added = outcomes.stream().filter(Torrent.class::isInstance).toList();
                assertThat(added).hasSize(1);
                assertThat(client.torrents()).isEqualTo(added);
                assertThat(outcomes.stream().filter(IllegalStateException.class::isInstance))
                        .hasSize(3);
                assertThat(((Torrent) added.getFirst()).awaitComplete(Await.PATIENCE))
                        .isTrue();
            }
        }
    }

    /** Either it is added and closed with the client, or its caller is told. */
    @Test
    void addingWhileClosingLeavesNothingHalfDone() throws Exception {
        var torrents = new ArrayList<SharedTorrent>();
        for (int i = 0; i < 3; i++) {
            torrents.add(swarm.share(Content.folder().withFile("f" + i, 1000)));
        }
        for (int round = 0; round < 60; round++) {
            var client = Client.open();
            var turn = new AtomicInteger();
            var outcomes = inThreads(4, () -> {
                int index = turn.getAndIncrement();
                if (index == torrents.size()) {
                    client.close();
                    return "closed";
                }
                return client.add(
                        torrents.get(index).metainfo(),
                        AddOptions.into(torrents.get(index).seededDirectory()));
            });

            for (Object outcome : outcomes) {
                switch (outcome) {
                    case Torrent torrent -> assertThat(torrent.state()).isEqualTo(TorrentState.CLOSED);
                    case IllegalStateException told -> assertThat(told).hasMessage("the client is closed");
                    default -> assertThat(outcome).isEqualTo("closed");
                }
            }
            assertThat(client.torrents()).isEmpty();
        }
    }

    @Test
    void everyoneWhoClosesReturnsWhenAllIsClosed() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        var seed = shared.seed();
        for (int round = 0; round < 10; round++) {
            var node = shared.leecher(options -> options.withPeers(List.of(seed.address())));
            var turn = new AtomicInteger();

            var outcomes = inThreads(4, () -> {
                if (turn.getAndIncrement() % 2 == 0) {
                    node.close();
                } else {
                    node.torrent().close();
                }
                return node.torrent().state();
            });

            assertThat(outcomes).containsOnly(TorrentState.CLOSED);
        }
    }

    @Test
    void fileThatATorrentDoesNotHaveHasNoPriority() throws Exception {
        var shared = swarm.share(Content.ofLength(1000));
        var options = AddOptions.into(swarm.directory());

        assertThatThrownBy(() -> options.withPriority(0, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.withPriorities(Map.of(0, -1))).isInstanceOf(IllegalArgumentException.class);
        try (var client = Client.open()) {
            assertThatThrownBy(() -> client.add(shared.metainfo(), options.withPriority(1, 1)))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThat(client.torrents()).isEmpty();
        }
    }

    // --- trackers

    @Test
    void trackersAreToldOfStartCompletionAndStop() throws Exception {
        var shared = swarm.shareByTracker(Content.ofLength(500_000));
        shared.seeds(1).leechers(1).awaitComplete();
        var leecher = shared.leechers().getFirst();
        Await.until(
                () -> "two seeds, but " + shared.tracker().statistics(),
                () -> shared.tracker().statistics().seeds() == 2);

        leecher.close();
        shared.seeds().getFirst().close();

        Await.until(() -> "nobody, but " + shared.tracker().statistics(), () -> peersOf(shared.tracker()) == 0);
    }

    @Test
    void trackersAreSeenInSnapshots() throws Exception {
        var shared = swarm.shareByTracker(Content.ofLength(500_000));
        var seed = shared.seed();
        Await.until(
                "the announce", () -> seed.torrent().trackers().getFirst().state() == TrackerSnapshot.State.WORKING);

        var leecher = shared.leecher();
        leecher.awaitComplete();
        var tier = leecher.torrent().trackers().getFirst();

        assertThat(tier.url()).isEqualTo(shared.tracker().announceUri().toString());
        assertThat(tier.urls()).containsExactly(tier.url());
        assertThat(tier.complete().orElseThrow()).isBetween(1, 2); // by now the leecher may be counted too
        assertThat(tier.peers()).isPositive();
        assertThat(tier.failures()).isZero();
        assertThat(tier.error()).isEmpty();
    }

    @Test
    void deadTrackerIsNamedAndHarmsNothing() throws Exception {
        int port;
        try (var socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        var shared = swarm.share(Content.ofLength(500_000));
        var seed = shared.seed();

        var node = shared.leecher(options ->
                options.withTracker("http://127.0.0.1:" + port + "/announce").withPeers(List.of(seed.address())));
        node.awaitComplete();

        Await.until(
                "the failure is seen",
                () -> node.torrent().trackers().getFirst().failures() > 0);
        assertThat(node.torrent().trackers().getFirst().error()).isPresent();
    }

    // --- stopping stops

    /** It accepts connections, by its backlog, and never says a word. */
    @Test
    void closeIsBoundedWhenATrackerHangs() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        try (var hanging = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            var url = "http://127.0.0.1:" + hanging.getLocalPort() + "/announce";
            var working =
                    swarm.shareByTracker(Content.folder().withFile("a", 1000)).tracker();
            var node = shared.open(
                    shared.seededDirectory(),
                    SwarmExtension.clientOptions(),
                    options -> options.withTracker(url)
                            .withTracker(working.announceUri().toString()));
            node.awaitComplete();
            Await.until(
                    "the other tracker knows it, and has said so",
                    () -> node.torrent().trackers().stream()
                            .anyMatch(tier -> tier.state() == TrackerSnapshot.State.WORKING));
            assertThat(peersOf(working)).isEqualTo(1);

            assertThat(timeOf(node::close)).isLessThan(BOUND);

            assertThat(peersOf(working)).as("the other was told").isZero();
        }
    }

    @Test
    void closeIsBoundedWhenAHundredTorrentsHang() throws Exception {
        try (var hanging = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                var client = Client.open()) {
            var url = "http://127.0.0.1:" + hanging.getLocalPort() + "/announce";
            for (int i = 0; i < 100; i++) {
                var shared = swarm.share(Content.folder().withFile("f" + i, 10));
                client.add(
                        shared.metainfo(),
                        AddOptions.into(shared.seededDirectory()).withTracker(url));
            }

            assertThat(timeOf(client::close)).isLessThan(BOUND);
        }
    }

    @Test
    void closeIsBoundedWhenTheStorageStalls() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        var seed = shared.seed();
        var storage = shared.emptyStorage();
        var node = shared.leecher(options -> options.withStorage(storage).withPeers(List.of(seed.address())));
        storage.stall();
        node.torrent().start();
        Await.until(
                "somebody waits for it",
                () -> storage.isWaitedFor() || node.torrent().isComplete());

        var time = timeOf(node::close);
        storage.resume();

        assertThat(time).isLessThan(BOUND);
    }

    @Test
    void closeIsBoundedWhenPeersDoNotRead() throws Exception {
        var shared = swarm.share(Content.ofLength(8_000_000));
        var seed = shared.seed();
        for (int i = 2; i < 8; i++) {
            var peer = shared.dial(seed, "127.0.0." + i).shakeHands();
            peer.send(new Message.HaveNone(), new Message.Interested());
            for (int block = 0; block < 300; block++) {
                peer.send(new Message.Request(block / 2, block % 2 * 16384, 16384));
            }
        }
        seed.awaitPeers(6);

        assertThat(timeOf(seed::close)).isLessThan(Duration.ofSeconds(2));
    }

    @Test
    void closeIsBoundedInTheMiddleOfAHashCheck() throws Exception {
        var shared = swarm.share(Content.ofLength(32 << 20));
        var node = shared.open(
                shared.seededDirectory(),
                SwarmExtension.clientOptions(),
                options -> options.withInitialState(AddOptions.InitialState.STOPPED));

        assertThat(timeOf(node::close)).isLessThan(BOUND);
    }

    /** One address is the truth for all: what trackers say of it counts for the DHT's node and for the peers' priorities. */
    @Test
    void trackersAndTheDhtVoteOnOneAddress() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var seen = InetAddress.getByName("203.0.113.7");
        try (var client = Client.open(SwarmExtension.clientOptions().withDht(DhtOptions.loopback()))) {
            var announced =
                    new Announced(client, shared.metainfo().infoHash(), () -> AnnounceTotals.of(0, 0, 0), peers -> {});

            for (int i = 0; i < 9; i++) {
                announced.onExternalAddress(InetAddress.getByName("198.51.100." + i), seen);
            }
            announced.onExternalAddress(InetAddress.getByName("198.51.100.8"), seen); // has voted
            client.shared().votes().vote(InetAddress.getByName("198.51.100.8"), seen); // as whatever else
            assertThat(client.dhtStatistics().orElseThrow().externalIpv4()).isEmpty();
            announced.onExternalAddress(InetAddress.getByName("198.51.100.9"), seen);

            assertThat(client.dhtStatistics().orElseThrow().externalIpv4()).contains(seen);
        }
    }

    @Test
    void fiftyCyclesOfOpeningAndClosingLeaveNothing() throws Exception {
        var shared = swarm.share(Content.ofLength(300_000));
        var seed = shared.seed();
        for (int i = 0; i < 50; i++) {
            var directory = swarm.directory();
            try (var torrent = Torrent.open(
                    shared.torrentFile(), AddOptions.into(directory).withPeers(List.of(seed.address())))) {
                assertThat(torrent.awaitComplete(Await.PATIENCE)).isTrue();
            }
            shared.content().assertLiesIn(directory);
        }
        seed.close();

        swarm.assertNoThreadLeft();
    }
}
