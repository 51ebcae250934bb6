package weft.lan;

import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import weft.metainfo.InfoHash;

/**
 * Which torrents are announced when (BEP 14): each as soon as it is there and then every five minutes, but not more than
 * one message a minute. So that torrents which start together need not wait for each other, some minutes may be saved up.
 *
 * <p>For one thread; knows no clock.
 */
final class AnnounceSchedule {
    /** BEP 14: "it should send a LSD announce every 5 minutes". */
    static final Duration INTERVAL = Duration.ofMinutes(5);

    /** BEP 14: "no more than 1 announce per minute". */
    static final Duration SPACING = Duration.ofMinutes(1);

    /** What can be saved up: as many messages as are sent in an interval anyway. */
    static final int BURST = 5;

    /** BEP 14: more than so many torrents share messages. Older clients see only the first torrent of each. */
    private static final int ALONE = 5;

    private final Map<InfoHash, Long> dueNanos = new HashMap<>();
    private long creditNanos = BURST * SPACING.toNanos(); // the time saved up
    private long lastNanos;

    AnnounceSchedule(long now) {
        this.lastNanos = now;
    }

    /** Takes over which torrents there are; those that are new are due. */
    void update(Collection<InfoHash> torrents, long now) {
        dueNanos.keySet().retainAll(new HashSet<>(torrents));
        torrents.forEach(torrent -> dueNanos.putIfAbsent(torrent, now));
    }

    /** Nobody may have heard what was announced so far: all are due. */
    void again(long now) {
        dueNanos.replaceAll((torrent, due) -> now);
    }

    /** The torrents of the next message, which is to be sent now; none if there is nothing to be sent. */
    List<InfoHash> next(long now) {
        saveUp(now);
        if (creditNanos < SPACING.toNanos() || untilFirstDue(now) > 0) {
            return List.of();
        }
        creditNanos -= SPACING.toNanos();
        // What is due within a minute goes with it: then it is sent less often.
        long soon = now + SPACING.toNanos();
        List<InfoHash> next = dueNanos.entrySet().stream()
                .filter(entry -> entry.getValue() - soon < 0)
                .sorted(Comparator.comparingLong(entry -> entry.getValue() - now))
                .limit(dueNanos.size() > ALONE ? LocalAnnounce.MAX_TORRENTS : 1)
                .map(Map.Entry::getKey)
                .toList();
        next.forEach(torrent -> dueNanos.put(torrent, now + INTERVAL.toNanos()));
        return next;
    }

    /** How long it is until {@link #next} has something, if no torrents come. */
    long nanosUntilNext(long now) {
        saveUp(now);
        return Math.max(SPACING.toNanos() - creditNanos, untilFirstDue(now));
    }

    private void saveUp(long now) {
        creditNanos = Math.min(BURST * SPACING.toNanos(), creditNanos + now - lastNanos);
        lastNanos = now;
    }

    private long untilFirstDue(long now) {
        return dueNanos.values().stream().mapToLong(due -> due - now).min().orElse(TimeUnit.DAYS.toNanos(1));
    }
}
