package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import weft.bencode.BString;

/** What a tracker remembers, with a clock of the test's own. */
class SwarmTableTest {
    private static final String HASH = "info_hash=" + "h".repeat(20);
    private static final InetAddress IPV4 = IpLiteral.parse("192.0.2.1").orElseThrow();
    private static final InetAddress OTHER_IPV4 = IpLiteral.parse("192.0.2.2").orElseThrow();
    private static final InetAddress IPV6 = IpLiteral.parse("2001:db8::1").orElseThrow();
    private static final Duration INTERVAL = Duration.ofMinutes(30);

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1); // a nano-clock may overflow at any time
    private final SwarmTable table = table(TrackerServerOptions.defaults());

    @Test
    void seedsAreNotHandedToSeeds() {
        announce("seed1", IPV4, "&left=0");
        announce("seed2", IPV4, "&left=0");
        announce("leech", IPV4, "&left=9");

        assertThat(ports(announce("seed1", IPV4, "&left=0"))).containsExactly(port("leech"));
        assertThat(ports(announce("leech", IPV4, "&left=9"))).containsOnly(port("seed1"), port("seed2"));
    }

    /** aria2 says that nothing is left while it has no more than a magnet link. */
    @Test
    void seedsAreHandedToOneThatStartsAsASeed() {
        announce("seed1", IPV4, "&left=0&event=started");

        assertThat(ports(announce("link", IPV4, "&left=0&event=started"))).containsExactly(port("seed1"));
        assertThat(ports(announce("link", IPV4, "&left=0"))).isEmpty();
    }

    @Test
    void nobodyIsHandedHimselfOverEitherFamily() {
        announce("both", IPV4, "&key=k");
        announce("both", IPV6, "&key=k");

        assertThat(ports(announce("both", IPV4, "&key=k"))).isEmpty();
        assertThat(announce("other", IPV4, "").peers())
                .extracting(SwarmTable.Listed::endpoint)
                .containsOnly(new InetSocketAddress(IPV4, port("both")), new InetSocketAddress(IPV6, port("both")));
        assertThat(table.statistics().leechers()).isEqualTo(2);
    }

    @Test
    void peerCannotBeDisplacedByItsIdAlone() {
        announce("victim", IPV4, "&key=secret");

        announce("victim", IPV6, "&key=guess");
        announce("victim", OTHER_IPV4, "&key=guess&event=stopped");

        assertThat(announce("other", IPV4, "").peers())
                .extracting(SwarmTable.Listed::endpoint)
                .contains(new InetSocketAddress(IPV4, port("victim")));
    }

    @Test
    void clientThatDrawsANewKeyForEachAnnounceIsOneClient() {
        announce("aria2", IPV4, "&key=1&left=9");
        announce("aria2", IPV4, "&key=2&left=0");
        announce("other", OTHER_IPV4, "&key=1&left=9");
        assertThat(table.statistics()).isEqualTo(new TrackerStatistics(1, 1, 1, 3, 0, 0));

        announce("aria2", IPV4, "&key=3&event=stopped");

        assertThat(table.statistics()).isEqualTo(new TrackerStatistics(1, 0, 1, 4, 0, 0));
        announce("aria2", IPV4, "&key=2"); // nothing is left of it
        assertThat(table.statistics().leechers()).isEqualTo(2);
    }

    @Test
    void whoTakesAnAddressOverFromAnotherPeerDoesNotStrikeThatOneOff() {
        table.announce(query("first", IPV4, 7, ""));
        table.announce(query("second", IPV4, 7, ""));
        assertThat(table.statistics().leechers()).isEqualTo(2);

        table.announce(query("second", IPV4, 7, "&event=stopped"));
        assertThat(table.statistics().leechers()).isEqualTo(1);
        table.announce(query("first", IPV4, 7, "&event=stopped"));

        assertThat(table.statistics().leechers()).isZero();
    }

    @Test
    void stoppedOverOneFamilyLeavesTheOther() {
        announce("both", IPV4, "");
        announce("both", IPV6, "");

        announce("both", IPV4, "&event=stopped");

        assertThat(announce("other", IPV4, "").peers())
                .extracting(SwarmTable.Listed::endpoint)
                .containsExactly(new InetSocketAddress(IPV6, port("both")));
        announce("both", IPV6, "&event=stopped");
        assertThat(announce("other", IPV4, "").peers()).isEmpty();
    }

    @Test
    void stoppedGetsNoPeers() {
        announce("one", IPV4, "");

        assertThat(announce("two", IPV4, "&event=stopped&numwant=50").peers()).isEmpty();
    }

    @Test
    void whoIsSilentForTwoIntervalsIsForgotten() {
        announce("silent", IPV4, "");
        pass(INTERVAL);
        announce("lively", IPV4, "");
        pass(INTERVAL);

        assertThat(ports(announce("lively", IPV4, ""))).containsExactly(port("silent"));
        pass(Duration.ofNanos(1));
        assertThat(ports(announce("lively", IPV4, ""))).isEmpty();
        assertThat(table.statistics().leechers()).isEqualTo(1);
    }

    @Test
    void addressThatIsSilentIsNotHandedOutThoughItsPeerLives() {
        announce("both", IPV6, "");
        pass(INTERVAL.plusSeconds(1));
        announce("both", IPV4, "");
        pass(INTERVAL);

        assertThat(announce("other", IPV4, "").peers())
                .extracting(SwarmTable.Listed::endpoint)
                .containsExactly(new InetSocketAddress(IPV4, port("both")));
    }

    @Test
    void swarmOfWhichNobodySpeaksIsForgotten() {
        announce("one", IPV4, "");
        pass(INTERVAL.multipliedBy(2).plusNanos(1));

        assertThat(table.statistics().torrents()).isZero();
        assertThat(table.scrape(BString.of("h".repeat(20)))).isEmpty();
    }

    @Test
    void handsOutAsManyAsWantedAndNeverMoreThan200() {
        IntStream.range(0, 300).forEach(i -> announce("peer" + i, IPV4, i % 2 == 0 ? "&left=0" : "&left=1"));

        assertThat(announce("asker", IPV4, "").peers()).hasSize(50);
        assertThat(announce("asker", IPV4, "&numwant=-1").peers()).hasSize(50);
        assertThat(announce("asker", IPV4, "&numwant=7").peers()).hasSize(7);
        assertThat(announce("asker", IPV4, "&numwant=0").peers()).isEmpty();
        assertThat(announce("asker", IPV4, "&numwant=100000").peers())
                .hasSize(200)
                .doesNotHaveDuplicates();
    }

    @Test
    void everyPeerIsHandedOutInTime() {
        IntStream.range(0, 100).forEach(i -> announce("peer" + i, IPV4, ""));

        Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            seen.addAll(ports(announce("asker", IPV4, "&numwant=10")));
        }
        assertThat(seen).hasSize(100);
    }

    @Test
    void peerWithoutAPortIsServedAndNotListed() {
        announce("one", IPV4, "");

        assertThat(table.announce(query("deaf", IPV4, 0, "")).peers()).hasSize(1);
        assertThat(table.statistics().leechers()).isEqualTo(1);
    }

    @Test
    void fullTableServesButListsNobodyNew() {
        var small = table(TrackerServerOptions.defaults().withCapacity(1, 2, 2));
        small.announce(query("one", IPV4, 1, ""));
        small.announce(query("two", IPV4, 2, ""));

        var third = small.announce(query("three", IPV4, 3, ""));

        assertThat(third.full()).isTrue();
        assertThat(third.peers()).hasSize(2);
        assertThat(small.announce(query("one", IPV4, 1, "&left=0")).full()).isFalse();
        assertThat(small.statistics()).isEqualTo(new TrackerStatistics(1, 1, 1, 4, 0, 0));
        assertThatThrownBy(() -> small.announce(AnnounceQuery.parse(
                        new QueryString("info_hash=" + "x".repeat(20) + "&peer_id=" + id("one") + "&port=1"),
                        IPV4,
                        false)))
                .hasMessage("this tracker has no room for more torrents");
    }

    /** Random comings and goings against a simple model: who is in the swarm is who came last and did not stop. */
    @Test
    void countsAgreeWithASimpleModel() {
        var random = new Random(7);
        Set<String> leechers = new HashSet<>();
        Set<String> seeds = new HashSet<>();
        for (int i = 0; i < 20_000; i++) {
            var name = "peer" + random.nextInt(50);
            leechers.remove(name);
            seeds.remove(name);
            switch (random.nextInt(3)) {
                case 0 -> announce(name, IPV4, "&event=stopped");
                case 1 -> {
                    announce(name, IPV4, "&left=0");
                    seeds.add(name);
                }
                default -> {
                    announce(name, IPV4, "&left=1");
                    leechers.add(name);
                }
            }
            var statistics = table.statistics();
            assertThat(statistics.seeds()).isEqualTo(seeds.size());
            assertThat(statistics.leechers()).isEqualTo(leechers.size());
        }
        var expected = leechers.stream().map(SwarmTableTest::port).collect(Collectors.toSet());
        assertThat(ports(announce("asker", IPV4, "&left=0&numwant=200"))).hasSameElementsAs(expected);
    }

    private SwarmTable table(TrackerServerOptions options) {
        return new SwarmTable(options.withIntervals(INTERVAL, Duration.ZERO), now::get, new Random(1));
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    private SwarmTable.Answer announce(String name, InetAddress from, String more) {
        return table.announce(query(name, from, port(name), more));
    }

    private static AnnounceQuery query(String name, InetAddress from, int port, String more) {
        var query = new QueryString(HASH + "&peer_id=" + id(name) + "&port=" + port + more);
        return AnnounceQuery.parse(query, from, false);
    }

    private static String id(String name) {
        return name + ".".repeat(20 - name.length());
    }

    private static int port(String name) {
        return 1 + Math.floorMod(name.hashCode(), 60_000);
    }

    private static List<Integer> ports(SwarmTable.Answer answer) {
        return answer.peers().stream().map(peer -> peer.endpoint().getPort()).toList();
    }
}
