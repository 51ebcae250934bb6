package weft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.Diagnosis.Cause;
import weft.Diagnosis.Evidence;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.FakePeer;
import weft.kit.Message.Extended;
import weft.kit.Node;
import weft.kit.SharedTorrent;
import weft.kit.SwarmExtension;
import weft.metainfo.Magnet;

/** What is said of a magnet link that does not come to anything: why, and all that was tried. */
@Timeout(60)
class MetadataDiagnosisTest {
    private static final int REJECT = 2;

    @RegisterExtension
    private final SwarmExtension swarm = new SwarmExtension();

    private static void assertDiagnosis(Node node, Cause cause, String sentence) {
        Await.until(
                () -> cause + ", " + sentence + ", but " + node.torrent().diagnosis(),
                () -> node.torrent().diagnosis().toString().matches("(?i)" + cause + ": " + sentence));
    }

    private static FakePeer connect(SharedTorrent shared, Node node) throws Exception {
        return shared.dial(node, "127.0.0.1").shakeHands(FakePeer.FAST | FakePeer.EXTENDED);
    }

    private static FakePeer peer(SharedTorrent shared, Node node, String handshake) throws Exception {
        var peer = connect(shared, node);
        peer.send(Extended.handshake(Map.of("ut_metadata", 3), handshake));
        return peer;
    }

    private static int theirId(FakePeer peer) throws Exception {
        return Math.toIntExact(peer.expectExtensionHandshake()
                .dict("m")
                .orElseThrow()
                .integer("ut_metadata")
                .orElseThrow());
    }

    @Test
    void trackersAndPeersThatWereTriedAreEvidence() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var gone = "http://127.0.0.1:" + SwarmExtension.nobody().getPort() + "/announce";
        var refusing = swarm.tracker("200 OK", "d14:failure reason7:go awaye").url();
        var empty = swarm.tracker("200 OK", "d8:intervali1800e5:peers0:e").url();
        var magnet = Magnet.of(shared.metainfo().infoHash()).withTrackers(List.of(gone, refusing, empty));
        var nobody = SwarmExtension.nobody();

        var leecher = shared.byMagnet(magnet, swarm.directory(), options -> options.withPeers(List.of(nobody)));

        Await.until(
                () -> "all that was tried: " + leecher.torrent().diagnosis().evidence(),
                () -> leecher.torrent()
                        .diagnosis()
                        .evidence()
                        .toString()
                        .matches(".*refused.*go away.*no peers.*refused.*"));
        var evidence = leecher.torrent().diagnosis().evidence();
        assertThat(evidence)
                .extracting(Evidence::where)
                .containsExactly(gone, refusing, empty, "127.0.0.1:" + nobody.getPort());
        assertThat(evidence.get(2).what()).isEqualTo("has told of no peers");
        connect(shared, leecher);
        Await.until(
                () -> "who is connected, too: " + leecher.torrent().diagnosis().evidence(),
                () -> leecher.torrent().diagnosis().evidence().size() == 5);
    }

    @Test
    void peersThatHaveNoMetadata() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var leecher = shared.byMagnet(UnaryOperator.identity()).awaitState(TorrentState.FETCHING_METADATA);

        peer(shared, leecher, "");

        assertDiagnosis(
                leecher,
                Cause.WAITING_FOR_METADATA,
                "waiting for the metadata: the only peer connected has no metadata");
    }

    @Test
    void peersThatRefuse() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var leecher = shared.byMagnet(UnaryOperator.identity()).awaitState(TorrentState.FETCHING_METADATA);
        int size = shared.metainfo().infoBytes().remaining();

        var peer = peer(shared, leecher, "13:metadata_sizei" + size + "e");
        assertDiagnosis(
                leecher, Cause.WAITING_FOR_METADATA, "waiting for the metadata: asking the only peer that has it");
        int theirs = theirId(peer);
        peer.send(Extended.of(theirs, "d8:msg_typei" + REJECT + "e5:piecei0ee"));

        assertDiagnosis(
                leecher,
                Cause.WAITING_FOR_METADATA,
                "waiting for the metadata: the only peer that has it refuses to send it");
    }

    @Test
    void peersThatClaimWhatCannotBe() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var leecher = shared.byMagnet(UnaryOperator.identity()).awaitState(TorrentState.FETCHING_METADATA);

        peer(shared, leecher, "13:metadata_sizei2147483648e").untilClosed();

        Await.until(
                () -> "the reason: " + leecher.torrent().disconnects(),
                () -> leecher.torrent().disconnects().toString().contains("metadata of 2147483648 bytes > 10000000"));
    }

    @Test
    void peersThatLieAreBanned() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var leecher = shared.byMagnet(UnaryOperator.identity()).awaitState(TorrentState.FETCHING_METADATA);
        int size = shared.metainfo().infoBytes().remaining();
        var liar = shared.dial(leecher, "127.0.0.9").shakeHands(FakePeer.FAST | FakePeer.EXTENDED);
        liar.send(Extended.handshake(Map.of("ut_metadata", 3), "13:metadata_sizei" + size + "e"));
        int theirs = theirId(liar);
        liar.awaitExtended(3);

        liar.send(Extended.of(theirs, "d8:msg_typei1e5:piecei0e10:total_sizei" + size + "ee" + "x".repeat(size)));

        liar.untilClosed();
        leecher.awaitDisconnect("banned: sent wrong metadata");
        assertThatThrownBy(() -> shared.dial(leecher, "127.0.0.9").shakeHands()).isInstanceOf(IOException.class);
        connect(shared, leecher).expectExtensionHandshake();
    }
}
