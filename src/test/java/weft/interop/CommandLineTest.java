package weft.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.AddOptions;
import weft.kit.Ports;

/** The command line, as a process among processes. */
@Timeout(120)
class CommandLineTest {
    private static final int LENGTH = (3 << 20) + 12_345;

    @RegisterExtension
    final Lab lab = new Lab();

    @Test
    @Requires(Program.LIBTORRENT)
    void downloadGetsAFolderFromAPeerThatIsNamed() throws Exception {
        Path folder = Content.mostAwkwardFolder(lab.directory("there"));
        Path torrent = lab.torrentOf(folder);
        var seed = lab.libtorrent(torrent, folder.getParent(), "--seed");
        Path here = lab.directory("here");

        var download = lab.weftCommand(here, "download", torrent, "-d", here, "--peer", Lab.text(seed.address()));

        assertThat(download.awaitEnd()).as(download::output).isZero();
        Content.assertSame(folder, here.resolve(folder.getFileName()));
    }

    @Test
    @Requires({Program.OPENTRACKER, Program.ARIA2})
    void downloadGetsAFileFromAPeerThatOpentrackerKnowsAndSaysGoodbye() throws Exception {
        int port = Ports.free();
        Path file = Content.file(lab.directory("there"), "tracked.bin", LENGTH);
        Path torrent = lab.torrentOf(file, 32 << 10, List.of(Opentracker.announceUri(port)));
        var infoHash = Lab.infoHash(torrent);
        var tracker = lab.opentracker(port, infoHash);
        lab.aria2(torrent, file.getParent());
        tracker.awaitCounts(infoHash, new Opentracker.Counts(1, 0, 0));
        Path here = lab.directory("here");

        var download = lab.weftCommand(here, "download", torrent, "-d", here);

        assertThat(download.awaitEnd()).as(download::output).isZero();
        Content.assertSame(file, here.resolve(file.getFileName()));
        tracker.awaitCounts(infoHash, new Opentracker.Counts(1, 0, 1));
    }

    @Test
    @Requires(Program.LIBTORRENT)
    void whatCreateMakesSeedGivesToLibtorrent() throws Exception {
        Path here = lab.directory("here");
        Path folder = Content.mostAwkwardFolder(here);
        Path torrent = here.resolve("created.torrent");
        var create = lab.weftCommand(here, "create", folder, "-o", torrent);
        assertThat(create.awaitEnd()).as(create::output).isZero();
        Path there = lab.directory("there");
        var leecher = lab.libtorrent(torrent, there);

        lab.weftCommand(here, "seed", torrent, "-d", here, "--peer", Lab.text(leecher.address()));

        leecher.awaitComplete();
        Content.assertSame(folder, there.resolve(folder.getFileName()));
    }

    @Test
    @Requires(Program.LIBTORRENT)
    void ourTrackerBringsLibtorrentAndWeftTogether() throws Exception {
        int port = Ports.free();
        Path there = lab.directory("there");
        var tracker = lab.weftCommand(there, "tracker", "--port", port);
        tracker.awaitLine("says where it is", line -> Optional.of(line).filter(said -> said.contains("/announce")));
        Path file = Content.file(there, "tracked.bin", LENGTH);
        Path torrent = lab.torrentOf(file, 32 << 10, List.of("http://127.0.0.1:" + port + "/announce"));
        lab.libtorrent(torrent, there, "--seed").awaitTrackerReply();
        Path here = lab.directory("here");

        var weft = lab.weft(torrent, AddOptions.into(here));

        lab.awaitComplete(weft);
        Content.assertSame(file, here.resolve(file.getFileName()));
    }
}
