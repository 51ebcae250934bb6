package weft.tracker;

import java.util.Locale;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

@Name("weft.TrackerAnnounce")
@Label("Tracker Announce")
@Description("A tracker was asked; the duration is how long it took to answer, or not to")
@Category("Weft")
@StackTrace(false)
final class TrackerAnnounceEvent extends Event {
    @Label("Torrent")
    @Description("The first eight digits of the info-hash, as in the names of threads")
    String torrent;

    @Label("Tracker")
    @Description("Scheme, host and port; the rest of the address may hold a key")
    String tracker;

    @Label("Family")
    @Description("Whether it was asked over IPv4 or IPv6")
    String family;

    @Label("Announced")
    @Description("started, completed, stopped, paused, or none for a regular announce")
    String announced;

    @Label("Peers")
    @Description("How many peers it told")
    int peers;

    @Label("Interval")
    @Description("When it wants to be asked again")
    @Timespan(Timespan.MILLISECONDS)
    long interval;

    @Label("Error")
    @Description("Why there is no answer; empty if there is one")
    String error;

    void commit(String ofTorrent, String of, IpFamily over, AnnounceEvent what, AnnounceResponse response) {
        if (told(ofTorrent, of, over, what)) {
            peers = response.peers().size();
            interval = response.interval().toMillis();
            error = "";
            commit();
        }
    }

    void commit(String ofTorrent, String of, IpFamily over, AnnounceEvent what, TrackerException failure) {
        if (told(ofTorrent, of, over, what)) {
            error = failure.getMessage();
            commit();
        }
    }

    private boolean told(String ofTorrent, String of, IpFamily over, AnnounceEvent what) {
        end();
        if (!shouldCommit()) {
            return false;
        }
        torrent = ofTorrent;
        tracker = of;
        family = over == IpFamily.IPV4 ? "IPv4" : "IPv6";
        announced = what.name().toLowerCase(Locale.ROOT);
        return true;
    }
}
