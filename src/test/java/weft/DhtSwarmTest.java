package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.dht.Dht;
import weft.dht.DhtOptions;
import weft.dht.NodeId;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.Message;
import weft.kit.Node;
import weft.kit.SharedTorrent;
import weft.kit.SwarmExtension;
import weft.metainfo.Magnet;
import weft.swarm.Swarm;

/** Torrents that find their peers by a DHT, of nodes on loopback. */
@Timeout(120)
class DhtSwarmTest {
    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension();

    /** A network of so many nodes, of which the first is known to all. */
    private InetSocketAddress network(int nodes) throws Exception {
        var first = swarm.own(Dht.open(DhtOptions.loopback()));
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), first.port());
        for (int i = 1; i < nodes; i++) {
            var node = swarm.own(Dht.open(DhtOptions.loopback().withNodes(List.of(address))));
            assertThat(node.awaitReady(Await.PATIENCE)).isTrue();
        }
        return address;
    }

    private static ClientOptions knowing(InetSocketAddress node) {
        return SwarmExtension.clientOptions().withDht(DhtOptions.loopback().withNodes(List.of(node)));
    }

    private static Node seed(SharedTorrent shared, ClientOptions options) throws Exception {
        return shared.open(shared.seededDirectory(), options, UnaryOperator.identity())
                .awaitComplete()
                .awaitState(TorrentState.SEEDING);
    }

    /** Nothing but the info-hash: no tracker, no peer, and a node of the DHT that is neither of them. */
    @Test
    void theInfoHashAloneIsEnough() throws Exception {
        var known = network(8);
        var shared = swarm.share(Content.ofLength(1_000_000));
        seed(shared, knowing(known));

        var leecher = swarm.openByMagnet(
                shared, Magnet.of(shared.metainfo().infoHash()), knowing(known), AddOptions.into(swarm.directory()));

        leecher.awaitComplete().assertHasContent();
    }

    @Test
    void theNodesOfALinkAreABeginning() throws Exception {
        var known = network(4);
        var shared = swarm.share(Content.ofLength(100_000));
        seed(shared, knowing(known));
        var link = Magnet.parse(Magnet.of(shared.metainfo().infoHash()) + "&dht=127.0.0.1:" + known.getPort());
        var alone = SwarmExtension.clientOptions().withDht(DhtOptions.loopback());

        var leecher = swarm.openByMagnet(shared, link, alone, AddOptions.into(swarm.directory()));

        leecher.awaitComplete().assertHasContent();
    }

    @Test
    void peersTellEachOtherOfTheirNodes() throws Exception {
        var known = network(4);
        var shared = swarm.share(Content.ofLength(100_000));
        var seed = seed(shared, knowing(known));
        var leecher = shared.open(
                swarm.directory(),
                SwarmExtension.clientOptions().withDht(DhtOptions.loopback()),
                UnaryOperator.identity());

        leecher.connectTo(seed);

        Await.until(
                "the leecher's node knows others",
                () -> leecher.client().dhtState().orElseThrow().nodes().size() >= 2);
    }

    @Test
    void aPrivateTorrentIsNotSpokenOf() throws Exception {
        var known = network(4);
        var shared = swarm.sharePrivately(Content.ofLength(100_000));
        var options = knowing(known);
        var seed = seed(shared, options);
        var peer = swarm.own(shared.dial(seed, "127.0.0.1"));
        peer.sendHandshake(0x0000_0000_0000_0005L);
        assertThat(peer.expectHandshake().reserved() & 1)
                .as("a node of the DHT, in the handshake about a private torrent")
                .isZero();
        assertThat(peer.expectPieces().cardinality()).isPositive();
        peer.send(new Message.Interested());
        peer.await(Message.Unchoke.class);
        assertThat(peer.passedOver()).isEmpty();

        try (var observer = Dht.open(DhtOptions.loopback().withNodes(List.of(known)))) {
            observer.awaitReady(Await.PATIENCE);
            var found = observer.getPeers(shared.metainfo().infoHash(), address -> {});

            assertThat(found.nodesAnswered()).isPositive();
            assertThat(found.peers()).isEmpty();
        }
        assertThat(seed.torrent().diagnosis().evidence()).isEmpty();
    }

    @Test
    void whatTheDhtDoesNotKnowIsSaid() throws Exception {
        var known = network(3);
        var shared = swarm.share(Content.ofLength(100_000));

        var lost = swarm.openByMagnet(
                shared, Magnet.of(shared.metainfo().infoHash()), knowing(known), AddOptions.into(swarm.directory()));
        var alone = swarm.openByMagnet(
                shared,
                Magnet.of(shared.metainfo().infoHash()),
                SwarmExtension.clientOptions().withDht(DhtOptions.loopback()),
                AddOptions.into(swarm.directory()));

        Await.until(
                () -> "the DHT knows nobody, but " + lost.torrent().diagnosis(),
                () -> lost.torrent().diagnosis().cause() == Diagnosis.Cause.DHT_KNOWS_NOBODY);
        assertThat(lost.torrent().diagnosis().evidence())
                .singleElement()
                .satisfies(evidence -> assertThat(evidence.where()).isEqualTo("DHT"));
        assertThat(alone.torrent().diagnosis().cause()).isEqualTo(Diagnosis.Cause.DHT_UNREACHABLE);
    }

    /** Before a search has come to its end nothing is said of what it has found, nor that no node answers. */
    @Test
    void thatTheDhtIsBeingAskedIsSaid() throws Exception {
        var node = swarm.own(Dht.open(DhtOptions.loopback().withNodes(List.of(network(2))))); // knows one that answers
        assertThat(node.awaitReady(Await.PATIENCE)).isTrue();
        var discovery = new DhtDiscovery(
                Optional.of(node), swarm.share(Content.ofLength(1)).metainfo().infoHash(), 1, () -> 0, peers -> {});

        var diagnosis = new SourcesExamination(List.of(), discovery.standing(), false, 100)
                .diagnosis(new Swarm.Addresses(0, 0, 0, List.of()));

        assertThat(diagnosis.cause()).isEqualTo(Diagnosis.Cause.DHT_ASKED);
        assertThat(diagnosis.sentence()).isEqualTo("no peers are known: the DHT is being asked");
    }

    @Test
    void aClientGoesOnWithTheNodeThatItHad() throws Exception {
        var known = network(4);
        var first = Client.open(knowing(known));
        NodeId id;
        try (first) {
            Await.until(
                    "the node knows others",
                    () -> !first.dhtState().orElseThrow().nodes().isEmpty());
            id = first.dhtState().orElseThrow().ipv4Id().orElseThrow();
        }

        try (var again = Client.open(SwarmExtension.clientOptions()
                .withDht(DhtOptions.loopback().withState(first.dhtState().orElseThrow())))) {
            assertThat(again.dhtState().orElseThrow().ipv4Id()).contains(id);
            Await.until(
                    "the node has found its way",
                    () -> again.dhtStatistics().orElseThrow().answersReceived() > 0);
        }
    }
}
