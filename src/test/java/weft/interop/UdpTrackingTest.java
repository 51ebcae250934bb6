package weft.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.AddOptions;
import weft.kit.Await;
import weft.kit.Ports;
import weft.tracker.TrackerServer;
import weft.tracker.TrackerServerOptions;

/** Those who take part find each other through a tracker over UDP: other people's, or ours. Nobody is told an address. */
@Timeout(120)
class UdpTrackingTest {
    private static final int LENGTH = (3 << 20) + 12_345;
    private static final int PIECE_LENGTH = 32 << 10;

    @RegisterExtension
    final Lab lab = new Lab();

    private Path torrentOf(Path content, String tracker) throws Exception {
        return lab.torrentOf(content, PIECE_LENGTH, List.of(tracker));
    }

    @Test
    @Requires(Program.OPENTRACKER)
    void opentrackerCountsWeftOverUdpAndTellsItToAScrape() throws Exception {
        int port = Ports.free();
        Path file = Content.file(lab.directory("there"), "counted.bin", LENGTH);
        Path torrent = torrentOf(file, Opentracker.udpAnnounceUri(port));
        var infoHash = Lab.infoHash(torrent);
        var tracker = lab.opentracker(port, infoHash);
        var scraper = lab.open(new UdpScraper());
        var url = Opentracker.udpAnnounceUri(port);
        assertThat(scraper.scrape(url, infoHash)).isEqualTo(new Opentracker.Counts(0, 0, 0));

        var seed = lab.weft(torrent, file.getParent());
        tracker.awaitCounts(infoHash, new Opentracker.Counts(1, 0, 0));
        // Paused first: it is counted as a leecher before it gets anything.
        var leecher = lab.weft(
                torrent, AddOptions.into(lab.directory("here")).withInitialState(AddOptions.InitialState.PAUSED));
        tracker.awaitCounts(infoHash, new Opentracker.Counts(1, 1, 0));
        assertThat(scraper.scrape(url, infoHash)).isEqualTo(new Opentracker.Counts(1, 1, 0));
        leecher.start();
        lab.awaitComplete(leecher);
        tracker.awaitCounts(infoHash, new Opentracker.Counts(2, 0, 1));

        leecher.stop();
        tracker.awaitCounts(infoHash, new Opentracker.Counts(1, 0, 1));
        seed.close();
        tracker.awaitCounts(infoHash, new Opentracker.Counts(0, 0, 1));
        assertThat(scraper.scrape(url, infoHash)).isEqualTo(new Opentracker.Counts(0, 0, 1));
    }

    @Test
    @Requires({Program.OPENTRACKER, Program.LIBTORRENT})
    void weftFindsALibtorrentSeedThroughOpentracker() throws Exception {
        int port = Ports.free();
        Path file = Content.file(lab.directory("there"), "tracked.bin", LENGTH);
        Path torrent = torrentOf(file, Opentracker.udpAnnounceUri(port));
        var infoHash = Lab.infoHash(torrent);
        var tracker = lab.opentracker(port, infoHash);
        lab.libtorrent(torrent, file.getParent(), "--seed");
        tracker.awaitCounts(infoHash, new Opentracker.Counts(1, 0, 0));
        Path here = lab.directory("here");

        var weft = lab.weft(torrent, here);

        lab.awaitComplete(weft);
        Content.assertSame(file, here.resolve(file.getFileName()));
        tracker.awaitCounts(infoHash, new Opentracker.Counts(2, 0, 1));
        assertThat(weft.trackers().getFirst().failures()).isZero();
    }

    @Test
    @Requires({Program.LIBTORRENT, Program.ARIA2})
    void ourTrackerServesLibtorrentAria2AndWeft() throws Exception {
        var tracker = lab.open(TrackerServer.open(TrackerServerOptions.loopback()));
        Path file = Content.file(lab.directory("there"), "tracked.bin", LENGTH);
        Path torrent = torrentOf(file, tracker.udpAnnounceUri().toString());
        var seed = lab.libtorrent(torrent, file.getParent(), "--seed", "--tcp");
        seed.awaitTrackerReply();
        Path aria2Here = lab.directory("aria2");
        Path weftHere = lab.directory("weft");

        // It asks UDP trackers with the DHT's port, if it has one; it knows no node.
        var aria2 = lab.aria2(torrent, aria2Here, "--enable-dht=true", "--dht-listen-port=" + Ports.free());
        var weft = lab.weft(torrent, weftHere);

        lab.awaitComplete(weft);
        aria2.awaitSeeding();
        Content.assertSame(file, weftHere.resolve(file.getFileName()));
        Content.assertSame(file, aria2Here.resolve(file.getFileName()));
        Await.until("three seeds are known", () -> tracker.statistics().seeds() == 3);
        assertThat(tracker.statistics().failures()).isZero();
        weft.stop(); // says goodbye, which libtorrent and aria2 do not over UDP when they are told to end
        Await.until(
                () -> "two seeds are left, not " + tracker.statistics(),
                () -> tracker.statistics().seeds() == 2);
    }

    @Test
    @Requires(Program.TRANSMISSION)
    void weftFindsTransmissionThroughOurTracker() throws Exception {
        var tracker = lab.open(TrackerServer.open(TrackerServerOptions.loopback()));
        Path file = Content.file(lab.directory("there"), "tracked.bin", LENGTH);
        Path torrent = torrentOf(file, tracker.udpAnnounceUri().toString());
        var seed = lab.transmission().add(torrent, file.getParent());
        seed.awaitSeeding();
        seed.awaitAnnounced();
        Path here = lab.directory("here");

        lab.awaitComplete(lab.weft(torrent, here));

        Content.assertSame(file, here.resolve(file.getFileName()));
        assertThat(tracker.statistics().failures()).isZero();
    }

    @Test
    @Requires(Program.BITTORRENT_TRACKER)
    void weftsFindEachOtherThroughBittorrentTracker() throws Exception {
        var tracker = lab.bittorrentTracker(Ports.free()).udpAnnounceUri();
        Path file = Content.file(lab.directory("there"), "tracked.bin", LENGTH);
        Path torrent = torrentOf(file, tracker);
        var infoHash = Lab.infoHash(torrent);
        var scraper = lab.open(new UdpScraper());
        var seed = lab.weft(torrent, file.getParent());
        Await.until("the seed is known", () -> scraper.scrape(tracker, infoHash).complete() == 1);
        Path here = lab.directory("here");

        var leecher = lab.weft(torrent, here);

        lab.awaitComplete(leecher);
        Content.assertSame(file, here.resolve(file.getFileName()));
        assertThat(leecher.trackers().getFirst().failures()).isZero();
        Await.until("two seeds", () -> scraper.scrape(tracker, infoHash).complete() == 2);
        seed.stop();
        Await.until(
                "the seed says goodbye", () -> scraper.scrape(tracker, infoHash).complete() == 1);
    }
}
