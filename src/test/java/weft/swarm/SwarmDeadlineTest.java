package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.WatchdogTicks;
import weft.kit.Await;
import weft.kit.FakeChannel;
import weft.kit.FakeClock;
import weft.kit.FakePeer;
import weft.kit.Message;
import weft.kit.SteeredStorage;
import weft.kit.WeftThreads;
import weft.wire.Reserved;

/** How long a swarm waits for a peer, by a clock that the test moves. */
@Timeout(30)
class SwarmDeadlineTest {
    private static final Duration MOMENT = Duration.ofNanos(1);
    private static final int BLOCK = 16 * 1024;
    private static final byte[] KEEP_ALIVE = new Message.KeepAlive().encode();

    private final FakeClock clock = new FakeClock();
    private final BareSwarm bare = new BareSwarm("weft deadline test", 10, clock);
    private final Swarm swarm = bare.swarm();
    private final SteeredStorage storage = bare.storage();
    private final FakeChannel channel = new FakeChannel("10.0.0.1", 6881);

    @AfterEach
    void stop() {
        bare.close();
        Await.until(
                "no thread is left",
                () -> WeftThreads.alive().values().stream().noneMatch(name -> name.startsWith("weft deadline test")));
    }

    private void advance(Duration time) {
        clock.advance(time);
        WatchdogTicks.tick(bare.watchdog());
    }

    private void greetAndShakeHands() {
        bare.dial(channel);
        channel.feed(FakePeer.handshake(FakePeer.FAST, BareSwarm.HASH.truncated(), bare.newPeerId()))
                .awaitReader();
    }

    private void awaitReason(String reason) {
        Await.until(
                () -> reason + ", but " + swarm.disconnects(),
                () -> swarm.disconnects().stream()
                        .anyMatch(disconnect -> disconnect.reason().equals(reason)));
    }

    @Test
    void dialledPeerThatDoesNotShakeHandsIsClosedAfterTenSeconds() {
        bare.dial(channel);
        channel.awaitReader();

        advance(Duration.ofSeconds(10).minus(MOMENT));
        assertThat(channel.isClosed()).isFalse();
        advance(MOMENT);

        awaitReason("has not sent its handshake in time");
        assertThat(channel.isClosed()).isTrue();
    }

    @Test
    void silentPeerIsClosedAfterThreeMinutes() {
        greetAndShakeHands();

        advance(Duration.ofMinutes(3).minus(MOMENT));
        assertThat(channel.isClosed()).isFalse();
        advance(MOMENT);

        awaitReason("has not sent a whole message in time");
        assertThat(swarm.peers()).isEmpty();
    }

    /** One every two minutes (BEP 3), and the network takes some seconds to bring it. */
    @Test
    void keepAliveIsEnoughToStay() {
        greetAndShakeHands();

        for (int i = 0; i < 5; i++) {
            advance(Duration.ofSeconds(125));
            channel.feed(new Message.KeepAlive().encode()).awaitReader();
        }

        assertThat(channel.isClosed()).isFalse();
        assertThat(swarm.peers()).hasSize(1);
    }

    /** One byte of a block every second, which is never nothing and never a message. */
    @Test
    void peerThatDripsIsClosedAfterThreeMinutes() {
        greetAndShakeHands();
        var block = new Message.Piece(0, 0, ByteBuffer.allocate(16 * 1024)).encode();

        for (int second = 0; second < 180; second++) {
            assertThat(channel.isClosed()).isFalse();
            channel.feed(block[second]).awaitReader();
            advance(Duration.ofSeconds(1));
        }

        awaitReason("has not sent a whole message in time");
    }

    /** Two minutes for a part of a block, which is not the whole. */
    @Test
    void peerThatReadsSlowlyStaysAndOneThatStopsIsClosed() throws Exception {
        greetAndUnchoke();
        channel.reads(0).feed(new Message.Request(0, 0, BLOCK).encode()).awaitReader();

        for (int part = 1; part <= 5; part++) {
            int before = channel.written().length;
            channel.reads(1000);
            Await.until("it has read", () -> channel.written().length == before + 1000);
            assertThat(channel.isClosed()).isFalse();
            advance(Duration.ofSeconds(119));
            channel.feed(KEEP_ALIVE).awaitReader();
        }
        assertThat(swarm.peers().getFirst().idleNanos(clock.getAsLong()))
                .isEqualTo(Duration.ofSeconds(119).toNanos());
        advance(Duration.ofSeconds(1));

        awaitReason("has not read what we sent in time");
    }

    @Test
    void peerThatWaitsForABlockFromOurSlowDiskStays() throws Exception {
        greetAndUnchoke();
        storage.stall();
        channel.feed(new Message.Request(0, 0, BLOCK).encode()).awaitReader();
        Await.until("the disk is waited for", storage::isWaitedFor);

        for (int i = 0; i < 3; i++) {
            advance(Duration.ofSeconds(119));
            channel.feed(KEEP_ALIVE).awaitReader();
        }
        assertThat(channel.isClosed()).isFalse();
        storage.resume();
    }

    /** A leecher, and we have one piece for it. */
    private void greetAndUnchoke() throws IOException {
        storage.write(0, 0, ByteBuffer.allocate(BLOCK));
        swarm.checked(0, true, false);
        greetAndShakeHands();
        channel.feed(new Message.Interested().encode()).awaitReader();
        Await.until("it is unchoked", () -> !swarm.peers().getFirst().amChoking());
    }

    @Test
    void peerWhoseBlockOurSlowDiskTakesIsNeitherClosedNorSnubbed() {
        greetAndShakeHands();
        channel.feed(new Message.Have(0).encode())
                .feed(new Message.Have(1).encode())
                .feed(new Message.Unchoke().encode())
                .awaitReader();
        var peer = swarm.peers().getFirst();
        Await.until("it is asked for both", () -> peer.outstanding() == 2);
        storage.stall();
        channel.feed(new Message.Piece(0, 0, ByteBuffer.allocate(BLOCK)).encode());
        Await.until("the disk is waited for", storage::isWaitedFor);

        advance(Duration.ofMinutes(3));
        swarm.tick(clock.getAsLong());

        assertThat(channel.isClosed()).isFalse();
        assertThat(peer.isSnubbed()).isFalse();
        storage.resume();
        channel.awaitReader();
        advance(Duration.ofMinutes(3).minus(MOMENT));
        assertThat(channel.isClosed()).isFalse();
        advance(MOMENT);
        awaitReason("has not sent a whole message in time");
    }

    /** The torrent may have ten peers. */
    @Test
    void whoDoesNothingMakesRoomForOthersAfterAMinute() {
        var idlers = new ArrayList<FakeChannel>();
        for (int i = 0; i < 10; i++) {
            idlers.add(come(i));
        }
        Await.until("the torrent is full", () -> swarm.peers().size() == 10);
        var early = come(10);
        Await.until("there is no room", early::isClosed);
        assertThat(early.written()).isEmpty();

        advance(Duration.ofMinutes(1));
        come(11);
        greetAndShakeHands();

        awaitReason("made room for another peer, with nothing exchanged for a minute");
        Await.until(
                "one made room for who came, one for whom we dialled",
                () -> idlers.stream().filter(FakeChannel::isClosed).count() == 2);
        Await.until("the torrent is full", () -> swarm.peers().size() == 10);
    }

    /** They are let in one by one, however many shake hands at once. */
    @Test
    void manyWhoShakeHandsAtOnceAreNotMoreThanTheTorrentMayHave() {
        var halfway = new ArrayList<FakeChannel>();
        for (int i = 0; i < 20; i++) {
            halfway.add(accept(i));
        }
        halfway.forEach(each -> each.feed(bare.newPeerId())); // all names at once

        awaitReason("no room for more peers");
        Await.until(
                "those who have no room are gone",
                () -> halfway.stream().filter(FakeChannel::isClosed).count() == 10);
        assertThat(swarm.peers()).hasSize(10);
    }

    /** Hands are shaken but for the peer's id. */
    private FakeChannel accept(int number) {
        var incoming = new FakeChannel("10.0.1." + number, 50_000);
        bare.accept(incoming, Reserved.OURS);
        return incoming;
    }

    private FakeChannel come(int number) {
        return accept(number).feed(bare.newPeerId());
    }

    /** A NAT may have forgotten the first connection, which then seems to stand here for ever. */
    @Test
    void peerThatComesAgainTakesThePlaceOfItsConnectionThatIsIdleForAMinute() {
        var id = bare.newPeerId();
        var first = accept(1).feed(id);
        Await.until("it is in", () -> swarm.peers().size() == 1);

        advance(Duration.ofMinutes(1).minus(MOMENT));
        var tooEarly = accept(1).feed(id);
        Await.until("it is refused", tooEarly::isClosed);
        assertThat(first.isClosed()).isFalse();
        advance(MOMENT);
        accept(1).feed(id);

        Await.until(
                "the first has gone", () -> first.isClosed() && swarm.peers().size() == 1);
    }

    @Test
    void stopEndsConnectionsAtOnceAndSaysSo() {
        greetAndShakeHands();

        swarm.stop(Duration.ofSeconds(10));

        awaitReason("the torrent was stopped");
        assertThat(channel.isClosed()).isTrue();
        assertThat(swarm.peers()).isEmpty();
    }

    @Test
    void stopEndsConnectionsThatAreStillShakingHands() {
        bare.dial(channel);
        channel.awaitReader();

        assertThat(swarm.stop(Duration.ofSeconds(10))).isTrue();

        assertThat(channel.isClosed()).isTrue();
    }
}
