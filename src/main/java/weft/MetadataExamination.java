package weft;

import java.util.ArrayList;
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
        var standing = life.fetching();
        return switch (standing.state()) {
            case CLOSED -> new Diagnosis(Cause.CLOSED, "the torrent is closed");
            case ERROR ->
                new Diagnosis(
                        Cause.METADATA_UNUSABLE,
                        standing.error().map(Throwable::getMessage).orElse("the metadata is of no use"));
            case STOPPED -> standing.isToRun() ? starting() : new Diagnosis(Cause.STOPPED, "the torrent is stopped");
            case FETCHING_METADATA ->
                life.isDiskStuck()
                        ? new Diagnosis(
                                Cause.DISK_BUSY, "the disk does not get on: the metadata has come and is to be kept")
                        : fetching(life.swarm().standing());
            case PAUSED, CHECKING, DOWNLOADING, SEEDING ->
                throw new IllegalStateException("without metadata: " + standing.state());
        };
    }

    private Diagnosis starting() {
        return life.isDiskStuck()
                ? new Diagnosis(
                        Cause.DISK_BUSY,
                        "the disk does not get on: metadata of an earlier run is still to be looked for")
                : new Diagnosis(Cause.STARTING, "about to start: looking for metadata of an earlier run");
    }

    /** Whatever the cause, the evidence is all that was tried. */
    private Diagnosis fetching(MetadataSwarm.Standing standing) {
        var addresses = life.swarm().addresses();
        var tried = new ArrayList<Evidence>();
        life.swarm().peers().forEach(peer -> tried.add(new Evidence(Swarm.text(peer.address()), "is connected")));
        tried.addAll(sources.tried(addresses));
        if (standing.peers() > 0) {
            return new Diagnosis(Cause.WAITING_FOR_METADATA, "waiting for the metadata: " + awaited(standing), tried);
        }
        var lonely = sources.diagnosis(addresses);
        return new Diagnosis(lonely.cause(), lonely.sentence(), tried);
    }

    private static String awaited(MetadataSwarm.Standing standing) {
        boolean isOne = standing.having() == 1;
        if (standing.having() == 0) {
            return standing.peers() == 1
                    ? "the only peer connected has no metadata"
                    : "the " + standing.peers() + " peers connected have no metadata";
        }
        if (standing.refusing() >= standing.having()) {
            return (isOne ? "the only peer that has it refuses" : "all peers that have it refuse") + " to send it";
        }
        var asking = isOne ? "asking the only peer that has it" : "asking " + standing.having() + " peers that have it";
        return switch (standing.failures()) {
            case 0 -> asking;
            case 1 -> asking + "; what came was wrong 1 time";
            default -> asking + "; what came was wrong " + standing.failures() + " times";
        };
    }
}
