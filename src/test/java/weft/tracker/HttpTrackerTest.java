package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static weft.tracker.AnnounceRequests.INFO_HASH;
import static weft.tracker.ScriptedTracker.answering;
import static weft.tracker.ScriptedTracker.replying;
import static weft.tracker.ScriptedTracker.sending;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import weft.bencode.BString;
import weft.concurrent.TaskScope;
import weft.tracker.TrackerException.Kind;

@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // reads on a socket are not interruptible
class HttpTrackerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final String GOOD = "d8:intervali1800e5:peers6:\u00cb\u0000q\u0005\u001a\u00e1e";
    private static final InetSocketAddress GOOD_PEER = new InetSocketAddress(address(203, 0, 113, 5), 6881);

    private final TaskScope scope = TaskScope.supervised("weft test", (task, e) -> {});
    private HttpTracker client = HttpTracker.open(scope, HttpTrackerOptions.defaults());

    @AfterEach
    void nothingIsLeftBehind() throws IOException {
        client.close();
        scope.close();

        assertThat(Threads.named("weft")).isEmpty();
    }

    @Test
    void sendsWhatPrivateTrackersExpect() throws Exception {
        try (var tracker = new ScriptedTracker(answering(GOOD))) {
            var request = AnnounceRequests.withTrackerId(AnnounceRequests.of(AnnounceEvent.STARTED), "TrK id&1");

            client.announce(tracker.url() + "?pk=a%20b", IpFamily.IPV4, request, PATIENCE);

            var head = tracker.requests().getFirst();
            assertThat(head.startLine())
                    .isEqualTo("GET /announce?pk=a%20b&info_hash=%d0%d3%0c%fc%0da%a4%f9%93Tl%0e%8b3k%d3W%9a%aa%a2"
                            + "&peer_id=-WE001S-abcdefghijkl&port=6881&uploaded=0&downloaded=0&left=2097152&corrupt=0"
                            + "&key=F4106D0D&event=started&numwant=200&compact=1&no_peer_id=1&supportcrypto=1"
                            + "&redundant=0&trackerid=TrK%20id%261 HTTP/1.1");
            assertThat(head.headers())
                    .containsEntry("host", "127.0.0.1:" + tracker.port())
                    .containsEntry("user-agent", "Weft/0.1.0")
                    .containsEntry("accept-encoding", "gzip")
                    .containsEntry("connection", "close")
                    .hasSize(4);
        }
    }

    @Test
    void nameAndPasswordOfTheAddressAreSent() throws Exception {
        try (var tracker = new ScriptedTracker(answering(GOOD))) {
            announce("http://us%65r:pass@127.0.0.1:" + tracker.port() + "/announce");

            assertThat(tracker.requests().getFirst().header("authorization")).contains("Basic dXNlcjpwYXNz");
        }
    }

    @Test
    void scrapesSeveralTorrentsAtOnce() throws Exception {
        var body = "d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei3e10:downloadedi5e10:incompletei4eeee";
        try (var tracker = new ScriptedTracker(answering(body))) {
            var scrape = client.scrape(tracker.url() + "?k=1", List.of(INFO_HASH, INFO_HASH), PATIENCE);

            var hash = "&info_hash=%d0%d3%0c%fc%0da%a4%f9%93Tl%0e%8b3k%d3W%9a%aa%a2";
            assertThat(tracker.requests().getFirst().startLine())
                    .isEqualTo("GET /scrape?k=1" + hash + hash + " HTTP/1.1");
            assertThat(scrape.swarms()).containsOnlyKeys(BString.of("a".repeat(20)));
        }
    }

    @Test
    void trackerWithoutScrapeAddressIsNotAsked() {
        assertFails(
                () -> client.scrape("http://127.0.0.1:1/a", List.of(INFO_HASH), PATIENCE),
                Kind.BAD_URL,
                "this tracker cannot be scraped");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "x-gzip", "deflate", "raw deflate", "chunked", "chunked gzip", "until close"})
    void takesBodiesHoweverTheyArePacked(String how) throws Exception {
        try (var tracker = new ScriptedTracker(packed(how, GOOD.getBytes(StandardCharsets.ISO_8859_1)))) {
            assertThat(announce(tracker.url()).peers()).containsExactly(GOOD_PEER);
        }
    }

    private static ScriptedTracker.Script packed(String how, byte[] body) throws IOException {
        return switch (how) {
            case "gzip", "x-gzip" -> replying("200 OK", "Content-Encoding: " + how + "\r\n", gzip(body));
            case "deflate" -> replying("200 OK", "Content-Encoding: deflate\r\n", deflate(body, false));
            case "raw deflate" -> replying("200 OK", "Content-Encoding: deflate\r\n", deflate(body, true));
            case "chunked" -> sending(chunked("", body));
            case "chunked gzip" -> sending(chunked("content-encoding: GZIP\r\n", gzip(body)));
            default -> sending("HTTP/1.0 200\r\n\r\n" + new String(body, StandardCharsets.ISO_8859_1));
        };
    }

    @Test
    void failureReasonIsShownWhateverTheStatus() throws Exception {
        var failure = "d14:failure reason12:unregisterede".getBytes(StandardCharsets.US_ASCII);
        try (var ok = new ScriptedTracker(replying("200 OK", "", failure));
                var forbidden = new ScriptedTracker(replying("403 Forbidden", "", failure))) {
            assertFails(() -> announce(ok.url()), Kind.REFUSED, "unregistered");
            assertFails(() -> announce(forbidden.url()), Kind.REFUSED, "unregistered");
        }
    }

    @Test
    void statusIsShownWhereThereIsNoReason() throws Exception {
        try (var tracker = new ScriptedTracker(
                replying("404 Not\u001b[31m Found", "", "<html>".getBytes(StandardCharsets.US_ASCII)))) {
            assertFails(() -> announce(tracker.url()), Kind.HTTP_STATUS, "the tracker answers 404 Not?[31m Found");
        }
    }

    @Test
    void textsOfTheTrackerAreMadeSafeToShow() throws Exception {
        try (var tracker = new ScriptedTracker(answering("d14:failure reason9:a\u001b[2J\r\nbce"))) {
            assertFails(() -> announce(tracker.url()), Kind.REFUSED, "a [2J  bc");
        }
    }

    @Test
    void whatIsNotBencodedIsRefused() throws Exception {
        try (var tracker = new ScriptedTracker(answering("<html><body>Login</body></html>"))) {
            assertFails(
                    () -> announce(tracker.url()),
                    Kind.BAD_ANSWER,
                    "the answer is not bencoded: it begins with \"<html><body>Login</body></html>\"");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SSH-2.0-OpenSSH\r\n\r\n",
                "HTTP/2 200 OK\r\n\r\n",
                "HTTP/1.1 2OO OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nxx",
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot gzip at all",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nab",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabcdef\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
            })
    void nonsenseIsNamed(String raw) throws Exception {
        try (var tracker = new ScriptedTracker(sending(raw))) {
            assertFails(() -> announce(tracker.url()), Kind.BAD_ANSWER);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "HTTP/1.1 200 OK\r\nContent-Le",
                "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nd8:interval",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nd8:interval",
            })
    void connectionThatBreaksIsAFailure(String raw) throws Exception {
        try (var tracker = new ScriptedTracker(sending(raw))) {
            assertFails(() -> announce(tracker.url()), Kind.UNREACHABLE);
        }
    }

    @Test
    void endlessHeadersAreCutOff() throws Exception {
        try (var tracker = new ScriptedTracker((socket, request) -> {
            var out = socket.getOutputStream();
            out.write("HTTP/1.1 200 OK\r\n".getBytes(StandardCharsets.US_ASCII));
            while (true) {
                out.write("X: y\r\n".repeat(1000).getBytes(StandardCharsets.US_ASCII));
            }
        })) {
            assertFails(() -> announce(tracker.url()), Kind.BAD_ANSWER, "the head is longer than 32768 bytes");
        }
    }

    @Test
    void bodyOfTenMegabytesIsCutOff() throws Exception {
        try (var honest = new ScriptedTracker(replying("200 OK", "", new byte[10 << 20]));
                var endless = new ScriptedTracker((socket, request) -> {
                    var out = socket.getOutputStream();
                    out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    while (true) {
                        out.write(new byte[1 << 16]);
                    }
                })) {
            assertFails(
                    () -> announce(honest.url()), Kind.BAD_ANSWER, "the answer has 10485760 bytes, more than 1048576");
            assertFails(() -> announce(endless.url()), Kind.BAD_ANSWER, "the answer is longer than 1048576 bytes");
        }
    }

    @Test
    void gzipBombIsCutOffWhileItUnpacks() throws Exception {
        var bomb = gzip(new byte[100 << 20]);
        try (var tracker = new ScriptedTracker(replying("200 OK", "Content-Encoding: gzip\r\n", bomb))) {
            assertFails(
                    () -> announce(tracker.url()), Kind.BAD_ANSWER, "the unpacked answer is longer than 1048576 bytes");
        }
    }

    @Test
    void followsRedirects() throws Exception {
        try (var target = new ScriptedTracker(answering(GOOD));
                var first = new ScriptedTracker(
                        replying("302 Found", "Location: " + target.url() + "/moved?y=1\r\n", new byte[0]))) {
            assertThat(announce(first.url()).peers()).hasSize(1);

            assertThat(target.requests().getFirst().startLine()).isEqualTo("GET /announce/moved?y=1 HTTP/1.1");
        }
    }

    @Test
    void redirectLoopEnds() throws Exception {
        try (var tracker = new ScriptedTracker(replying("301 Moved", "Location: /announce?again\r\n", new byte[0]))) {
            assertFails(() -> announce(tracker.url()), Kind.FORBIDDEN, "the tracker redirects more than 5 times");

            assertThat(tracker.requests()).hasSize(6);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ftp://t.example:21/announce", "file:///etc/passwd", "gopher://127.0.0.1:70/x", "http://"})
    void redirectsOutOfHttpAreNotFollowed(String location) throws Exception {
        try (var tracker = new ScriptedTracker(replying("302 Found", "Location: " + location + "\r\n", new byte[0]))) {
            assertFails(() -> announce(tracker.url()), Kind.FORBIDDEN);
        }
    }

    @Test
    void publicTrackerCannotSendUsToALocalAddress() throws Exception {
        var url = TrackerUrl.parse("http://t.example/announce");
        var local = List.of(address(192, 168, 0, 1), address(127, 0, 0, 1));
        var mixed = List.of(address(10, 0, 0, 1), address(203, 0, 113, 1));

        assertFails(
                () -> HttpTracker.permitted(url, local, true),
                Kind.FORBIDDEN,
                "the tracker redirects from a public to a local address, http://t.example");
        assertThat(HttpTracker.permitted(url, mixed, true)).containsExactly(address(203, 0, 113, 1));
        assertThat(HttpTracker.permitted(url, local, false)).isEqualTo(local);
    }

    @Test
    void localServiceIsAskedOnlyUnderATrackersPath() throws Exception {
        try (var service = new ScriptedTracker(answering(GOOD))) {
            var origin = "http://127.0.0.1:" + service.port();

            assertFails(() -> announce(origin + "/shutdown?x=announce"), Kind.FORBIDDEN);
            assertFails(() -> announce(origin + "/"), Kind.FORBIDDEN);
            announce(origin + "/passkey/announce.php");

            assertThat(service.requests()).hasSize(1);
        }
    }

    @Test
    void trackerThatNeverAnswersIsGivenUp() throws Exception {
        var never = new CountDownLatch(1);
        try (var tracker = new ScriptedTracker((socket, request) -> never.await())) {
            client = withProgressTimeout(SHORT);

            assertFails(() -> announce(tracker.url()), Kind.TIMEOUT);
        }
    }

    @Test
    void trackerThatDripsIsGivenUpAtTheDeadline() throws Exception {
        var pace = new CountDownLatch(1);
        try (var tracker = new ScriptedTracker((socket, request) -> {
            var out = socket.getOutputStream();
            out.write("HTTP/1.1 200 OK\r\n\r\nd".getBytes(StandardCharsets.US_ASCII));
            while (!pace.await(20, TimeUnit.MILLISECONDS)) {
                out.write(' ');
            }
        })) {
            var request = AnnounceRequests.of(AnnounceEvent.NONE);

            assertFails(
                    () -> client.announce(tracker.url(), IpFamily.IPV4, request, SHORT),
                    Kind.TIMEOUT,
                    "no answer in time");
        }
    }

    @Test
    void trackerThatDoesNotListenIsUnreachable() throws Exception {
        int port;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }

        assertFails(() -> announce("http://127.0.0.1:" + port + "/announce"), Kind.UNREACHABLE);
    }

    @Test
    void interruptEndsAnAnnounceAtOnce() throws Exception {
        var asked = new CountDownLatch(1);
        var outcome = new LinkedBlockingQueue<Throwable>();
        var caller = scope.childSupervised("caller", (task, e) -> {});
        try (var tracker = new ScriptedTracker((socket, request) -> {
            asked.countDown();
            new CountDownLatch(1).await();
        })) {
            caller.fork("announce", () -> {
                try {
                    announce(tracker.url());
                } catch (Throwable e) {
                    outcome.add(e);
                }
            });
            asked.await();

            caller.shutdown();

            assertThat(outcome.poll(5, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
        }
    }

    @Test
    void closeEndsAnAnnounceAtOnce() throws Exception {
        var asked = new CountDownLatch(1);
        var outcome = new LinkedBlockingQueue<Throwable>();
        try (var tracker = new ScriptedTracker((socket, request) -> {
            asked.countDown();
            new CountDownLatch(1).await();
        })) {
            scope.fork("announce", () -> {
                try {
                    announce(tracker.url());
                } catch (Throwable e) {
                    outcome.add(e);
                }
            });
            asked.await();

            client.close();

            assertThat(outcome.poll(5, TimeUnit.SECONDS)).isInstanceOf(TrackerException.class);
        }
    }

    @Test
    void announcesOverTheFamilyThatIsAskedFor() throws Exception {
        var loopbacks = List.of(address(127, 0, 0, 1), IpLiteral.parse("::1").orElseThrow());
        client = withResolver(host -> loopbacks);
        try (var ipv4 = new ScriptedTracker(loopbacks.get(0), answering(GOOD));
                var ipv6 = new ScriptedTracker(loopbacks.get(1), answering(GOOD))) {
            var request = AnnounceRequests.of(AnnounceEvent.STARTED);
            var name = "http://tracker.example:";

            assertThat(client.families(name + ipv4.port() + "/announce")).containsOnly(IpFamily.IPV4, IpFamily.IPV6);
            client.announce(name + ipv4.port() + "/announce", IpFamily.IPV4, request, PATIENCE);
            client.announce(name + ipv6.port() + "/announce", IpFamily.IPV6, request, PATIENCE);
            announce(ipv6.url().replace("127.0.0.1", "[::1]"), IpFamily.IPV6);

            assertThat(ipv4.requests()).hasSize(1);
            assertThat(ipv6.requests()).hasSize(2);
            assertThat(ipv6.requests().get(1).header("host")).contains("[::1]:" + ipv6.port());
        }
    }

    @Test
    void nextAddressOfANameIsTriedWhereTheFirstRefuses() throws Exception {
        try (var tracker = new ScriptedTracker(answering(GOOD))) {
            client = withResolver(host -> List.of(address(127, 0, 0, 2), address(127, 0, 0, 1)));

            assertThat(announce("http://tracker.example:" + tracker.port() + "/announce")
                            .peers())
                    .hasSize(1);
        }
    }

    @Test
    void nameThatDoesNotResolveIsNamed() {
        client = withResolver(host -> {
            throw new UnknownHostException(host);
        });

        assertFails(
                () -> announce("http://tracker.example/announce"),
                Kind.UNKNOWN_HOST,
                "the name tracker.example does not resolve");
    }

    @Test
    void fewPeersGivenByNameAreLookedUp() throws Exception {
        var asked = new ArrayList<String>();
        client = withResolver(host -> {
            if (host.equals("127.0.0.1")) {
                return List.of(address(127, 0, 0, 1));
            }
            asked.add(host);
            if (host.equals("gone.example")) {
                throw new UnknownHostException(host);
            }
            return List.of(address(203, 0, 113, 7));
        });
        var named = "d2:ip12:gone.example4:porti1ee" + "d2:ip12:host.example4:porti2ee".repeat(9);
        try (var tracker = new ScriptedTracker(answering("d5:peersl" + named + "ee"))) {
            assertThat(announce(tracker.url()).peers())
                    .hasSize(3)
                    .containsOnly(new InetSocketAddress(address(203, 0, 113, 7), 2));
            assertThat(asked).hasSize(4);
        }
    }

    private AnnounceResponse announce(String url) throws TrackerException, InterruptedException {
        return announce(url, IpFamily.IPV4);
    }

    private AnnounceResponse announce(String url, IpFamily family) throws TrackerException, InterruptedException {
        return client.announce(url, family, AnnounceRequests.of(AnnounceEvent.NONE), PATIENCE);
    }

    private HttpTracker withProgressTimeout(Duration timeout) {
        return HttpTracker.open(scope, HttpTrackerOptions.defaults().withProgressTimeout(timeout));
    }

    private HttpTracker withResolver(HostResolver resolver) {
        return HttpTracker.open(scope, HttpTrackerOptions.defaults().withResolver(resolver));
    }

    private static void assertFails(ThrowingCallable call, Kind kind, String message) {
        assertThatThrownBy(call)
                .hasMessage(message)
                .isInstanceOfSatisfying(
                        TrackerException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }

    private static void assertFails(ThrowingCallable call, Kind kind) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        TrackerException.class,
                        e -> assertThat(e.kind()).describedAs(e.getMessage()).isEqualTo(kind));
    }

    private static InetAddress address(int... bytes) {
        return CompactPeers.addressOf(new byte[] {(byte) bytes[0], (byte) bytes[1], (byte) bytes[2], (byte) bytes[3]});
    }

    private static String chunked(String headers, byte[] body) {
        var text = new String(body, StandardCharsets.ISO_8859_1);
        var half = body.length / 2;
        return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + headers + "\r\n"
                + Integer.toHexString(half) + ";ext=1\r\n" + text.substring(0, half) + "\r\n"
                + Integer.toHexString(body.length - half) + "\r\n" + text.substring(half) + "\r\n0\r\n\r\n";
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        var packed = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes);
        }
        return packed.toByteArray();
    }

    private static byte[] deflate(byte[] bytes, boolean raw) throws IOException {
        var packed = new ByteArrayOutputStream();
        try (var deflate = new DeflaterOutputStream(packed, new Deflater(9, raw))) {
            deflate.write(bytes);
        }
        return packed.toByteArray();
    }
}
