package weft.tracker;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How it stands with one tier of trackers, at one moment.
 *
 * @param tier the tier's number, from 0
 * @param urls its trackers in the order in which they are tried; the first is the one that answered last
 * @param url the tracker that the rest of this is about: the one being asked, or the last one asked
 * @param complete how many seeds that tracker counts
 * @param incomplete how many leechers it counts
 * @param downloaded how many completed downloads it counts
 * @param peers how many IPv4 peers the tier's trackers have given so far
 * @param peers6 how many IPv6 peers
 * @param failures how many times in a row the whole tier has failed
 * @param error why the last announce failed; empty once one succeeds
 * @param errorKind the same, for programs
 * @param warning what the tracker wants a person to know
 * @param nextAnnounceIn when the tier will be asked again; empty if it will not, or is being asked now
 */
public record TrackerSnapshot(
        int tier,
        List<String> urls,
        String url,
        State state,
        OptionalInt complete,
        OptionalInt incomplete,
        OptionalInt downloaded,
        int peers,
        int peers6,
        int failures,
        Optional<String> error,
        Optional<TrackerException.Kind> errorKind,
        Optional<String> warning,
        Optional<Duration> nextAnnounceIn) {
    /** What a tier does. */
    public enum State {
        /** Nothing, because the torrent is stopped. */
        IDLE,
        /** Asking, just now. */
        ANNOUNCING,
        /** Has an answer and waits for the next regular announce. */
        WORKING,
        /** No tracker of the tier answered; waits to try again. */
        WAITING_TO_RETRY,
        /** No tracker of the tier can be asked again: bad addresses, or they said "never". */
        FAILED
    }

    /** Copies the list. */
    public TrackerSnapshot {
        urls = List.copyOf(urls);
    }
}
