package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.SwarmExtension;

/** Listeners are called one at a time, in order, on the torrent's own event thread. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TorrentListenerTest {
    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension();

    private static final class Recorder implements TorrentListener {
        private final List<String> events = new CopyOnWriteArrayList<>();
        private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
        private final AtomicInteger inside = new AtomicInteger();
        private volatile boolean overlapped;

        private void note(String event) {
            overlapped |= inside.incrementAndGet() > 1;
            threads.add(Thread.currentThread());
            events.add(event);
            inside.decrementAndGet();
        }

        @Override
        public void onPieceVerified(int piece) {
            note("verified " + piece);
        }

        @Override
        public void onPieceFailed(int piece) {
            note("failed " + piece);
        }

        @Override
        public void onStateChanged(TorrentState state) {
            note(state.toString());
        }

        @Override
        public void onComplete() {
            note("complete");
        }

        @Override
        public void onHashCheckProgress(int checked, int total) {
            note(checked + "/" + total);
        }
    }

    @Test
    void eventsOfADownloadComeInOrderOnOneThread() throws Exception {
        var shared = swarm.share(Content.ofLength(2_000_000));
        var seed = shared.seed();
        var recorder = new Recorder();

        var node = shared.leecher(options -> options.withListener(recorder).withPeers(List.of(seed.address())));
        node.awaitComplete();
        Await.until("all is told", () -> recorder.events.contains("SEEDING"));
        node.close();

        assertThat(recorder.events).startsWith("DOWNLOADING").endsWith("CLOSED").containsOnlyOnce("complete");
        assertThat(recorder.events.stream().filter(event -> event.startsWith("verified")))
                .hasSize(shared.pieceCount())
                .doesNotHaveDuplicates();
        assertThat(recorder.events.subList(1, 1 + shared.pieceCount()))
                .as("every piece before the completion")
                .allMatch(event -> event.startsWith("verified"));
        assertThat(recorder.threads).hasSize(1);
        assertThat(recorder.threads.iterator().next().getName())
                .startsWith("weft")
                .endsWith("events");
        assertThat(recorder.overlapped).isFalse();
    }

    @Test
    void listenerThatThrowsHarmsNothing() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        var seed = shared.seed();
        var recorder = new Recorder();
        TorrentListener thrower = new TorrentListener() {
            @Override
            public void onPieceVerified(int piece) {
                if (piece == 3) { // one stack trace in the log is enough
                    throw new IllegalStateException("a bug of the application's, on purpose");
                }
            }
        };

        var node = shared.leecher(
                options -> options.withListener(thrower).withListener(recorder).withPeers(List.of(seed.address())));
        node.awaitComplete().assertHasContent();
        Await.until("all is told", () -> recorder.events.contains("complete"));

        assertThat(recorder.events.stream().filter(event -> event.startsWith("verified")))
                .hasSize(shared.pieceCount());
    }

    /** An assertion that fails, a class that is missing: an {@code Error}, but the application's. */
    @Test
    void listenerThatThrowsAnErrorHarmsNothing() throws Exception {
        var recorder = new Recorder();
        TorrentListener thrower = new TorrentListener() {
            @Override
            public void onStateChanged(TorrentState state) {
                if (state == TorrentState.DOWNLOADING) { // one stack trace in the log is enough
                    throw new AssertionError("a bug of the application's, on purpose");
                }
            }
        };
        var node = swarm.share(Content.ofLength(500_000))
                .leecher(options -> options.withListener(thrower).withListener(recorder));

        node.torrent().pause();

        Await.until("told", () -> recorder.events.contains("PAUSED"));
        assertThat(recorder.events).containsExactly("DOWNLOADING", "PAUSED");
    }

    @Test
    void slowListenerDelaysNoTransfer() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        var seed = shared.seed();
        var goOn = new CountDownLatch(1);
        var node = shared.leecher();
        node.torrent().onPieceVerified(piece -> {
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });

        node.connectTo(seed).awaitComplete().assertHasContent();

        goOn.countDown();
    }

    @Test
    void listenerThatNeverReturnsHoldsNoCloseUp() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        var seed = shared.seed();
        var node = shared.leecher();
        node.torrent().onPieceVerified(piece -> {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });

        node.connectTo(seed).awaitComplete();

        node.close(); // the extension measures it, too
        assertThat(node.torrent().state()).isEqualTo(TorrentState.CLOSED);
    }

    @Test
    void listenerMayActOnTheTorrent() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        var seed = shared.seed();
        var node = shared.leecher();
        node.torrent().onComplete(node.torrent()::stop);

        node.connectTo(seed);

        node.awaitState(TorrentState.STOPPED);
        assertThat(node.torrent().isComplete()).isTrue();
    }

    /** It sleeps through a close and is interrupted; what was to come is not told to it for ever after. */
    @Test
    void slowListenerDoesNotOutliveTheClose() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        var node = shared.seed();
        var called = new AtomicInteger();
        node.torrent().onPieceVerified(piece -> {
            called.incrementAndGet();
            workUndisturbed(Duration.ofMillis(500));
        });
        node.torrent().hashCheck();
        node.torrent().hashCheck();

        node.close();

        swarm.assertNoThreadLeft();
        assertThat(called).hasValueBetween(1, 2 * shared.pieceCount() - 1);
    }

    private static void workUndisturbed(Duration time) {
        var never = new CountDownLatch(1);
        long end = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
            try {
                assertThat(never.await(left, TimeUnit.NANOSECONDS)).isFalse();
            } catch (InterruptedException e) {
                // it does not let itself be disturbed
            }
        }
    }

    /** The client is the torrent's own, and ends with it. */
    @Test
    void listenerMayCloseATorrentThatIsItsOwnClient() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var closed = new CountDownLatch(1);
        var torrents = new CompletableFuture<Torrent>();
        var options = AddOptions.into(shared.seededDirectory()).withListener(new TorrentListener() {
            @Override
            public void onStateChanged(TorrentState state) {
                if (state == TorrentState.SEEDING) {
                    torrents.join().close();
                    closed.countDown();
                }
            }
        });

        torrents.complete(Torrent.open(shared.torrentFile(), options));

        closed.await();
        assertThat(torrents.join().state()).isEqualTo(TorrentState.CLOSED);
    }

    /** It would wait for the very thread that calls it. */
    @Test
    void listenerMayCloseTheTorrent() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        var seed = shared.seed();
        var node = shared.leecher();
        var closed = new CountDownLatch(1);
        node.torrent().onComplete(() -> {
            node.torrent().close();
            closed.countDown();
        });

        node.connectTo(seed);

        closed.await();
        assertThat(node.torrent().state()).isEqualTo(TorrentState.CLOSED);
    }

    @Test
    void removedListenerHearsNothingMore() throws Exception {
        var node = swarm.share(Content.ofLength(500_000)).leecher();
        var removed = new Recorder();
        var recorder = new Recorder();
        node.torrent().addListener(removed);
        node.torrent().addListener(recorder);
        node.torrent().removeListener(removed);

        node.torrent().pause();
        Await.until("told", () -> recorder.events.contains("PAUSED"));

        assertThat(removed.events).isEmpty();
    }
}
