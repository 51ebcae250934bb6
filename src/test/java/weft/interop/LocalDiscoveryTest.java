package weft.interop;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.AddOptions;
import weft.Client;
import weft.ClientOptions;

/** Weft and libtorrent, which know of each other only what they announce to the network of the loopback interface. */
@Requires(Program.LIBTORRENT)
@Timeout(120)
class LocalDiscoveryTest {
    private static final int LENGTH = (2 << 20) + 12_345;

    @RegisterExtension
    final Lab lab = new Lab();

    private Client client() throws IOException {
        return lab.open(Client.open(ClientOptions.defaults()
                .withBindAddress(InetAddress.getByName("127.0.0.1"))
                .withLocalDiscovery(true)));
    }

    @Test
    void weftHearsLibtorrent() throws Exception {
        Path file = Content.file(lab.directory("there"), "heard.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        Path here = lab.directory("here");
        var weft = lab.weft(client(), torrent, AddOptions.into(here));

        lab.libtorrent(torrent, file.getParent(), "--seed", "--lsd");

        lab.awaitComplete(weft);
        Content.assertSame(file, here.resolve("heard.bin"));
    }

    @Test
    void libtorrentHearsWeft() throws Exception {
        Path file = Content.file(lab.directory("here"), "told.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        Path there = lab.directory("there");
        var leecher = lab.libtorrent(torrent, there, "--lsd");

        lab.weft(client(), torrent, AddOptions.into(file.getParent()));

        leecher.awaitComplete();
        Content.assertSame(file, there.resolve("told.bin"));
    }
}
