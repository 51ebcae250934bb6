package weft.tracker;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import weft.bencode.BString;

/**
 * One tracker of a tier, and what is between it and us since the torrent was started, for each family of addresses
 * apart. No locking of its own: guarded by the lock of its {@link Tier}.
 */
final class TierTracker {
    /** A time that does not come. */
    static final long NEVER = Long.MAX_VALUE;

    private final String url;
    private final Set<IpFamily> started = EnumSet.noneOf(IpFamily.class);
    private final Map<IpFamily, BString> trackerIds = new EnumMap<>(IpFamily.class);

    /** The tracker said not to come back before (BEP 31). */
    private long notBeforeNanos;

    TierTracker(String url) {
        this.url = url;
    }

    String url() {
        return url;
    }

    /** Over which families it knows that we are there. */
    Set<IpFamily> started() {
        return EnumSet.copyOf(started);
    }

    boolean isStarted(IpFamily family) {
        return started.contains(family);
    }

    Optional<BString> trackerId(IpFamily family) {
        return Optional.ofNullable(trackerIds.get(family));
    }

    long notBeforeNanos() {
        return notBeforeNanos;
    }

    void answered(IpFamily family, AnnounceResponse response) {
        started.add(family);
        notBeforeNanos = 0;
        response.trackerId().ifPresent(id -> trackerIds.put(family, id));
    }

    void failed(TrackerException e, long nowNanos) {
        notBeforeNanos = e.retryUseless()
                ? NEVER
                : e.retryAfter().map(wait -> nowNanos + wait.toNanos()).orElse(0L);
    }
}
