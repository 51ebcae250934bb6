package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.FakeClock;
import weft.kit.FakePeer;
import weft.kit.FakeServer;
import weft.kit.Message;
import weft.kit.SwarmExtension;
import weft.tracker.HttpTrackerOptions;

/** Each field of a peer's snapshot, told from what the peer does. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PeerSnapshotTest {
    private static final int LAST_PIECE = 1696; // 100,000 bytes are three pieces of 32 KiB and this

    @RegisterExtension
    private final SwarmExtension swarm = new SwarmExtension();

    private static PeerSnapshot only(Torrent torrent) {
        return torrent.peers().getFirst();
    }

    @Test
    void peerThatWeDialledAndThatTrades() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var server = shared.listen("127.0.0.1");
        var node = shared.leecher().connectTo(server);
        var torrent = node.torrent();
        long began = System.nanoTime();
        var peer = server.accept().shakeHands(FakePeer.PLAIN);
        peer.send(new Message.Have(3), new Message.Unchoke(), new Message.Interested());
        peer.serve(peer.await(Message.Request.class));
        Await.until("the piece is there", () -> torrent.pieces().get(3));
        peer.send(new Message.Request(3, 0, 1000));
        peer.await(Message.Piece.class);

        peer.send(new Message.Piece(3, 0, ByteBuffer.allocate(500))); // that nobody asked for
        Await.until(
                "all has been counted",
                () -> only(torrent).wasted() > 0
                        && only(torrent).uploaded() > 0
                        && only(torrent).uploadBytesPerSecond() > 0
                        && only(torrent).downloadBytesPerSecond() > 0);

        var told = only(torrent);
        assertThat(told)
                .usingRecursiveComparison()
                .ignoringFields("connectedFor", "downloadBytesPerSecond", "uploadBytesPerSecond")
                .isEqualTo(new PeerSnapshot(
                        server.address(),
                        told.client(),
                        true,
                        Duration.ZERO,
                        false,
                        false,
                        false,
                        false,
                        true,
                        false,
                        false,
                        false,
                        0.25,
                        LAST_PIECE,
                        1000,
                        500,
                        0,
                        0,
                        0,
                        told.requestWindow(),
                        0,
                        Optional.empty()));
        assertThat(told.client()).startsWith("FK 0.0.0.1");
        assertThat(told.requestWindow()).isBetween(8, 9); // it begins with 8, and one block has come
        assertThat(told.connectedFor()).isBetween(Duration.ZERO, Duration.ofNanos(System.nanoTime() - began));
    }

    @Test
    void peerThatDialledUsHasEverythingAndWaits() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var node = shared.leecher();
        var torrent = node.torrent();
        var peer = shared.connect(node);

        peer.send(new Message.HaveAll(), new Message.Unchoke());
        peer.await(7, Message.Request.class);
        Await.until("it is asked", () -> only(torrent).requestsOut() == 7);

        var told = only(torrent);
        assertThat(told)
                .usingRecursiveComparison()
                .ignoringFields("connectedFor", "client")
                .isEqualTo(new PeerSnapshot(
                        peer.address(),
                        "",
                        false,
                        Duration.ZERO,
                        true,
                        true,
                        true,
                        false,
                        false,
                        false,
                        false,
                        true,
                        1,
                        0,
                        0,
                        0,
                        0,
                        0,
                        7,
                        8,
                        0,
                        Optional.empty()));
    }

    /** There is one slot. It goes from the one who does not send what it was asked for to another, who gives nothing yet. */
    @Test
    void whoSnubsUsAndWhoIsServedOptimistically() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var clock = new FakeClock();
        var client = swarm.own(Client.open(
                SwarmExtension.clientOptions().withUploadSlotsPerTorrent(1), HttpTrackerOptions.defaults(), clock));
        var torrent = client.add(shared.metainfo(), AddOptions.into(swarm.directory()));
        var silent = shared.listen("127.0.0.2");
        torrent.addPeer(silent.address());
        var first = silent.accept().shakeHands();
        first.send(new Message.HaveAll(), new Message.Unchoke());
        first.await(7, Message.Request.class);
        first.send(new Message.Interested());
        first.await(Message.Unchoke.class);
        var patient = shared.listen("127.0.0.3");
        torrent.addPeer(patient.address());
        patient.accept().shakeHands().send(new Message.Interested());
        Await.until(
                "it is interested",
                () -> torrent.peers().size() == 2 && of(torrent, patient).peerInterested());

        clock.advance(Duration.ofSeconds(61));

        Await.until(
                "the slot goes on",
                () -> of(torrent, silent).amChoking() && !of(torrent, patient).amChoking());
        assertThat(of(torrent, silent))
                .returns(true, PeerSnapshot::snubbed)
                .returns(false, PeerSnapshot::optimistic)
                .returns(true, PeerSnapshot::amChoking);
        assertThat(of(torrent, patient))
                .returns(false, PeerSnapshot::snubbed)
                .returns(true, PeerSnapshot::optimistic)
                .returns(false, PeerSnapshot::amChoking);
    }

    private static PeerSnapshot of(Torrent torrent, FakeServer server) {
        return torrent.peers().stream()
                .filter(peer -> peer.address().equals(server.address()))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void peerThatAsksFasterThanTheDiskReadsIsSeenToWait() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var storage = shared.seededStorage();
        var seed = shared.seed(options -> options.withStorage(storage));
        var peer = shared.connect(seed);
        peer.send(new Message.Interested());
        peer.await(Message.Unchoke.class);

        storage.stall();
        try {
            peer.send(new Message.Request(0, 0, 16384)); // this one waits in the storage, out of the queue
            Await.until("the disk is waited for", storage::isWaitedFor);
            peer.send(new Message.Request(1, 0, 16384), new Message.Request(2, 0, 16384));

            Await.until("two wait", () -> only(seed.torrent()).requestsIn() == 2);
            assertThat(only(seed.torrent()).amChoking()).isFalse();
        } finally {
            storage.resume();
        }
        peer.await(3, Message.Piece.class);
        assertThat(only(seed.torrent()).requestsIn()).isZero();
    }

    @Test
    void whyAnEarlierConnectionEndedIsRemembered() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var server = shared.listen("127.0.0.1");
        var node = shared.leecher().connectTo(server);
        server.accept().close(); // before it has shaken hands: tried again after five seconds

        server.accept().shakeHands();
        node.awaitPeers(1);

        assertThat(only(node.torrent()).lastDisconnect()).contains("connection closed after 0 of 68 bytes");
    }
}
