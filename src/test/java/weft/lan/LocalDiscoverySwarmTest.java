package weft.lan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.AddOptions;
import weft.Client;
import weft.ClientOptions;
import weft.Torrent;
import weft.TorrentState;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.Node;
import weft.kit.SharedTorrent;
import weft.kit.SwarmExtension;
import weft.metainfo.InfoHash;
import weft.metainfo.Magnet;
import weft.metainfo.Metainfo;
import weft.metainfo.TorrentCreator;

/** Whole clients whose only network is loopback, and which know of each other only by what they announce there. */
@Timeout(120)
class LocalDiscoverySwarmTest {
    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension().withoutFaults();

    private static InetAddress loopback() throws IOException {
        return InetAddress.getByName("127.0.0.1");
    }

    private static ClientOptions options() throws IOException {
        return SwarmExtension.clientOptions().withBindAddress(loopback()).withLocalDiscovery(true);
    }

    private static Node seed(SharedTorrent shared) throws IOException {
        return shared.open(shared.seededDirectory(), options(), add -> add).awaitState(TorrentState.SEEDING);
    }

    private Node leecher(SharedTorrent shared) throws IOException {
        return shared.open(swarm.directory(), options(), add -> add);
    }

    @Test
    void theSeedHearsALeecherThatComes() throws Exception {
        var shared = swarm.share(Content.ofLength(300_000));
        seed(shared);

        leecher(shared).awaitComplete().assertHasContent();
    }

    @Test
    void theLeecherHearsASeedThatComes() throws Exception {
        var shared = swarm.share(Content.ofLength(300_000));
        var leecher = leecher(shared).awaitState(TorrentState.DOWNLOADING);

        seed(shared);

        leecher.awaitComplete().assertHasContent();
    }

    @Test
    void aTorrentThatIsStartedLaterIsFoundThen() throws Exception {
        var shared = swarm.share(Content.ofLength(300_000));
        seed(shared);
        var stopped =
                shared.open(swarm.directory(), options(), add -> add.withInitialState(AddOptions.InitialState.STOPPED));

        stopped.torrent().start();

        stopped.awaitComplete();
    }

    @Test
    void aMagnetLinkWithNothingButAnInfoHashDownloadsFromANeighbour() throws Exception {
        var shared = swarm.share(Content.ofLength(300_000));
        seed(shared);
        var directory = swarm.directory();

        var torrent = swarm.own(Client.open(options()))
                .add(Magnet.of(shared.metainfo().infoHash()), AddOptions.into(directory));

        assertThat(torrent.awaitComplete(Duration.ofSeconds(40))).isTrue();
        shared.content().assertLiesIn(directory);
    }

    @Test
    void aPrivateTorrentIsNeitherAnnouncedNorTakesPeers() throws Exception {
        var content = Content.ofLength(100_000);
        var open = swarm.share(content);
        var closed = privateTorrent(content);
        try (var ears = MulticastGroup.ipv4(Optional.of(loopback()))) {
            ears.refresh();
            var client = swarm.own(Client.open(options()));
            var secret = client.add(closed, AddOptions.into(swarm.directory()));
            Await.until("the private one runs", () -> secret.state() == TorrentState.DOWNLOADING);
            var known = client.add(open.metainfo(), AddOptions.into(swarm.directory()));

            var announced = announcesUntil(ears, client.port(), open.metainfo().infoHash());
            var later = swarm.share(Content.ofLength(100_001)); // with the open one, any other could be told after it
            client.add(later.metainfo(), AddOptions.into(swarm.directory()));
            announced.addAll(
                    announcesUntil(ears, client.port(), later.metainfo().infoHash()));
            ears.send(ByteBuffer.wrap(
                    new LocalAnnounce(7001, List.of(closed.infoHash(), known.infoHash()), "").encode("h")));

            assertThat(announced).doesNotContain(closed.infoHash());
            Await.until("the open one has heard", () -> knows(known) == 1);
            assertThat(knows(secret)).isZero();
        }
    }

    private Metainfo privateTorrent(Content content) throws IOException, InterruptedException {
        var directory = swarm.directory();
        content.writeInto(directory);
        return TorrentCreator.ofPath(directory.resolve(content.name()))
                .withPrivate()
                .create(1, TorrentCreator.Progress.NONE);
    }

    private static int knows(Torrent torrent) {
        return torrent.snapshot().knownPeers();
    }

    /** What a client announces, up to and with this torrent. */
    private static List<InfoHash> announcesUntil(MulticastGroup ears, int port, InfoHash last) throws Exception {
        var announced = new ArrayList<InfoHash>();
        var buffer = ByteBuffer.allocate(2000);
        while (!announced.contains(last)) {
            ears.receive(buffer.clear());
            var bytes = new byte[buffer.flip().remaining()];
            buffer.get(bytes);
            LocalAnnounce.decode(bytes)
                    .filter(announce -> announce.port() == port)
                    .ifPresent(announce -> announced.addAll(announce.torrents()));
        }
        return announced;
    }

    @Test
    void withoutItNothingIsAnnounced() throws Exception {
        assertThat(ClientOptions.defaults().localDiscovery()).isFalse();
        var shared = swarm.share(Content.ofLength(100_000));
        try (var ears = MulticastGroup.ipv4(Optional.of(loopback()))) {
            ears.refresh();
            var silent = shared.open(swarm.directory(), options().withLocalDiscovery(false), add -> add);
            silent.awaitState(TorrentState.DOWNLOADING);
            var talking = leecher(shared);

            announcesUntil(ears, talking.address().getPort(), shared.metainfo().infoHash());

            assertThat(knows(talking.torrent())).isZero();
            assertThat(knows(silent.torrent())).isZero();
        }
    }
}
