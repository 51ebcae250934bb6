package weft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
import weft.kit.FakeClock;
import weft.kit.FakePeer;
import weft.kit.FileLease;
import weft.kit.Message.Extended;
import weft.kit.Node;
import weft.kit.SharedTorrent;
import weft.kit.SwarmExtension;
import weft.metainfo.Magnet;
import weft.tracker.HttpTrackerOptions;

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

    /** A new file that nobody can open for now. */
    private static FileLease leased(Path path) throws IOException {
        Files.createDirectories(path.getParent());
        return FileLease.take(Files.createFile(path));
    }

    @Test
    void diskThatHangsBeforeAnythingIsFetched() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var infoHash = shared.metainfo().infoHash();
        var directory = swarm.directory();
        var clock = new FakeClock();
        var client = swarm.own(Client.open(SwarmExtension.clientOptions(), HttpTrackerOptions.defaults(), clock));
        Torrent torrent;
        try (var lease = leased(directory.resolve(".weft/" + infoHash.toHex() + ".torrent"))) {
            lease.checkHeld();
            torrent = client.add(Magnet.of(infoHash), AddOptions.into(directory));
            assertThat(torrent.diagnosis())
                    .hasToString("starting: about to start: looking for metadata of an earlier run");

            Await.until(() -> "it hangs, but " + torrent.diagnosis(), () -> {
                clock.advance(Duration.ofSeconds(1));
                return torrent.diagnosis()
                        .toString()
                        .equals("disk_busy: the disk does not get on: "
                                + "metadata of an earlier run is still to be looked for");
            });
        }
        Await.until(
                () -> "it is sought: " + torrent.diagnosis(), () -> torrent.state() == TorrentState.FETCHING_METADATA);
        assertThat(torrent.diagnosis().cause()).isEqualTo(Cause.NO_SOURCES);
    }

    @Test
    void diskThatHangsWhenTheMetadataIsToBeKept() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var infoHash = shared.metainfo().infoHash();
        var seed = shared.seed();
        var directory = swarm.directory();
        Node leecher;
        try (var lease = leased(directory.resolve(".weft/" + infoHash.toHex() + ".torrent.tmp"))) {
            lease.checkHeld();
            leecher = shared.byMagnet(
                    Magnet.of(infoHash), directory, options -> options.withPeers(List.of(seed.address())));

            Await.until(
                    () -> "it hangs, but " + leecher.torrent().diagnosis(),
                    () -> leecher.torrent()
                            .diagnosis()
                            .toString()
                            .equals("disk_busy: the disk does not get on: the metadata has come and is to be kept"));
        }
        leecher.awaitComplete();
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
