package weft.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import weft.metainfo.Metainfo;

/** Torrents made here and there are the same to both. */
@Requires(Program.LIBTORRENT)
@Timeout(120)
class TorrentFilesTest {
    private static final int LENGTH = (9 << 20) + 12_345;

    @RegisterExtension
    final Lab lab = new Lab();

    @Test
    void libtorrentReadsATorrentMadeByWeftAndFindsItsContent() throws Exception {
        Path folder = Content.mostAwkwardFolder(lab.directory("content"));
        Path torrent = lab.torrentOf(folder);

        // It hashes what is there, which is everything by the names that Weft wrote.
        var libtorrent = lab.libtorrent(torrent, folder.getParent());

        assertThat(libtorrent.infoHash()).isEqualTo(Lab.infoHash(torrent).toHex());
        libtorrent.awaitSeeding();
        assertThat(libtorrent.awaitComplete()).isZero();
    }

    @Test
    void weftReadsATorrentMadeByLibtorrentAndFindsItsContent() throws Exception {
        Path folder = Content.mostAwkwardFolder(lab.directory("content"));
        Path torrent = folder.resolveSibling("made by libtorrent.torrent");
        Libtorrent.create("v1", 32 << 10, folder, torrent);

        var weft = lab.weft(torrent, folder.getParent());

        lab.awaitComplete(weft);
        assertThat(weft.isSeed()).isTrue();
        assertThat(weft.downloaded()).isZero();
    }

    @Test
    void bothMakeTheSameInfoDictionaryOfAFile() throws Exception {
        Path file = Content.file(lab.directory("content"), "sam\u00e9 \u540c\u3058.bin", LENGTH);
        Path theirs = file.resolveSibling("made by libtorrent.torrent");
        Libtorrent.create("v1", 32 << 10, file, theirs);

        Path ours = lab.torrentOf(file, 32 << 10, List.of());

        assertThat(Metainfo.read(ours).infoBytes())
                .isEqualTo(Metainfo.read(theirs).infoBytes());
    }

    @ParameterizedTest
    @ValueSource(ints = {16 << 10, 4 << 20})
    void piecesOfAnySizeGoThereAndBack(int pieceLength) throws Exception {
        Path file = Content.file(lab.directory("there"), "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file, pieceLength, List.of());
        var seed = lab.libtorrent(torrent, file.getParent(), "--seed");
        Path here = lab.directory("here");
        var weft = lab.weft(torrent, here, seed.address());
        lab.awaitComplete(weft);
        lab.close(seed);
        Path back = lab.directory("back");

        var leecher = lab.libtorrent(torrent, back);
        weft.addPeer(leecher.address());

        leecher.awaitComplete();
        Content.assertSame(file, here.resolve("a file.bin"));
        Content.assertSame(file, back.resolve("a file.bin"));
    }

    @Test
    void hybridTorrentsAreLeechedAndSeededByTheirV1Half() throws Exception {
        Path folder = Content.awkwardFolder(lab.directory("there"));
        Path torrent = folder.resolveSibling("hybrid.torrent");
        Libtorrent.create("hybrid", 32 << 10, folder, torrent);
        var seed = lab.libtorrent(torrent, folder.getParent(), "--seed");
        Path here = lab.directory("here");
        Path back = lab.directory("back");
        var leecher = lab.libtorrent(torrent, back);

        var weft = lab.weft(torrent, here, seed.address(), leecher.address());

        lab.awaitComplete(weft);
        leecher.awaitComplete();
        assertThat(weft.metainfo().infoHashV1()).isPresent();
        assertThat(weft.metainfo().infoHashV2()).isPresent();
        Content.assertSame(folder, here.resolve(folder.getFileName()));
        Content.assertSame(folder, back.resolve(folder.getFileName()));
    }
}
