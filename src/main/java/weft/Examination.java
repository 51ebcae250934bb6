package weft;

import java.io.IOException;
import java.util.List;
import weft.Diagnosis.Cause;
import weft.Diagnosis.Evidence;
import weft.storage.StorageException;
import weft.swarm.Peer;
import weft.swarm.Swarm;

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
    private final SourcesExamination sources;

    Examination(TorrentLife life, boolean clientIsFull, int maxConnections) {
        this.life = life;
        this.swarm = life.swarm();
        this.sources = new SourcesExamination(life.trackers(), life.dhtStanding(), clientIsFull, maxConnections);
    }

    Diagnosis diagnosis() {
        var standing = life.standing();
        return switch (standing.state()) {
            case CLOSED -> new Diagnosis(Cause.CLOSED, "the torrent is closed");
            case ERROR -> standing.error().map(Examination::ofDisk).orElseGet(() -> notRunning(standing));
            case STOPPED, FETCHING_METADATA -> notRunning(standing); // the metadata has just come
            case PAUSED -> new Diagnosis(Cause.PAUSED, "the torrent is paused");
            case CHECKING -> checking();
            case SEEDING -> seeding();
            case DOWNLOADING -> downloading();
        };
    }

    private Diagnosis notRunning(TorrentBoard.Standing standing) {
        if (!standing.isToRun() && !standing.isToCheck()) {
            return new Diagnosis(Cause.STOPPED, "the torrent is stopped");
        }
        if (life.isDiskStuck()) {
            return diskBusy("what lies on it is still to be looked at");
        }
        return new Diagnosis(
                Cause.STARTING,
                (standing.isToRun() ? "about to start" : "about to hash") + ": looking at what lies on the disk");
    }

    private Diagnosis checking() {
        var check = life.checkProgress();
        var done = check.checked() + " of " + pieces(check.total());
        return life.isDiskStuck()
                ? diskBusy("hashing what lies on it stands still at " + done)
                : new Diagnosis(Cause.CHECKING, "hashing what lies on the disk: " + done + " done");
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
        return diskBusy((waiting == 1 ? "one call waits" : waiting + " calls wait") + " for it");
    }

    private static Diagnosis diskBusy(String how) {
        return new Diagnosis(Cause.DISK_BUSY, "the disk does not get on: " + how);
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
        if (swarm.wantedBytes().all() == 0 && !swarm.isSeed()) {
            return new Diagnosis(Cause.NOTHING_WANTED, "no file is wanted");
        }
        if (swarm.peers().isEmpty()) {
            var unheard = sources.unheard();
            if (unheard.isPresent()) {
                return unheard.get();
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
        return sources.diagnosis(known);
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

    // --- words

    private static String pieces(int count) {
        return count(count, "piece");
    }

    private static String count(int count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }
}
