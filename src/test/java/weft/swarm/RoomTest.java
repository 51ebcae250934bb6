package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import weft.kit.FakeChannel;
import weft.kit.FakeClock;
import weft.metainfo.Layout;
import weft.wire.ExtensionHandshake;
import weft.wire.PeerId;
import weft.wire.Reserved;

/** A torrent that may have two peers. */
class RoomTest {
    private static final boolean INCOMING = false;
    private static final boolean OUTGOING = true;

    private final FakeClock clock = new FakeClock();
    private final Random random = new Random(1);
    private final PiecePicker picker = new PiecePicker(Layout.ofSingleFile(16 * 1024, "x", 1 << 20), random);
    private final List<Peer> peers = new ArrayList<>();
    private final Room room = new Room(2, () -> peers, clock);

    private Peer peer() {
        var peer = new Peer(
                "9dd66bca",
                new FakeChannel("10.0.0." + (peers.size() + 1), 6881),
                false,
                PeerId.generate(random),
                Reserved.OURS,
                picker,
                ExtensionTable.of(List.of()),
                ExtensionHandshake.EMPTY,
                clock);
        peers.add(peer);
        return peer;
    }

    @Test
    void hasRoomUntilItIsFull() {
        peer();

        assertThat(room.isFree(1)).isTrue();
        assertThat(room.isFree(2)).isFalse();
        assertThat(room.make(INCOMING)).isTrue();
        assertThat(peers).noneMatch(Peer::isClosing);
    }

    @Test
    void whoHasComeOrExchangedABlockWithinAMinuteStays() {
        var served = peer();
        clock.advance(Room.IDLE.minusNanos(1));
        served.blocksSent(1, 16 * 1024);
        peer();
        clock.advance(Room.IDLE.minusNanos(1));

        assertThat(room.mayCome(INCOMING)).isFalse();
        assertThat(room.make(INCOMING)).isFalse();
        assertThat(room.make(OUTGOING)).isFalse();
        assertThat(peers).noneMatch(Peer::isClosing);
    }

    @Test
    void whoHasBeenIdleLongestMakesRoom() {
        var first = peer();
        var second = peer();
        clock.advance(Duration.ofSeconds(1));
        first.blockArrived(0, 0, 16 * 1024);
        clock.advance(Room.IDLE);

        assertThat(room.mayCome(INCOMING)).isTrue();
        assertThat(room.make(INCOMING)).isTrue();

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
        assertThat(room.make(INCOMING)).isTrue();
        peer();

        assertThat(room.mayCome(INCOMING)).isFalse();
        assertThat(room.make(INCOMING)).isFalse();
        assertThat(room.make(OUTGOING)).isTrue();
        assertThat(room.mayCome(OUTGOING)).isFalse();

        clock.advance(Room.TURNOVER);
        assertThat(room.make(INCOMING)).isTrue();
    }
}
