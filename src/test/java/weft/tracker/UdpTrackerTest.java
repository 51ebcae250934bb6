package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import weft.bencode.BString;
import weft.concurrent.TaskScope;
import weft.kit.Await;
import weft.metainfo.InfoHash;
import weft.net.UdpSocket;
import weft.tracker.TrackerException.Kind;

@Timeout(60)
class UdpTrackerTest {
    private static final InetAddress ANY = new InetSocketAddress(0).getAddress();
    private static final Duration PATIENCE = Await.PATIENCE;
    private static final AnnounceRequest STARTED = AnnounceRequests.of(AnnounceEvent.STARTED);
    private static final List<InetSocketAddress> PEERS =
            List.of(new InetSocketAddress("203.0.113.5", 6881), new InetSocketAddress("198.51.100.7", 51413));

    private final TaskScope scope = TaskScope.supervised("weft udp tracker test", (task, failure) -> {});
    private final FakeTime fakeTime = new FakeTime();
    private UdpSocket socket;
    private FakeUdpTracker fake;

    @BeforeEach
    void open() throws Exception {
        socket = UdpSocket.open(scope, ANY, 0);
        fake = new FakeUdpTracker("127.0.0.1");
    }

    @AfterEach
    void close() {
        fake.close();
        assertThat(scope.close(TaskScope.PATIENCE)).isTrue();
    }

    private UdpTracker client() {
        return client(AnnounceTime.system());
    }

    private UdpTracker client(AnnounceTime time) {
        return client(time, "127.0.0.1");
    }

    /** A client for which every name has these addresses. */
    private UdpTracker client(AnnounceTime time, String... addresses) {
        HostResolver resolver =
                host -> List.of(addresses).stream().map(FakeUdpTracker::address).toList();
        return new UdpTracker(
                socket,
                host -> IpLiteral.parse(host).isPresent()
                        ? List.of(IpLiteral.parse(host).orElseThrow())
                        : resolver.resolve(host),
                new SplittableRandom(7),
                time);
    }

    private FutureTask<AnnounceResponse> announcing(UdpTracker client, String url) {
        return announcing(client, url, PATIENCE);
    }

    private FutureTask<AnnounceResponse> announcing(UdpTracker client, String url, Duration patience) {
        var task = new FutureTask<>(() -> client.announce(url, IpFamily.IPV4, STARTED, patience));
        scope.fork("announce", task::run);
        return task;
    }

    private static UdpAnswer announced(FakeUdpTracker.Received request, List<InetSocketAddress> peers) {
        return new UdpAnswer.Announced(request.transactionId(), 1234, 3, 7, peers);
    }

    private static <T> T get(FutureTask<T> task) throws Exception {
        return task.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private static TrackerException failureOf(FutureTask<?> task) throws Exception {
        try {
            return org.assertj.core.api.Assertions.fail("answered: " + get(task));
        } catch (ExecutionException e) {
            return (TrackerException) e.getCause();
        }
    }

    // --- what is said

    @Test
    void connectsAndAnnounces() throws Exception {
        var client = client();
        var answer = announcing(client, fake.url() + "/ann/x?k=v");

        fake.connect(0x1122334455667788L);
        var request = fake.receive();
        fake.answer(request, announced(request, PEERS));

        assertThat(request.request())
                .isEqualTo(new UdpRequest.Announce(
                        0x1122334455667788L,
                        request.transactionId(),
                        BString.of(AnnounceRequests.INFO_HASH.toBytes()),
                        BString.of(AnnounceRequests.PEER_ID.toBytes()),
                        0,
                        2_097_152,
                        0,
                        2,
                        0,
                        0xF4106D0D,
                        200,
                        6881,
                        Optional.of("/ann/x?k=v")));
        assertThat(get(answer))
                .isEqualTo(new AnnounceResponse(
                        Duration.ofSeconds(1234),
                        Duration.ofSeconds(30),
                        PEERS,
                        OptionalInt.of(7),
                        OptionalInt.of(3),
                        OptionalInt.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty()));
        assertThat(client.outstanding()).isZero();
        assertThat(client.strays()).isZero();
    }

    @Test
    void addressWithoutPathCarriesNone() throws Exception {
        for (var url : List.of(fake.url(), fake.url() + "/")) {
            var answer = announcing(client(), url);
            fake.connect(1);
            var request = fake.receive();
            fake.answer(request, announced(request, List.of()));

            assertThat(request.announce().urlData()).isEmpty();
            assertThat(get(answer).peers()).isEmpty();
        }
    }

    @Test
    void everyEventHasItsNumber() throws Exception {
        var client = client();
        var numbers = new ArrayList<Integer>();
        for (var event : AnnounceEvent.values()) {
            var task = new FutureTask<>(
                    () -> client.announce(fake.url(), IpFamily.IPV4, AnnounceRequests.of(event), PATIENCE));
            scope.fork("announce", task::run);
            if (numbers.isEmpty()) {
                fake.connect(1);
            }
            var request = fake.receive();
            fake.answer(request, announced(request, List.of()));
            get(task);
            numbers.add(request.announce().event());
            assertThat(request.announce().numWant()).isEqualTo(event == AnnounceEvent.STOPPED ? 0 : 200);
        }
        assertThat(numbers).containsExactly(0, 2, 3, 1, 0); // NONE STARTED STOPPED COMPLETED PAUSED
    }

    @Test
    void peersOverIpv6HaveEighteenBytes() throws Exception {
        try (var ipv6 = new FakeUdpTracker("::1")) {
            var peer = new InetSocketAddress("2001:db8::5", 6881);
            var client = client();
            var answer = new FutureTask<>(() -> client.announce(ipv6.url(), IpFamily.IPV6, STARTED, PATIENCE));
            scope.fork("announce", answer::run);

            ipv6.connect(1);
            var request = ipv6.receive();
            ipv6.answer(request, announced(request, List.of(peer)));

            assertThat(get(answer).peers()).containsExactly(peer);
            assertThat(client.families(ipv6.url())).containsExactly(IpFamily.IPV6);
            assertThat(client.families(fake.url())).containsExactly(IpFamily.IPV4);
        }
    }

    @Test
    void scrapesManyAtATime() throws Exception {
        var hashes = new ArrayList<InfoHash>();
        for (int i = 0; i < 74; i++) {
            hashes.add(InfoHash.parse(String.format("%040x", i)));
        }
        var answer = new FutureTask<>(() -> client().scrape(fake.url(), hashes, PATIENCE));
        scope.fork("scrape", answer::run);

        fake.connect(1);
        var request = fake.receive();
        var files = new ArrayList<UdpAnswer.Counts>();
        for (int i = 0; i < 73; i++) { // one less than was asked for
            files.add(new UdpAnswer.Counts(i, 2 * i, 3 * i));
        }
        fake.answer(request, new UdpAnswer.Scraped(request.transactionId(), files));

        assertThat(((UdpRequest.Scrape) request.request()).infoHashes())
                .isEqualTo(
                        hashes.stream().map(hash -> BString.of(hash.toBytes())).toList());
        assertThat(get(answer).swarms())
                .hasSize(73)
                .containsEntry(
                        BString.of(hashes.get(9).toBytes()),
                        new SwarmCounts(
                                OptionalInt.of(9), OptionalInt.of(27), OptionalInt.of(18), OptionalInt.empty()));
        hashes.add(InfoHash.parse(String.format("%040x", 99)));
        assertThatThrownBy(() -> client().scrape(fake.url(), hashes, PATIENCE))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> client().scrape(fake.url(), List.of(), PATIENCE))
                .isInstanceOf(IllegalArgumentException.class);
    }

    // --- connection ids

    @Test
    void connectionIdIsSharedByAllTorrentsForAMinute() throws Exception {
        var client = client(fakeTime);
        for (long connectionId = 1; connectionId <= 2; connectionId++) {
            for (int torrent = 0; torrent < 3; torrent++) {
                var answer = announcing(client, fake.url());
                if (torrent == 0) {
                    fake.connect(connectionId);
                }
                var request = fake.receive();
                fake.answer(request, announced(request, PEERS));

                assertThat(request.announce().connectionId()).isEqualTo(connectionId);
                assertThat(get(answer).peers()).isEqualTo(PEERS);
                fakeTime.advance(Duration.ofSeconds(torrent == 0 ? 59 : torrent == 1 ? 0 : 1));
            }
        }
    }

    @Test
    void trackerThatWasStartedAnewIsConnectedToAnew() throws Exception {
        var client = client(fakeTime);
        var first = announcing(client, fake.url());
        fake.connect(1);
        var request = fake.receive();
        fake.answer(request, announced(request, PEERS));
        get(first);

        // one that refuses what it does not know
        var second = announcing(client, fake.url());
        request = fake.receive();
        assertThat(request.announce().connectionId()).isEqualTo(1);
        fake.answer(request, new UdpAnswer.Refused(request.transactionId(), "Connection ID missmatch."));
        fake.connect(2);
        request = fake.receive();
        assertThat(request.announce().connectionId()).isEqualTo(2);
        fake.answer(request, announced(request, PEERS));
        get(second);

        // one that is silent
        var third = announcing(client, fake.url(), Duration.ofSeconds(35));
        assertThat(fake.receive().announce().connectionId()).isEqualTo(2);
        fakeTime.awaitSleepers(1);
        fakeTime.advance(Duration.ofSeconds(5));
        fake.connect(3);
        request = fake.receive();
        assertThat(request.announce().connectionId()).isEqualTo(3);
        fake.answer(request, announced(request, PEERS));
        get(third);
    }

    // --- what is lost

    @Test
    void lostPacketsAreSentAgainAfterFiveAndTenAndTwentySecondsWithNewTransactionIds() throws Exception {
        var answer = announcing(client(fakeTime), fake.url(), Duration.ofMinutes(2));
        var ids = new HashSet<Integer>();
        long began = fakeTime.nanos();
        int until = 0;
        for (int wait : new int[] {5, 10, 20}) {
            until += wait;
            var connect = fake.receive();
            assertThat(connect.request()).isInstanceOf(UdpRequest.Connect.class);
            ids.add(connect.transactionId());
            fakeTime.awaitSleepUntil(began + Duration.ofSeconds(until).toNanos());
            fakeTime.advance(Duration.ofSeconds(wait));
        }

        var failure = failureOf(answer);
        assertThat(failure).hasMessage("no answer from 127.0.0.1 port " + fake.port());
        assertThat(failure.kind()).isEqualTo(Kind.TIMEOUT);
        assertThat(ids).hasSize(3);
        assertThat(fake.isQuiet()).isTrue();
    }

    @Test
    void shortPatienceIsDividedInTheSameProportion() throws Exception {
        var answer = announcing(client(fakeTime), fake.url(), Duration.ofMillis(700));
        long began = fakeTime.nanos();
        fake.connect(1);
        fake.receive(); // the announce: lost
        fakeTime.awaitSleepUntil(began + Duration.ofMillis(100).toNanos());
        fakeTime.advance(Duration.ofMillis(100));
        fake.receive(); // a connect: lost
        fakeTime.awaitSleepUntil(began + Duration.ofMillis(300).toNanos());
        fakeTime.advance(Duration.ofMillis(200));
        fake.connect(2);
        fakeTime.awaitSleepUntil(began + Duration.ofMillis(700).toNanos());
        var request = fake.receive();
        fake.answer(request, announced(request, PEERS));

        assertThat(get(answer).peers()).isEqualTo(PEERS);
    }

    @Test
    void nextAddressOfANameIsTriedWhenTheFirstIsSilent() throws Exception {
        try (var other = new FakeUdpTracker("127.0.0.2", fake.port())) {
            var client = client(fakeTime, "127.0.0.1", "127.0.0.2", "::1");
            var answer = announcing(client, "udp://tracker.example:" + fake.port(), Duration.ofSeconds(35));
            fake.receive();
            fakeTime.awaitSleepers(1);
            fakeTime.advance(Duration.ofSeconds(5));
            other.connect(1);
            var request = other.receive();
            other.answer(request, announced(request, PEERS));

            assertThat(get(answer).peers()).isEqualTo(PEERS);
            assertThat(client.families("udp://tracker.example:1")).containsExactly(IpFamily.IPV4, IpFamily.IPV6);
        }
    }

    // --- nonsense

    @Test
    void answersOfOthersAndToOthersAreDroppedAndCounted() throws Exception {
        var client = client();
        try (var stranger = new FakeUdpTracker("127.0.0.1");
                var impostor = new FakeUdpTracker("127.0.0.2", fake.port())) {
            var answer = announcing(client, fake.url());
            fake.connect(1);
            var request = fake.receive();
            var forged = announced(request, List.of(new InetSocketAddress("192.0.2.66", 66)));
            stranger.answer(request, forged); // another port
            impostor.answer(request, forged); // another address
            fake.answer(request, new UdpAnswer.Announced(request.transactionId() + 1, 1, 1, 1, List.of()));
            fake.answer(request, new UdpAnswer.Connected(request.transactionId(), 66)); // another action
            fake.answer(request, new UdpAnswer.Scraped(request.transactionId(), List.of()));
            Await.until("five strays", () -> client.strays() == 5);
            fake.answer(request, announced(request, PEERS));

            assertThat(get(answer).peers()).isEqualTo(PEERS);
            fake.answer(request, forged); // too late
            Await.until("a sixth stray", () -> client.strays() == 6);
            assertThat(client.outstanding()).isZero();
        }
    }

    @Test
    void answersInAnyOrderFindWhoAsked() throws Exception {
        var client = client();
        var answers = List.of(announcing(client, fake.url()), announcing(client, fake.url()));
        var requests = new ArrayList<FakeUdpTracker.Received>();
        while (requests.size() < 2) { // connects, of one or of both
            var request = fake.receive();
            if (request.request() instanceof UdpRequest.Connect) {
                fake.answer(request, new UdpAnswer.Connected(request.transactionId(), 1));
            } else {
                requests.add(request);
            }
        }
        for (var request : requests.reversed()) {
            fake.answer(request, announced(request, PEERS));
        }

        assertThat(get(answers.get(0)).peers()).isEqualTo(PEERS);
        assertThat(get(answers.get(1)).peers()).isEqualTo(PEERS);
        assertThat(requests.get(0).transactionId()).isNotEqualTo(requests.get(1).transactionId());
    }

    @Test
    void errorIsTheTrackersRefusalSafeToShow() throws Exception {
        for (var text : List.of("Torrent not\nregistered\u0007", "")) {
            var answer = announcing(client(), fake.url());
            fake.connect(1);
            var request = fake.receive();
            fake.answer(request, new UdpAnswer.Refused(request.transactionId(), text));

            var failure = failureOf(answer);
            assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
            assertThat(failure).hasMessage(text.isEmpty() ? "the tracker gives no reason" : "Torrent not registered");
            assertThat(fake.isQuiet()).isTrue();
        }
    }

    @Test
    void connectIsRefusedToo() throws Exception {
        var answer = announcing(client(), fake.url());
        var request = fake.receive();
        fake.answer(request, new UdpAnswer.Refused(request.transactionId(), "go away"));

        assertThat(failureOf(answer)).hasMessage("go away");
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 15})
    void connectAnswerThatIsCutShortIsNone(int length) throws Exception {
        var answer = announcing(client(), fake.url());
        var request = fake.receive();
        byte[] whole =
                new UdpAnswer.Connected(request.transactionId(), 1).encode().array();
        fake.send(request.from(), java.util.Arrays.copyOf(whole, length));

        assertThat(failureOf(answer).kind()).isEqualTo(Kind.BAD_ANSWER);
    }

    @Test
    void announceAnswerThatIsCutShortIsNone() throws Exception {
        var answer = announcing(client(), fake.url());
        fake.connect(1);
        var request = fake.receive();
        fake.send(
                request.from(),
                java.util.Arrays.copyOf(announced(request, PEERS).encode().array(), 19));

        assertThat(failureOf(answer)).hasMessage("the answer is none: announce: 11 bytes, not 12");
    }

    @Test
    void absurdFiguresAreNotBelieved() throws Exception {
        var answer = announcing(client(), fake.url());
        fake.connect(1);
        var request = fake.receive();
        fake.answer(request, new UdpAnswer.Announced(request.transactionId(), -5, -1, Integer.MIN_VALUE, PEERS));

        assertThat(get(answer).interval()).isEqualTo(AnnounceIntervals.DEFAULT);
        assertThat(get(answer).complete()).isEmpty();
        assertThat(get(answer).incomplete()).isEmpty();
    }

    // --- where we go, and how it ends

    @Test
    void addressesThatCannotBeAskedAreNamed() throws Exception {
        var client = client(AnnounceTime.system(), "127.0.0.1");

        assertThatThrownBy(() -> client.families("udp://tracker.example"))
                .hasMessage("the tracker's address names no port");
        assertThatThrownBy(() -> client.families("udp://224.0.0.1:80"))
                .hasMessage("udp://224.0.0.1:80 is no address of a single machine")
                .isInstanceOfSatisfying(
                        TrackerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FORBIDDEN));
        assertThatThrownBy(() -> client.announce("udp://tracker.example:1", IpFamily.IPV6, STARTED, PATIENCE))
                .isInstanceOfSatisfying(
                        TrackerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE));
        assertThat(client.speaks("udp")).isTrue();
        assertThat(client.speaks("http")).isFalse();
    }

    @Test
    void whatTheSystemDoesNotTakeIsTriedAgainAndThenUnreachable() throws Exception {
        var client = client();
        socket.close();

        var failure = failureOf(announcing(client, fake.url()));

        assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(failure).hasMessage("nothing can be sent to 127.0.0.1 port " + fake.port());
        assertThat(socket.statistics().unsent()).isEqualTo(3);
    }

    @Test
    void whoIsInterruptedStopsAskingAndHarmsNobody() throws Exception {
        var client = client();
        var asking = new FutureTask<>(() -> {
            try {
                client.announce(fake.url(), IpFamily.IPV4, STARTED, PATIENCE);
                return false;
            } catch (InterruptedException e) {
                return true;
            }
        });
        var child = scope.childSupervised("interrupted", (task, failure) -> {});
        child.fork("announce", asking::run);
        fake.receive();
        child.close();
        assertThat(get(asking)).isTrue();
        assertThat(client.outstanding()).isZero();

        var next = announcing(client, fake.url());
        fake.connect(1);
        var request = fake.receive();
        fake.answer(request, announced(request, PEERS));
        assertThat(get(next).peers()).isEqualTo(PEERS);
    }

    @Test
    void outstandingQuestionsAreBounded() throws Exception {
        var client = client();
        var done = new CountDownLatch(400);
        for (int i = 0; i < 400; i++) {
            scope.fork("announce " + i, () -> {
                try {
                    client.announce(fake.url(), IpFamily.IPV4, STARTED, Duration.ofMillis(700));
                } catch (TrackerException e) {
                    assertThat(e.kind()).isEqualTo(Kind.TIMEOUT);
                    done.countDown();
                }
            });
        }
        Await.until("as many as there may be", () -> {
            assertThat(client.outstanding()).isLessThanOrEqualTo(250);
            return client.outstanding() > 200 || done.getCount() == 0;
        });
        assertThat(done.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(client.outstanding()).isZero();
    }
}
