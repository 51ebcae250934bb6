package weft.dht;

/**
 * How many peers a torrent has, as far as the nodes nearest to it know (BEP 33): estimates, good to a few in a hundred up to
 * some 6000.
 *
 * @param seeds peers that have all of it
 * @param leechers the others
 * @param nodes how many nodes have counted
 */
public record DhtScrape(long seeds, long leechers, int nodes) {}
