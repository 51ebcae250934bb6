package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import weft.kit.FakeChannel;
import weft.kit.FakeClock;
import weft.metainfo.Layout;
import weft.picker.PiecePicker;
import weft.wire.Reserved;

/** A torrent that may have two peers. */
class RoomTest {
    private static final InetAddress STRANGER = address("192.0.2.1");

    private final FakeClock clock = new FakeClock();
    private final Random random = new Random(1);
    private final PiecePicker picker = new PiecePicker(Layout.ofSingleFile(16 * 1024, "x", 1 << 20), random);
    private final List<Peer> peers = new ArrayList<>();
    private int others;
    private OwnAddresses own = OwnAddresses.UNKNOWN;
    private final Room room = new Room(2, () -> peers, () -> others, () -> own, clock);

    private static InetAddress address(String literal) {
        return new InetSocketAddress(literal, 1).getAddress();
    }

    private boolean comes(InetAddress newcomer) {
        return room.make(newcomer, false);
    }

    private Peer peer() {
        var channel = new FakeChannel("10.0.0." + (peers.size() + 1), 6881);
        var peer = TestPeer.of(channel, Reserved.OURS, picker, random, clock);
        peers.add(peer);
        return peer;
    }

    @Test
    void hasRoomUntilItIsFull() {
        peer();

        assertThat(room.isFree(1)).isTrue();
        assertThat(room.isFree(2)).isFalse();
        assertThat(comes(STRANGER)).isTrue();
        assertThat(peers).noneMatch(Peer::isClosing);
    }

    @Test
    void placesThatAreKeptAreTaken() {
        peer();
        others = 1;

        assertThat(room.isFree(1)).isFalse();
        assertThat(comes(STRANGER)).isFalse();
        assertThat(peers).noneMatch(Peer::isClosing);
    }

    @Test
    void whoHasComeOrExchangedABlockWithinAMinuteStays() {
        var served = peer();
        clock.advance(Room.IDLE.minusNanos(1));
        served.blocksSent(1, 16 * 1024);
        peer();
        clock.advance(Room.IDLE.minusNanos(1));

        assertThat(room.mayCome(STRANGER)).isFalse();
        assertThat(comes(STRANGER)).isFalse();
        assertThat(room.make(STRANGER, true)).isFalse();
        assertThat(peers).noneMatch(Peer::isClosing);
    }

    @Test
    void whoHasBeenIdleLongestMakesRoom() {
        var first = peer();
        var second = peer();
        clock.advance(Duration.ofSeconds(1));
        first.blockArrived(0, 0, 16 * 1024);
        clock.advance(Room.IDLE);

        assertThat(room.mayCome(STRANGER)).isTrue();
        assertThat(comes(STRANGER)).isTrue();

        assertThat(second.closeReason()).contains("made room for another peer, with nothing exchanged for a minute");
        assertThat(first.isClosing()).isFalse();
    }

    @Test
    void oneMakesRoomEveryFiveSecondsForThoseWhoComeAndOneForThoseWeDial() {
        peer();
        peer();
        peer();
        peer();
        clock.advance(Room.IDLE);
        assertThat(comes(STRANGER)).isTrue();
        peer();

        assertThat(room.mayCome(STRANGER)).isFalse();
        assertThat(comes(STRANGER)).isFalse();
        assertThat(room.make(STRANGER, true)).isTrue();
        assertThat(room.mayBeDialled()).isFalse();

        clock.advance(Room.TURNOVER);
        assertThat(comes(STRANGER)).isTrue();
    }

    @Test
    void whoHasTheLowestPriorityMakesRoomForAHigherOne() {
        own = new OwnAddresses(Optional.of(new InetSocketAddress("198.51.100.7", 6881)), Optional.empty());
        var byPriority = Stream.of(peer(), peer())
                .sorted(Comparator.comparingLong(peer -> priority(peer.address().getAddress())))
                .toList();
        var lower = newcomer(0, priority(byPriority.getFirst().address().getAddress()));
        var between = newcomer(
                priority(byPriority.getFirst().address().getAddress()),
                priority(byPriority.getLast().address().getAddress()));

        assertThat(room.mayCome(lower)).isFalse();
        assertThat(comes(lower)).isFalse();
        assertThat(room.mayBeDialled()).isFalse();
        assertThat(room.make(between, true)).isFalse();
        assertThat(room.mayCome(between)).isTrue();
        assertThat(peers).noneMatch(Peer::isClosing);

        assertThat(comes(between)).isTrue();

        assertThat(byPriority.getFirst().closeReason())
                .contains("made room for another peer, of a higher canonical priority");
        assertThat(byPriority.getLast().isClosing()).isFalse();
    }

    @Test
    void onePlaceIsTakenEveryFiveSecondsHoweverHighThePriority() {
        own = new OwnAddresses(Optional.of(new InetSocketAddress("198.51.100.7", 6881)), Optional.empty());
        peer();
        peer();
        var highest = newcomer(
                peers.stream()
                        .mapToLong(peer -> priority(peer.address().getAddress()))
                        .max()
                        .orElseThrow(),
                1L << 32);
        assertThat(comes(highest)).isTrue();
        peer();

        assertThat(room.mayCome(highest)).isFalse();
        assertThat(comes(highest)).isFalse();
        clock.advance(Room.TURNOVER);
        assertThat(room.mayCome(highest)).isTrue();
    }

    @Test
    void whoIsIdleMakesRoomFirst() {
        own = new OwnAddresses(Optional.of(new InetSocketAddress("198.51.100.7", 6881)), Optional.empty());
        var idle = peer();
        clock.advance(Room.IDLE);
        var fresh = peer();

        assertThat(comes(newcomer(0, 1L << 32))).isTrue();

        assertThat(idle.closeReason()).contains("made room for another peer, with nothing exchanged for a minute");
        assertThat(fresh.isClosing()).isFalse();
    }

    @Test
    void whoIsAtOurOwnAddressHasNoPriority() {
        own = new OwnAddresses(Optional.of(new InetSocketAddress("10.0.0.1", 6881)), Optional.empty());
        peer(); // is there, too
        peer();

        assertThat(room.mayCome(address("10.0.0.1"))).isFalse();
        assertThat(own.priority(address("10.0.0.1"))).isEmpty();
    }

    private long priority(InetAddress peer) {
        return own.priority(peer).orElseThrow();
    }

    /** Somebody whose priority is between these. */
    private InetAddress newcomer(long above, long below) {
        return IntStream.range(0, 1 << 16)
                .mapToObj(i -> address("203." + i / 256 + "." + i % 256 + ".1"))
                .filter(address -> priority(address) > above && priority(address) < below)
                .findFirst()
                .orElseThrow();
    }
}
