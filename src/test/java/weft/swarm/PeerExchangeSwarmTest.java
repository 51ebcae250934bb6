package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.AddOptions.InitialState;
import weft.TorrentState;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.FakePeer;
import weft.kit.Message.Extended;
import weft.kit.Message.HaveNone;
import weft.kit.Message.RejectRequest;
import weft.kit.Message.Request;
import weft.kit.Node;
import weft.kit.SharedTorrent;
import weft.kit.SwarmExtension;
import weft.wire.PexMessage;
import weft.wire.PexMessage.Contact;

/** Peers that find each other by telling of each other (BEP 11), and those that must not. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PeerExchangeSwarmTest {
    private static final long BOTH = FakePeer.FAST | FakePeer.EXTENDED;

    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension().withoutFaults();

    /** Each knows the one before it and nobody else; the first has everything. */
    @Test
    void leechersThatKnowOnePeerEachFindTheRest() throws Exception {
        var shared = swarm.share(Content.ofLength(3_000_000));
        var nodes = new ArrayList<Node>(List.of(shared.seed()));
        for (int i = 1; i < 12; i++) {
            var known = nodes.getLast().address();
            // Paused, it stays: who is complete goes from others that are.
            nodes.add(
                    shared.leecher(options -> options.withPeers(List.of(known)).withInitialState(InitialState.PAUSED)));
        }

        for (Node node : nodes) {
            Await.until(
                    () -> "most others are known: " + node.describe(),
                    () -> node.torrent().peers().size() >= 9);
        }
        for (Node node : nodes) {
            node.torrent().start();
        }
        for (Node node : nodes) {
            node.awaitComplete();
            node.assertHasContent();
        }
    }

    private FakePeer talker(SharedTorrent shared, Node node, String from) throws Exception {
        var peer = shared.dial(node, from).shakeHands(BOTH);
        peer.send(Extended.handshake(Map.of("ut_pex", 9), "1:pi7001e"), new HaveNone());
        return peer;
    }

    private static void awaitHeard(FakePeer peer) throws Exception {
        peer.send(new Request(0, 0, 1));
        peer.await(RejectRequest.class);
    }

    private static PexMessage pex(Extended message) throws Exception {
        return PexMessage.decode(message.payload().duplicate(), 100);
    }

    @Test
    void peersAreToldWhereOthersCanBeReached() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var seed = shared.seed();
        var first = talker(shared, seed, "127.0.0.2");
        awaitHeard(first);
        var server = shared.listen("127.0.0.3");
        seed.connectTo(server);
        var dialled = server.accept().shakeHands(BOTH);

        var message = pex(first.awaitExtended(9));

        assertThat(message.added()).containsExactly(new Contact(server.address(), PexMessage.REACHABLE));
        assertThat(message.dropped()).isEmpty();
        var other = talker(shared, seed, "127.0.0.4");
        assertThat(pex(other.awaitExtended(9)).added())
                .containsExactlyInAnyOrder(
                        new Contact(server.address(), PexMessage.REACHABLE),
                        new Contact(new InetSocketAddress("127.0.0.2", 7001), 0));
        dialled.close();
    }

    @Test
    void whomAPeerTellsOfIsDialled() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var leecher = shared.leecher();
        var server = shared.listen("127.0.0.3");
        var message = new PexMessage(List.of(new Contact(server.address(), 0)), List.of());

        talker(shared, leecher, "127.0.0.2").send(new Extended(1, ByteBuffer.wrap(message.encode())));

        server.accept().shakeHands(BOTH).expectExtensionHandshake();
    }

    @Test
    void whoTellsTooOftenIsCutOff() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var leecher = shared.leecher();
        var peer = talker(shared, leecher, "127.0.0.2");

        for (int i = 0; i < 6; i++) {
            peer.send(Extended.of(1, "de"));
        }

        leecher.awaitDisconnect("ut_pex: 6 messages within a minute");
    }

    @Test
    void whoSendsUsBackToOurselvesIsBelievedOnce() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var leecher = shared.leecher();
        var peer = talker(shared, leecher, "127.0.0.2");
        var message = new PexMessage(List.of(new Contact(leecher.address(), 0)), List.of()).encode();

        peer.send(new Extended(1, ByteBuffer.wrap(message)));
        leecher.awaitDisconnect("connected to ourselves");
        peer.send(new Extended(1, ByteBuffer.wrap(message)));
        awaitHeard(peer);

        assertThat(leecher.torrent().peers()).hasSize(1);
        assertThat(leecher.torrent().disconnects().stream()
                        .filter(line ->
                                line.startsWith("127.0.0.1:" + leecher.address().getPort())))
                .hasSize(1);
    }

    /** BEP 27. What tells of peers is not even offered, and what is told all the same not heard. */
    @Test
    void privateTorrentTellsNobodyAndHearsNobody() throws Exception {
        var shared = swarm.sharePrivately(Content.ofLength(100_000));
        assertSilentAboutPeers(shared, shared.leecher());
    }

    @Test
    void whereItIsTurnedOffNobodyIsToldAndNobodyHeard() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        assertSilentAboutPeers(
                shared,
                shared.open(
                        swarm.directory(), SwarmExtension.clientOptions().withPeerExchange(false), options -> options));
    }

    private void assertSilentAboutPeers(SharedTorrent shared, Node leecher) throws Exception {
        var server = shared.listen("127.0.0.3");
        var toldOf = shared.listen("127.0.0.5");
        leecher.connectTo(server);
        var dialled = server.accept().shakeHands(BOTH);
        var peer = talker(shared, leecher, "127.0.0.2");
        var ids = peer.expectExtensionHandshake().dict("m").orElseThrow();
        var message = new PexMessage(List.of(new Contact(toldOf.address(), 0)), List.of());

        peer.send(new Extended(1, ByteBuffer.wrap(message.encode())));
        awaitHeard(peer);

        assertThat(ids.integer("ut_pex")).isEmpty();
        leecher.awaitPeers(2);
        assertThat(peer.within(Duration.ofMillis(2500))) // longer than it takes where it is not private
                .noneMatch(Extended.class::isInstance);
        assertThat(peer.passedOver()).noneMatch(Extended.class::isInstance);
        assertThat(toldOf.accepted()).isZero();
        assertThat(leecher.torrent().snapshot().knownPeers()).isEqualTo(1);
        dialled.close();
    }

    // --- while the metadata is fetched

    private static void pieceOfMetadata(SharedTorrent shared, FakePeer peer) throws Exception {
        var info = shared.metainfo().infoBytes();
        peer.awaitExtended(3);
        var bytes = new byte[info.remaining()];
        info.get(bytes);
        peer.send(Extended.of(
                2,
                "d8:msg_typei1e5:piecei0e10:total_sizei" + bytes.length + "ee"
                        + new String(bytes, StandardCharsets.ISO_8859_1)));
    }

    @Test
    void whoKnowsOnlyTheInfoHashFindsASeedByOneWhoHasNothing() throws Exception {
        var shared = swarm.share(Content.ofLength(300_000));
        var seed = shared.seed();
        var server = shared.listen("127.0.0.3");
        var leecher = shared.byMagnet(options -> options.withPeers(List.of(server.address())));
        var peer = server.accept().shakeHands(BOTH);
        var message = new PexMessage(List.of(new Contact(seed.address(), 0)), List.of());

        peer.send(Extended.handshake(Map.of("ut_pex", 9)), new Extended(1, ByteBuffer.wrap(message.encode())));

        leecher.awaitComplete();
        leecher.assertHasContent();
    }

    @Test
    void peersAreToldOfWhileTheMetadataIsFetchedToo() throws Exception {
        var shared = swarm.share(Content.ofLength(300_000));
        var server = shared.listen("127.0.0.3");
        var other = shared.listen("127.0.0.4");
        shared.byMagnet(options -> options.withPeers(List.of(server.address(), other.address())));
        var peer = server.accept().shakeHands(BOTH);
        other.accept().shakeHands(BOTH).send(Extended.handshake(Map.of(), "11:upload_onlyi1e"));

        peer.send(Extended.handshake(Map.of("ut_pex", 9)));

        assertThat(pex(peer.awaitExtended(9)).added())
                .extracting(Contact::address)
                .containsExactly(other.address());
    }

    /** Who knows only the info-hash cannot know that it is private; when he does, he goes from those he should not have met. */
    @Test
    void whomPexLedToIsLeftWhenTheTorrentTurnsOutToBePrivate() throws Exception {
        var shared = swarm.sharePrivately(Content.ofLength(100_000));
        var server = shared.listen("127.0.0.3");
        var found = shared.listen("127.0.0.4");
        var foundToo = shared.listen("127.0.0.5");
        var leecher = shared.byMagnet(options -> options.withPeers(List.of(server.address())));
        var peer = server.accept().shakeHands(BOTH);
        var size = shared.metainfo().infoBytes().remaining();
        peer.send(
                Extended.handshake(Map.of("ut_metadata", 3, "ut_pex", 9), "13:metadata_sizei" + size + "e"),
                new Extended(
                        1,
                        ByteBuffer.wrap(new PexMessage(List.of(new Contact(found.address(), 0)), List.of()).encode())));
        var other = found.accept().shakeHands(BOTH);
        other.expectExtensionHandshake();

        pieceOfMetadata(shared, peer);

        other.untilClosed();
        leecher.awaitDisconnect("the torrent is private, and no tracker has told of this peer");
        leecher.awaitPeers(1);
        var again = FakePeer.decoded(peer.awaitExtended(0)).dict("m").orElseThrow();
        assertThat(again.integer("ut_pex")).hasValue(0);
        peer.send(new Extended(
                1, ByteBuffer.wrap(new PexMessage(List.of(new Contact(foundToo.address(), 0)), List.of()).encode())));
        awaitHeard(peer);
        assertThat(leecher.torrent().snapshot().knownPeers()).isEqualTo(1);
        assertThat(foundToo.accepted()).isZero();
    }

    /** That may take minutes. */
    @Test
    void aPrivateTorrentIsQuietAlreadyWhileItsFilesAreLookedAt() throws Exception {
        var shared = swarm.sharePrivately(Content.ofLength(100_000));
        var storage = shared.seededStorage();
        storage.stall();
        var server = shared.listen("127.0.0.3");
        var found = shared.listen("127.0.0.4");
        var foundLate = shared.listen("127.0.0.5");
        var leecher = shared.byMagnet(
                options -> options.withPeers(List.of(server.address())).withStorage(storage));
        var peer = server.accept().shakeHands(BOTH);
        var size = shared.metainfo().infoBytes().remaining();
        var message = new PexMessage(
                List.of(new Contact(found.address(), 0), new Contact(foundLate.address(), 0)), List.of());
        peer.send(
                Extended.handshake(Map.of("ut_metadata", 3), "13:metadata_sizei" + size + "e"),
                new Extended(1, ByteBuffer.wrap(message.encode())));
        var other = found.accept().shakeHands(BOTH);
        other.expectExtensionHandshake();
        var late = foundLate.accept(); // and says nothing yet

        pieceOfMetadata(shared, peer);

        leecher.awaitState(TorrentState.CHECKING);
        other.untilClosed();
        late.shakeHands(BOTH);
        assertThat(late.untilClosed()).isEmpty();
        var told = shared.listen("127.0.0.6");
        leecher.connectTo(told);
        var asTold = told.accept().shakeHands(BOTH);
        var ids = asTold.expectExtensionHandshake().dict("m").orElseThrow();
        assertThat(ids.integer("ut_metadata")).isPresent();
        assertThat(ids.integer("ut_pex")).isEmpty();
        peer.send(Extended.handshake(Map.of("ut_pex", 9))); // who was told that we know it, when we did
        assertThat(peer.within(Duration.ofMillis(1200))) // twice as long as it takes where it is not private
                .noneMatch(Extended.class::isInstance);
        assertThat(leecher.torrent().state()).isEqualTo(TorrentState.CHECKING);
        storage.resume();
    }
}
