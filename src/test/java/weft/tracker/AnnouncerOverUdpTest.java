package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import weft.concurrent.TaskScope;
import weft.kit.Await;
import weft.net.UdpSocket;
import weft.tracker.AnnouncerOverHttpTest.FakeTorrent;

/** The announcer, the UDP client and the tracker together, over loopback. */
@Timeout(30)
class AnnouncerOverUdpTest {
    private final TaskScope scope = TaskScope.supervised("weft test", (task, e) -> {});
    private UdpTracker client;

    @BeforeEach
    void open() throws Exception {
        var socket = UdpSocket.open(scope, new InetSocketAddress(0).getAddress(), 0);
        client = new UdpTracker(socket, host -> List.of(IpLiteral.parse(host).orElseThrow()), new Random(2));
    }

    @AfterEach
    void nothingIsLeftBehind() throws Exception {
        scope.close();

        assertThat(Threads.named("weft")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void torrentsFindEachOtherAndSayGoodbye(String host) throws Exception {
        var bind = new InetSocketAddress(InetAddress.getByName(host), 0);
        try (var tracker = TrackerServer.open(TrackerServerOptions.defaults().withBind(bind))) {
            var url = tracker.udpAnnounceUri().toString();
            var second = new FakeTorrent("-WE001S-second......", 1002);
            try (var one = announcer(new FakeTorrent("-WE001S-first.......", 1001), url)) {
                one.start();
                Await.until("the first is known", () -> tracker.statistics().leechers() == 1);
                try (var two = announcer(second, url)) {
                    two.start();

                    assertThat(second.peers.poll(10, TimeUnit.SECONDS))
                            .containsExactly(new InetSocketAddress(bind.getAddress(), 1001));
                    assertThat(tracker.statistics().leechers()).isEqualTo(2);
                    assertThat(two.snapshot().getFirst().complete()).hasValue(0);
                }
                assertThat(tracker.statistics().leechers()).isEqualTo(1);
            }
            assertThat(tracker.statistics()).isEqualTo(new TrackerStatistics(1, 0, 0, 4, 0, 0));
        }
    }

    @Test
    void silentTrackerDoesNotHoldTheStopUp() throws Exception {
        try (var tracker = new FakeUdpTracker("127.0.0.1")) {
            var announcer = announcer(new FakeTorrent("-WE001S-only........", 1001), tracker.url());
            announcer.start();
            tracker.connect(1);
            var started = tracker.receive();
            tracker.answer(started, new UdpAnswer.Announced(started.transactionId(), 1800, 0, 0, List.of()));
            Await.until(
                    "the answer",
                    () -> announcer.snapshot().getFirst().complete().isPresent());

            long begin = System.nanoTime();
            announcer.stop(Duration.ofSeconds(2));

            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(3));
            var stopped = tracker.receive().announce();
            assertThat(stopped.event()).isEqualTo(3);
            assertThat(stopped.key()).isEqualTo(started.announce().key());
            tracker.receive(); // it was said more than once, a packet may be lost
        }
    }

    private Announcer announcer(FakeTorrent torrent, String url) {
        return new Announcer(
                scope, torrent, List.of(List.of(url)), AnnouncerOptions.of(List.of(client), new Random(1)));
    }
}
