package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import weft.kit.FakeClock;

class TorrentBoardTest {
    private final TorrentBoard board =
            new TorrentBoard("some torrent", Goal.STARTED, TorrentState.STOPPED, new int[] {1, 1, 1}, new FakeClock());

    @Test
    void whatWasWishedBeforeTheSavedPrioritiesAreKnownGoesFirst() {
        board.setPriority(0, 5);

        assertThat(board.takeOverPriorities(List.of(0, 0, 0), Set.of(1))).containsExactly(5, 1, 0);
    }
}
