package weft;

import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import weft.Diagnosis.Cause;
import weft.Diagnosis.Evidence;
import weft.swarm.Swarm;
import weft.tracker.TrackerException;
import weft.tracker.TrackerSnapshot;

/** Finds out why a torrent is connected to nobody: the peers that are known, or else those who should know some. */
final class SourcesExamination {
    private final List<TrackerSnapshot> trackers;
    private final Optional<DhtDiscovery.Standing> dht;
    private final boolean clientIsFull;
    private final int maxConnections;

    SourcesExamination(
            List<TrackerSnapshot> trackers,
            Optional<DhtDiscovery.Standing> dht,
            boolean clientIsFull,
            int maxConnections) {
        this.trackers = trackers;
        this.dht = dht;
        this.clientIsFull = clientIsFull;
        this.maxConnections = maxConnections;
    }

    /** Why there is no connection, if these addresses are known. */
    Diagnosis diagnosis(Swarm.Addresses known) {
        return known.known() == 0 ? withoutPeers() : withoutConnections(known);
    }

    /** Who was asked for peers, and the peers that there is no connection to, with what came of it. */
    List<Evidence> tried(Swarm.Addresses known) {
        var tried = new ArrayList<Evidence>();
        trackers.forEach(tier -> tried.add(new Evidence(tier.url(), outcome(tier))));
        dht.ifPresent(standing -> tried.add(new Evidence("DHT", outcome(standing))));
        tried.addAll(failed(known));
        return tried;
    }

    private static String outcome(TrackerSnapshot tier) {
        int peers = tier.peers() + tier.peers6();
        return tier.error().orElse(answers(tier) ? "has told of " + count(peers) : "has not answered yet");
    }

    private static String outcome(DhtDiscovery.Standing standing) {
        return !standing.ready()
                ? "no node has answered yet"
                : count(standing.peersFound()) + " found, by " + standing.nodesAnswered() + " of "
                        + standing.nodesAsked() + " nodes asked";
    }

    private static String count(int peers) {
        return peers == 0 ? "no peers" : peers == 1 ? "1 peer" : peers + " peers";
    }

    private static List<Evidence> failed(Swarm.Addresses known) {
        return known.failed().stream()
                .map(end -> new Evidence(Swarm.text(end.address()), end.reason()))
                .sorted(Comparator.comparing(Evidence::where))
                .toList();
    }

    /** Why nobody can find us, if no tracker answers. */
    Optional<Diagnosis> unheard() {
        var faults = faults(trackers);
        return trackers.stream().anyMatch(SourcesExamination::answers) || faults.isEmpty()
                ? Optional.empty()
                : Optional.of(trackersFail("nobody can find us", faults));
    }

    private Diagnosis withoutConnections(Swarm.Addresses known) {
        boolean isOne = known.known() == 1;
        if (clientIsFull && known.busy() == 0) {
            return new Diagnosis(
                    Cause.CONNECTION_LIMIT,
                    "other torrents have "
                            + (maxConnections == 1 ? "the one connection" : "all " + maxConnections + " connections")
                            + " that the client may have: "
                            + (isOne ? "the only peer known waits" : "the " + known.known() + " peers known wait")
                            + " to be dialled");
        }
        var failed = failed(known);
        if (failed.isEmpty()) {
            return new Diagnosis(
                    Cause.CONNECTING,
                    "connecting to " + (isOne ? "the only peer" : known.known() + " peers") + " known");
        }
        var example = failed.getFirst();
        return new Diagnosis(
                Cause.PEERS_UNREACHABLE,
                isOne
                        ? "no connection to the only peer known, " + example.where() + ": " + example.what()
                        : "no connection to any of the " + known.known() + " peers known, such as " + example.where()
                                + ": " + example.what(),
                failed);
    }

    private Diagnosis withoutPeers() {
        if (trackers.isEmpty()) {
            return dht.map(SourcesExamination::ofDht)
                    .orElseGet(() ->
                            new Diagnosis(Cause.NO_SOURCES, "no peers are known, and there is no tracker to ask"));
        }
        var ofTrackers = ofTrackers();
        if (dht.isEmpty()) {
            return ofTrackers;
        }
        var evidence = new ArrayList<>(ofTrackers.evidence());
        evidence.addAll(ofDht(dht.get()).evidence());
        return new Diagnosis(ofTrackers.cause(), ofTrackers.sentence(), evidence);
    }

    private static Diagnosis ofDht(DhtDiscovery.Standing standing) {
        if (!standing.ready()) {
            return ofDht(Cause.DHT_UNREACHABLE, "no node of the DHT has answered yet");
        }
        if (!standing.hasSearched()) {
            return ofDht(Cause.DHT_ASKED, "the DHT is being asked");
        }
        var nodes = standing.nodesAnswered() + " of " + standing.nodesAsked() + " nodes asked";
        return standing.peersFound() == 0
                ? ofDht(Cause.DHT_KNOWS_NOBODY, "the DHT knows nobody, by " + nodes)
                : ofDht(Cause.DHT_KNOWS_NOBODY, "the DHT knows nobody but us, by " + nodes);
    }

    private static Diagnosis ofDht(Cause cause, String what) {
        return new Diagnosis(cause, "no peers are known: " + what, List.of(new Evidence("DHT", what)));
    }

    private Diagnosis ofTrackers() {
        var answering = trackers.stream().filter(SourcesExamination::answers).toList();
        if (!answering.isEmpty()) {
            return new Diagnosis(
                    Cause.TRACKERS_KNOW_NOBODY,
                    "no peers are known: tracker " + host(answering.getFirst().url()) + " knows nobody else",
                    answering.stream()
                            .map(tier -> new Evidence(tier.url(), "knows nobody else"))
                            .toList());
        }
        var faults = faults(trackers);
        return faults.isEmpty()
                ? new Diagnosis(
                        Cause.TRACKER_ASKED,
                        "no peers are known: waiting for an answer of tracker "
                                + host(trackers.getFirst().url()),
                        List.of(new Evidence(trackers.getFirst().url(), "has not answered yet")))
                : trackersFail("no peers are known", faults);
    }

    // --- trackers

    private static boolean answers(TrackerSnapshot tier) {
        return switch (tier.state()) {
            case WORKING -> true;
            case ANNOUNCING -> tier.errorKind().isEmpty() && tier.complete().isPresent(); // it has answered before
            case IDLE, WAITING_TO_RETRY, FAILED -> false;
        };
    }

    /** The tiers that fail, the one that says most first. */
    private static List<TrackerSnapshot> faults(List<TrackerSnapshot> trackers) {
        return trackers.stream()
                .filter(tier -> tier.errorKind().isPresent())
                .sorted(Comparator.comparingInt(
                        tier -> vagueness(tier.errorKind().orElseThrow())))
                .toList();
    }

    /** What the tracker itself said tells most, and a tracker that cannot be one least. */
    private static int vagueness(TrackerException.Kind kind) {
        return switch (kind) {
            case REFUSED -> 0;
            case HTTP_STATUS -> 1;
            case BAD_ANSWER -> 2;
            case FORBIDDEN -> 3;
            case TIMEOUT -> 4;
            case UNREACHABLE -> 5;
            case UNKNOWN_HOST -> 6;
            case BAD_URL -> 7;
        };
    }

    private static Diagnosis trackersFail(String consequence, List<TrackerSnapshot> faults) {
        var worst = faults.getFirst();
        var more = switch (faults.size()) {
            case 1 -> "";
            case 2 -> "; another tracker fails too";
            default -> "; " + (faults.size() - 1) + " other trackers fail too";
        };
        return new Diagnosis(
                switch (worst.errorKind().orElseThrow()) {
                    case REFUSED -> Cause.TRACKER_REFUSES;
                    case HTTP_STATUS -> Cause.TRACKER_HTTP_STATUS;
                    case UNKNOWN_HOST -> Cause.TRACKER_NAME_UNKNOWN;
                    case UNREACHABLE -> Cause.TRACKER_UNREACHABLE;
                    case TIMEOUT -> Cause.TRACKER_SILENT;
                    case BAD_URL, BAD_ANSWER, FORBIDDEN -> Cause.TRACKER_UNUSABLE;
                },
                consequence + ": " + described(worst) + more,
                faults.stream()
                        .map(tier -> new Evidence(tier.url(), tier.error().orElseThrow()))
                        .toList());
    }

    /** The tracker by its host, as an address may be long or hold a key; many errors name the host themselves. */
    private static String described(TrackerSnapshot tier) {
        var host = host(tier.url());
        var error = tier.error().orElseThrow();
        return switch (tier.errorKind().orElseThrow()) {
            case REFUSED -> "tracker " + host + " refuses: " + error;
            case UNKNOWN_HOST -> "the tracker's " + (error.startsWith("the ") ? error.substring(4) : "name: " + error);
            default -> {
                if (error.startsWith("the tracker ")) {
                    yield "tracker " + host + error.substring("the tracker".length());
                }
                yield "tracker " + (error.contains(host) ? "" : host + ": ") + error;
            }
        };
    }

    private static String host(String url) {
        try {
            return Optional.ofNullable(URI.create(url).getHost()).orElse(url);
        } catch (IllegalArgumentException e) {
            return url;
        }
    }
}
