package weft.tracker;

import java.util.OptionalInt;

/**
 * What a scrape says of one torrent (BEP 48).
 *
 * @param complete seeds
 * @param incomplete everybody else
 * @param downloaded completed downloads ever
 * @param downloaders those of {@code incomplete} that do download, where the tracker knows partial seeds (BEP 21)
 */
public record SwarmCounts(
        OptionalInt complete, OptionalInt incomplete, OptionalInt downloaded, OptionalInt downloaders) {}
