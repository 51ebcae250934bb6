package weft.tracker;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import weft.wire.PeerId;

/**
 * How {@link HttpTracker} goes about it; {@link #defaults()} is right but for tests.
 *
 * @param userAgent name and version; private trackers let only some in
 * @param progressTimeout how long to wait for a connection, and for each next byte
 * @param maxAnswerBytes how long an answer may be, packed and unpacked
 * @param maxRedirects how many redirects in a row are followed
 * @param maxInFlight how many trackers are asked at the same time
 * @param tls decides which certificates are good; empty for the JDK's own
 * @param resolver looks names up; empty for the system's name service
 */
public record HttpTrackerOptions(
        String userAgent,
        Duration progressTimeout,
        int maxAnswerBytes,
        int maxRedirects,
        int maxInFlight,
        Optional<SSLContext> tls,
        Optional<HostResolver> resolver) {
    /** Checks that nothing is missing. */
    public HttpTrackerOptions {
        Objects.requireNonNull(userAgent, "userAgent");
        Objects.requireNonNull(progressTimeout, "progressTimeout");
        Objects.requireNonNull(tls, "tls");
        Objects.requireNonNull(resolver, "resolver");
        if (maxAnswerBytes < 1 || maxInFlight < 1 || maxRedirects < 0) {
            throw new IllegalArgumentException("limits must be positive");
        }
    }

    /** libtorrent's: answers up to 1 MiB, 5 redirects, 50 at once; 10 s without progress. */
    public static HttpTrackerOptions defaults() {
        return new HttpTrackerOptions(
                "Weft/" + PeerId.OUR_VERSION,
                Duration.ofSeconds(10),
                1 << 20,
                5,
                50,
                Optional.empty(),
                Optional.empty());
    }

    /** These options with another patience for connecting and for each next byte. */
    public HttpTrackerOptions withProgressTimeout(Duration timeout) {
        return new HttpTrackerOptions(userAgent, timeout, maxAnswerBytes, maxRedirects, maxInFlight, tls, resolver);
    }

    /** These options with another judge of certificates. */
    public HttpTrackerOptions withTls(SSLContext context) {
        return new HttpTrackerOptions(
                userAgent, progressTimeout, maxAnswerBytes, maxRedirects, maxInFlight, Optional.of(context), resolver);
    }

    /** These options with another name service. */
    public HttpTrackerOptions withResolver(HostResolver other) {
        return new HttpTrackerOptions(
                userAgent, progressTimeout, maxAnswerBytes, maxRedirects, maxInFlight, tls, Optional.of(other));
    }
}
