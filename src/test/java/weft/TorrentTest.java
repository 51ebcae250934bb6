package weft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.AddOptions.InitialState;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.SteeredStorage;
import weft.kit.SwarmExtension;
import weft.metainfo.MetainfoException;

/** What a torrent tells of itself, and the order of its life. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TorrentTest {
    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension();

    // --- opening

    @Test
    void opensWithAClientOfItsOwnThatIsClosedWithIt() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));

        var torrent = Torrent.open(shared.torrentFile(), AddOptions.into(shared.seededDirectory()));

        assertThat(torrent.awaitComplete(Await.PATIENCE)).isTrue();
        assertThat(torrent.port()).isPositive();
        torrent.close();
        assertThat(torrent.state()).isEqualTo(TorrentState.CLOSED);
    }

    @Test
    void missingFileIsNamed() {
        assertThatThrownBy(() -> Torrent.open(Path.of("no", "such.torrent")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("such.torrent");
    }

    @Test
    void fileThatIsNoTorrentIsRefusedAndLeavesNothingBehind() throws Exception {
        var file = Files.write(swarm.directory().resolve("x.torrent"), "hello".getBytes(StandardCharsets.US_ASCII));

        assertThatThrownBy(() -> Torrent.open(file)).isInstanceOf(MetainfoException.class);
    }

    @Test
    void sameTorrentIsAddedOnce() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var node = shared.leecher();

        assertThatThrownBy(() -> node.client().add(shared.metainfo(), AddOptions.into(swarm.directory())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("content.bin");

        assertThat(node.client().torrents()).containsExactly(node.torrent());
    }

    @Test
    void torrentThatWasClosedMayBeAddedAgain() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var node = shared.leecher();
        node.torrent().close();
        assertThat(node.client().torrents()).isEmpty();

        var again = node.client().add(shared.metainfo(), AddOptions.into(shared.seededDirectory()));

        assertThat(again.awaitComplete(Await.PATIENCE)).isTrue();
        assertThat(node.client().torrent(shared.metainfo().infoHash())).contains(again);
    }

    // --- how it stands

    @Test
    void returnedSetsAreCopies() throws Exception {
        var torrent = swarm.share(Content.ofLength(100_000)).seed().torrent();

        torrent.pieces().clear();
        torrent.wanted().set(0);
        torrent.peerId()[0] = 0;
        torrent.bitfield()[0] = 0;

        assertThat(torrent.pieces().cardinality()).isEqualTo(4);
        assertThat(torrent.wanted().isEmpty()).isTrue();
        assertThat(torrent.peerId()[0]).isEqualTo((byte) '-');
        assertThat(torrent.bitfield()).containsExactly(0b1111_0000);
    }

    // --- start, pause, stop, close

    /** Every way from every state to every other, and to itself. */
    @Test
    void everyStateLeadsToEveryOther() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var node = shared.leecher();
        var torrent = node.torrent();
        record Way(Runnable wish, TorrentState state) {}
        var start = new Way(torrent::start, TorrentState.DOWNLOADING);
        var pause = new Way(torrent::pause, TorrentState.PAUSED);
        var stop = new Way(torrent::stop, TorrentState.STOPPED);

        for (Way way : List.of(
                start, start, pause, pause, stop, stop, pause, start, stop, start, pause, start, stop, pause, stop)) {
            way.wish().run();
            node.awaitState(way.state());
        }
    }

    @Test
    void wishesMayComeFasterThanTheyAreFulfilled() throws Exception {
        var shared = swarm.share(Content.ofLength(1_000_000));
        var seed = shared.seed();
        var node = shared.leecher(options -> options.withPeers(List.of(seed.address())));
        for (int i = 0; i < 200; i++) {
            node.torrent().stop();
            node.torrent().pause();
            node.torrent().start();
        }

        node.awaitComplete().assertHasContent();
        assertThat(node.torrent().error()).isEmpty();
    }

    @Test
    void downloadGoesOnAfterAStop() throws Exception {
        var shared = swarm.share(Content.ofLength(1_000_000));
        var storage = shared.seededStorage().withBytesPerSecond(500_000);
        var seed = shared.seed(options -> options.withStorage(storage));
        var node = shared.leecher(options -> options.withPeers(List.of(seed.address())));
        Await.until("some is there", () -> node.torrent().pieces().cardinality() > 3);

        node.torrent().stop();
        node.awaitState(TorrentState.STOPPED);
        var had = node.torrent().pieces();
        node.torrent().start();
        storage.withBytesPerSecond(1 << 30);

        node.awaitComplete().assertHasContent();
        assertThat(had.cardinality()).isGreaterThan(3);
    }

    /** A stop interrupts who waits for the storage; that is no fault of the storage's. */
    @Test
    void stopOfABusySeedIsNoError() throws Exception {
        var shared = swarm.share(Content.ofLength(2_000_000));
        var storage = shared.seededStorage().withBytesPerSecond(200_000);
        var seed = shared.seed(options -> options.withStorage(storage));
        var leecher = shared.leecher(options -> options.withPeers(List.of(seed.address())));
        Await.until("some is there", () -> leecher.torrent().pieces().cardinality() > 1);

        seed.torrent().stop();

        seed.awaitState(TorrentState.STOPPED);
        assertThat(seed.torrent().error()).isEmpty();
    }

    @Test
    void closeMayBeCalledTwiceAndFromEveryState() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        for (InitialState state : InitialState.values()) {
            var node = shared.leecher(options -> options.withInitialState(state));

            node.torrent().close();
            node.torrent().close();

            assertThat(node.torrent().state()).isEqualTo(TorrentState.CLOSED);
        }
        var seed = shared.seed();
        seed.torrent().close();
        assertThat(seed.torrent().isSeed()).as("what can be looked at stays").isTrue();
    }

    @Test
    void closeRightAfterOpenIsClean() throws Exception {
        var shared = swarm.share(Content.ofLength(3_000_000));
        for (int i = 0; i < 20; i++) {
            Torrent.open(shared.torrentFile(), AddOptions.into(shared.seededDirectory()))
                    .close();
        }
    }

    @Test
    void changingAClosedTorrentIsAMistake() throws Exception {
        var torrent = swarm.share(Content.ofLength(100_000)).leecher().torrent();
        torrent.close();

        for (Runnable change :
                List.<Runnable>of(torrent::start, torrent::pause, torrent::stop, () -> torrent.setPriority(0, 1))) {
            assertThatThrownBy(change::run).isInstanceOf(IllegalStateException.class);
        }
        assertThatThrownBy(torrent::hashCheck).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(torrent::awaitComplete).isInstanceOf(IllegalStateException.class);
    }

    // --- waiting

    @Test
    void awaitCompleteEndsWhenTimeRunsOut() throws Exception {
        var torrent = swarm.share(Content.ofLength(100_000)).leecher().torrent();

        assertThat(torrent.awaitComplete(Duration.ofMillis(30))).isFalse();
        assertThat(torrent.awaitComplete(Duration.ZERO)).isFalse();
    }

    @Test
    void awaitCompleteEndsWhenTheTorrentIsClosed() throws Exception {
        var torrent = swarm.share(Content.ofLength(100_000)).leecher().torrent();
        var outcome = new CompletableFuture<Throwable>();
        var waiter = Thread.ofVirtual().start(() -> {
            try {
                torrent.awaitComplete();
                outcome.complete(new AssertionError("complete"));
            } catch (Throwable e) {
                outcome.complete(e);
            }
        });
        Await.until("waits", () -> waiter.getState() == Thread.State.TIMED_WAITING);

        torrent.close();

        assertThat(outcome.get()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void awaitCompleteCanBeInterrupted() throws Exception {
        var torrent = swarm.share(Content.ofLength(100_000)).leecher().torrent();
        var outcome = new CompletableFuture<Throwable>();
        var waiter = Thread.ofVirtual().start(() -> {
            try {
                torrent.awaitComplete();
            } catch (Throwable e) {
                outcome.complete(e);
            }
        });
        Await.until("waits", () -> waiter.getState() == Thread.State.TIMED_WAITING);

        waiter.interrupt();

        assertThat(outcome.get()).isInstanceOf(InterruptedException.class);
    }

    @Test
    void awaitCompleteReturnsAtOnceForASeed() throws Exception {
        var seed = swarm.share(Content.ofLength(100_000)).seed();

        assertThat(seed.torrent().awaitComplete(Duration.ZERO)).isTrue();
    }

    // --- the disk fails

    @Test
    void diskThatFailsStopsTheTorrentWithTheCause() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        var seed = shared.seed();
        var storage = shared.emptyStorage();
        storage.failWrites(Optional.of(new IOException("no space left on device")));
        var node = shared.leecher(options -> options.withStorage(storage).withPeers(List.of(seed.address())));

        node.awaitState(TorrentState.ERROR);

        assertThat(node.torrent().error()).hasValueSatisfying(e -> assertThat(e).hasMessage("no space left on device"));
        assertThat(node.torrent().peers()).isEmpty();
        assertThatThrownBy(node.torrent()::awaitComplete)
                .isInstanceOf(IOException.class)
                .hasMessage("no space left on device");
    }

    @Test
    void storageThatThrowsWhatItShouldNotStopsTheTorrentToo() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        var seed = shared.seed();
        var storage = shared.emptyStorage();
        storage.throwOnWrites(new IllegalStateException("forgot something"));
        var node = shared.leecher(options -> options.withStorage(storage).withPeers(List.of(seed.address())));

        node.awaitState(TorrentState.ERROR);

        assertThat(node.torrent().error())
                .hasValueSatisfying(e -> assertThat(e).hasMessageContaining("forgot something"));
    }

    @Test
    void storageThatThrowsWhatItShouldNotWhenItIsReadStopsTheTorrentToo() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        var storage = shared.seededStorage();
        var seed = shared.seed(options -> options.withStorage(storage));
        storage.throwOnReads(new IllegalStateException("forgot something"));

        shared.leecher(options -> options.withPeers(List.of(seed.address())));

        seed.awaitState(TorrentState.ERROR);
        assertThat(seed.torrent().error())
                .hasValueSatisfying(e -> assertThat(e).hasMessageContaining("forgot something"));
    }

    @Test
    void storageThatLendsLessThanItIsAskedForStopsTheTorrentToo() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        var storage = shared.seededStorage();
        var seed = shared.seed(options -> options.withStorage(storage));
        storage.withhold(1);

        shared.leecher(options -> options.withPeers(List.of(seed.address())));

        seed.awaitState(TorrentState.ERROR);
        assertThat(seed.torrent().error())
                .hasValueSatisfying(e -> assertThat(e).hasMessageMatching(".*the storage lent \\d+ bytes, not \\d+"));
    }

    @Test
    void startTriesAgainAfterAnError() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        var seed = shared.seed();
        var directory = swarm.directory();
        var inTheWay = Files.createDirectory(directory.resolve("content.bin"));
        var node = shared.open(
                directory, SwarmExtension.clientOptions(), options -> options.withPeers(List.of(seed.address())));
        node.awaitState(TorrentState.ERROR);
        assertThat(node.torrent().error()).hasValueSatisfying(e -> assertThat(e).hasMessageContaining("content.bin"));

        Files.delete(inTheWay);
        node.torrent().start();

        node.awaitComplete().assertHasContent();
        assertThat(node.torrent().error()).isEmpty();
    }

    @Test
    void oneTorrentsDiskFaultHarmsNoOther() throws Exception {
        var broken = swarm.share(Content.ofLength(500_000));
        var good = swarm.share(Content.folder().withFile("a", 500_000));
        var brokenSeed = broken.seed();
        var goodSeed = good.seed();
        var storage = broken.emptyStorage();
        storage.failWrites(Optional.of(new IOException("no space left on device")));
        var node = broken.leecher(options -> options.withStorage(storage).withPeers(List.of(brokenSeed.address())));

        var other = node.client()
                .add(good.metainfo(), AddOptions.into(swarm.directory()).withPeers(List.of(goodSeed.address())));

        assertThat(other.awaitComplete(Await.PATIENCE)).isTrue();
        node.awaitState(TorrentState.ERROR);
        good.content().assertLiesIn(other.directory());
    }

    @Test
    void noQuestionWaitsForAStalledDisk() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        SteeredStorage storage = shared.emptyStorage();
        storage.stall();
        var seed = shared.seed();
        var node = shared.leecher(options -> options.withStorage(storage).withPeers(List.of(seed.address())));
        Await.until("somebody waits for the disk", storage::isWaitedFor);
        var torrent = node.torrent();
        var answers = new CompletableFuture<List<Object>>();

        Thread.ofPlatform().daemon().start(() -> {
            torrent.pause();
            torrent.start();
            torrent.addPeer(seed.address());
            torrent.setPriority(0, 2);
            answers.complete(Arrays.asList(
                    torrent.snapshot(),
                    torrent.peers(),
                    torrent.files(),
                    torrent.trackers(),
                    torrent.state(),
                    torrent.pieces(),
                    torrent.left(),
                    torrent.disconnects(),
                    node.client().torrents()));
        });

        assertThat(answers.get(5, TimeUnit.SECONDS)).doesNotContainNull();
        storage.resume();
        node.awaitComplete();
    }
}
