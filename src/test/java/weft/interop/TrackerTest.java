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

/** Those who take part find each other through a tracker: opentracker, or ours. Nobody is told an address. */
@Timeout(120)
class TrackerTest {
    private static final int LENGTH = (3 << 20) + 12_345;
    private static final int PIECE_LENGTH = 32 << 10;

    @RegisterExtension
    final Lab lab = new Lab();

    @Test
    @Requires(Program.OPENTRACKER)
    void opentrackerCountsWeftAsItStartsCompletesAndStops() throws Exception {
        int port = Ports.free();
        Path file = Content.file(lab.directory("there"), "counted.bin", LENGTH);
        Path torrent = lab.torrentOf(file, PIECE_LENGTH, List.of(Opentracker.announceUri(port)));
        var infoHash = Lab.infoHash(torrent);
        var tracker = lab.opentracker(port, infoHash);

        var seed = lab.weft(torrent, file.getParent());
        tracker.awaitCounts(infoHash, new Opentracker.Counts(1, 0, 0));

        // Paused first: it is counted as a leecher before it gets anything.
        var leecher = lab.weft(
                torrent, AddOptions.into(lab.directory("here")).withInitialState(AddOptions.InitialState.PAUSED));
        tracker.awaitCounts(infoHash, new Opentracker.Counts(1, 1, 0));
        leecher.start();
        lab.awaitComplete(leecher);
        tracker.awaitCounts(infoHash, new Opentracker.Counts(2, 0, 1));

        leecher.stop();
        tracker.awaitCounts(infoHash, new Opentracker.Counts(1, 0, 1));
        seed.close();
        tracker.awaitCounts(infoHash, new Opentracker.Counts(0, 0, 1));
    }

    @Test
    @Requires({Program.OPENTRACKER, Program.LIBTORRENT})
    void weftFindsALibtorrentSeedThroughOpentracker() throws Exception {
        int port = Ports.free();
        Path file = Content.file(lab.directory("there"), "tracked.bin", LENGTH);
        Path torrent = lab.torrentOf(file, PIECE_LENGTH, List.of(Opentracker.announceUri(port)));
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
    @Requires({Program.OPENTRACKER, Program.ARIA2})
    void aria2FindsAndDialsWeftThroughOpentracker() throws Exception {
        int port = Ports.free();
        Path folder = Content.awkwardFolder(lab.directory("here"));
        Path torrent = lab.torrentOf(folder, PIECE_LENGTH, List.of(Opentracker.announceUri(port)));
        var infoHash = Lab.infoHash(torrent);
        var tracker = lab.opentracker(port, infoHash);
        var weft = lab.weft(torrent, folder.getParent());
        tracker.awaitCounts(infoHash, new Opentracker.Counts(1, 0, 0));
        Path there = lab.directory("there");

        var leecher = lab.aria2(torrent, there);

        leecher.awaitSeeding();
        Content.assertSame(folder, there.resolve(folder.getFileName()));
        assertThat(weft.uploaded()).isGreaterThan(0);
    }

    @Test
    @Requires({Program.LIBTORRENT, Program.ARIA2})
    void ourTrackerServesLibtorrentAria2AndWeft() throws Exception {
        var tracker = lab.open(TrackerServer.open(TrackerServerOptions.loopback()));
        Path file = Content.file(lab.directory("there"), "tracked.bin", LENGTH);
        Path torrent =
                lab.torrentOf(file, PIECE_LENGTH, List.of(tracker.announceUri().toString()));
        var seed = lab.libtorrent(torrent, file.getParent(), "--seed", "--tcp");
        seed.awaitTrackerReply();
        Path aria2Here = lab.directory("aria2");
        Path weftHere = lab.directory("weft");

        var aria2 = lab.aria2(torrent, aria2Here);
        var weft = lab.weft(torrent, weftHere);

        lab.awaitComplete(weft);
        aria2.awaitSeeding();
        Content.assertSame(file, weftHere.resolve(file.getFileName()));
        Content.assertSame(file, aria2Here.resolve(file.getFileName()));
        assertThat(tracker.statistics().failures()).isZero();
        lab.close(seed); // says goodbye
        Await.until("two seeds are left", () -> tracker.statistics().seeds() == 2);
    }

    @Test
    @Requires(Program.TRANSMISSION)
    void weftFindsTransmissionThroughOurTracker() throws Exception {
        var tracker = lab.open(TrackerServer.open(TrackerServerOptions.loopback()));
        Path file = Content.file(lab.directory("there"), "tracked.bin", LENGTH);
        Path torrent =
                lab.torrentOf(file, PIECE_LENGTH, List.of(tracker.announceUri().toString()));
        var seed = lab.transmission().add(torrent, file.getParent());
        seed.awaitSeeding();
        seed.awaitAnnounced();
        Path here = lab.directory("here");

        lab.awaitComplete(lab.weft(torrent, here));

        Content.assertSame(file, here.resolve(file.getFileName()));
        assertThat(tracker.statistics().failures()).isZero();
    }
}
