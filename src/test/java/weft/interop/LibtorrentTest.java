package weft.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Weft and libtorrent, which is also the core of qBittorrent and Deluge: each way round, whoever dials. */
@Requires(Program.LIBTORRENT)
@Timeout(120)
class LibtorrentTest {
    private static final int LENGTH = (5 << 20) + 12_345;

    @RegisterExtension
    final Lab lab = new Lab();

    @Test
    void weftDialsAndLeechesAFile() throws Exception {
        Path file = Content.file(lab.directory("there"), "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        var seed = lab.libtorrent(torrent, file.getParent(), "--seed");
        Path here = lab.directory("here");

        lab.awaitComplete(lab.weft(torrent, here, seed.address()));

        Content.assertSame(file, here.resolve("a file.bin"));
    }

    @Test
    void weftIsDialledAndLeechesAFile() throws Exception {
        Path file = Content.file(lab.directory("there"), "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        var seed = lab.libtorrent(torrent, file.getParent(), "--seed", "--tcp");
        Path here = lab.directory("here");
        var weft = lab.weft(torrent, here);

        seed.dial(Lab.addressOf(weft));

        lab.awaitComplete(weft);
        Content.assertSame(file, here.resolve("a file.bin"));
    }

    @Test
    void weftDialsAndLeechesAFolderOfAwkwardNames() throws Exception {
        Path folder = Content.mostAwkwardFolder(lab.directory("there"));
        Path torrent = lab.torrentOf(folder);
        var seed = lab.libtorrent(torrent, folder.getParent(), "--seed");
        Path here = lab.directory("here");

        lab.awaitComplete(lab.weft(torrent, here, seed.address()));

        Content.assertSame(folder, here.resolve(folder.getFileName()));
    }

    /** On other systems they would be the same file, so the second gets a number. */
    @Test
    void filesWhoseNamesLookTheSameAreBothThere() throws Exception {
        Path folder = lab.directory("there").resolve("twins");
        Path composed = Content.file(folder, "caf\u00e9.bin", 20_000);
        Path decomposed = Content.file(folder, "cafe\u0301.bin", 30_000);
        Path torrent = lab.torrentOf(folder);
        var seed = lab.libtorrent(torrent, folder.getParent(), "--seed");
        Path here = lab.directory("here");

        lab.awaitComplete(lab.weft(torrent, here, seed.address()));

        Content.assertSame(decomposed, here.resolve("twins/cafe\u0301.bin"));
        Content.assertSame(composed, here.resolve("twins/caf\u00e9.1.bin"));
    }

    @Test
    void weftDialsAndSeedsAFile() throws Exception {
        Path file = Content.file(lab.directory("here"), "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        Path there = lab.directory("there");
        var leecher = lab.libtorrent(torrent, there);

        lab.weft(torrent, file.getParent(), leecher.address());

        leecher.awaitComplete();
        Content.assertSame(file, there.resolve("a file.bin"));
    }

    @Test
    void weftIsDialledAndSeedsAFolderOfAwkwardNames() throws Exception {
        Path folder = Content.mostAwkwardFolder(lab.directory("here"));
        Path torrent = lab.torrentOf(folder);
        var weft = lab.weft(torrent, folder.getParent());
        lab.awaitComplete(weft);
        Path there = lab.directory("there");
        var leecher = lab.libtorrent(torrent, there, "--tcp");

        leecher.dial(Lab.addressOf(weft));

        leecher.awaitComplete();
        Content.assertSame(folder, there.resolve(folder.getFileName()));
    }

    /** It tries uTP first, then an encrypted handshake, and has to be turned away from both for it to go on. */
    @Test
    void libtorrentFallsBackToPlainTcpAndGetsNothingTwice() throws Exception {
        Path file = Content.file(lab.directory("here"), "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        var weft = lab.weft(torrent, file.getParent());
        lab.awaitComplete(weft);
        Path there = lab.directory("there");
        var leecher = lab.libtorrent(torrent, there);

        leecher.dial(Lab.addressOf(weft));

        assertThat(leecher.awaitComplete()).isEqualTo(LENGTH);
        assertThat(weft.uploaded()).isEqualTo(LENGTH);
        Content.assertSame(file, there.resolve("a file.bin"));
    }

    @Test
    void twoLibtorrentLeechersOfWeftBothComplete() throws Exception {
        Path file = Content.file(lab.directory("here"), "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        Path one = lab.directory("one");
        Path two = lab.directory("two");
        var first = lab.libtorrent(torrent, one);
        var second = lab.libtorrent(torrent, two);

        lab.weft(torrent, file.getParent(), first.address(), second.address());

        first.awaitComplete();
        second.awaitComplete();
        Content.assertSame(file, one.resolve("a file.bin"));
        Content.assertSame(file, two.resolve("a file.bin"));
    }

    @Test
    void weftLeechesFromTwoLibtorrentSeedsAtOnce() throws Exception {
        Path file = Content.file(lab.directory("there"), "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        // Slow enough that neither is done before the other begins.
        var first = lab.libtorrent(torrent, file.getParent(), "--seed", "--upload-limit=3000000");
        var second = lab.libtorrent(torrent, file.getParent(), "--seed", "--upload-limit=3000000");
        Path here = lab.directory("here");

        var weft = lab.weft(torrent, here, first.address(), second.address());

        lab.awaitComplete(weft);
        Content.assertSame(file, here.resolve("a file.bin"));
        assertThat(first.uploaded()).isGreaterThan(LENGTH / 10);
        assertThat(second.uploaded()).isGreaterThan(LENGTH / 10);
        assertThat(weft.snapshot().wasted()).isLessThan(LENGTH / 10);
    }
}
