package weft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.Node;
import weft.kit.SharedTorrent;
import weft.kit.SwarmExtension;
import weft.metainfo.Magnet;
import weft.tracker.TrackerServer;
import weft.tracker.TrackerServerOptions;

/** IPv6 alone, and IPv4 and IPv6 side by side, on loopback. */
@Timeout(120)
class DualStackTest {
    private static final Content CONTENT = Content.ofLength(500_000);

    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension().withoutFaults();

    private static InetAddress ipv4() throws IOException {
        return InetAddress.getByName("127.0.0.1");
    }

    private static InetAddress ipv6() throws IOException {
        return InetAddress.getByName("::1");
    }

    @BeforeEach
    void assumeIpv6() throws IOException {
        assumeThat(NetworkInterface.getByInetAddress(ipv6()))
                .as("this machine has IPv6")
                .isNotNull();
    }

    private static ClientOptions at(InetAddress address) {
        return SwarmExtension.clientOptions().withBindAddress(address);
    }

    private static InetSocketAddress address(InetAddress address, Node node) {
        return new InetSocketAddress(address, node.address().getPort());
    }

    private static Node seed(SharedTorrent shared, ClientOptions options) throws IOException {
        return shared.open(shared.seededDirectory(), options, add -> add).awaitState(TorrentState.SEEDING);
    }

    private Node leecher(SharedTorrent shared, ClientOptions options, InetSocketAddress... peers) throws IOException {
        return shared.open(swarm.directory(), options, add -> add.withPeers(List.of(peers)));
    }

    private static Set<Class<?>> families(Node node) {
        return node.torrent().peers().stream()
                .map(peer -> peer.address().getAddress().getClass())
                .collect(Collectors.toSet());
    }

    @Test
    void aSwarmLivesOnIpv6Alone() throws Exception {
        var shared = swarm.share(CONTENT);
        var seed = seed(shared, at(ipv6()));
        var first = leecher(shared, at(ipv6()), address(ipv6(), seed));
        first.awaitComplete().assertHasContent();
        seed.torrent().stop();

        // The second one is told of one who leeched, and downloads from it.
        leecher(shared, at(ipv6()), address(ipv6(), first)).awaitComplete().assertHasContent();
    }

    @Test
    void aClientWithoutAnAddressOfItsOwnTakesPeersOfBothFamiliesOnOnePort() throws Exception {
        var shared = swarm.share(CONTENT);
        var slow = shared.seededStorage().withBytesPerSecond(500_000);
        var seed = shared.open(swarm.directory(), SwarmExtension.clientOptions(), add -> add.withStorage(slow));
        seed.awaitState(TorrentState.SEEDING);

        var overIpv4 = leecher(shared, at(ipv4()), address(ipv4(), seed));
        var overIpv6 = leecher(shared, at(ipv6()), address(ipv6(), seed));

        Await.until(seed::describe, () -> families(seed).equals(Set.of(Inet4Address.class, Inet6Address.class)));
        overIpv4.awaitComplete();
        overIpv6.awaitComplete();
    }

    @Test
    void aClientWithoutAnAddressOfItsOwnDialsBothFamilies() throws Exception {
        var shared = swarm.share(CONTENT);
        var overIpv4 = seed(shared, at(ipv4()));
        var overIpv6 = seed(shared, at(ipv6()));
        var peers = List.of(address(ipv4(), overIpv4), address(ipv6(), overIpv6));

        var leecher = shared.open(
                swarm.directory(),
                SwarmExtension.clientOptions(),
                add -> add.withPeers(peers).withInitialState(AddOptions.InitialState.PAUSED));

        Await.until(leecher::describe, () -> families(leecher).equals(Set.of(Inet4Address.class, Inet6Address.class)));
        leecher.torrent().start();
        leecher.awaitComplete().assertHasContent();
    }

    @Test
    void ourTrackerOverIpv6BringsPeersTogether() throws Exception {
        var shared = swarm.share(CONTENT);
        var options = TrackerServerOptions.loopback();
        var tracker = swarm.own(TrackerServer.open(new TrackerServerOptions(
                new InetSocketAddress(ipv6(), 0),
                Duration.ofSeconds(30),
                Duration.ofSeconds(1),
                options.requestTimeout(),
                options.maxConnections(),
                options.maxConnectionsPerAddress(),
                options.maxTorrents(),
                options.maxPeersPerTorrent(),
                options.maxPeers(),
                Optional.empty(),
                false)));
        var url = tracker.announceUri().toString();
        assertThat(url).startsWith("http://[");

        var seed = shared.open(shared.seededDirectory(), at(ipv6()), add -> add.withTracker(url));
        seed.awaitState(TorrentState.SEEDING);
        Await.until(
                seed::describe,
                () -> seed.torrent().trackers().getFirst().complete().isPresent());
        var leecher = shared.open(swarm.directory(), at(ipv6()), add -> add.withTracker(url));

        leecher.awaitComplete().assertHasContent();
    }

    @Test
    void aMagnetLinkThatNamesAPeerOfIpv6Downloads() throws Exception {
        var shared = swarm.share(CONTENT);
        var seed = seed(shared, at(ipv6()));
        var magnet = Magnet.of(shared.metainfo().infoHash()).withPeers(List.of(address(ipv6(), seed)));
        assertThat(magnet.toString()).contains("&x.pe=[0:0:0:0:0:0:0:1]:");
        var directory = swarm.directory();

        var client = swarm.own(Client.open(at(ipv6())));
        var torrent = client.add(Magnet.parse(magnet.toString()), AddOptions.into(directory));

        assertThat(torrent.awaitComplete(Duration.ofSeconds(40))).isTrue();
        shared.content().assertLiesIn(directory);
    }

    @Test
    void addressesOfIpv6AreShownInBrackets() throws Exception {
        var shared = swarm.share(CONTENT);
        var nobody = new InetSocketAddress(ipv6(), SwarmExtension.nobody().getPort());
        var leecher = leecher(shared, at(ipv6()), nobody);

        Await.until(
                leecher::describe,
                () -> leecher.torrent().diagnosis().evidence().stream()
                        .anyMatch(evidence -> evidence.toString().contains("[0:0:0:0:0:0:0:1]:" + nobody.getPort())));
    }
}
