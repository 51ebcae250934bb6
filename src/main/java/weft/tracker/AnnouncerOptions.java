package weft.tracker;

import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * How an {@link Announcer} goes about it.
 *
 * @param clients what speaks to trackers; the first that speaks an address's scheme is used
 * @param patience how long one tracker may take to answer
 * @param numWant how many peers to ask for
 * @param supportsCrypto whether peers are told that encrypted connections are accepted
 * @param random shuffles the tiers and draws the key, which should not be guessable
 * @param time the clock
 */
@SuppressWarnings("exports")
public record AnnouncerOptions(
        List<TrackerClient> clients,
        Duration patience,
        int numWant,
        boolean supportsCrypto,
        RandomGenerator random,
        AnnounceTime time) {
    /** Copies the list. */
    public AnnouncerOptions {
        clients = List.copyOf(clients);
    }

    /** libtorrent's: 30 s for an answer, 200 peers; no encrypted connections yet. */
    public static AnnouncerOptions of(List<TrackerClient> clients, RandomGenerator random) {
        return new AnnouncerOptions(clients, Duration.ofSeconds(30), 200, false, random, AnnounceTime.system());
    }

    /** These options with another clock. */
    public AnnouncerOptions withTime(AnnounceTime other) {
        return new AnnouncerOptions(clients, patience, numWant, supportsCrypto, random, other);
    }

    /** These options, and whether encrypted connections are accepted. */
    public AnnouncerOptions withSupportsCrypto(boolean supports) {
        return new AnnouncerOptions(clients, patience, numWant, supports, random, time);
    }

    /** These options with another number of peers to ask for. */
    public AnnouncerOptions withNumWant(int count) {
        return new AnnouncerOptions(clients, patience, count, supportsCrypto, random, time);
    }
}
