package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.FakeTracker;
import weft.kit.ForwardingStorage;
import weft.kit.Node;
import weft.kit.SharedTorrent;
import weft.kit.SwarmExtension;
import weft.metainfo.Magnet;
import weft.storage.Lease;
import weft.storage.MemoryStorage;
import weft.tracker.TrackerSnapshot;

/** What trackers and listeners hear of a torrent's completion, where it does not come by a plain download. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TorrentAnnounceTest {
    /** A tracker that may be asked again in a second. */
    private static final String ANSWER = "d8:intervali1800e12:min intervali1e5:peers0:e";

    private static final Pattern TOTALS = Pattern.compile("uploaded=\\d+&downloaded=\\d+&left=\\d+");

    private static final Pattern EVENT = Pattern.compile("&event=([a-z]+)");

    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension();

    private static List<String> transcript(FakeTracker tracker) {
        return tracker.requests().stream().map(TorrentAnnounceTest::announce).toList();
    }

    private static String announce(String request) {
        var totals = TOTALS.matcher(request);
        assertThat(totals.find()).as(request).isTrue();
        var event = EVENT.matcher(request);
        return (event.find() ? event.group(1) : "regular") + " " + totals.group();
    }

    private static void awaitAnnounces(FakeTracker tracker, int count) {
        Await.until(
                () -> count + " announces, but " + transcript(tracker),
                () -> transcript(tracker).size() == count);
    }

    /** Lets a magnet link's torrent be announced before its metadata comes from {@code seed}. */
    private static Node fetchMetadata(Node node, FakeTracker tracker, Node seed) {
        Await.until("announced", () -> node.torrent().trackers().getFirst().state() == TrackerSnapshot.State.WORKING);
        assertThat(transcript(tracker)).containsExactly("started uploaded=0&downloaded=0&left=16384");
        return node.connectTo(seed).awaitState(TorrentState.SEEDING);
    }

    @Test
    void magnetLinkWhoseFilesAreThereAlreadyIsNotCompleted() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var seed = shared.seed();
        var tracker = swarm.tracker("200 OK", ANSWER);
        var node = shared.byMagnet(
                Magnet.of(shared.metainfo().infoHash()),
                shared.seededDirectory(),
                options -> options.withTracker(tracker.url()));

        fetchMetadata(node, tracker, seed);
        node.torrent().announce();
        awaitAnnounces(tracker, 2);
        node.close();

        assertThat(transcript(tracker))
                .containsExactly(
                        "started uploaded=0&downloaded=0&left=16384",
                        "regular uploaded=0&downloaded=0&left=0",
                        "stopped uploaded=0&downloaded=0&left=0");
    }

    @Test
    void whatEarlierRunsHaveMovedDoesNotCountForAMagnetLink() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var first = shared.seed();
        shared.leecher().connectTo(first).awaitComplete();
        Await.until("all is counted", () -> first.torrent().uploaded() == 100_000);
        first.close();
        var seed = shared.seed();
        var tracker = swarm.tracker("200 OK", ANSWER);
        var node = shared.byMagnet(
                Magnet.of(shared.metainfo().infoHash()),
                first.directory(),
                options -> options.withTracker(tracker.url()));

        fetchMetadata(node, tracker, seed);
        assertThat(node.torrent().uploaded()).isEqualTo(100_000);
        node.close();

        assertThat(transcript(tracker)).last().isEqualTo("stopped uploaded=0&downloaded=0&left=0");
    }

    @Test
    void magnetLinkThatIsDownloadedIsCompleted() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var seed = shared.seed();
        var tracker = swarm.tracker("200 OK", ANSWER);
        var node = shared.byMagnet(options -> options.withTracker(tracker.url()));

        fetchMetadata(node, tracker, seed);
        awaitAnnounces(tracker, 2);
        node.close();

        assertThat(transcript(tracker))
                .containsExactly(
                        "started uploaded=0&downloaded=0&left=16384",
                        "completed uploaded=0&downloaded=100000&left=0",
                        "stopped uploaded=0&downloaded=100000&left=0");
    }

    @Test
    void filesThatAHashCheckFindsWhileItIsStartedAreNotADownload() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var tracker = swarm.tracker("200 OK", ANSWER);
        var storage = new Held(shared);
        var node = shared.leecher(options -> options.withStorage(storage).withTracker(tracker.url()));
        awaitAnnounces(tracker, 1);

        storage.fill(shared);
        node.torrent().hashCheck();
        node.awaitState(TorrentState.SEEDING);
        node.torrent().announce();
        awaitAnnounces(tracker, 2);
        node.close();

        assertThat(transcript(tracker))
                .containsExactly(
                        "started uploaded=0&downloaded=0&left=100000",
                        "regular uploaded=0&downloaded=0&left=0",
                        "stopped uploaded=0&downloaded=0&left=0");
    }

    /** The last piece comes in, and the disk fails before anybody could be told. */
    @Test
    void completionThatAnErrorOvertakesIsToldOnceItIsOver() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var seed = shared.seed();
        var tracker = swarm.tracker("200 OK", ANSWER);
        var storage = new Held(shared);
        var told = new CopyOnWriteArrayList<String>();
        var node = shared.leecher(options -> options.withStorage(storage)
                .withTracker(tracker.url())
                .withListener(new TorrentListener() {
                    @Override
                    public void onStateChanged(TorrentState state) {
                        told.add(state.name());
                    }

                    @Override
                    public void onComplete() {
                        told.add("complete");
                    }
                }));
        Await.until("announced", () -> node.torrent().trackers().getFirst().state() == TrackerSnapshot.State.WORKING);
        node.torrent().setPriority(0, 2);
        storage.held.await(); // the torrent's thread
        node.connectTo(seed);
        Await.until("all is there", () -> node.torrent().isSeed());
        storage.broken = true;
        var leecher = shared.leecher().connectTo(node);
        node.awaitDisconnect("the disk is broken");
        leecher.close();
        storage.broken = false;
        storage.release.countDown();
        node.awaitState(TorrentState.ERROR);
        awaitAnnounces(tracker, 2);

        node.torrent().start();
        awaitAnnounces(tracker, 4);
        node.close();

        assertThat(transcript(tracker))
                .containsExactly(
                        "started uploaded=0&downloaded=0&left=100000",
                        "stopped uploaded=0&downloaded=100000&left=0",
                        "started uploaded=0&downloaded=0&left=0",
                        "completed uploaded=0&downloaded=0&left=0",
                        "stopped uploaded=0&downloaded=0&left=0");
        assertThat(told)
                .containsOnlyOnce("complete")
                .containsSubsequence("DOWNLOADING", "ERROR", "complete", "SEEDING", "CLOSED");
    }

    /** Holds up who says what is wanted, fails to be read when told so, and stays open when it is closed. */
    private static final class Held extends ForwardingStorage {
        private final CountDownLatch held = new CountDownLatch(1);
        private final CountDownLatch release = new CountDownLatch(1);
        private volatile boolean broken;

        private Held(SharedTorrent shared) {
            super(new MemoryStorage(shared.metainfo().layout()));
        }

        private void fill(SharedTorrent shared) throws IOException {
            for (int piece = 0; piece < shared.pieceCount(); piece++) {
                int length = shared.metainfo().layout().pieceLength(piece);
                write(piece, 0, ByteBuffer.wrap(shared.block(piece, 0, length)));
            }
        }

        @Override
        public void setWanted(BitSet files) throws IOException {
            held.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }

        @Override
        public Lease lend(int piece, int begin, int length) throws IOException {
            if (broken) {
                throw new IOException("the disk is broken");
            }
            return super.lend(piece, begin, length);
        }

        @Override
        public void close() {}
    }
}
