package weft.interop;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import weft.bencode.BString;
import weft.concurrent.TaskScope;
import weft.kit.Await;
import weft.metainfo.InfoHash;
import weft.net.UdpSocket;
import weft.tracker.HostResolver;
import weft.tracker.UdpTracker;

/** Asks trackers over UDP how they count, with Weft's own client. */
final class UdpScraper implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(7);

    private final TaskScope scope = TaskScope.supervised("weft scraper", (task, failure) -> {
        throw new AssertionError(task, failure);
    });
    private final UdpTracker client;

    UdpScraper() throws IOException {
        var socket = UdpSocket.open(scope, new InetSocketAddress(0).getAddress(), 0);
        HostResolver literals = host -> List.of(InetAddress.getAllByName(host));
        client = new UdpTracker(socket, literals, new SecureRandom());
    }

    Opentracker.Counts scrape(String url, InfoHash torrent) throws IOException, InterruptedException {
        var counts = client.scrape(url, List.of(torrent), PATIENCE).swarms().get(BString.of(torrent.truncated()));
        return new Opentracker.Counts(
                counts.complete().orElseThrow(),
                counts.incomplete().orElseThrow(),
                counts.downloaded().orElseThrow());
    }

    /** Waits until it counts so; a client may have announced and the answer not be through yet. */
    void awaitCounts(String url, InfoHash torrent, Opentracker.Counts expected) {
        Await.until(
                () -> url + " counts " + expected, () -> scrape(url, torrent).equals(expected));
    }

    @Override
    public void close() {
        scope.close();
    }
}
