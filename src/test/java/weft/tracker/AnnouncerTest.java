package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;
import static weft.tracker.FakeTrackerClient.answer;
import static weft.tracker.FakeTrackerClient.answerWithId;
import static weft.tracker.FakeTrackerClient.failing;
import static weft.tracker.FakeTrackerClient.hanging;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.TaskScope;
import weft.metainfo.InfoHash;
import weft.tracker.TrackerSnapshot.State;
import weft.wire.PeerId;

@Timeout(30)
class AnnouncerTest {
    private static final String A = "http://a";
    private static final String B = "http://b";
    private static final String C = "http://c";
    private static final InetAddress TRACKER = InetAddress.getLoopbackAddress();
    private static final String UNTOUCHED = " up=0 down=0 left=100 want=200";
    private static final String FAREWELL = " STOPPED up=0 down=0 left=100 want=0";

    private final TaskScope scope = TaskScope.supervised("weft test", (task, e) -> {});
    private final FakeTime time = new FakeTime();
    private final FakeTrackerClient trackers = new FakeTrackerClient();
    private final FakeTorrent torrent = new FakeTorrent();

    @AfterEach
    void nothingIsLeftBehind() throws IOException {
        scope.close();

        assertThat(Threads.named("weft")).isEmpty();
    }

    @Test
    void transcriptOfADownloadIsExact() throws Exception {
        trackers.set(A, (family, request) -> answerWithId("x1"));
        torrent.totals.set(AnnounceTotals.of(1000, 2000, 100)); // from an earlier session: not of this one
        var announcer = announcer(A);

        announcer.start();
        assertThat(trackers.next()).isEqualTo("a STARTED up=0 down=0 left=100 want=200");
        time.awaitSleepers(1);
        torrent.totals.set(AnnounceTotals.of(1010, 2060, 40));
        time.advance(Duration.ofMinutes(30));
        assertThat(trackers.next()).isEqualTo("a NONE up=10 down=60 left=40 want=200 id=x1");
        time.awaitSleepers(1);
        torrent.totals.set(AnnounceTotals.of(1020, 2100, 0));
        announcer.completed();
        assertThat(trackers.next()).isEqualTo("a COMPLETED up=20 down=100 left=0 want=200 id=x1");
        time.awaitSleepers(1);
        announcer.completed(); // the second one says nothing new
        assertThat(announcer.snapshot().getFirst().nextAnnounceIn()).contains(Duration.ofMinutes(30));
        time.advance(Duration.ofMinutes(30));
        assertThat(trackers.next()).isEqualTo("a NONE up=20 down=100 left=0 want=200 id=x1");
        time.awaitSleepers(1);
        announcer.stop(Duration.ofSeconds(5));
        assertThat(trackers.next()).isEqualTo("a STOPPED up=20 down=100 left=0 want=0 id=x1");

        announcer.stop(Duration.ofSeconds(5));
        announcer.close();
        trackers.assertQuiet();
    }

    @Test
    void torrentThatIsCompleteAtTheStartNeverSaysCompleted() throws Exception {
        torrent.totals.set(AnnounceTotals.of(0, 0, 0));
        var announcer = announcer(A);

        announcer.start();
        assertThat(trackers.next()).isEqualTo("a STARTED up=0 down=0 left=0 want=200");
        time.awaitSleepers(1);
        announcer.completed();
        time.advance(Duration.ofMinutes(30));

        assertThat(trackers.next()).isEqualTo("a NONE up=0 down=0 left=0 want=200");
        announcer.close();
    }

    @Test
    void torrentThatTurnsOutToBeCompleteWhenItIsKnownNeverSaysCompleted() throws Exception {
        torrent.totals.set(AnnounceTotals.of(0, 0, 16384)); // what is said of a magnet link
        var announcer = announcer(A);

        announcer.start();
        assertThat(trackers.next()).isEqualTo("a STARTED up=0 down=0 left=16384 want=200");
        time.awaitSleepers(1);
        announcer.beginWith(AnnounceTotals.of(1000, 2000, 0));
        torrent.totals.set(AnnounceTotals.of(1003, 2000, 0));
        announcer.completed();
        time.advance(Duration.ofMinutes(30));

        assertThat(trackers.next()).isEqualTo("a NONE up=3 down=0 left=0 want=200");
        announcer.close();
    }

    @Test
    void completedThatNobodyHasHeardIsSaidAfterTheNextStart() throws Exception {
        trackers.set(A, failing("down"));
        var announcer = announcer(A);

        announcer.start();
        trackers.next();
        time.awaitSleepers(1);
        torrent.totals.set(AnnounceTotals.of(0, 100, 0));
        announcer.close();
        announcer.completed(); // while it was being stopped
        trackers.set(A, (family, request) -> answer());
        announcer.start();

        assertThat(trackers.next()).isEqualTo("a STARTED up=0 down=0 left=0 want=200");
        assertThat(trackers.next()).isEqualTo("a COMPLETED up=0 down=0 left=0 want=200");
        time.awaitSleepers(1);
        announcer.close();
        assertThat(trackers.next()).isEqualTo("a STOPPED up=0 down=0 left=0 want=0");
        announcer.start();
        assertThat(trackers.next()).startsWith("a STARTED");
        time.awaitSleepers(1);
        announcer.close();
        assertThat(trackers.next()).startsWith("a STOPPED");
        trackers.assertQuiet(); // it was said once
    }

    @Test
    void completedThatDoesNotHoldAtTheNextStartIsNotSaid() throws Exception {
        trackers.set(A, failing("down"));
        var announcer = announcer(A);

        announcer.start();
        trackers.next();
        announcer.completed();
        announcer.close();
        trackers.set(A, (family, request) -> answer());
        announcer.start(); // some of it is missing again

        assertThat(trackers.next()).isEqualTo("a STARTED" + UNTOUCHED);
        time.awaitSleepers(1);
        announcer.close();
        assertThat(trackers.next()).isEqualTo("a" + FAREWELL);
        trackers.assertQuiet();
    }

    @Test
    void startedAgainAfterAStopIsANewSession() throws Exception {
        var announcer = announcer(A);

        announcer.start();
        announcer.start();
        assertThat(trackers.next()).startsWith("a STARTED");
        time.awaitSleepers(1);
        torrent.totals.set(AnnounceTotals.of(7, 9, 91));
        announcer.close();
        assertThat(trackers.next()).isEqualTo("a STOPPED up=7 down=9 left=91 want=0");
        announcer.start();

        assertThat(trackers.next()).isEqualTo("a STARTED up=0 down=0 left=91 want=200");
        time.awaitSleepers(1);
        announcer.close();
    }

    @Test
    void partialSeedSaysSoInEveryRegularAnnounce() throws Exception {
        torrent.totals.set(new AnnounceTotals(0, 0, 100, 0, 0, true));
        var announcer = announcer(A);

        announcer.start();
        assertThat(trackers.next()).isEqualTo("a STARTED" + UNTOUCHED);
        time.awaitSleepers(1);
        time.advance(Duration.ofMinutes(30));

        assertThat(trackers.next()).isEqualTo("a PAUSED" + UNTOUCHED);
        time.awaitSleepers(1);
        announcer.close();
    }

    @Test
    void keyAndPeerIdStayTheSame() throws Exception {
        var seen = new LinkedBlockingQueue<AnnounceRequest>();
        trackers.set(A, (family, request) -> {
            seen.add(request);
            return answer();
        });
        var announcer = announcer(A);

        for (int i = 0; i < 3; i++) {
            announcer.start();
            trackers.next();
            time.awaitSleepers(1);
            announcer.close();
        }

        assertThat(seen).hasSize(6);
        assertThat(seen)
                .extracting(AnnounceRequest::key)
                .containsOnly(seen.peek().key());
        assertThat(seen).extracting(AnnounceRequest::peerId).containsOnly(AnnounceRequests.PEER_ID);
    }

    @Test
    void allTiersAnnounceAtTheSameTime() throws Exception {
        trackers.set(A, hanging());
        var announcer = announcerOf(List.of(List.of(A), List.of(B), List.of(C)));

        announcer.start();

        assertThat(trackers.next(3))
                .containsExactlyInAnyOrder("a STARTED" + UNTOUCHED, "b STARTED" + UNTOUCHED, "c STARTED" + UNTOUCHED);
        time.awaitSleepers(2);
        assertThat(announcer.snapshot())
                .extracting(TrackerSnapshot::state)
                .containsExactly(State.ANNOUNCING, State.WORKING, State.WORKING);
        announcer.close();
    }

    @Test
    void tierIsWalkedUntilOneAnswersAndThatOneMovesToTheFront() throws Exception {
        var announcer = announcer(A, B, C);
        var order = announcer.snapshot().getFirst().urls();
        trackers.set(order.get(0), failing("down"));
        trackers.set(order.get(1), failing("down"));

        announcer.start();
        for (var url : order) {
            assertThat(trackers.next()).startsWith(name(url) + " STARTED");
        }
        time.awaitSleepers(1);
        // BEP 12: "tracker3,tracker1,tracker2"
        assertThat(announcer.snapshot().getFirst().urls()).containsExactly(order.get(2), order.get(0), order.get(1));
        time.advance(Duration.ofMinutes(30));
        assertThat(trackers.next()).startsWith(name(order.get(2)) + " NONE");
        time.awaitSleepers(1);
        trackers.set(order.get(2), failing("down"));
        trackers.set(order.get(0), (family, request) -> answer());
        time.advance(Duration.ofMinutes(30));

        assertThat(trackers.next()).startsWith(name(order.get(2)) + " NONE");
        assertThat(trackers.next()).startsWith(name(order.get(0)) + " STARTED");
        time.awaitSleepers(1);
        announcer.close();
        assertThat(trackers.next(2))
                .containsExactlyInAnyOrder(name(order.get(0)) + FAREWELL, name(order.get(2)) + FAREWELL);
        trackers.assertQuiet();
    }

    @Test
    void tiersAreShuffledOnce() {
        var urls = IntStream.range(0, 20).mapToObj(i -> "http://t" + i).toList();
        var announcer = announcer(urls.toArray(String[]::new));

        var order = announcer.snapshot().getFirst().urls();

        assertThat(order).containsExactlyInAnyOrderElementsOf(urls).isNotEqualTo(urls);
        assertThat(announcer.snapshot().getFirst().urls()).isEqualTo(order);
    }

    @Test
    void blankAndRepeatedAddressesAreDropped() {
        var announcer = announcerOf(List.of(List.of(" " + A + " ", "", A), List.of("  "), List.of(), List.of(A, B)));

        assertThat(announcer.snapshot()).extracting(TrackerSnapshot::urls).containsExactly(List.of(A), List.of(B));
    }

    @Test
    void torrentWithoutTrackersNeedsNone() {
        var announcer = announcerOf(List.of());

        announcer.start();
        announcer.reannounce();
        announcer.completed();
        announcer.close();

        assertThat(announcer.snapshot()).isEmpty();
    }

    @Test
    void failuresAreRetriedAsLibtorrentDoes() throws Exception {
        trackers.set(A, failing("connection refused"));
        var announcer = announcer(A);

        announcer.start();
        int failures = 0;
        for (int seconds : new int[] {17, 55, 117, 205, 317}) {
            assertThat(trackers.next()).isEqualTo("a STARTED" + UNTOUCHED);
            time.awaitSleepers(1);
            var tier = announcer.snapshot().getFirst();
            assertThat(tier.state()).isEqualTo(State.WAITING_TO_RETRY);
            assertThat(tier.failures()).isEqualTo(++failures);
            assertThat(tier.error()).contains("connection refused");
            assertThat(tier.errorKind()).contains(TrackerException.Kind.UNREACHABLE);
            assertThat(tier.nextAnnounceIn()).contains(Duration.ofSeconds(seconds));
            time.advance(Duration.ofSeconds(seconds));
        }
        trackers.next();
        time.awaitSleepers(1);
        trackers.set(A, (family, request) -> answer());
        time.advance(Duration.ofHours(1));
        trackers.next();
        time.awaitSleepers(1);

        var tier = announcer.snapshot().getFirst();
        assertThat(tier.state()).isEqualTo(State.WORKING);
        assertThat(tier.failures()).isZero();
        assertThat(tier.error()).isEmpty();
        announcer.close();
    }

    @Test
    void backOffEndsAtAnHour() {
        assertThat(BackOff.after(16)).isEqualTo(Duration.ofSeconds(3205));
        assertThat(BackOff.after(17)).isEqualTo(Duration.ofHours(1));
        assertThat(BackOff.after(Integer.MAX_VALUE)).isEqualTo(Duration.ofHours(1));
    }

    @Test
    void trackerWithAnHttpAndAUdpAddressIsAskedOverUdpFirst() {
        var urls = List.of(
                "http://both:80/announce", "udp://both:80", "http://one:80/announce", "udp://other:80", "nonsense");
        for (int seed = 0; seed < 50; seed++) {
            var options = AnnouncerOptions.of(List.of(trackers), new Random(seed));
            var shuffled = new Announcer(scope, torrent, List.of(urls), options)
                    .snapshot()
                    .getFirst()
                    .urls();

            assertThat(shuffled).containsExactlyInAnyOrderElementsOf(urls);
            assertThat(shuffled).containsSubsequence("udp://both:80", "http://both:80/announce");
        }
    }

    @Test
    void trackerThatSaysWhenToComeBackIsLeftAloneUntilThen() throws Exception {
        trackers.set(A, (family, request) -> {
            throw TrackerException.refused("busy", Optional.of(Duration.ofMinutes(5)));
        });
        var announcer = announcer(A);

        announcer.start();
        trackers.next();
        time.awaitSleepers(1);
        announcer.reannounce();

        assertThat(announcer.snapshot().getFirst().nextAnnounceIn()).contains(Duration.ofMinutes(5));
        time.awaitSleepers(1);
        time.advance(Duration.ofMinutes(5));
        assertThat(trackers.next()).startsWith("a STARTED");
        announcer.close();
    }

    @Test
    void trackerThatSaysNeverIsNotAskedAgain() throws Exception {
        trackers.set(A, (family, request) -> {
            throw TrackerException.refusedForEver("gone");
        });
        var announcer = announcerOf(List.of(List.of(A), List.of("wss://b:1"), List.of("nonsense")));

        announcer.start();
        assertThat(trackers.next()).startsWith("a STARTED");
        time.awaitSleepers(3);
        announcer.reannounce();
        time.awaitSleepers(3);
        time.advance(Duration.ofDays(300));

        assertThat(announcer.snapshot())
                .allSatisfy(tier -> assertThat(tier.state()).isEqualTo(State.FAILED))
                .allSatisfy(tier -> assertThat(tier.nextAnnounceIn()).isEmpty())
                .extracting(tier -> tier.error().orElseThrow())
                .containsExactly(
                        "gone",
                        "wss trackers are not supported",
                        "the tracker's address is not of the form scheme://host/path");
        announcer.close();
        trackers.assertQuiet();
    }

    @Test
    void reannounceWaitsForTheMinimumInterval() throws Exception {
        var announcer = announcer(A);

        announcer.start();
        trackers.next();
        time.awaitSleepers(1);
        time.advance(Duration.ofSeconds(20));
        announcer.reannounce();

        assertThat(announcer.snapshot().getFirst().nextAnnounceIn()).contains(Duration.ofSeconds(40));
        awaitSleepUntil(announcer, Duration.ofSeconds(40));
        trackers.assertQuiet();
        time.advance(Duration.ofSeconds(40));
        assertThat(trackers.next()).isEqualTo("a NONE" + UNTOUCHED);
        time.awaitSleepers(1);
        assertThat(announcer.snapshot().getFirst().nextAnnounceIn()).contains(Duration.ofMinutes(30));
        time.advance(Duration.ofMinutes(2));
        announcer.reannounce();
        assertThat(trackers.next()).isEqualTo("a NONE" + UNTOUCHED);
        announcer.close();
    }

    @Test
    void intervalCountsFromTheAnswer() throws Exception {
        trackers.set(A, (family, request) -> {
            time.advance(Duration.ofSeconds(25)); // so long the tracker thinks
            return answer();
        });
        var announcer = announcer(A);

        announcer.start();
        trackers.next();
        time.awaitSleepers(1);

        assertThat(announcer.snapshot().getFirst().nextAnnounceIn()).contains(Duration.ofMinutes(30));
        announcer.close();
    }

    @Test
    void bothFamiliesAreAnnouncedApart() throws Exception {
        trackers.setFamilies(A, IpFamily.IPV4, IpFamily.IPV6);
        trackers.set(A, (family, request) -> answerWithId(family.toString()));
        var announcer = announcer(A);

        announcer.start();
        assertThat(trackers.next(2))
                .containsExactlyInAnyOrder("a STARTED" + UNTOUCHED, "a over IPv6 STARTED" + UNTOUCHED);
        time.awaitSleepers(1);
        announcer.completed();
        assertThat(trackers.next(2))
                .containsExactlyInAnyOrder(
                        "a COMPLETED" + UNTOUCHED + " id=IPv4", "a over IPv6 COMPLETED" + UNTOUCHED + " id=IPv6");
        time.awaitSleepers(1);
        announcer.close();

        assertThat(trackers.next(2))
                .containsExactlyInAnyOrder("a" + FAREWELL + " id=IPv4", "a over IPv6" + FAREWELL + " id=IPv6");
        trackers.assertQuiet();
    }

    @Test
    void familyThatFailsDoesNotFailTheTrackerAndIsNotToldStopped() throws Exception {
        trackers.setFamilies(A, IpFamily.IPV4, IpFamily.IPV6);
        trackers.set(A, (family, request) -> {
            if (family == IpFamily.IPV6) {
                throw new TrackerException(TrackerException.Kind.UNREACHABLE, "no route");
            }
            return answer();
        });
        var announcer = announcer(A);

        announcer.start();
        trackers.next(2);
        time.awaitSleepers(1);
        assertThat(announcer.snapshot().getFirst().state()).isEqualTo(State.WORKING);
        announcer.completed();
        assertThat(trackers.next(2))
                .containsExactlyInAnyOrder("a COMPLETED" + UNTOUCHED, "a over IPv6 STARTED" + UNTOUCHED);
        time.awaitSleepers(1);
        announcer.close();

        assertThat(trackers.next()).isEqualTo("a" + FAREWELL);
        trackers.assertQuiet();
    }

    @Test
    void peersAreHandedOverThoughTheOtherFamilyIsSilent() throws Exception {
        trackers.setFamilies(A, IpFamily.IPV4, IpFamily.IPV6);
        var peer = new InetSocketAddress("203.0.113.5", 6881);
        trackers.set(
                A,
                (family, request) ->
                        family == IpFamily.IPV4 ? answer(peer) : hanging().announce(family, request));
        var announcer = announcer(A);

        announcer.start();

        assertThat(torrent.peers.poll(10, TimeUnit.SECONDS)).containsExactly(peer);
        assertThat(announcer.snapshot().getFirst().state()).isEqualTo(State.ANNOUNCING);
        announcer.close();
    }

    @Test
    void trackerThatAnswersOnlyAfterTheDownloadHearsStartedAndThenCompleted() throws Exception {
        trackers.set(A, failing("down"));
        var announcer = announcer(A);

        announcer.start();
        trackers.next();
        time.awaitSleepers(1);
        torrent.totals.set(AnnounceTotals.of(0, 100, 0));
        announcer.completed();
        trackers.set(A, (family, request) -> answer());
        awaitSleepUntil(announcer, Duration.ofSeconds(17));
        time.advance(Duration.ofSeconds(17));

        assertThat(trackers.next()).isEqualTo("a STARTED up=0 down=100 left=0 want=200");
        assertThat(trackers.next()).isEqualTo("a COMPLETED up=0 down=100 left=0 want=200");
        time.awaitSleepers(1);
        announcer.close();
    }

    @Test
    void snapshotTellsWhatTheTrackerSaid() throws Exception {
        var ipv4 = new InetSocketAddress("203.0.113.5", 6881);
        var ipv6 = new InetSocketAddress("2001:db8::5", 6881);
        var unusable = InetSocketAddress.createUnresolved("host.example", 1);
        trackers.set(A, (family, request) -> answer(ipv4, ipv6, unusable));
        var announcer = announcer(A);
        assertThat(announcer.snapshot().getFirst().state()).isEqualTo(State.IDLE);

        announcer.start();
        trackers.next();
        time.awaitSleepers(1);

        var tier = announcer.snapshot().getFirst();
        assertThat(tier.complete()).hasValue(3);
        assertThat(tier.incomplete()).hasValue(4);
        assertThat(tier.downloaded()).hasValue(5);
        assertThat(tier.peers()).isEqualTo(1);
        assertThat(tier.peers6()).isEqualTo(1);
        assertThat(torrent.peers.take()).containsExactly(ipv4, ipv6);
        announcer.close();
        assertThat(announcer.snapshot().getFirst().state()).isEqualTo(State.IDLE);
    }

    @Test
    void ownAddressIsNotHandedOver() throws Exception {
        var self = InetAddress.getByAddress(new byte[] {(byte) 203, 0, 113, 9});
        var other = new InetSocketAddress(self, 6882);
        trackers.set(A, (family, request) -> {
            var plain = answer(new InetSocketAddress(self, 6881), other);
            return new AnnounceResponse(
                    plain.interval(),
                    plain.minInterval(),
                    plain.peers(),
                    plain.complete(),
                    plain.incomplete(),
                    plain.downloaded(),
                    Optional.of(self),
                    Optional.of(TRACKER),
                    Optional.empty(),
                    Optional.empty());
        });
        var announcer = announcer(A);

        announcer.start();

        assertThat(torrent.peers.poll(10, TimeUnit.SECONDS)).containsExactly(other);
        assertThat(torrent.externalAddresses.poll(10, TimeUnit.SECONDS)).isEqualTo(Map.entry(TRACKER, self));
        announcer.close();
    }

    @Test
    void stopTakesNoLongerThanItsPatience() throws Exception {
        var announcer = announcerOf(List.of(List.of(A), List.of(B), List.of(C)));
        trackers.set(C, hanging()); // never gets its started through: is not told that we go
        announcer.start();
        trackers.next();
        trackers.next();
        trackers.next();
        time.awaitSleepers(2);
        trackers.set(A, hanging());

        long begin = System.nanoTime();
        announcer.stop(Duration.ofMillis(1200));

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMillis(2200));
        assertThat(trackers.next(2)).containsExactlyInAnyOrder("a" + FAREWELL, "b" + FAREWELL);
        trackers.assertQuiet();
    }

    @Test
    void snapshotWaitsForNobody() throws Exception {
        trackers.set(A, hanging());
        var announcer = announcer(A);
        announcer.start();
        trackers.next();

        var snapshots = new ArrayList<TrackerSnapshot>();
        IntStream.range(0, 1000).forEach(i -> snapshots.addAll(announcer.snapshot()));

        assertThat(snapshots).extracting(TrackerSnapshot::nextAnnounceIn).containsOnly(Optional.empty());
        announcer.stop(Duration.ofMillis(700));
    }

    @Test
    void closedScopeStopsItWithoutAsking() throws Exception {
        var announcer = announcer(A);
        announcer.start();
        trackers.next();
        time.awaitSleepers(1);

        scope.close();
        announcer.close();

        trackers.assertQuiet();
    }

    private static String name(String url) {
        return url.substring("http://".length());
    }

    /** Waits until the tier's thread has taken note of what was asked of it and sleeps again. */
    private void awaitSleepUntil(Announcer announcer, Duration nextIn) throws InterruptedException {
        time.awaitSleepUntil(time.nanos() + nextIn.toNanos());
        assertThat(announcer.snapshot().getFirst().nextAnnounceIn()).contains(nextIn);
    }

    private Announcer announcer(String... oneTier) {
        return announcerOf(List.of(List.of(oneTier)));
    }

    private Announcer announcerOf(List<List<String>> tiers) {
        var options = AnnouncerOptions.of(List.of(trackers), new Random(1)).withTime(time);
        return new Announcer(scope, torrent, tiers, options);
    }

    private static final class FakeTorrent implements AnnouncingTorrent {
        private final AtomicReference<AnnounceTotals> totals = new AtomicReference<>(AnnounceTotals.of(0, 0, 100));
        private final LinkedBlockingQueue<List<InetSocketAddress>> peers = new LinkedBlockingQueue<>();
        private final LinkedBlockingQueue<Map.Entry<InetAddress, InetAddress>> externalAddresses =
                new LinkedBlockingQueue<>();

        @Override
        public InfoHash infoHash() {
            return AnnounceRequests.INFO_HASH;
        }

        @Override
        public PeerId peerId() {
            return AnnounceRequests.PEER_ID;
        }

        @Override
        public int port() {
            return 6881;
        }

        @Override
        public AnnounceTotals totals() {
            return totals.get();
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
