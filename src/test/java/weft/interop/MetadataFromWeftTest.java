package weft.interop;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.AddOptions;
import weft.metainfo.Magnet;

/** Other clients with no more than a magnet link get the metadata (BEP 9), and then all the rest, from a seed of Weft's. */
@Timeout(120)
class MetadataFromWeftTest {
    /** Enough pieces for more than one piece of metadata. */
    private static final int LENGTH = (20 << 20) + 12_345;

    private static final int PIECE_LENGTH = 16 << 10;

    @RegisterExtension
    final Lab lab = new Lab();

    @Test
    @Requires(Program.LIBTORRENT)
    void libtorrentDials() throws Exception {
        Path file = Content.file(lab.directory("here"), "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file, PIECE_LENGTH, List.of());
        var weft = lab.weft(torrent, file.getParent());
        lab.awaitComplete(weft);
        Path there = lab.directory("there");
        var leecher = lab.libtorrent(Magnet.of(Lab.infoHash(torrent)), there, "--tcp");

        leecher.dial(Lab.addressOf(weft));

        leecher.awaitComplete();
        Content.assertSame(file, there.resolve("a file.bin"));
    }

    /** It never dials loopback addresses, and leaves all peers when it has the metadata: so Weft dials, and once more. */
    @Test
    @Requires(Program.TRANSMISSION)
    void transmissionIsDialled() throws Exception {
        Path file = Content.file(lab.directory("here"), "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file, PIECE_LENGTH, List.of());
        Path there = lab.directory("there");
        var leecher = lab.transmission().add(Magnet.of(Lab.infoHash(torrent)), there);

        lab.weft(torrent, AddOptions.into(file.getParent()).withPeers(List.of(leecher.address())));

        leecher.awaitSeeding();
        Content.assertSame(file, there.resolve("a file.bin"));
    }

    @Test
    @Requires(Program.ARIA2)
    void aria2IsDialled() throws Exception {
        Path file = Content.file(lab.directory("here"), "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file, PIECE_LENGTH, List.of());
        Path there = lab.directory("there");
        var leecher = lab.aria2(Magnet.of(Lab.infoHash(torrent)), there);

        lab.weft(torrent, file.getParent(), leecher.address());

        leecher.awaitSeeding();
        Content.assertSame(file, there.resolve("a file.bin"));
    }
}
