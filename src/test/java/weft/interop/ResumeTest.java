package weft.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.AddOptions;
import weft.TorrentState;
import weft.kit.StateLog;

/** A download from libtorrent that ends in the middle goes on where it was. */
@Requires(Program.LIBTORRENT)
@Timeout(120)
class ResumeTest {
    private static final int LENGTH = (12 << 20) + 1;

    /** So much that a download takes a few seconds. */
    private static final String SLOWLY = "--upload-limit=4000000";

    private static final Pattern LEFT = Pattern.compile("\"left\": ?(\\d+)");

    @RegisterExtension
    final Lab lab = new Lab();

    @Test
    void killedWeftStartedAgainFetchesOnlyWhatWasMissing() throws Exception {
        Path file = Content.file(lab.directory("there"), "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        var seed = lab.libtorrent(torrent, file.getParent(), "--seed", SLOWLY);
        Path here = lab.directory("here");
        var killed =
                lab.weftCommand(here, "download", torrent, "-d", here, "--peer", Lab.text(seed.address()), "--json");
        long left = killed.awaitLine("a third is there", line -> left(line).filter(bytes -> bytes < LENGTH * 2L / 3));
        killed.kill();

        var again = lab.weft(torrent, here, seed.address());

        lab.awaitComplete(again);
        Content.assertSame(file, here.resolve("a file.bin"));
        assertThat(left).isPositive();
        assertThat(again.downloaded()).isLessThanOrEqualTo(left);
    }

    @Test
    void closedWeftOpenedAgainHashesNothingAndFetchesNothingTwice() throws Exception {
        Path file = Content.file(lab.directory("there"), "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        var seed = lab.libtorrent(torrent, file.getParent(), "--seed", SLOWLY);
        Path here = lab.directory("here");
        var first = lab.weft(torrent, here, seed.address());
        lab.awaitPieces(first, 40);
        first.close();
        var states = new StateLog();

        var again = lab.weft(
                torrent,
                AddOptions.into(here).withPeers(List.of(seed.address())).withListener(states));

        lab.awaitComplete(again);
        Content.assertSame(file, here.resolve("a file.bin"));
        assertThat(states.told()).doesNotContain(TorrentState.CHECKING);
        // What had come of a piece that was not whole is lost, or kept, but never counted twice.
        assertThat(again.downloaded() - first.downloaded()).isLessThanOrEqualTo(first.left());
    }

    /** The missing bytes that a line of {@code --json} tells. */
    private static Optional<Long> left(String line) {
        return LEFT.matcher(line)
                .results()
                .map(match -> Long.valueOf(match.group(1)))
                .findFirst();
    }
}
