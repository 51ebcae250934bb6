package weft.interop;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.AddOptions;

/**
 * Weft and Transmission, which never dials loopback addresses: so Weft does, also as a seed. It wakes up every ten seconds
 * to see who should be served and who is interesting; that is why it gets two torrents at once.
 */
@Requires(Program.TRANSMISSION)
@Timeout(120)
class TransmissionTest {
    private static final int LENGTH = (5 << 20) + 12_345;

    @RegisterExtension
    final Lab lab = new Lab();

    @Test
    void weftLeechesAFileAndAFolderOfAwkwardNames() throws Exception {
        Path there = lab.directory("there");
        Path file = Content.file(there, "a file.bin", LENGTH);
        Path folder = Content.awkwardFolder(there);
        Path fileTorrent = lab.torrentOf(file);
        Path folderTorrent = lab.torrentOf(folder);
        var seed = lab.transmission().add(fileTorrent, there).add(folderTorrent, there);
        seed.awaitSeeding();
        Path here = lab.directory("here");
        var options = AddOptions.into(here).withPeers(List.of(seed.address()));
        var client = lab.weftClient();

        var fileHere = lab.weft(client, fileTorrent, options);
        var folderHere = lab.weft(client, folderTorrent, options);

        lab.awaitComplete(fileHere);
        lab.awaitComplete(folderHere);
        Content.assertSame(file, here.resolve(file.getFileName()));
        Content.assertSame(folder, here.resolve(folder.getFileName()));
    }

    @Test
    void weftSeedsAFileAndAFolderOfAwkwardNames() throws Exception {
        Path here = lab.directory("here");
        Path file = Content.file(here, "a file.bin", LENGTH);
        Path folder = Content.awkwardFolder(here);
        Path fileTorrent = lab.torrentOf(file);
        Path folderTorrent = lab.torrentOf(folder);
        Path there = lab.directory("there");
        var leecher = lab.transmission().add(fileTorrent, there).add(folderTorrent, there);
        var options = AddOptions.into(here).withPeers(List.of(leecher.address()));
        var client = lab.weftClient();

        lab.weft(client, fileTorrent, options);
        lab.weft(client, folderTorrent, options);

        leecher.awaitSeeding();
        Content.assertSame(file, there.resolve(file.getFileName()));
        Content.assertSameButEmptyFiles(folder, there.resolve(folder.getFileName()));
    }
}
