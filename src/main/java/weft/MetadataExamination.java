package weft;

import java.util.ArrayList;
import java.util.List;
import weft.Diagnosis.Cause;
import weft.Diagnosis.Evidence;
import weft.swarm.MetadataSwarm;
import weft.swarm.Swarm;

/**
 * Finds the one likeliest cause why the metadata of a torrent does not come, and says what was tried. Reads memory only;
 * made for one look by any thread.
 */
final class MetadataExamination {
    private final MetadataLife life;
    private final SourcesExamination sources;

    MetadataExamination(MetadataLife life, boolean clientIsFull, int maxConnections) {
        this.life = life;
        this.sources = new SourcesExamination(life.trackers(), life.dhtStanding(), clientIsFull, maxConnections);
    }

    Diagnosis diagnosis() {
        var standing = life.standing();
        return switch (standing.state()) {
            case CLOSED -> new Diagnosis(Cause.CLOSED, "the torrent is closed");
            case ERROR ->
                new Diagnosis(
                        Cause.METADATA_UNUSABLE,
                        standing.error().map(Throwable::getMessage).orElse("the metadata is of no use"));
            case STOPPED ->
                standing.isToRun()
                        ? new Diagnosis(Cause.STARTING, "about to start: looking for metadata of an earlier run")
                        : new Diagnosis(Cause.STOPPED, "the torrent is stopped");
            case FETCHING_METADATA -> fetching(life.swarm().standing());
            case PAUSED, CHECKING, DOWNLOADING, SEEDING ->
                throw new IllegalStateException("without metadata: " + standing.state());
        };
    }

    private Diagnosis fetching(MetadataSwarm.Standing standing) {
        if (standing.peers() == 0) {
            return sources.diagnosis(life.swarm().addresses());
        }
        var evidence = new ArrayList<Evidence>();
        life.swarm().peers().forEach(peer -> evidence.add(new Evidence(Swarm.text(peer.address()), "is connected")));
        var connected = standing.peers() == 1 ? "the only peer" : "the " + standing.peers() + " peers";
        if (standing.having() == 0) {
            return waiting(
                    connected + " connected " + (standing.peers() == 1 ? "has" : "have") + " no metadata", evidence);
        }
        if (standing.refusing() >= standing.having()) {
            return waiting(
                    (standing.having() == 1 ? "the only peer that has it refuses" : "all peers that have it refuse")
                            + " to send it",
                    evidence);
        }
        return waiting(
                "asking " + (standing.having() == 1 ? "the only peer" : standing.having() + " peers") + " that "
                        + (standing.having() == 1 ? "has" : "have") + " it"
                        + (standing.failures() == 0
                                ? ""
                                : "; what came was wrong " + standing.failures()
                                        + (standing.failures() == 1 ? " time" : " times")),
                evidence);
    }

    private static Diagnosis waiting(String what, List<Evidence> evidence) {
        return new Diagnosis(Cause.WAITING_FOR_METADATA, "waiting for the metadata: " + what, evidence);
    }
}
