package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.kit.Await;
import weft.kit.FakeChannel;
import weft.kit.FakeClock;
import weft.kit.FakePeer;
import weft.kit.Message;
import weft.storage.StorageException;
import weft.storage.StorageException.Reason;

/** What peers send still comes in while a hash check runs, whose business it is what has become of the files. */
@Timeout(30)
class BeingCheckedTest {
    private static final int BLOCK = 16 * 1024; // as long as a piece

    private final List<IOException> failures = new CopyOnWriteArrayList<>();
    private final BareSwarm bare =
            new BareSwarm("weft being checked", 10, new FakeClock(), (piece, hash) -> true, new BareSwarm.Silent() {
                @Override
                public void storageFailed(IOException cause) {
                    failures.add(cause);
                }
            });
    private final Swarm swarm = bare.swarm();
    private final FakeChannel channel = new FakeChannel("10.0.0.1", 6881);

    @AfterEach
    void stop() {
        bare.close();
    }

    @Test
    void aFileThatIsGoneFailsTheTorrentOnlyIfNoCheckFindsOut() {
        var gone = new StorageException(Reason.MISSING, "file changed underneath: it was deleted");
        bare.storage().failWrites(Optional.of(gone));
        bare.dial(channel);
        channel.feed(FakePeer.handshake(FakePeer.FAST, BareSwarm.HASH.truncated(), bare.newPeerId()))
                .feed(new Message.Have(0).encode())
                .feed(new Message.Unchoke().encode())
                .awaitReader();
        awaitRequest();

        swarm.setBeingChecked(true);
        channel.feed(block()).awaitReader();

        assertThat(failures).isEmpty();
        awaitRequest(); // for what could not be written
        swarm.setBeingChecked(false);
        channel.feed(block()).awaitReader();
        assertThat(failures).extracting(IOException::getMessage).containsExactly(gone.getMessage());
    }

    private void awaitRequest() {
        Await.until("it is asked", () -> swarm.peers().getFirst().outstanding() == 1);
    }

    private static byte[] block() {
        return new Message.Piece(0, 0, ByteBuffer.allocate(BLOCK)).encode();
    }
}
