package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.TaskScope;
import weft.metainfo.InfoHash;
import weft.wire.PeerId;

/** The announcer, the HTTP client and the tracker together, over loopback. */
@Timeout(30)
class AnnouncerOverHttpTest {
    private final TaskScope scope = TaskScope.supervised("weft test", (task, e) -> {});
    private final HttpTracker client = HttpTracker.open(scope, HttpTrackerOptions.defaults());

    @AfterEach
    void nothingIsLeftBehind() throws Exception {
        client.close();
        scope.close();

        assertThat(Threads.named("weft")).isEmpty();
    }

    @Test
    void torrentsFindEachOtherAndSayGoodbye() throws Exception {
        try (var tracker = TrackerServer.open(TrackerServerOptions.loopback())) {
            var url = tracker.announceUri().toString();
            var first = new FakeTorrent("-WE001S-first.......", 1001);
            var second = new FakeTorrent("-WE001S-second......", 1002);
            try (var one = announcer(first, url)) {
                one.start();
                assertThat(first.externalAddresses.poll(10, TimeUnit.SECONDS))
                        .isEqualTo(Map.entry(InetAddress.getLoopbackAddress(), InetAddress.getLoopbackAddress()));
                try (var two = announcer(second, url)) {
                    two.start();

                    assertThat(second.peers.poll(10, TimeUnit.SECONDS))
                            .containsExactly(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1001));
                    assertThat(tracker.statistics().leechers()).isEqualTo(2);
                }
                assertThat(tracker.statistics().leechers()).isEqualTo(1);
            }
            assertThat(tracker.statistics()).isEqualTo(new TrackerStatistics(1, 0, 0, 4, 0, 0));
        }
    }

    @Test
    void hangingTrackerDoesNotHoldTheStopUp() throws Exception {
        var hang = new CountDownLatch(1);
        try (var tracker = new ScriptedTracker((socket, request) -> {
            if (request.startLine().contains("event=stopped")) {
                hang.await();
            }
            ScriptedTracker.answering("d8:intervali1800e11:external ip4:\u0001\u0001\u0001\u0001e")
                    .serve(socket, request);
        })) {
            var torrent = new FakeTorrent("-WE001S-only........", 1001);
            var announcer = announcer(torrent, tracker.url());
            announcer.start();
            assertThat(torrent.externalAddresses.poll(10, TimeUnit.SECONDS))
                    .as("the tracker, and what it says")
                    .isEqualTo(Map.entry(
                            InetAddress.getLoopbackAddress(), InetAddress.getByAddress(new byte[] {1, 1, 1, 1})));

            long begin = System.nanoTime();
            announcer.stop(Duration.ofSeconds(1));

            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(2));
            assertThat(tracker.requests()).hasSize(2);
            hang.countDown();
        }
    }

    private Announcer announcer(FakeTorrent torrent, String url) {
        return new Announcer(
                scope, torrent, List.of(List.of(url)), AnnouncerOptions.of(List.of(client), new Random(1)));
    }

    static final class FakeTorrent implements AnnouncingTorrent {
        private final PeerId peerId;
        private final int port;
        final LinkedBlockingQueue<List<InetSocketAddress>> peers = new LinkedBlockingQueue<>();
        private final LinkedBlockingQueue<Map.Entry<InetAddress, InetAddress>> externalAddresses =
                new LinkedBlockingQueue<>();

        FakeTorrent(String peerId, int port) {
            this.peerId = AnnounceRequests.peerId(peerId);
            this.port = port;
        }

        @Override
        public InfoHash infoHash() {
            return AnnounceRequests.INFO_HASH;
        }

        @Override
        public PeerId peerId() {
            return peerId;
        }

        @Override
        public int port() {
            return port;
        }

        @Override
        public AnnounceTotals totals() {
            return AnnounceTotals.of(0, 0, 100);
        }

        @Override
        public void onPeers(List<InetSocketAddress> found) {
            peers.add(found);
        }

        @Override
        public void onExternalAddress(InetAddress tracker, InetAddress seen) {
            externalAddresses.add(Map.entry(tracker, seen));
        }
    }
}
