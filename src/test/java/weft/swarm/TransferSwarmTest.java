package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.AddOptions;
import weft.TorrentState;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.Message;
import weft.kit.Node;
import weft.kit.SwarmExtension;

/** Whole swarms of honest clients: everybody gets everything, and nobody sends more than needed. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TransferSwarmTest {
    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension();

    @Test
    void leecherGetsOneFileFromASeed() throws Exception {
        var shared =
                swarm.share(Content.ofLength(3_000_001)).seeds(1).leechers(1).awaitComplete();

        var leecher = shared.leechers().getFirst();
        leecher.assertHasContent();
        assertThat(leecher.torrent().downloaded()).isEqualTo(shared.size());
        assertThat(leecher.torrent().left()).isZero();
        var seed = shared.seeds().getFirst().torrent();
        Await.until("all is counted", () -> seed.uploaded() == shared.size());
        leecher.awaitState(TorrentState.SEEDING);
    }

    @Test
    void leecherGetsManyFiles() throws Exception {
        var content = Content.folder()
                .withFile("a", 1)
                .withFile("b/empty", 0)
                .withFile("b/c/block", 16 * 1024)
                .withFile("b/c/under", 16 * 1024 - 1)
                .withFile("b/c/over", 16 * 1024 + 1)
                .withFile("d \u00e9\u65e5", 500_000)
                .withFile("z", 100_000);

        var shared = swarm.share(content).seeds(1).leechers(1).awaitComplete();

        shared.leechers().getFirst().assertHasContent();
    }

    @Test
    void blocksThatFollowEachOtherAreLentTogether() throws Exception {
        var shared = swarm.share(Content.ofLength(1 << 20), 256 * 1024);
        var storage = shared.seededStorage().withBytesPerSecond(1 << 20); // so that requests pile up
        var seed = shared.seed(options -> options.withStorage(storage));

        var leecher = shared.leecher(options -> options.withPeers(List.of(seed.address())));

        leecher.awaitComplete().assertHasContent();
        assertThat(storage.longestLease()).isBetween(2 * 16 * 1024, 256 * 1024);
    }

    /** A file system takes them at once for less than half of what they cost one by one. */
    @Test
    void blocksThatFollowEachOtherAreWrittenTogether() throws Exception {
        var shared = swarm.share(Content.ofLength(64 * 1024), 64 * 1024);
        var storage = shared.emptyStorage();
        var server = shared.listen("127.0.0.2");
        var leecher = shared.leecher(options -> options.withStorage(storage).withPeers(List.of(server.address())));
        var peer = server.accept().shakeHands();
        peer.send(new Message.HaveAll(), new Message.Unchoke());
        var requests = peer.await(4, Message.Request.class);

        storage.stall();
        peer.serve(requests.getFirst());
        Await.until("the disk is busy with it", storage::isWaitedFor);
        peer.send(requests.stream().skip(1).map(peer::answerTo).toArray(Message[]::new));
        storage.resume();

        leecher.awaitComplete();
        assertThat(storage.longestWrite()).isBetween(2 * 16 * 1024, 3 * 16 * 1024);
    }

    /**
     * The seed comes last, or the first leechers would have finished on loopback before the last had come; and its line
     * is bounded, as lines are.
     */
    @Test
    void oneSeedServesTwentyLeechersWithLittleMoreThanOneCopy() throws Exception {
        var shared = swarm.shareByTracker(Content.ofLength(16 << 20));
        shared.leechers(20);
        for (Node leecher : shared.leechers()) {
            leecher.awaitPeers(19);
        }
        var storage = shared.seededStorage().withBytesPerSecond(4 << 20);

        var seed = shared.seed(options -> options.withStorage(storage));
        shared.awaitComplete();

        shared.leechers().forEach(Node::assertHasContent);
        double copies = (double) seed.torrent().uploaded() / shared.size();
        double wasted = shared.leechers().stream()
                .mapToDouble(leecher -> (double) leecher.torrent().snapshot().wasted() / shared.size())
                .average()
                .orElseThrow();
        assertThat(copies).as("copies that the seed sent").isBetween(1.0, 2.5);
        assertThat(wasted).as("share of what came twice").isLessThan(0.05);
    }

    @Test
    void leecherThatComesLateGetsEverything() throws Exception {
        var shared = swarm.shareByTracker(Content.ofLength(2 << 20));
        shared.seeds(1).leechers(3).awaitComplete();

        shared.leechers(1).awaitComplete();

        shared.leechers().getLast().assertHasContent();
    }

    @Test
    void leechersWithoutASeedCompleteEachOther() throws Exception {
        var content = Content.folder().withFile("a", 1 << 20).withFile("b", 1 << 20);
        var shared = swarm.share(content);
        var hasA = shared.leecher(options -> options.withPriority(1, 0));
        var hasB = shared.leecher(options -> options.withPriority(0, 0));
        var seed = shared.seed();
        hasA.connectTo(seed).awaitComplete();
        hasB.connectTo(seed).awaitComplete();
        seed.close();

        hasA.torrent().setPriority(1, 1);
        hasB.torrent().setPriority(0, 1);
        hasA.connectTo(hasB);
        hasA.awaitComplete();
        hasB.awaitComplete();

        hasA.assertHasContent();
        hasB.assertHasContent();
    }

    @Test
    void peersTradeInBothDirectionsAtOnce() throws Exception {
        var shared = swarm.share(Content.ofLength(4 << 20));
        var seed = shared.seed();
        var first = shared.leecher(options -> options.withPeers(List.of(seed.address())));
        var second = shared.leecher(options -> options.withPeers(List.of(seed.address(), first.address())));

        first.awaitComplete();
        second.awaitComplete();

        first.assertHasContent();
        second.assertHasContent();
    }

    @Test
    void seedsLetEachOtherGo() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var first = shared.seed();
        var second = shared.seed();

        first.connectTo(second);

        // Whoever is quicker says so; the other sees the end of the connection.
        Await.until(
                "they part",
                () -> Stream.of(first, second)
                        .flatMap(seed -> seed.torrent().disconnects().stream())
                        .anyMatch(line -> line.contains("nothing to trade")));
        first.awaitPeers(0);
        second.awaitPeers(0);
    }

    @Test
    void peersThatBecomeSeedsLetEachOtherGo() throws Exception {
        var shared = swarm.share(Content.ofLength(1 << 20)).seeds(1).leechers(1).awaitComplete();

        shared.leechers().getFirst().awaitPeers(0);
        shared.seeds().getFirst().awaitPeers(0);
    }

    @Test
    void oneClientSharesManyTorrents() throws Exception {
        var one = swarm.share(Content.ofLength(1 << 20));
        var other = swarm.share(Content.folder().withFile("x", 1 << 20));
        var seed = one.seed();
        var otherSeed = seed.client().add(other.metainfo(), AddOptions.into(other.seededDirectory()));
        assertThat(otherSeed.awaitComplete(Await.PATIENCE)).isTrue();
        var leecher = one.leecher(options -> options.withPeers(List.of(seed.address())));
        var otherLeecher = leecher.client()
                .add(other.metainfo(), AddOptions.into(swarm.directory()).withPeers(List.of(seed.address())));

        leecher.awaitComplete();
        assertThat(otherLeecher.awaitComplete(Await.PATIENCE)).isTrue();

        leecher.assertHasContent();
        other.content().assertLiesIn(otherLeecher.directory());
        assertThat(leecher.client().torrents()).hasSize(2);
    }

    @Test
    void clientDoesNotTradeWithItself() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var seed = shared.seed();

        seed.connectTo(seed);

        Await.until("the address is forgotten", () -> seed.torrent().snapshot().knownPeers() == 0);
        seed.awaitPeers(0);
    }
}
