package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.TaskScope;
import weft.tracker.TrackerException.Kind;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // reads on a socket are not interruptible
class HttpsTrackerTest {
    private static final char[] PASSWORD = "password".toCharArray();

    /** Serves, and trusts, one certificate of its own, made for tracker.example. */
    private static SSLContext tls;

    private final TaskScope scope = TaskScope.supervised("weft test", (task, e) -> {});

    /**
     * The key file was made with {@code keytool -genkeypair -alias tracker -keyalg EC -dname CN=tracker.example -ext
     * san=dns:tracker.example -validity 36500 -storetype PKCS12 -storepass password -keystore tracker.example.p12}.
     */
    @BeforeAll
    static void loadCertificate() throws Exception {
        var keys = KeyStore.getInstance("PKCS12");
        try (var in = HttpsTrackerTest.class.getResourceAsStream("tracker.example.p12")) {
            keys.load(in, PASSWORD);
        }
        var keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keyManagers.init(keys, PASSWORD);
        var trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("tracker", keys.getCertificate("tracker"));
        var trustManagers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trustManagers.init(trusted);
        tls = SSLContext.getInstance("TLS");
        tls.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
    }

    @AfterEach
    void nothingIsLeftBehind() throws Exception {
        scope.close();

        assertThat(Threads.named("weft")).isEmpty();
    }

    @Test
    void announcesOverTls() throws Exception {
        try (var tracker = tracker(ScriptedTracker.answering("d8:intervali1800ee"))) {
            announce(options().withTls(tls), "https://tracker.example:" + tracker.port() + "/announce");

            assertThat(tracker.requests().getFirst().header("host")).contains("tracker.example:" + tracker.port());
        }
    }

    @Test
    void certificateThatNobodyVouchesForIsRefused() throws Exception {
        try (var tracker = tracker(ScriptedTracker.answering("d8:intervali1800ee"))) {
            assertThatThrownBy(() -> announce(options(), "https://tracker.example:" + tracker.port() + "/announce"))
                    .hasMessageStartingWith("no safe connection to 127.0.0.1 port " + tracker.port())
                    .isInstanceOfSatisfying(
                            TrackerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE));

            assertThat(tracker.requests()).isEmpty();
        }
    }

    @Test
    void certificateOfAnotherNameIsRefused() throws Exception {
        try (var tracker = tracker(ScriptedTracker.answering("d8:intervali1800ee"))) {
            assertThatThrownBy(() ->
                            announce(options().withTls(tls), "https://other.example:" + tracker.port() + "/announce"))
                    .hasMessageContaining("other.example");

            assertThat(tracker.requests()).isEmpty();
        }
    }

    @Test
    void redirectFromHttpsToHttpIsNotFollowed() throws Exception {
        try (var tracker = tracker(
                ScriptedTracker.replying("302 Found", "Location: http://tracker.example/announce\r\n", new byte[0]))) {
            assertThatThrownBy(() ->
                            announce(options().withTls(tls), "https://tracker.example:" + tracker.port() + "/announce"))
                    .hasMessage("the tracker redirects from https to http://tracker.example");
        }
    }

    private static ScriptedTracker tracker(ScriptedTracker.Script script) throws Exception {
        return new ScriptedTracker(
                tls.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress()), script);
    }

    private static HttpTrackerOptions options() {
        return HttpTrackerOptions.defaults().withResolver(host -> {
            if (host.endsWith(".example")) {
                return List.of(InetAddress.getLoopbackAddress());
            }
            throw new UnknownHostException(host);
        });
    }

    private void announce(HttpTrackerOptions options, String url) throws Exception {
        try (var client = HttpTracker.open(scope, options)) {
            client.announce(url, IpFamily.IPV4, AnnounceRequests.of(AnnounceEvent.STARTED), Duration.ofSeconds(20));
        }
    }
}
