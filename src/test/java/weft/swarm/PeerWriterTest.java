package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.kit.Await;
import weft.kit.FakeChannel;
import weft.kit.FakeClock;
import weft.picker.PiecePicker;
import weft.wire.MessageEncoder;
import weft.wire.Reserved;

@Timeout(30)
class PeerWriterTest {
    private static final int BLOCK = 16 * 1024; // as long as a piece

    @Test
    void whatThePeerHasTakenIsCountedThoughTheConnectionEndsMeanwhile() throws Exception {
        var clock = new FakeClock();
        var random = new Random(1);
        var channel = new FakeChannel("10.0.0.1", 6881);
        var peer = TestPeer.of(channel, Reserved.OURS, new PiecePicker(BareSwarm.LAYOUT, random), random, clock);
        try (var bare = new BareSwarm("weft writer", 10, clock)) {
            for (int piece = 0; piece < 3; piece++) {
                bare.storage().write(piece, 0, ByteBuffer.allocate(BLOCK));
                peer.outbox().offer(new Outbox.Block(piece, 0, BLOCK), () -> true);
            }
            int taken = 2 * MessageEncoder.PIECE_HEADER_LENGTH + BLOCK + 1000;
            channel.reads(taken);
            var writer = new PeerWriter(peer, bare.swarm(), bare.storage());
            var end = new CompletableFuture<Throwable>();
            Thread.ofVirtual().start(() -> {
                try {
                    writer.run();
                    end.complete(null);
                } catch (Exception e) {
                    end.complete(e);
                }
            });
            Await.until(() -> "it waits for the peer, and not " + end, () -> channel.written().length == taken);

            channel.close();

            assertThat(end.get()).isInstanceOf(ClosedChannelException.class);
            assertThat(bare.swarm().uploaded().total()).isEqualTo(BLOCK + 1000);
            assertThat(peer.uploaded().total()).isEqualTo(BLOCK + 1000);
        }
    }
}
