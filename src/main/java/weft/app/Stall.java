package weft.app;

import java.time.Duration;
import java.util.List;
import weft.PeerSnapshot;
import weft.TorrentSnapshot;
import weft.TorrentState;
import weft.tracker.TrackerSnapshot;

/** Says why a torrent does not move, as far as its snapshots tell. */
final class Stall {
    /** How long nothing has to move before anything is said. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private Stall() {}

    /** The likeliest reason, in a few words. */
    static String explain(TorrentSnapshot now, List<PeerSnapshot> peers, List<TrackerSnapshot> trackers) {
        if (peers.isEmpty()) {
            return now.knownPeers() == 0 ? "no peers known" + whatTrackersSay(trackers) : unreachable(now, trackers);
        }
        var who = peers.size() == 1 ? "the only peer" : "all " + peers.size() + " peers";
        var one = peers.size() == 1;
        if (now.state() == TorrentState.SEEDING) {
            return "nobody asks for anything";
        }
        if (peers.stream().noneMatch(PeerSnapshot::amInterested)) {
            return who + (one ? " has" : " have") + " nothing that is missing here";
        }
        if (peers.stream().filter(PeerSnapshot::amInterested).allMatch(PeerSnapshot::peerChoking)) {
            return who + (one ? " chokes" : " choke") + " us: waiting for a turn";
        }
        return who + (one ? " was" : " were") + " asked and " + (one ? "sends" : "send") + " nothing";
    }

    private static String unreachable(TorrentSnapshot now, List<TrackerSnapshot> trackers) {
        var known = now.knownPeers() == 1
                ? "the only peer known cannot be reached"
                : "none of the " + now.knownPeers() + " peers known can be reached";
        return known
                + (trackers.stream().anyMatch(tracker -> tracker.error().isPresent()) ? whatTrackersSay(trackers) : "");
    }

    private static String whatTrackersSay(List<TrackerSnapshot> trackers) {
        if (trackers.isEmpty()) {
            return ", and no tracker to ask: --peer HOST:PORT names one";
        }
        return trackers.stream()
                .filter(tracker -> tracker.error().isPresent())
                .findFirst()
                .map(tracker ->
                        "; tracker " + tracker.url() + ": " + tracker.error().orElseThrow())
                .orElseGet(() -> trackers.stream().anyMatch(t -> t.state() == TrackerSnapshot.State.WORKING)
                        ? "; the tracker knows nobody else"
                        : "; waiting for tracker " + trackers.getFirst().url());
    }
}
