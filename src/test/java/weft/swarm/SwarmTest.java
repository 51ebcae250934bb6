package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.kit.Await;
import weft.kit.FakeChannel;
import weft.kit.FakeClock;
import weft.kit.FakePeer;
import weft.kit.Message;

/** What a swarm tells its torrent, and what several do with it at the same time. */
@Timeout(30)
class SwarmTest {
    private static final int PIECES = BareSwarm.LAYOUT.pieceCount();

    private final FakeClock clock = new FakeClock();
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private final BareSwarm bare =
            new BareSwarm("weft swarm test", 10, this::now, (piece, hash) -> true, new BareSwarm.Silent() {
                @Override
                public void completed(boolean byDownload) {
                    told.add("completed");
                }
            });
    private final Swarm swarm = bare.swarm();
    private final FakeChannel channel = new FakeChannel("10.0.0.1", 6881);

    private volatile Thread watched; // or null
    private volatile Runnable meanwhile; // when the watched thread next asks what time it is

    private long now() {
        if (Thread.currentThread().equals(watched)) {
            watched = null;
            meanwhile.run();
        }
        return clock.getAsLong();
    }

    @AfterEach
    void stop() {
        bare.close();
    }

    private Peer peer(Message pieces) {
        bare.dial(channel);
        channel.feed(FakePeer.handshake(FakePeer.FAST, BareSwarm.HASH.truncated(), bare.newPeerId()))
                .feed(pieces.encode())
                .awaitReader();
        return swarm.peers().getFirst();
    }

    private void want(int priority) {
        var priorities = new int[PIECES];
        Arrays.fill(priorities, priority);
        swarm.setPriorities(priorities);
    }

    /** It may make whoever draws wait, which under the picker's lock would be everybody. */
    @Test
    void sharedSourceOfChanceIsNotDrawnFromWhilePeersAreServed() {
        int atFirst = bare.draws();
        var peer = peer(new Message.HaveAll());
        channel.feed(new Message.Unchoke().encode()).feed(new Message.Interested().encode());
        Await.until("we serve it, and ask", () -> !peer.amChoking() && peer.outstanding() > 0);
        want(2);

        assertThat(bare.draws()).isEqualTo(atFirst);
        assertThat(atFirst).isPositive();
    }

    /** One thread finds that something is wanted again, and before it has acted on that, another that nothing is. */
    @Test
    void completionIsToldOnceThoughAnotherThreadChangesItMeanwhile() {
        want(0);
        var peer = peer(new Message.HaveNone());
        told.clear();
        peer.interested(true); // and is unchoked when the choker hears of the first change

        meanwhile = () -> {
            assertThat(peer.amChoking()).as("the first change is known").isFalse();
            want(0);
        };
        watched = Thread.currentThread();
        want(1);

        assertThat(watched).isNull();
        assertThat(told).containsExactly("completed");
    }
}
