package weft.tracker;

/**
 * What a {@link TrackerServer} holds and has done.
 *
 * @param torrents swarms known now
 * @param seeds peers known now that have everything
 * @param leechers peers known now that have not
 * @param announces good ones answered so far
 * @param scrapes good ones answered so far
 * @param failures requests so far that were refused or made no sense
 */
public record TrackerStatistics(int torrents, int seeds, int leechers, long announces, long scrapes, long failures) {}
