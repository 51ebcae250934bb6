package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.kit.Await;
import weft.kit.FakeChannel;
import weft.kit.FakeClock;
import weft.kit.FakePeer;
import weft.kit.Message;

/** What becomes of a piece that has come, in a swarm that finds every piece wrong. */
@Timeout(30)
class VerificationTest {
    private static final int BLOCK = 16 * 1024; // as long as a piece

    private final FakeClock clock = new FakeClock();
    private final AtomicInteger looks = new AtomicInteger();
    private final BareSwarm bare =
            new BareSwarm("weft verification test", 10, clock, (piece, hash) -> isRight(), new BareSwarm.Silent());
    private final Swarm swarm = bare.swarm();
    private final FakeChannel channel = new FakeChannel("10.0.0.1", 6881);

    /** Never; but it takes the disk long to have the piece read for a second look. */
    private boolean isRight() {
        if (looks.incrementAndGet() == 1) {
            bare.storage().stall();
        }
        return false;
    }

    @AfterEach
    void stop() {
        bare.close();
    }

    /** Hash checks go by what lies on disk, and it may be that somebody else has put it there. */
    @Test
    void pieceThatAHashCheckHasFoundWholeMeanwhileIsNotHeldAgainstAnybody() {
        bare.dial(channel);
        channel.feed(FakePeer.handshake(FakePeer.FAST, BareSwarm.HASH.truncated(), bare.newPeerId()))
                .feed(new Message.Have(0).encode())
                .feed(new Message.Unchoke().encode())
                .awaitReader();
        Await.until("it is asked", () -> swarm.peers().getFirst().outstanding() == 1);
        channel.feed(new Message.Piece(0, 0, ByteBuffer.allocate(BLOCK)).encode());
        Await.until("the piece is read from the disk", bare.storage()::isWaitedFor);

        swarm.checked(0, true, false);
        bare.storage().resume();

        clock.advance(Duration.ofMinutes(1));
        Await.until("it has been looked at", () -> looks.get() == 2 && swarm.waitingForDisk() == 0);
        assertThat(swarm.corruptBytes()).isZero();
        assertThat(swarm.failuresInARow()).isZero();
        assertThat(swarm.have().get(0)).isTrue();
        assertThat(channel.isClosed()).isFalse();
    }
}
