package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import weft.kit.FakeChannel;
import weft.kit.FakeClock;
import weft.metainfo.Layout;
import weft.picker.PiecePicker;
import weft.wire.Reserved;

/** Peers are numbered; rates are in KiB/s. */
class ChokerTest {
    private static final int SLOTS = 4;

    private final FakeClock clock = new FakeClock();
    private final Random random = new Random(1);
    private final PiecePicker picker = new PiecePicker(Layout.ofSingleFile(16 * 1024, "x", 1 << 20), random);
    private final List<Peer> peers = new ArrayList<>();
    private final Map<Peer, Integer> giving = new HashMap<>(); // KiB per second
    private final AtomicBoolean seeding = new AtomicBoolean();
    private final Choker choker = new Choker(SLOTS, () -> (Collection<Peer>) peers, seeding::get, random, clock);

    private Peer peer() {
        var channel = new FakeChannel("10.0.0." + (peers.size() + 1), 6881);
        var peer = TestPeer.of(channel, Reserved.OURS, picker, random, clock);
        peers.add(peer);
        return peer;
    }

    private Peer interested() {
        var peer = peer();
        peer.interested(true);
        choker.changed();
        return peer;
    }

    private Peer giving(int kibPerSecond) {
        var peer = interested();
        giving.put(peer, kibPerSecond);
        return peer;
    }

    /** Ten seconds in which peers give what they give, and a round at their end. */
    private void round() {
        for (int second = 0; second < 10; second++) {
            clock.advance(Duration.ofSeconds(1));
            for (Peer peer : peers) {
                peer.downloaded().add(giving.getOrDefault(peer, 0) * 1024L);
                peer.tick(clock.getAsLong());
            }
        }
        choker.round();
    }

    private Set<Peer> served() {
        var served = new HashSet<Peer>();
        peers.stream().filter(peer -> !peer.amChoking()).forEach(served::add);
        return served;
    }

    @Test
    void atLeastOneSlotIsNeeded() {
        assertThatThrownBy(() -> new Choker(0, () -> peers, seeding::get, random, clock))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void nobodyIsServedBeforeServingBegins() {
        var peer = interested();

        round();

        assertThat(peer.amChoking()).isTrue();
    }

    @Test
    void freeSlotIsFilledAtOnce() {
        choker.serve(true);

        var peer = interested();

        assertThat(peer.amChoking()).isFalse();
    }

    @Test
    void peerThatIsNotInterestedGetsNoSlot() {
        choker.serve(true);
        var peer = peer();

        round();

        assertThat(peer.amChoking()).isTrue();
    }

    @Test
    void noMoreThanTheSlotsAreServed() {
        choker.serve(true);
        IntStream.range(0, 20).forEach(i -> interested());

        for (int i = 0; i < 20; i++) {
            assertThat(served()).hasSize(SLOTS);
            round();
        }
    }

    @Test
    void slotOfAPeerThatLosesInterestOrLeavesIsFilledAtOnce() {
        choker.serve(true);
        IntStream.range(0, SLOTS + 2).forEach(i -> interested());
        var served = List.copyOf(served());

        served.get(0).interested(false);
        choker.changed();
        peers.remove(served.get(1));
        choker.changed();

        assertThat(served()).hasSize(SLOTS).allMatch(Peer::peerInterested);
    }

    /** Or all who do so in turn would be served. */
    @Test
    void whoLosesInterestAndIsInterestedAgainHasNotKeptItsSlot() {
        choker.serve(true);
        IntStream.range(0, 4 * SLOTS).forEach(i -> interested());

        for (Peer peer : peers) {
            peer.interested(false);
            choker.changed();
            peer.interested(true);
            choker.changed();

            assertThat(served()).hasSize(SLOTS).doesNotContain(peer);
        }
    }

    @Test
    void optimisticSlotIsOneOfTheSlotsAlsoWhenItsPeerLosesInterest() {
        choker.serve(true);
        IntStream.range(0, 4 * SLOTS).forEach(i -> interested());
        round();
        var optimistic = peers.stream().filter(Peer::isOptimistic).findFirst().orElseThrow();

        optimistic.interested(false);
        choker.changed();
        optimistic.interested(true);
        choker.changed();

        assertThat(optimistic.amChoking()).isTrue();
        assertThat(served()).hasSize(SLOTS);
        round();
        assertThat(served()).hasSize(SLOTS);
        assertThat(peers.stream().filter(Peer::isOptimistic)).hasSize(1);
    }

    @Test
    void peerThatLostInterestIsChokedInTheNextRoundAtTheLatest() {
        choker.serve(true);
        var peer = interested();
        peer.interested(false);

        round();

        assertThat(peer.amChoking()).isTrue();
    }

    /** It is asked when slots are given, not remembered: two that change it at the same time cannot leave it wrong. */
    @Test
    void snubberGetsASlotAsSoonAsWeSeed() {
        choker.serve(true);
        var snubber = peer();
        snub(snubber);
        snubber.interested(true);
        choker.changed();
        assertThat(snubber.amChoking()).isTrue();

        seeding.set(true);
        choker.changed();

        assertThat(snubber.amChoking()).isFalse();
    }

    @Test
    void leechingServesThoseWhoGiveMostAndOneOptimistically() {
        choker.serve(true);
        IntStream.range(0, 10).forEach(i -> giving(10));
        var best = Set.of(giving(100), giving(200), giving(300));

        round();

        assertThat(served()).hasSize(SLOTS).containsAll(best);
        assertThat(peers.stream().filter(Peer::isOptimistic)).hasSize(1);
        assertThat(best).noneMatch(Peer::isOptimistic);
    }

    @Test
    void slotIsNotMovedWithoutAReason() {
        choker.serve(true);
        IntStream.range(0, 10).forEach(i -> giving(50));
        round();
        var regular = served();
        regular.removeIf(Peer::isOptimistic);

        round();

        assertThat(served()).containsAll(regular);
    }

    @Test
    void optimisticSlotMovesOnEveryThirdRound() {
        choker.serve(true);
        IntStream.range(0, SLOTS - 1).forEach(i -> giving(1000));
        IntStream.range(0, 10).forEach(i -> interested());
        var holders = new ArrayList<Peer>();

        for (int i = 0; i < 9; i++) {
            round();
            holders.add(peers.stream().filter(Peer::isOptimistic).findFirst().orElseThrow());
        }

        for (int i = 0; i < 9; i += 3) {
            assertThat(holders.subList(i, i + 3)).containsOnly(holders.get(i));
        }
        assertThat(new HashSet<>(holders)).hasSize(3);
    }

    @Test
    void optimisticSlotReachesEverybodyInTheEnd() {
        choker.serve(true);
        IntStream.range(0, SLOTS - 1).forEach(i -> giving(1000));
        var hopeful = IntStream.range(0, 6).mapToObj(i -> interested()).toList();
        var served = new HashSet<Peer>();

        for (int i = 0; i < 300; i++) {
            round();
            served.addAll(served());
        }

        assertThat(served).containsAll(hopeful);
    }

    @Test
    void newcomersAreThreeTimesAsLikelyToBeTriedOptimistically() {
        choker.serve(true);
        IntStream.range(0, SLOTS - 1).forEach(i -> giving(1000));
        var known = interested();
        known.uploaded().add(1);
        var fresh = interested();
        int freshFirst = 0;
        int draws = 0;

        for (int i = 0; i < 2000; i++) {
            known.choke(true, false);
            fresh.choke(true, false);
            for (int round = 0; round < 3; round++) {
                round();
            }
            if (known.isOptimistic() != fresh.isOptimistic()) {
                draws++;
                freshFirst += fresh.isOptimistic() ? 1 : 0;
            }
        }

        assertThat((double) freshFirst / draws).isBetween(0.70, 0.80);
    }

    @Test
    void peerThatSnubbedUsLosesItsSlotWhileLeeching() {
        choker.serve(true);
        var snubber = giving(1000);
        IntStream.range(0, 10).forEach(i -> giving(10));
        round();
        assertThat(served()).contains(snubber);

        snub(snubber);
        round();

        assertThat(snubber.amChoking() || snubber.isOptimistic()).isTrue();
    }

    @Test
    void peerThatSnubbedUsMayBeServedWhileSeeding() {
        seeding.set(true);
        choker.serve(true);
        var snubber = interested();
        snub(snubber);

        round();

        assertThat(snubber.amChoking()).isFalse();
    }

    /** It is asked for a block and does not send it for a minute. */
    private void snub(Peer peer) {
        picker.haveAll(peer.source());
        peer.choked(false);
        peer.updateInterest(() -> true);
        peer.refill();
        giving.remove(peer);
        clock.advance(RequestPipeline.SNUBBED_AFTER.plusSeconds(1));
        assertThat(peer.tick(clock.getAsLong())).isTrue();
    }

    @Test
    void seedingGivesEverybodyATurn() {
        seeding.set(true);
        choker.serve(true);
        IntStream.range(0, 20).forEach(i -> interested());
        var served = new HashSet<>(served());

        for (int i = 0; i < 6 * 8; i++) { // eight minutes
            round();
            served.addAll(served());
        }

        assertThat(served).hasSize(20);
    }

    @Test
    void seedingKeepsATurnForAMinute() {
        seeding.set(true);
        choker.serve(true);
        IntStream.range(0, 20).forEach(i -> interested());
        round();
        var regular = served();
        regular.removeIf(Peer::isOptimistic);

        for (int i = 0; i < 4; i++) {
            round();
            assertThat(served()).containsAll(regular);
        }
    }

    @Test
    void pauseChokesEverybody() {
        choker.serve(true);
        IntStream.range(0, 10).forEach(i -> interested());
        round();

        choker.serve(false);
        round();
        choker.changed();

        assertThat(served()).isEmpty();
        assertThat(peers).noneMatch(Peer::isOptimistic);
    }

    @Test
    void everybodyIsServedWhereSlotsAreEnough() {
        choker.serve(true);
        IntStream.range(0, SLOTS).forEach(i -> interested());

        for (int i = 0; i < 5; i++) {
            round();
            assertThat(served()).hasSize(SLOTS);
        }
    }
}
