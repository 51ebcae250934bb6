package weft.interop;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Weft and aria2. aria2 dials whom a tracker tells it of, which is {@link TrackerTest}'s part; here Weft dials. */
@Requires(Program.ARIA2)
@Timeout(120)
class Aria2Test {
    private static final int LENGTH = (5 << 20) + 12_345;

    @RegisterExtension
    final Lab lab = new Lab();

    @Test
    void weftLeechesAFile() throws Exception {
        Path file = Content.file(lab.directory("there"), "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        var seed = lab.aria2(torrent, file.getParent());
        seed.awaitSeeding();
        Path here = lab.directory("here");

        lab.awaitComplete(lab.weft(torrent, here, seed.address()));

        Content.assertSame(file, here.resolve("a file.bin"));
    }

    @Test
    void weftLeechesAFolderOfAwkwardNames() throws Exception {
        Path folder = Content.awkwardFolder(lab.directory("there"));
        Path torrent = lab.torrentOf(folder);
        var seed = lab.aria2(torrent, folder.getParent());
        seed.awaitSeeding();
        Path here = lab.directory("here");

        lab.awaitComplete(lab.weft(torrent, here, seed.address()));

        Content.assertSame(folder, here.resolve(folder.getFileName()));
    }

    @Test
    void weftSeedsAFile() throws Exception {
        Path file = Content.file(lab.directory("here"), "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        Path there = lab.directory("there");
        var leecher = lab.aria2(torrent, there);

        lab.weft(torrent, file.getParent(), leecher.address());

        leecher.awaitSeeding();
        Content.assertSame(file, there.resolve("a file.bin"));
    }

    @Test
    void weftSeedsAFolderOfAwkwardNames() throws Exception {
        Path folder = Content.awkwardFolder(lab.directory("here"));
        Path torrent = lab.torrentOf(folder);
        Path there = lab.directory("there");
        var leecher = lab.aria2(torrent, there);

        lab.weft(torrent, folder.getParent(), leecher.address());

        leecher.awaitSeeding();
        Content.assertSame(folder, there.resolve(folder.getFileName()));
    }
}
