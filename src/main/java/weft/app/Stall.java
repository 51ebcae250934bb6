package weft.app;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import weft.PeerSnapshot;
import weft.TorrentSnapshot;
import weft.tracker.TrackerSnapshot;

/** Says why a torrent does not move, as far as its snapshots tell. */
final class Stall {
    /** How long nothing has to move before anything is said. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private Stall() {}

    /** The likeliest reason, in a few words; empty if nothing has to move, as with a seed that nobody asks. */
    static Optional<String> explain(TorrentSnapshot now, List<PeerSnapshot> peers, List<TrackerSnapshot> trackers) {
        return switch (now.state()) {
            case DOWNLOADING -> Optional.of(peers.isEmpty() ? whyNoPeers(now, trackers) : whyNoBlocks(peers));
            case SEEDING ->
                peers.isEmpty() ? failing(trackers).map(failure -> "nobody can find us: " + failure) : Optional.empty();
            default -> Optional.empty();
        };
    }

    private static String whyNoBlocks(List<PeerSnapshot> peers) {
        boolean isOne = peers.size() == 1;
        var who = isOne ? "the only peer" : "all " + peers.size() + " peers";
        if (peers.stream().noneMatch(PeerSnapshot::amInterested)) {
            return who + (isOne ? " has" : " have") + " nothing that is missing here";
        }
        if (peers.stream().filter(PeerSnapshot::amInterested).allMatch(PeerSnapshot::peerChoking)) {
            return who + (isOne ? " chokes" : " choke") + " us: waiting for a turn";
        }
        return who + (isOne ? " was asked and sends nothing" : " were asked and send nothing");
    }

    private static String whyNoPeers(TorrentSnapshot now, List<TrackerSnapshot> trackers) {
        var failure = failing(trackers).map(text -> "; " + text);
        return switch (now.knownPeers()) {
            case 0 -> "no peers known" + failure.orElseGet(() -> whatTrackersDo(trackers));
            case 1 -> "the only peer known cannot be reached" + failure.orElse("");
            default -> "none of the " + now.knownPeers() + " peers known can be reached" + failure.orElse("");
        };
    }

    private static Optional<String> failing(List<TrackerSnapshot> trackers) {
        return trackers.stream()
                .filter(tracker -> tracker.error().isPresent())
                .findFirst()
                .map(tracker -> describe(tracker.url(), tracker.error().orElseThrow()));
    }

    /** The tracker by its host, as an address may be long or hold a key; many errors name the host themselves. */
    private static String describe(String url, String error) {
        var host = hostOf(url);
        return "tracker " + (error.contains(host) ? "" : host + ": ") + error;
    }

    private static String hostOf(String url) {
        try {
            return Optional.ofNullable(URI.create(url).getHost()).orElse(url);
        } catch (IllegalArgumentException e) {
            return url;
        }
    }

    private static String whatTrackersDo(List<TrackerSnapshot> trackers) {
        if (trackers.isEmpty()) {
            return ", and no tracker to ask: --peer HOST:PORT names one";
        }
        return trackers.stream().anyMatch(tracker -> tracker.state() == TrackerSnapshot.State.WORKING)
                ? "; the tracker knows nobody else"
                : "; waiting for tracker " + hostOf(trackers.getFirst().url());
    }
}
