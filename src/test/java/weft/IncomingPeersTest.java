package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.concurrent.WatchdogTicks;
import weft.kit.Await;
import weft.kit.FakeChannel;
import weft.kit.FakeClock;
import weft.kit.FakePeer;
import weft.net.ConnectionLimits;
import weft.swarm.Bans;

@Timeout(30)
class IncomingPeersTest {
    private static final Duration HANDSHAKE = Duration.ofSeconds(10);

    private final FakeClock clock = new FakeClock();
    private final Watchdog watchdog = new Watchdog(clock);
    private final ConnectionLimits limits = new ConnectionLimits(100, 2, 10);
    private final TaskScope scope = TaskScope.supervised("weft incoming test", (task, failure) -> {});
    private final IncomingPeers incoming =
            new IncomingPeers(scope, watchdog, limits, new Bans(), infoHash -> Optional.empty());

    @AfterEach
    void close() {
        scope.close();
    }

    private static FakeChannel channel(int last) {
        return new FakeChannel("10.0.0." + last, 50_000);
    }

    private void advance(Duration time) {
        clock.advance(time);
        WatchdogTicks.tick(watchdog);
    }

    private void assertAllPlacesFree() {
        Await.until("places are given back", () -> limits.connections() == 0);
    }

    @Test
    void peerThatSaysNothingIsClosedAfterTenSeconds() {
        var silent = channel(1);
        incoming.accept(silent);
        silent.awaitReader();

        advance(HANDSHAKE.minusNanos(1));
        assertThat(silent.isClosed()).isFalse();
        advance(Duration.ofNanos(1));

        assertThat(silent.isClosed()).isTrue();
        assertAllPlacesFree();
    }

    /** A drip of bytes is no handshake: the deadline does not move. */
    @Test
    void peerThatDripsIsClosedAfterTenSeconds() {
        var dripping = channel(1);
        var handshake = FakePeer.handshake(FakePeer.FAST, new byte[20], new byte[20]);
        incoming.accept(dripping);

        for (int second = 0; second < 10; second++) {
            assertThat(dripping.isClosed()).isFalse();
            dripping.feed(handshake[second]).awaitReader();
            advance(Duration.ofSeconds(1));
        }

        assertThat(dripping.isClosed()).isTrue();
        assertAllPlacesFree();
    }

    @Test
    void otherProtocolIsClosedAtOnce() {
        var lost = channel(1).feed(new byte[48]);

        incoming.accept(lost);

        Await.until("closed", lost::isClosed);
        assertThat(lost.written()).isEmpty();
        assertAllPlacesFree();
    }

    @Test
    void unknownTorrentIsClosedWithoutAWord() {
        var stranger = channel(1).feed(FakePeer.handshake(FakePeer.FAST, new byte[20], new byte[20]));

        incoming.accept(stranger);

        Await.until("closed", stranger::isClosed);
        assertThat(stranger.written()).isEmpty();
        assertAllPlacesFree();
    }

    @Test
    void peerBeyondTheLimitsIsTurnedAwayAtOnce() {
        var third = channel(1);
        for (int i = 0; i < 2; i++) { // two of that address who have shaken hands
            limits.accepted(third.remoteAddress().getAddress(), () -> {})
                    .orElseThrow()
                    .established();
        }

        incoming.accept(third);

        assertThat(third.isClosed()).isTrue();
        assertThat(limits.connections()).isEqualTo(2);
    }

    @Test
    void whoIsSilentMakesWayForTheNextOne() {
        var first = channel(1);
        var second = channel(1);
        incoming.accept(first);
        incoming.accept(second);

        incoming.accept(channel(1));

        assertThat(first.isClosed()).isTrue();
        assertThat(second.isClosed()).isFalse();
        assertThat(limits.connections()).isEqualTo(2);
    }

    @Test
    void closingTheClientClosesWhoIsJustShakingHands() {
        var silent = channel(1);
        incoming.accept(silent);
        silent.awaitReader();

        scope.close();

        assertThat(silent.isClosed()).isTrue();
        assertAllPlacesFree();
        var late = channel(2);
        incoming.accept(late);
        assertThat(late.isClosed()).isTrue();
        assertAllPlacesFree();
    }
}
