package weft.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import weft.PeerSnapshot;
import weft.TorrentSnapshot;
import weft.TorrentState;
import weft.tracker.TrackerSnapshot;

class StallTest {
    private static final String URL = "http://tracker.example/announce";

    private static TorrentSnapshot torrent(TorrentState state, int knownPeers) {
        return new TorrentSnapshot(state, 0, 10, 10, 10, 0, 0, 0, 0, 0, 0, 1, 0, 0, knownPeers, 0, 0);
    }

    private static String downloading(int knownPeers, List<PeerSnapshot> peers, TrackerSnapshot... trackers) {
        return Stall.explain(torrent(TorrentState.DOWNLOADING, knownPeers), peers, List.of(trackers))
                .orElseThrow();
    }

    private static PeerSnapshot peer(boolean amInterested, boolean peerChoking) {
        return new PeerSnapshot(
                new InetSocketAddress("192.0.2.7", 6881),
                "",
                true,
                Duration.ZERO,
                true,
                true,
                amInterested,
                peerChoking,
                false,
                false,
                false,
                false,
                0.5,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                Optional.empty());
    }

    private static TrackerSnapshot tracker(TrackerSnapshot.State state, Optional<String> error) {
        return new TrackerSnapshot(
                0,
                List.of(URL),
                URL,
                state,
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                0,
                0,
                error.isPresent() ? 1 : 0,
                error,
                Optional.empty(),
                Optional.empty(),
                Optional.of(Duration.ofMinutes(1)));
    }

    @Test
    void nobodyToAsk() {
        assertThat(downloading(0, List.of()))
                .isEqualTo("no peers known, and no tracker to ask: --peer HOST:PORT names one");
    }

    @Test
    void trackerThatFails() {
        assertThat(downloading(
                        0,
                        List.of(),
                        tracker(TrackerSnapshot.State.WAITING_TO_RETRY, Optional.of("torrent not registered"))))
                .isEqualTo("no peers known; tracker tracker.example: torrent not registered");
    }

    @Test
    void trackerThatIsSlow() {
        assertThat(downloading(0, List.of(), tracker(TrackerSnapshot.State.ANNOUNCING, Optional.empty())))
                .isEqualTo("no peers known; waiting for tracker tracker.example");
    }

    @Test
    void trackerThatKnowsNobody() {
        assertThat(downloading(0, List.of(), tracker(TrackerSnapshot.State.WORKING, Optional.empty())))
                .isEqualTo("no peers known; the tracker knows nobody else");
    }

    @Test
    void peersThatCannotBeReached() {
        assertThat(downloading(1, List.of())).isEqualTo("the only peer known cannot be reached");
        assertThat(downloading(3, List.of())).isEqualTo("none of the 3 peers known can be reached");
    }

    @Test
    void peersThatHaveNothingForUs() {
        assertThat(downloading(1, List.of(peer(false, true))))
                .isEqualTo("the only peer has nothing that is missing here");
    }

    @Test
    void peersThatChoke() {
        assertThat(downloading(2, List.of(peer(true, true), peer(false, false))))
                .isEqualTo("all 2 peers choke us: waiting for a turn");
    }

    @Test
    void peersThatSendNothing() {
        assertThat(downloading(1, List.of(peer(true, false)))).isEqualTo("the only peer was asked and sends nothing");
    }

    @Test
    void trackerThatCannotBeReachedIsNamedOnce() {
        var refused = tracker(
                TrackerSnapshot.State.WAITING_TO_RETRY, Optional.of("tracker.example port 80: Connection refused"));

        assertThat(downloading(1, List.of(), refused))
                .isEqualTo(
                        "the only peer known cannot be reached; tracker tracker.example port 80: Connection refused");
    }

    @Test
    void seedThatNobodyAsksIsFine() {
        var seeding = torrent(TorrentState.SEEDING, 1);

        assertThat(Stall.explain(seeding, List.of(peer(false, true)), List.of()))
                .isEmpty();
        assertThat(Stall.explain(seeding, List.of(), List.of())).isEmpty();
        assertThat(Stall.explain(
                        seeding,
                        List.of(),
                        List.of(tracker(TrackerSnapshot.State.WAITING_TO_RETRY, Optional.of("timed out")))))
                .contains("nobody can find us: tracker tracker.example: timed out");
    }
}
