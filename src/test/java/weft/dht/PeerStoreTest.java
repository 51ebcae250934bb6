package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import weft.kit.FakeClock;

class PeerStoreTest {
    private static final NodeId TORRENT = id(1);

    private final FakeClock clock = new FakeClock();
    private final PeerStore store = new PeerStore(new PeerStore.Limits(50, 20, 100), clock, new SplittableRandom(1));

    @Test
    void handsOutWhoWasAnnouncedInTheFamilyAskedFor() {
        store.announce(TORRENT, peer(1), false);
        store.announce(TORRENT, peer6(1), true);

        assertThat(sample(Family.IPV4)).containsExactly(peer(1));
        assertThat(sample(Family.IPV6)).containsExactly(peer6(1));
        assertThat(store.sample(id(2), Family.IPV4, false, 50)).isEmpty();
    }

    @Test
    void aFewPeersBehindOneAddressDoNotDisplaceEachOther() {
        for (int port = 7771; port <= 7776; port++) {
            store.announce(TORRENT, new InetSocketAddress(peer(1).getAddress(), port), false);
            store.announce(TORRENT, new InetSocketAddress(peer(1).getAddress(), port), false);
            clock.advance(Duration.ofSeconds(1));
        }

        assertThat(sample(Family.IPV4))
                .extracting(InetSocketAddress::getPort)
                .containsExactlyInAnyOrder(7773, 7774, 7775, 7776);
        assertThat(store.peers()).isEqualTo(4);
    }

    @Test
    void onLoopbackThereMayBeAnyNumber() {
        for (int port = 7001; port <= 7010; port++) {
            store.announce(TORRENT, new InetSocketAddress("127.0.0.1", port), false);
        }

        assertThat(sample(Family.IPV4)).hasSize(10);
    }

    @Test
    void noSeedsIfTheyAreNotWanted() {
        store.announce(TORRENT, peer(1), true);
        store.announce(TORRENT, peer(2), false);
        store.announce(TORRENT, peer(3), false);
        store.announce(TORRENT, peer(3), true); // has completed

        assertThat(store.sample(TORRENT, Family.IPV4, true, 50)).containsExactly(peer(2));
        assertThat(sample(Family.IPV4)).hasSize(3);
    }

    @Test
    void announcementIsForgottenAfterHalfAnHour() {
        store.announce(TORRENT, peer(1), false);
        clock.advance(Duration.ofMinutes(10));
        store.announce(TORRENT, peer(2), false);
        clock.advance(Duration.ofMinutes(20));
        assertThat(sample(Family.IPV4)).containsExactlyInAnyOrder(peer(1), peer(2));

        clock.advance(Duration.ofSeconds(1));
        assertThat(sample(Family.IPV4)).containsExactly(peer(2));
        assertThat(store.peers()).isEqualTo(1);

        clock.advance(Duration.ofMinutes(20));
        assertThat(store.torrents()).isZero();
        assertThat(store.peers()).isZero();
        assertThat(store.sampleTorrents(20)).isEmpty();
    }

    @Test
    void announcingAgainKeepsAPeer() {
        for (int i = 0; i < 5; i++) {
            store.announce(TORRENT, peer(1), false);
            clock.advance(Duration.ofMinutes(28));
        }

        assertThat(sample(Family.IPV4)).containsExactly(peer(1));
    }

    @Test
    void sampleIsRandomWithoutDoublesAndAtMostAsManyAsFit() {
        for (int i = 0; i < 20; i++) {
            store.announce(TORRENT, peer(i), false);
        }
        var chosen = new HashMap<InetSocketAddress, Integer>();

        for (int i = 0; i < 1000; i++) {
            var sample = store.sample(TORRENT, Family.IPV4, false, 5);
            assertThat(sample).hasSize(5).doesNotHaveDuplicates();
            sample.forEach(peer -> chosen.merge(peer, 1, Integer::sum));
        }

        assertThat(chosen).hasSize(20);
        assertThat(chosen.values()).allSatisfy(times -> assertThat(times).isBetween(180, 320)); // 250 each
    }

    @Test
    void fullTorrentTakesNobodyElseUntilSomebodyExpires() {
        for (int i = 0; i < 20; i++) {
            assertThat(store.hasRoom(TORRENT, Family.IPV4)).isTrue();
            assertThat(store.announce(TORRENT, peer(i), false)).isTrue();
        }
        assertThat(store.hasRoom(TORRENT, Family.IPV4)).isFalse();
        assertThat(store.announce(TORRENT, peer(20), false)).isFalse();
        assertThat(store.announce(TORRENT, peer(7), true)).isTrue(); // is known
        assertThat(store.announce(TORRENT, peer6(1), false)).isTrue(); // the other family
        assertThat(sample(Family.IPV4)).hasSize(20).doesNotContain(peer(20));

        clock.advance(Duration.ofMinutes(31));

        assertThat(store.announce(TORRENT, peer(20), false)).isTrue();
        assertThat(sample(Family.IPV4)).containsExactly(peer(20));
    }

    @Test
    void aSubscriberOfIpv6HasFourPeersInATorrent() {
        store.announce(TORRENT, peer6(7), false);
        for (int i = 1; i <= 30; i++) {
            clock.advance(Duration.ofSeconds(1));
            assertThat(store.announce(TORRENT, new InetSocketAddress(address("2001:db8:1:1::" + i), 6881), false))
                    .isTrue();
        }

        assertThat(sample(Family.IPV6))
                .hasSize(5)
                .contains(peer6(7), new InetSocketAddress(address("2001:db8:1:1::30"), 6881))
                .doesNotContain(new InetSocketAddress(address("2001:db8:1:1::26"), 6881));
    }

    @Test
    void neighboursInALocalIpv6NetworkAreNotOneSubscriber() {
        for (int i = 1; i <= 10; i++) {
            store.announce(TORRENT, new InetSocketAddress(address("fd00::" + i), 6881), false);
        }

        assertThat(sample(Family.IPV6)).hasSize(10);
    }

    @Test
    void madeUpTorrentsDisplaceEachOther() {
        for (int i = 0; i < 10; i++) {
            store.announce(TORRENT, peer(i), false);
        }
        for (int i = 0; i < 5; i++) {
            store.announce(id(2), peer(i), false);
        }

        for (int i = 0; i < 10_000; i++) {
            store.announce(id(1000 + i), peer6(i % 5000), false); // there are enough of those
            assertThat(store.torrents()).isLessThanOrEqualTo(50);
        }

        assertThat(sample(Family.IPV4)).hasSize(10);
        assertThat(store.sample(id(2), Family.IPV4, false, 50)).hasSize(5);
        assertThat(store.sample(id(10_999), Family.IPV6, false, 50)).hasSize(1);
    }

    @Test
    void peersInAllAreBounded() {
        for (int torrent = 0; torrent < 20; torrent++) {
            for (int i = 0; i < 20; i++) {
                store.announce(id(torrent), peer(i), false);
                assertThat(store.peers()).isLessThanOrEqualTo(100);
            }
        }

        assertThat(store.peers()).isGreaterThan(80);
        assertThat(store.sample(id(19), Family.IPV4, false, 50)).hasSize(20);
    }

    @Test
    void aStoreThatIsFullWithOneTorrentTakesNobody() {
        var tiny = new PeerStore(new PeerStore.Limits(1, 5, 2), clock, new SplittableRandom(1));

        assertThat(tiny.announce(TORRENT, peer(1), false)).isTrue();
        assertThat(tiny.announce(TORRENT, peer(2), false)).isTrue();
        assertThat(tiny.announce(TORRENT, peer(3), false)).isFalse();
        assertThat(tiny.announce(id(2), peer(3), false)).isTrue(); // in its place

        assertThat(tiny.torrents()).isEqualTo(1);
        assertThat(tiny.peers()).isEqualTo(1);
    }

    @Test
    void oneHostDoesNotFillTheStoreWithTorrents() {
        var roomy = new PeerStore(new PeerStore.Limits(1000, 5, 5000), clock, new SplittableRandom(1));
        for (int i = 0; i < 300; i++) {
            roomy.announce(id(i), new InetSocketAddress(address("2001:db8:0:1::" + i), 1), false);
        }
        assertThat(roomy.torrents()).isEqualTo(100);

        assertThat(roomy.announce(id(1), peer6(1), false))
                .as("one that there is")
                .isTrue();
        assertThat(roomy.announce(id(300), peer6(2), false)).as("somebody else").isTrue();
        assertThat(roomy.announce(id(301), peer6(1), false)).isFalse();
        clock.advance(Duration.ofMinutes(30));
        assertThat(roomy.announce(id(301), peer6(1), false)).isTrue();
        for (int i = 1000; i < 1300; i++) {
            assertThat(roomy.announce(id(i), new InetSocketAddress("192.168.1.1", 1), false))
                    .isTrue();
        }
    }

    @Test
    void filtersCountSeedsAndOthersOfBothFamilies() {
        assertThat(store.filters(TORRENT)).isEmpty();
        for (int i = 0; i < 15; i++) {
            store.announce(TORRENT, peer(i), i % 3 == 0);
            store.announce(TORRENT, peer6(i), i % 3 == 0);
        }

        var filters = store.filters(TORRENT).orElseThrow();

        assertThat(filters.seeds().estimate()).isCloseTo(10, within(0.2));
        assertThat(filters.peers().estimate()).isCloseTo(20, within(0.4));
        assertThat(filters.seeds().mayContain(peer(3).getAddress())).isTrue();
        assertThat(filters.peers().mayContain(peer6(4).getAddress())).isTrue();

        store.announce(TORRENT, peer(100), true);
        assertThat(store.filters(TORRENT).orElseThrow().seeds().estimate()).isCloseTo(11, within(0.2));
        clock.advance(Duration.ofMinutes(31));
        assertThat(store.filters(TORRENT)).isEmpty();
    }

    @Test
    void torrentsAreSampledEvenly() {
        for (int i = 0; i < 40; i++) {
            store.announce(id(i), peer(i), false);
        }
        var chosen = new HashMap<NodeId, Integer>();

        for (int i = 0; i < 1000; i++) {
            var sample = store.sampleTorrents(20);
            assertThat(sample).hasSize(20).doesNotHaveDuplicates();
            sample.forEach(torrent -> chosen.merge(torrent, 1, Integer::sum));
        }

        assertThat(chosen.values())
                .hasSize(40)
                .allSatisfy(times -> assertThat(times).isBetween(400, 600));
    }

    /** What the store does as long as there is room, written down without care for cost. */
    @Property(tries = 200)
    void knowsWhatAPlainMapWouldKnow(@ForAll long seed) {
        var random = new SplittableRandom(seed);
        var time = new FakeClock();
        var roomy = new PeerStore(new PeerStore.Limits(1000, 1000, 100_000), time, random.split());
        record Announcement(InetSocketAddress peer, boolean seed, long second) {}
        Map<NodeId, Map<InetSocketAddress, Announcement>> model = new LinkedHashMap<>();
        long second = 0;

        for (int step = 0; step < 300; step++) {
            if (random.nextInt(10) == 0) {
                int seconds = random.nextInt(900);
                second += seconds;
                time.advance(Duration.ofSeconds(seconds));
            }
            var torrent = id(random.nextInt(5));
            var host = random.nextBoolean() ? peer(random.nextInt(10)) : peer6(random.nextInt(10));
            var peer = new InetSocketAddress(host.getAddress(), random.nextInt(1, 4)); // of a household
            boolean isSeed = random.nextBoolean();

            assertThat(roomy.announce(torrent, peer, isSeed)).isTrue();

            model.computeIfAbsent(torrent, t -> new HashMap<>()).put(peer, new Announcement(peer, isSeed, second));
            long oldest = second - 1800;
            model.values().forEach(peers -> peers.values().removeIf(a -> a.second() < oldest));
            model.values().removeIf(Map::isEmpty);

            assertThat(new HashSet<>(roomy.sampleTorrents(100))).isEqualTo(model.keySet());
            assertThat(roomy.torrents()).isEqualTo(model.size());
            for (var family : Family.values()) {
                for (boolean noSeed : new boolean[] {false, true}) {
                    var expected = model.get(torrent).values().stream()
                            .filter(a -> Family.of(a.peer().getAddress()) == family && !(noSeed && a.seed()))
                            .map(Announcement::peer)
                            .toList();
                    assertThat(roomy.sample(torrent, family, noSeed, 100))
                            .containsExactlyInAnyOrderElementsOf(expected);
                }
            }
        }
        model.keySet().forEach(torrent -> roomy.sample(torrent, Family.IPV4, false, 1)); // drops who is too old
        assertThat(roomy.peers())
                .isEqualTo(model.values().stream().mapToInt(Map::size).sum());
    }

    private List<InetSocketAddress> sample(Family family) {
        return store.sample(TORRENT, family, false, 100);
    }

    private static NodeId id(int number) {
        return NodeId.parse("%040x".formatted(number));
    }

    private static InetSocketAddress peer(int number) {
        return new InetSocketAddress(address("203.0.113." + number), 6881);
    }

    private static InetSocketAddress peer6(int number) {
        return new InetSocketAddress(address("2001:db8:0:" + number + "::1"), 6881);
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
