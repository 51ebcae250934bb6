package weft.tracker;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import weft.bencode.BString;

/**
 * A tracker's answer to a scrape (BEP 48).
 *
 * @param swarms by the 20 bytes of the info-hash ({@code InfoHash.truncated()}); torrents that the tracker does not know
 *     are missing
 * @param minRequestInterval how long to wait before the next scrape, if the tracker says so
 */
public record ScrapeResponse(Map<BString, SwarmCounts> swarms, Optional<Duration> minRequestInterval) {
    /** Copies the map. */
    public ScrapeResponse {
        swarms = Map.copyOf(swarms);
    }
}
