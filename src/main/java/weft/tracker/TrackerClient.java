package weft.tracker;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import weft.metainfo.InfoHash;

/**
 * Speaks one tracker protocol: {@link HttpTracker}, {@link UdpTracker}, and what else plugs in beside them. One per
 * client, shared by all torrents; all methods block, may be called from any virtual thread, and end early with
 * {@link InterruptedException} when that thread is interrupted.
 */
@SuppressWarnings("exports")
public interface TrackerClient {
    /** Whether this client asks trackers with addresses of this scheme, given in lower case. */
    boolean speaks(String scheme);

    /** Looks up over which families of addresses the tracker can be reached; at least one. */
    Set<IpFamily> families(String url) throws TrackerException, InterruptedException;

    /** Announces over one family and returns what the tracker answers within {@code patience}. */
    AnnounceResponse announce(String url, IpFamily family, AnnounceRequest request, Duration patience)
            throws TrackerException, InterruptedException;

    /** Asks how large the swarms of some torrents are. */
    ScrapeResponse scrape(String url, List<InfoHash> infoHashes, Duration patience)
            throws TrackerException, InterruptedException;
}
