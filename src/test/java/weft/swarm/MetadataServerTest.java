package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import weft.wire.ExtensionHandshake;
import weft.wire.MetadataMessage;

/** Metadata of 100 pieces, and a peer that asks for it under the number 2 and wants to hear under 5. */
class MetadataServerTest {
    private static final int PIECES = 100;
    private static final int MESSAGE_HEADER = 6; // <len:4><id:1=20><extension:1>

    private final Outbox outbox = new Outbox();
    private final PeerExtensions peer = new PeerExtensions(
            ExtensionTable.of(List.of(new MetadataServer(ByteBuffer.allocate(PIECES * MetadataMessage.PIECE_LENGTH)))),
            new InetSocketAddress("192.0.2.1", 6881),
            false,
            true,
            new ExtensionHandshake(
                    Map.of(MetadataMessage.NAME, 5),
                    Optional.empty(),
                    OptionalInt.empty(),
                    Optional.empty(),
                    OptionalInt.empty(),
                    OptionalLong.empty(),
                    Optional.empty()),
            outbox,
            reason -> {});

    @BeforeEach
    void begin() throws Exception {
        peer.begin();
    }

    private void asks(IntStream pieces) throws Exception {
        for (int piece : pieces.toArray()) {
            peer.received(2, ByteBuffer.wrap(new MetadataMessage.Request(piece).encode()));
        }
    }

    /** What is written next: the dictionaries of the messages, without the bytes of the metadata. */
    private List<String> written() throws Exception {
        var messages = new ArrayList<String>();
        for (ByteBuffer part : outbox.take(0, 0).extended()) {
            if (part.remaining() > MESSAGE_HEADER && part.remaining() < MetadataMessage.PIECE_LENGTH) {
                messages.add(StandardCharsets.US_ASCII.decode(part.duplicate()).toString());
            }
        }
        return messages;
    }

    private static String data(int piece) {
        return "d8:msg_typei1e5:piecei" + piece + "e10:total_sizei" + PIECES * MetadataMessage.PIECE_LENGTH + "ee";
    }

    private static String reject(int piece) {
        return "d8:msg_typei2e5:piecei" + piece + "ee";
    }

    @Test
    void whatIsBeyondTheSixtyFourThatMayWaitIsRejected() throws Exception {
        asks(IntStream.range(0, 70));

        assertThat(written())
                .containsExactlyElementsOf(IntStream.range(0, 70)
                        .mapToObj(piece -> piece < 64 ? data(piece) : reject(piece))
                        .toList());
    }

    @Test
    void whoReadsIsServedOn() throws Exception {
        asks(IntStream.range(0, 70));
        written();

        asks(IntStream.range(64, 70));

        assertThat(written())
                .containsExactlyElementsOf(IntStream.range(64, 70)
                        .mapToObj(MetadataServerTest::data)
                        .toList());
    }

    @Test
    void noMoreThanABoundIsKeptForOneWhoDoesNotRead() throws Exception {
        asks(IntStream.range(0, 10_000).map(i -> i % PIECES));

        assertThat(written()).hasSize(Outbox.MAX_QUEUED_SHORT);
    }
}
