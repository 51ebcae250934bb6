package weft;

import java.io.IOException;
import java.net.URI;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import weft.Diagnosis.Cause;
import weft.Diagnosis.Evidence;
import weft.storage.StorageException;
import weft.swarm.Peer;
import weft.swarm.Swarm;
import weft.tracker.TrackerException;
import weft.tracker.TrackerSnapshot;

/**
 * Finds the one likeliest cause why a torrent does not move, the nearest one first: what it was told to do, the disk, the
 * peers that are connected, those that are not, the trackers. Reads memory only; made for one look by any thread.
 */
final class Examination {
    /**
     * So many pieces in a row that fail their hash are no accident. One corrupt peer among honest ones is found out and
     * banned after its first piece, so the honest ones' pieces come in between.
     */
    private static final int ROTTEN = 3;

    private final TorrentLife life;
    private final Swarm swarm;
    private final boolean clientIsFull;
    private final int maxConnections;

    Examination(TorrentLife life, Swarm swarm, boolean clientIsFull, int maxConnections) {
        this.life = life;
        this.swarm = swarm;
        this.clientIsFull = clientIsFull;
        this.maxConnections = maxConnections;
    }

    Diagnosis diagnosis() {
        var standing = life.standing();
        return switch (standing.state()) {
            case CLOSED -> new Diagnosis(Cause.CLOSED, "the torrent is closed");
            case ERROR -> standing.error().map(Examination::ofDisk).orElseGet(() -> notRunning(standing));
            case STOPPED -> notRunning(standing);
            case PAUSED -> new Diagnosis(Cause.PAUSED, "the torrent is paused");
            case CHECKING -> checking();
            case SEEDING -> seeding();
            case DOWNLOADING -> downloading();
        };
    }

    private static Diagnosis notRunning(TorrentLife.Standing standing) {
        return standing.isToRun()
                ? new Diagnosis(Cause.STARTING, "about to start: looking at what lies on the disk")
                : new Diagnosis(Cause.STOPPED, "the torrent is stopped");
    }

    private Diagnosis checking() {
        var check = life.checkProgress();
        return new Diagnosis(
                Cause.CHECKING,
                "hashing what lies on the disk: " + check.checked() + " of " + pieces(check.total()) + " done");
    }

    // --- the disk

    private static Diagnosis ofDisk(IOException error) {
        var reason = error instanceof StorageException e ? e.reason() : StorageException.Reason.FAILED;
        return new Diagnosis(
                switch (reason) {
                    case NO_SPACE -> Cause.DISK_FULL;
                    case ACCESS_DENIED -> Cause.DISK_ACCESS_DENIED;
                    case MISSING -> Cause.FILE_MISSING;
                    case CHANGED -> Cause.FILE_CHANGED;
                    case IN_USE -> Cause.FILES_IN_USE;
                    case IN_THE_WAY, BAD_NAME, UNSAFE_PATH, FAILED -> Cause.DISK_FAILED;
                },
                error.getMessage() == null ? error.toString() : error.getMessage());
    }

    private static Diagnosis diskBusy(int waiting) {
        return new Diagnosis(
                Cause.DISK_BUSY,
                "the disk does not get on: " + (waiting == 1 ? "one call waits" : waiting + " calls wait") + " for it");
    }

    // --- running

    private Diagnosis seeding() {
        if (swarm.isUploading()) {
            return new Diagnosis(
                    Cause.MOVES,
                    "what is there goes out to " + count(swarm.peers().size(), "peer"));
        }
        int waiting = swarm.waitingForDisk();
        if (waiting > 0) {
            return diskBusy(waiting);
        }
        if (swarm.wantedBytes() == 0 && !swarm.isSeed()) {
            return new Diagnosis(Cause.NOTHING_WANTED, "no file is wanted");
        }
        var trackers = life.trackers();
        if (swarm.peers().isEmpty() && trackers.stream().noneMatch(Examination::answers)) {
            var faults = faults(trackers);
            if (!faults.isEmpty()) {
                return trackersFail("nobody can find us", faults);
            }
        }
        return new Diagnosis(Cause.SEEDING, "everything wanted is there, and nobody asks for it");
    }

    private Diagnosis downloading() {
        var peers = swarm.peers();
        if (swarm.isDownloading()) {
            int failed = swarm.failuresInARow();
            return failed < ROTTEN
                    ? new Diagnosis(Cause.MOVES, "what is missing comes in")
                    : new Diagnosis(
                            Cause.ALL_CORRUPT,
                            "what comes is corrupt: the last " + failed + " pieces failed their hash");
        }
        int waiting = swarm.waitingForDisk();
        if (waiting > 0) {
            return diskBusy(waiting);
        }
        var interesting = peers.stream().filter(Peer::amInterested).toList();
        if (!interesting.isEmpty()) {
            return withInteresting(interesting);
        }
        int banned = swarm.bannedInARow();
        if (banned > 0) {
            return new Diagnosis(
                    Cause.ALL_CORRUPT,
                    "what came was corrupt: " + (banned == 1 ? "the peer" : "the " + banned + " peers")
                            + " that sent it " + (banned == 1 ? "is" : "are") + " banned, and nobody else is there");
        }
        var known = swarm.addresses();
        if (!peers.isEmpty()) {
            return !swarm.hasRoom() && known.waiting() > 0
                    ? placesTaken(peers.size(), known)
                    : nobodyHasTheRest(peers.size());
        }
        return known.known() == 0 ? withoutPeers() : withoutConnections(known);
    }

    private static Diagnosis withInteresting(List<Peer> interesting) {
        var who = interesting.size() == 1
                ? "the only peer that has what is missing "
                : "all " + interesting.size() + " peers that have what is missing ";
        boolean isOne = interesting.size() == 1;
        var serving = interesting.stream().filter(peer -> !peer.peerChoking()).toList();
        if (serving.isEmpty()) {
            return new Diagnosis(
                    Cause.ALL_CHOKE,
                    who + (isOne ? "chokes" : "choke") + " us: waiting for a turn",
                    serving(interesting, "chokes us"));
        }
        int asked = serving.stream().mapToInt(Peer::outstanding).sum();
        return new Diagnosis(
                Cause.PEERS_SEND_NOTHING,
                (serving.size() == 1
                                ? "the only peer that would serve us was"
                                : serving.size() + " peers that would serve us were")
                        + " asked for " + count(asked, "block") + " and " + (serving.size() == 1 ? "sends" : "send")
                        + " nothing",
                serving(serving, "sends nothing"));
    }

    private static List<Evidence> serving(List<Peer> peers, String what) {
        return peers.stream().map(peer -> new Evidence(peer.toString(), what)).toList();
    }

    private Diagnosis nobodyHasTheRest(int peers) {
        int missing = swarm.wanted().cardinality();
        var who = peers == 1 ? "the only peer" : "none of the " + peers + " peers";
        String what;
        if (peers == 1) {
            what = missing == 1
                    ? " lacks the one piece that is missing"
                    : " has none of the " + missing + " pieces that are missing";
        } else {
            what = missing == 1
                    ? " has the one piece that is missing"
                    : " has any of the " + missing + " pieces that are missing";
        }
        return new Diagnosis(Cause.NOBODY_HAS_THE_REST, who + what);
    }

    private static Diagnosis placesTaken(int peers, Swarm.Addresses known) {
        return new Diagnosis(
                Cause.CONNECTION_LIMIT,
                (peers == 1 ? "the only peer" : "none of the " + peers + " peers") + " that the torrent may have "
                        + (peers == 1 ? "lacks" : "has") + " what is missing, and "
                        + (known.waiting() == 1 ? "another one waits" : known.waiting() + " others wait")
                        + " to be dialled");
    }

    // --- nobody is connected

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
        var failed = known.failed().stream()
                .map(end -> new Evidence(Swarm.text(end.address()), end.reason()))
                .sorted(Comparator.comparing(Evidence::where))
                .toList();
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
        var trackers = life.trackers();
        if (trackers.isEmpty()) {
            return new Diagnosis(Cause.NO_SOURCES, "no peers are known, and there is no tracker to ask");
        }
        var answering = trackers.stream().filter(Examination::answers).toList();
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

    // --- words

    private static String pieces(int count) {
        return count(count, "piece");
    }

    private static String count(int count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }
}
