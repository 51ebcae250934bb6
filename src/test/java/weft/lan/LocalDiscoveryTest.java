package weft.lan;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.TaskScope;
import weft.kit.Await;
import weft.metainfo.InfoHash;

@Timeout(60)
class LocalDiscoveryTest {
    private static final InfoHash ONE = InfoHash.parse("11".repeat(20));
    private static final InfoHash TWO = InfoHash.parse("22".repeat(20));

    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final TaskScope scope = TaskScope.supervised("test", (task, failure) -> failures.add(failure));
    private final FakeNetwork.Cable cable = new FakeNetwork.Cable();
    private final AtomicLong clock = new AtomicLong();

    @AfterEach
    void endsInBoundedTime() {
        assertThat(scope.close(Duration.ofSeconds(5))).isTrue();
        assertThat(failures).isEmpty();
    }

    /** A client with torrents, in the network. */
    private final class House implements LocalTorrents {
        private final Set<InfoHash> torrents = ConcurrentHashMap.newKeySet();
        private final List<String> heard = new CopyOnWriteArrayList<>();
        private final FakeNetwork network;
        private final LocalDiscovery discovery;

        House(String address, int port, InfoHash... torrents) {
            this.torrents.addAll(List.of(torrents));
            this.network = cable.plug(address);
            this.discovery = new LocalDiscovery(port, this, List.of(network), new Random(port), clock::get);
            discovery.start(scope);
        }

        @Override
        public Collection<InfoHash> announced() {
            return torrents;
        }

        @Override
        public boolean isAnnounced(InfoHash torrent) {
            return torrents.contains(torrent);
        }

        @Override
        public void onPeer(InfoHash torrent, InetSocketAddress peer) {
            heard.add(torrent.toHex().charAt(0) + " " + peer.getAddress().getHostAddress() + ":" + peer.getPort());
        }

        void awaitHeard(String... peers) {
            Await.until(() -> "heard " + heard, () -> Set.copyOf(heard).equals(Set.of(peers)));
        }

        void awaitSilence() {
            Await.until("all is received", network::hasReceivedAll);
        }
    }

    private static byte[] message(int port, InfoHash torrent) {
        return new LocalAnnounce(port, List.of(torrent), "").encode("h");
    }

    @Test
    void whoComesLaterIsHeardByThoseWhoAreThereAndNotByItself() {
        var first = new House("10.0.0.1", 1001, ONE, TWO);
        Await.until("the first has announced both", () -> first.network.sent().size() == 2);

        var second = new House("10.0.0.2", 1002, TWO);

        first.awaitHeard("2 10.0.0.2:1002");
        second.awaitSilence();
        assertThat(second.heard).isEmpty();
    }

    @Test
    void aTorrentThatStartsIsAnnouncedAtOnce() {
        var first = new House("10.0.0.1", 1001, ONE);
        var second = new House("10.0.0.2", 1002);
        Await.until("the first has announced", () -> first.network.sent().size() == 1);

        second.torrents.add(ONE);
        second.discovery.wake();

        first.awaitHeard("1 10.0.0.2:1002");
    }

    @Test
    void torrentsThatStartTogetherAreAnnouncedTogether() {
        var house = new House("10.0.0.1", 1001);

        for (int i = 0; i < 20; i++) {
            house.torrents.add(InfoHash.parse(String.format("%040x", i)));
            house.discovery.wake();
        }

        Await.until(
                () -> "announced " + house.network.sent(),
                () -> house.network.sent().stream()
                                .mapToInt(message -> message.torrents().size())
                                .sum()
                        == 20);
        assertThat(house.network.sent()).hasSizeLessThanOrEqualTo(AnnounceSchedule.BURST);
    }

    @Test
    void whatOthersHaveIsNotOurConcern() {
        var house = new House("10.0.0.1", 1001, ONE);

        house.network.deliver("10.0.0.2", message(2, TWO));
        house.network.deliver("10.0.0.3", message(3, ONE));

        house.awaitHeard("1 10.0.0.3:3");
    }

    @Test
    void whoIsFarAwayIsNotBelieved() {
        var house = new House("10.0.0.1", 1001, ONE);

        house.network.deliver("8.8.8.8", message(2, ONE));
        house.network.deliver("10.0.0.3", message(3, ONE));

        house.awaitHeard("1 10.0.0.3:3");
    }

    @Test
    void nonsenseAndFaultsEndNothing() {
        var house = new House("10.0.0.1", 1001, ONE);

        house.network.deliver("10.0.0.2", new byte[0]);
        house.network.deliver("10.0.0.2", new byte[60_000]);
        house.network.deliver("10.0.0.2", "BT-SEARCH * HTTP/1.1\r\nPort: x".getBytes(ISO_8859_1));
        house.network.fault(new SocketException("Network is down"));
        house.network.deliver("10.0.0.3", message(3, ONE));

        house.awaitHeard("1 10.0.0.3:3");
    }

    @Test
    void aFloodFromOneMachineMakesFewPeers() {
        var house = new House("10.0.0.1", 1001, ONE);

        IntStream.range(1, 5000).forEach(port -> house.network.deliver("10.0.0.66", message(port, ONE)));
        house.network.deliver("10.0.0.3", message(3, ONE));

        Await.until("the honest one is heard", () -> house.heard.contains("1 10.0.0.3:3"));
        assertThat(house.heard).hasSize(Neighbours.PORTS + 1);
    }

    @Test
    void inANewNetworkAllIsAnnouncedAgain() {
        var house = new House("10.0.0.1", 1001, ONE);
        Await.until("announced", () -> house.network.sent().size() == 1);

        house.network.changed = true;
        clock.addAndGet(LocalDiscovery.REFRESH.toNanos());
        house.discovery.wake();

        Await.until("announced again", () -> house.network.sent().size() == 2);
    }

    @Test
    void aNetworkThatCannotBeUsedKeepsNobodyFromTheOther() {
        var sound = cable.plug("10.0.0.1");
        var broken = cable.plug("10.0.0.2");
        broken.broken = true;
        var house = new House("10.0.0.9", 9, ONE);

        new LocalDiscovery(1001, house, List.of(broken, sound), new Random(1), clock::get).start(scope);

        Await.until("announced through the sound one", () -> sound.sent().size() == 1);
    }
}
