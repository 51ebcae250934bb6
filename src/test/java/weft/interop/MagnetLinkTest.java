package weft.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.AddOptions;
import weft.ClientOptions;
import weft.dht.Dht;
import weft.dht.DhtOptions;
import weft.kit.Ports;
import weft.metainfo.Magnet;
import weft.tracker.TrackerServer;
import weft.tracker.TrackerServerOptions;

/**
 * Magnet links of hundreds of files, whose metadata takes several messages: what other clients seed, and both ways round
 * where a tracker or the DHT brings them together. {@link MetadataFromWeftTest} has more of the other way round.
 */
@Timeout(120)
class MagnetLinkTest {
    private static final int FILES = 300;

    @RegisterExtension
    final Lab lab = new Lab();

    private Path there;
    private Path folder;
    private Path torrent;
    private Magnet magnet;

    @BeforeEach
    void makeTorrent() throws Exception {
        there = lab.directory("there");
        folder = there.resolve("a folder of many files");
        for (int i = 0; i < FILES; i++) {
            Content.file(folder, "a file with a rather long name, the metadata is to be long too, number " + i, 5_000);
        }
        torrent = lab.torrentOf(folder);
        magnet = Magnet.of(Lab.infoHash(torrent));
    }

    private void weftGetsAllOf(InetSocketAddress seed) throws Exception {
        Path here = lab.directory("here");

        var weft = lab.weft(ClientOptions.defaults(), magnet.withPeers(List.of(seed)), here);

        lab.awaitComplete(weft);
        assertThat(weft.metainfo().infoBytes().remaining()).isGreaterThan(16 * 1024);
        Content.assertSame(folder, here.resolve(folder.getFileName()));
    }

    @Requires(Program.LIBTORRENT)
    @Test
    void weftGetsWhatLibtorrentSeeds() throws Exception {
        weftGetsAllOf(lab.libtorrent(torrent, there, "--seed").address());
    }

    @Requires(Program.TRANSMISSION)
    @Test
    void weftGetsWhatTransmissionSeeds() throws Exception {
        var seed = lab.transmission().add(torrent, there);
        seed.awaitSeeding();

        weftGetsAllOf(seed.address());
    }

    @Requires(Program.ARIA2)
    @Test
    void weftGetsWhatAria2Seeds() throws Exception {
        var seed = lab.aria2(torrent, there);
        seed.awaitSeeding();

        weftGetsAllOf(seed.address());
    }

    /** aria2 takes peers from trackers only. */
    @Requires(Program.ARIA2)
    @Test
    void aria2GetsWhatWeftSeeds() throws Exception {
        var tracker = lab.open(TrackerServer.open(TrackerServerOptions.loopback()));
        var url = tracker.announceUri().toString();
        lab.awaitComplete(lab.weft(torrent, AddOptions.into(there).withTracker(url)));
        Path elsewhere = lab.directory("elsewhere");

        var leecher = lab.aria2(magnet.withTrackers(List.of(url)), elsewhere, "--seed-time=60");

        leecher.awaitSeeding();
        Content.assertSame(folder, elsewhere.resolve(folder.getFileName()));
    }

    private static DhtOptions knowing(InetSocketAddress node) {
        return DhtOptions.loopback().withNodes(List.of(node));
    }

    private InetSocketAddress dhtNode() throws IOException {
        return Ports.loopback(lab.open(Dht.open(DhtOptions.loopback())).port());
    }

    /** Nothing but the info-hash: each finds the other in a DHT of both kinds of nodes. */
    @Requires(Program.LIBTORRENT)
    @Test
    void weftFindsInTheDhtWhatLibtorrentSeeds() throws Exception {
        var node = dhtNode();
        lab.libtorrent(torrent, there, "--seed", "--dht-node", Lab.text(node));
        Path here = lab.directory("here");

        var weft = lab.weft(ClientOptions.defaults().withDht(knowing(node)), magnet, here);

        lab.awaitComplete(weft);
        Content.assertSame(folder, here.resolve(folder.getFileName()));
    }

    @Requires(Program.LIBTORRENT)
    @Test
    void libtorrentFindsInTheDhtWhatWeftSeeds() throws Exception {
        var node = dhtNode();
        var client = lab.weftClient(ClientOptions.defaults().withDht(knowing(node)));
        lab.awaitComplete(lab.weft(client, torrent, AddOptions.into(there)));
        Path elsewhere = lab.directory("elsewhere");

        var leecher = lab.libtorrent(magnet, elsewhere, "--dht-node", Lab.text(node));

        leecher.awaitComplete();
        Content.assertSame(folder, elsewhere.resolve(folder.getFileName()));
    }
}
