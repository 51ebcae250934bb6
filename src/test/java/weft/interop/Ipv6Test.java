package weft.interop;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.AddOptions;
import weft.Client;
import weft.ClientOptions;
import weft.metainfo.Magnet;
import weft.tracker.TrackerServer;
import weft.tracker.TrackerServerOptions;

/** Weft and other clients on the loopback address of IPv6. */
@Timeout(120)
class Ipv6Test {
    private static final int LENGTH = (2 << 20) + 12_345;

    @RegisterExtension
    final Lab lab = new Lab();

    private static InetAddress loopback() throws IOException {
        return InetAddress.getByName("::1");
    }

    @BeforeEach
    void assumeIpv6() throws IOException {
        assumeThat(NetworkInterface.getByInetAddress(loopback()))
                .as("this machine has IPv6")
                .isNotNull();
    }

    private static InetSocketAddress at(int port) throws IOException {
        return new InetSocketAddress(loopback(), port);
    }

    private Client client() throws IOException {
        return lab.open(Client.open(ClientOptions.defaults().withBindAddress(loopback())));
    }

    @Test
    @Requires(Program.LIBTORRENT)
    void weftDialsLibtorrentAndLeeches() throws Exception {
        Path file = Content.file(lab.directory("there"), "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        var seed = lab.libtorrent(torrent, file.getParent(), "--seed", "--listen", "[::1]");
        Path here = lab.directory("here");

        var weft = lab.weft(
                client(),
                torrent,
                AddOptions.into(here).withPeers(List.of(at(seed.address().getPort()))));

        lab.awaitComplete(weft);
        Content.assertSame(file, here.resolve("a file.bin"));
    }

    @Test
    @Requires(Program.LIBTORRENT)
    void libtorrentDialsWeftAndLeeches() throws Exception {
        Path file = Content.file(lab.directory("here"), "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        var weft = lab.weft(client(), torrent, AddOptions.into(file.getParent()));
        lab.awaitComplete(weft);
        Path there = lab.directory("there");
        var leecher = lab.libtorrent(torrent, there, "--tcp", "--listen", "[::1]");

        leecher.dial(at(weft.port()));

        leecher.awaitComplete();
        Content.assertSame(file, there.resolve("a file.bin"));
    }

    @Test
    @Requires(Program.TRANSMISSION)
    void weftLeechesFromTransmission() throws Exception {
        Path there = lab.directory("there");
        Path file = Content.file(there, "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        var seed = lab.transmission().add(torrent, there);
        seed.awaitSeeding();
        Path here = lab.directory("here");

        var weft = lab.weft(
                client(),
                torrent,
                AddOptions.into(here).withPeers(List.of(at(seed.address().getPort()))));

        lab.awaitComplete(weft);
        Content.assertSame(file, here.resolve("a file.bin"));
    }

    @Test
    @Requires(Program.TRANSMISSION)
    void weftSeedsToTransmission() throws Exception {
        Path here = lab.directory("here");
        Path file = Content.file(here, "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        Path there = lab.directory("there");
        var leecher = lab.transmission().add(torrent, there);

        lab.weft(
                client(),
                torrent,
                AddOptions.into(here).withPeers(List.of(at(leecher.address().getPort()))));

        leecher.awaitSeeding();
        Content.assertSame(file, there.resolve("a file.bin"));
    }

    @Test
    @Requires(Program.ARIA2)
    void weftLeechesFromAria2ByAMagnetLink() throws Exception {
        Path there = lab.directory("there");
        Path file = Content.file(there, "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        var seed = lab.aria2(torrent, there, "--disable-ipv6=false");
        seed.awaitSeeding();
        Path here = lab.directory("here");
        var magnet = Magnet.of(Lab.infoHash(torrent))
                .withPeers(List.of(at(seed.address().getPort())));

        var weft = client().add(magnet, AddOptions.into(here));

        lab.awaitComplete(weft);
        Content.assertSame(file, here.resolve("a file.bin"));
    }

    /** aria2 takes peers from trackers only. */
    @Test
    @Requires(Program.ARIA2)
    void aria2LeechesFromWeftByAMagnetLink() throws Exception {
        Path here = lab.directory("here");
        Path file = Content.file(here, "a file.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        var tracker =
                lab.open(TrackerServer.open(TrackerServerOptions.defaults().withBind(at(0))));
        var url = tracker.announceUri().toString();
        lab.awaitComplete(lab.weft(client(), torrent, AddOptions.into(here).withTracker(url)));
        Path there = lab.directory("there");
        var magnet = Magnet.of(Lab.infoHash(torrent)).withTrackers(List.of(url));

        var leecher = lab.aria2(magnet, there, "--disable-ipv6=false", "--seed-time=60");

        leecher.awaitSeeding();
        Content.assertSame(file, there.resolve("a file.bin"));
    }
}
