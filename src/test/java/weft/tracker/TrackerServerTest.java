package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static weft.tracker.AnnounceRequests.INFO_HASH;
import static weft.tracker.AnnounceRequests.peerId;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import weft.bencode.BDict;
import weft.bencode.BString;
import weft.bencode.Bencode;
import weft.bencode.BencodeLimits;
import weft.concurrent.TaskScope;
import weft.metainfo.InfoHash;
import weft.tracker.TrackerException.Kind;

/** The tracker, asked over loopback by our own client and by rougher ones. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // reads on a socket are not interruptible
class TrackerServerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final InetAddress IPV4 = IpLiteral.parse("127.0.0.1").orElseThrow();
    private static final InetAddress IPV6 = IpLiteral.parse("::1").orElseThrow();
    private static final String GOOD = "info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=bbbbbbbbbbbbbbbbbbbb&port=1";

    private static final String OTHER = "info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=cccccccccccccccccccc&port=2";

    private final TaskScope scope = TaskScope.supervised("weft test", (task, e) -> {});
    private final HttpTracker client = HttpTracker.open(scope, HttpTrackerOptions.defaults());

    @AfterEach
    void nothingIsLeftBehind() throws IOException {
        client.close();
        scope.close();

        assertThat(Threads.named("weft")).isEmpty();
    }

    @Test
    void peersOfBothFamiliesFindEachOther() throws Exception {
        try (var tracker = TrackerServer.open(TrackerServerOptions.defaults().withPort(0))) {
            var leecher = AnnounceRequests.of(AnnounceEvent.STARTED, peerId("-WE001S-leecher....."), 1001, 5);
            var seed = AnnounceRequests.of(AnnounceEvent.STARTED, peerId("-WE001S-seed........"), 1002, 0);
            var ipv4Url = tracker.announceUri(IPV4).toString();
            var ipv6Url = tracker.announceUri(IPV6).toString();

            var toSeed = client.announce(ipv4Url, IpFamily.IPV4, seed, PATIENCE);
            var toLeecher = client.announce(ipv6Url, IpFamily.IPV6, leecher, PATIENCE);
            var toSeedAgain = client.announce(ipv4Url, IpFamily.IPV4, seed, PATIENCE);

            assertThat(toSeed.peers()).isEmpty();
            assertThat(toSeed.externalIp()).contains(IPV4);
            assertThat(toSeed.interval()).isEqualTo(Duration.ofMinutes(30));
            assertThat(toLeecher.peers()).containsExactly(new InetSocketAddress(IPV4, 1002));
            assertThat(toLeecher.externalIp()).contains(IPV6);
            assertThat(toSeedAgain.peers()).containsExactly(new InetSocketAddress(IPV6, 1001));
            assertThat(toSeedAgain.complete()).hasValue(1);
            assertThat(toSeedAgain.incomplete()).hasValue(1);
        }
    }

    @Test
    void scrapeCountsWhatWasAnnounced() throws Exception {
        try (var tracker = TrackerServer.open(TrackerServerOptions.loopback())) {
            var url = tracker.announceUri().toString();
            var other = InfoHash.parse("00".repeat(20));

            announce(url, AnnounceEvent.STARTED, "one.................", 1, 5);
            announce(url, AnnounceEvent.STARTED, "two.................", 2, 0);
            announce(url, AnnounceEvent.COMPLETED, "one.................", 1, 0);
            announce(url, AnnounceEvent.COMPLETED, "one.................", 1, 0);
            announce(url, AnnounceEvent.STOPPED, "two.................", 2, 0);

            var scrape = client.scrape(url, List.of(INFO_HASH, other), PATIENCE);
            assertThat(scrape.swarms())
                    .containsOnlyKeys(BString.of(INFO_HASH.truncated()))
                    .containsValue(new SwarmCounts(
                            OptionalInt.of(1), OptionalInt.of(0), OptionalInt.of(1), OptionalInt.empty()));
            assertThat(tracker.statistics()).isEqualTo(new TrackerStatistics(1, 1, 0, 5, 1, 0));
        }
    }

    @Test
    void answersWithDictionariesWhereCompactIsNotWanted() throws Exception {
        try (var tracker = TrackerServer.open(TrackerServerOptions.loopback())) {
            get(tracker, "/announce?" + GOOD);

            var full = get(tracker, "/announce?" + OTHER + "&compact=0");
            var shorter = get(tracker, "/announce?" + OTHER + "&compact=0&no_peer_id=1");

            assertThat(full).endsWith("5:peersld2:ip9:127.0.0.17:peer id20:bbbbbbbbbbbbbbbbbbbb4:porti1eeee");
            assertThat(shorter).endsWith("5:peersld2:ip9:127.0.0.14:porti1eeee");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "peer_id=bbbbbbbbbbbbbbbbbbbb&port=1,                                             info_hash is missing",
        "info_hash=aaaaaaaaaaaaaaaaaaaa&port=1,                                           peer_id is missing",
        "info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=bbbbbbbbbbbbbbbbbbbb,                     port is missing",
        "info_hash=aaa&peer_id=bbbbbbbbbbbbbbbbbbbb&port=1,                               'info_hash has 3 bytes, not 20'",
        "info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=%&port=1,                                 % without two hex digits",
        "info_hash=aaaaaaaaaaaaaaaaaaaa&info_hash=aaaaaaaaaaaaaaaaaaaa&port=1,            info_hash is there twice",
        "info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=bbbbbbbbbbbbbbbbbbbb&port=65536,          port is out of range",
        "info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=bbbbbbbbbbbbbbbbbbbb&port=1&left=-1,      'left is no number, or a negative one'",
        "info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=bbbbbbbbbbbbbbbbbbbb&port=1&numwant=many, 'numwant is no number, or a negative one'",
    })
    void refusesInItsOwnLanguage(String query, String reason) throws Exception {
        try (var tracker = TrackerServer.open(TrackerServerOptions.loopback())) {
            var answer = get(tracker, "/announce?" + query);

            assertThat(answer).startsWith("HTTP/1.1 200 OK\r\n");
            assertThat(dictionary(answer).string("failure reason").map(BString::utf8))
                    .contains(reason);
            assertThat(tracker.statistics()).isEqualTo(new TrackerStatistics(0, 0, 0, 0, 0, 1));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'GET / HTTP/1.1',                404 Not Found",
        "'GET /announce/../x HTTP/1.1',   404 Not Found",
        "'POST /announce HTTP/1.1',       405 Method Not Allowed",
        "'GET /announce',                 400 Bad Request",
        "'GET /announce SSH-2.0',         400 Bad Request",
        "'\u0016\u0003\u0001\u0002\u0000', 400 Bad Request",
    })
    void refusesWhatIsNoRequestOfATracker(String line, String status) throws Exception {
        try (var tracker = TrackerServer.open(TrackerServerOptions.loopback())) {
            assertThat(send(tracker, line + "\r\n\r\n")).startsWith("HTTP/1.1 " + status + "\r\n");
        }
    }

    @Test
    void tracksOnlyWhatIsAllowed() throws Exception {
        var options = TrackerServerOptions.loopback().withAllowed(Set.of(INFO_HASH));
        try (var tracker = TrackerServer.open(options)) {
            announce(tracker.announceUri().toString(), AnnounceEvent.STARTED, "one.................", 1, 5);

            assertThat(dictionary(get(tracker, "/announce?" + GOOD))
                            .string("failure reason")
                            .map(BString::utf8))
                    .contains("unregistered torrent");
        }
    }

    @Test
    void addressInTheRequestIsBelievedOnlyIfToldSo() throws Exception {
        for (boolean trust : new boolean[] {false, true}) {
            var options = TrackerServerOptions.loopback().withTrustIpParameter(trust);
            try (var tracker = TrackerServer.open(options)) {
                get(tracker, "/announce?" + GOOD + "&ip=203.0.113.9");

                var answer = dictionary(get(tracker, "/announce?" + OTHER));
                assertThat(CompactPeers.decode(answer.string("peers").orElseThrow(), CompactPeers.IPV4_LENGTH, 9))
                        .containsExactly(new InetSocketAddress(trust ? "203.0.113.9" : "127.0.0.1", 1));
            }
        }
    }

    @Test
    void endlessRequestIsCutOff() throws Exception {
        try (var tracker = TrackerServer.open(TrackerServerOptions.loopback())) {
            assertThat(send(tracker, "GET /announce?" + "x".repeat(16 * 1024 - 13)))
                    .startsWith("HTTP/1.1 400 Bad Request");
        }
    }

    @Test
    void silentClientIsLetGo() throws Exception {
        var options = TrackerServerOptions.loopback().withConnections(10, 10, Duration.ofMillis(100));
        try (var tracker = TrackerServer.open(options);
                var socket = new Socket(IPV4, tracker.address().getPort())) {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 100", "100, 2"})
    void whereThereIsNoPlaceLeftWhoeverHasBeenSilentLongestMakesWay(int inAll, int perAddress) throws Exception {
        var options = TrackerServerOptions.loopback().withConnections(inAll, perAddress, Duration.ofSeconds(20));
        try (var tracker = TrackerServer.open(options);
                var first = new Socket(IPV4, tracker.address().getPort());
                var second = new Socket(IPV4, tracker.address().getPort())) {
            String answer = get(tracker, "/announce?" + GOOD);

            assertThat(answer).startsWith("HTTP/1.1 200 OK");
            assertThat(first.getInputStream().read()).isEqualTo(-1);
            assertThat(ask(second, "/announce?" + OTHER)).startsWith("HTTP/1.1 200 OK");
        }
    }

    @Test
    void silentClientsAtOneAddressKeepNobodyElseOut() throws Exception {
        var options = TrackerServerOptions.defaults().withPort(0).withConnections(3, 2, Duration.ofSeconds(20));
        try (var tracker = TrackerServer.open(options);
                var other = new Socket(IPV6, tracker.address().getPort())) {
            var crowd = new ArrayList<Socket>();
            try {
                for (int i = 0; i < 20; i++) {
                    crowd.add(new Socket(IPV4, tracker.address().getPort()));
                }
                for (Socket early : crowd.subList(0, 18)) {
                    assertThat(early.getInputStream().read()).isEqualTo(-1);
                }

                assertThat(ask(other, "/announce?" + GOOD)).startsWith("HTTP/1.1 200 OK");
            } finally {
                for (Socket socket : crowd) {
                    socket.close();
                }
            }
        }
    }

    @Test
    void closesWithClientsConnected() throws Exception {
        var tracker = TrackerServer.open(TrackerServerOptions.loopback());
        try (var socket = new Socket(IPV4, tracker.address().getPort())) {
            tracker.close();
            tracker.close();

            assertThatThrownBy(() -> new Socket(IPV4, tracker.address().getPort()).close())
                    .isInstanceOf(IOException.class);
            assertThat(socket.isConnected()).isTrue();
        }
        TrackerServer.open(TrackerServerOptions.defaults().withBind(tracker.address()))
                .close(); // the port is free at once
    }

    @Test
    void portInUseIsNamed() throws Exception {
        try (var first = TrackerServer.open(TrackerServerOptions.loopback())) {
            assertThatThrownBy(() ->
                            TrackerServer.open(TrackerServerOptions.defaults().withBind(first.address())))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(
                            "cannot listen on 127.0.0.1 port " + first.address().getPort() + ": ");
        }
    }

    @Test
    void failureReachesOurClient() throws Exception {
        var options = TrackerServerOptions.loopback().withAllowed(Set.of());
        try (var tracker = TrackerServer.open(options)) {
            var url = tracker.announceUri().toString();

            assertThatThrownBy(() -> announce(url, AnnounceEvent.STARTED, "one.................", 1, 5))
                    .hasMessage("unregistered torrent")
                    .isInstanceOfSatisfying(
                            TrackerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REFUSED));
        }
    }

    private void announce(String url, AnnounceEvent event, String peerId, int port, long left) throws Exception {
        client.announce(url, IpFamily.IPV4, AnnounceRequests.of(event, peerId(peerId), port, left), PATIENCE);
    }

    private static String get(TrackerServer tracker, String target) throws IOException {
        return send(tracker, requestFor(target));
    }

    private static String ask(Socket socket, String target) throws IOException {
        return send(socket, requestFor(target));
    }

    private static String requestFor(String target) {
        return "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
    }

    private static String send(TrackerServer tracker, String request) throws IOException {
        try (var socket = new Socket(IPV4, tracker.address().getPort())) {
            return send(socket, request);
        } catch (SocketException e) {
            return ""; // turned away before it was read
        }
    }

    private static BDict dictionary(String reply) throws IOException {
        var body = reply.substring(reply.indexOf("\r\n\r\n") + 4);
        return (BDict) Bencode.decode(body.getBytes(StandardCharsets.ISO_8859_1), BencodeLimits.TRACKER)
                .value();
    }

    private static String send(Socket socket, String request) throws IOException {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
}
