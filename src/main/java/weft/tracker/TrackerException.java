package weft.tracker;

import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** Why a tracker could not be asked, or what it refused; the message is for people. */
public final class TrackerException extends IOException {
    /** What went wrong, for programs. */
    public enum Kind {
        /** The address is no URL, or of a kind that cannot be asked. */
        BAD_URL,
        /** The tracker's name does not resolve. */
        UNKNOWN_HOST,
        /** No connection, or it broke. */
        UNREACHABLE,
        /** No answer, or not all of it, in time. */
        TIMEOUT,
        /** A status other than 200, and no reason with it. */
        HTTP_STATUS,
        /** The answer is none that a tracker gives. */
        BAD_ANSWER,
        /** The tracker says no and gives its reason. */
        REFUSED,
        /** We will not go where this leads: a redirect into the local network, for instance. */
        FORBIDDEN
    }

    private final Kind kind;
    private final Duration retryAfter; // or null
    private final boolean retryUseless;

    private TrackerException(Kind kind, String message, Throwable cause, Duration retryAfter, boolean retryUseless) {
        super(message, cause);
        this.kind = Objects.requireNonNull(kind, "kind");
        this.retryAfter = retryAfter;
        this.retryUseless = retryUseless;
    }

    /** A failure after which the tracker may be asked again whenever the caller's own rules say. */
    public TrackerException(Kind kind, String message) {
        this(kind, message, null, null, kind == Kind.BAD_URL);
    }

    TrackerException(Kind kind, String message, Throwable cause) {
        this(kind, message, cause, null, kind == Kind.BAD_URL);
    }

    /** The tracker's own refusal, with the time it says to stay away. */
    static TrackerException refused(String reason, Optional<Duration> retryAfter) {
        return new TrackerException(Kind.REFUSED, reason, null, retryAfter.orElse(null), false);
    }

    /** The tracker's own refusal, with the word never to come back (BEP 31). */
    static TrackerException refusedForEver(String reason) {
        return new TrackerException(Kind.REFUSED, reason, null, null, true);
    }

    /** What went wrong. */
    public Kind kind() {
        return kind;
    }

    /** How long the tracker says to stay away (BEP 31), if it says so. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /** Whether asking again can never help: the URL is bad, or the tracker said "never" (BEP 31). */
    public boolean retryUseless() {
        return retryUseless;
    }
}
