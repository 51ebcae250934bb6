package weft.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.AddOptions;
import weft.AddOptions.InitialState;
import weft.kit.Await;

/** Weft and libtorrent tell each other of peers (BEP 11). Nobody has anything, so that nobody goes. */
@Requires(Program.LIBTORRENT)
@Timeout(120)
class PeerExchangeTest {
    @RegisterExtension
    final Lab lab = new Lab();

    private Path torrent() throws Exception {
        return lab.torrentOf(Content.file(lab.directory("there"), "a file.bin", 1_000_000));
    }

    @Test
    void whomWeftTellsOfLibtorrentDials() throws Exception {
        var torrent = torrent();
        var weft = lab.weft(torrent, AddOptions.into(lab.directory("here")).withInitialState(InitialState.PAUSED));
        var first = lab.libtorrent(torrent, lab.directory("first"), "--tcp");
        var second = lab.libtorrent(torrent, lab.directory("second"), "--tcp");

        first.dial(Lab.addressOf(weft));
        second.dial(Lab.addressOf(weft));

        // Peers are told once a minute (BEP 11): who is not in the first message may be in the second.
        assertThat(Await.within(
                        Duration.ofSeconds(80),
                        () -> Stream.of(first, second)
                                .flatMap(one -> one.peersByExchange().stream())
                                .anyMatch(peer -> peer.equals(Lab.text(first.address()))
                                        || peer.equals(Lab.text(second.address())))))
                .as("one of the two has dialled the other")
                .isTrue();
    }

    /** libtorrent tells each of the other, and who dials first is chance. */
    @Test
    void whomLibtorrentTellsOfAndWeftFindEachOther() throws Exception {
        var torrent = torrent();
        var first = lab.libtorrent(torrent, lab.directory("first"), "--tcp");
        var second = lab.libtorrent(torrent, lab.directory("second"), "--tcp");
        var weft = lab.weft(torrent, AddOptions.into(lab.directory("here")).withInitialState(InitialState.PAUSED));

        second.dial(first.address());
        weft.addPeer(first.address());

        Await.until(
                () -> "Weft and the other one are connected, but " + weft.peers(),
                () -> weft.peers().stream()
                        .anyMatch(peer -> !peer.outgoing() || peer.address().equals(second.address())));
    }
}
