package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
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
