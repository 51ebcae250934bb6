package weft.tracker;

import java.time.Duration;
import java.util.OptionalLong;

/** What we make of the intervals that trackers ask for, some of which are absent or absurd. */
final class AnnounceIntervals {
    /** The usual interval of trackers, for those that name none. */
    static final Duration DEFAULT = Duration.ofMinutes(30);

    /** No tracker is asked more often than this, whatever it says. */
    static final Duration SHORTEST = Duration.ofMinutes(1);

    /** A tracker that says "come back in a year" is asked again today. */
    static final Duration LONGEST = Duration.ofHours(6);

    /** libtorrent: how soon one may ask again where the tracker sets no minimum. */
    static final Duration DEFAULT_MINIMUM = Duration.ofSeconds(30);

    private AnnounceIntervals() {}

    /** The minimum for early announces; {@code seconds} as the tracker said, if it did. */
    static Duration minimum(OptionalLong seconds) {
        return seconds.isPresent() && seconds.getAsLong() > 0 ? atMost(seconds.getAsLong()) : DEFAULT_MINIMUM;
    }

    /** The regular interval; never under {@code minimum}. */
    static Duration regular(OptionalLong seconds, Duration minimum) {
        var asked = seconds.isPresent() && seconds.getAsLong() > 0 ? atMost(seconds.getAsLong()) : DEFAULT;
        var longer = asked.compareTo(minimum) < 0 ? minimum : asked;
        return longer.compareTo(SHORTEST) < 0 ? SHORTEST : longer;
    }

    private static Duration atMost(long seconds) {
        return Duration.ofSeconds(Math.min(seconds, LONGEST.toSeconds()));
    }
}
