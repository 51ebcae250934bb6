package weft.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.kit.FakeChannel;

@Timeout(30)
class ReceiveBufferTest {
    private static final int SMALL = 2 * 1024;
    private static final int LARGE = 64 * 1024;

    private final BufferPool pool = new BufferPool(LARGE, 1);
    private final FakeChannel channel = new FakeChannel("10.0.0.1", 6881);
    private final ReceiveBuffer buffer = new ReceiveBuffer(pool);

    private static byte[] bytes(int length) {
        var bytes = new byte[length];
        new SplittableRandom(length).nextBytes(bytes);
        return bytes;
    }

    private byte[] take(int count) {
        var taken = new byte[count];
        buffer.bytes().get(taken);
        return taken;
    }

    /** Whether the pool's only large buffer is lent. */
    private boolean hasLease() {
        try (var lease = pool.lease()) {
            return lease.buffer().capacity() < LARGE;
        }
    }

    @Test
    void holdsNothingAtFirst() {
        assertThat(buffer.bytes().hasRemaining()).isFalse();
    }

    @Test
    void idlePeerUsesNoBufferOfThePool() throws IOException {
        channel.feed(bytes(100));

        assertThat(buffer.fill(channel, 0, false)).isEqualTo(100);

        assertThat(take(100)).isEqualTo(bytes(100));
        assertThat(hasLease()).isFalse();
    }

    @Test
    void largeBufferIsLeasedWhileDataIsExpectedAndGivenBackAfter() throws IOException {
        channel.feed(bytes(LARGE)).feed(bytes(10));

        assertThat(buffer.fill(channel, 0, true)).isEqualTo(LARGE);
        assertThat(hasLease()).isTrue();
        assertThat(take(LARGE)).isEqualTo(bytes(LARGE));
        buffer.fill(channel, 0, false);

        assertThat(hasLease()).isFalse();
        assertThat(take(10)).isEqualTo(bytes(10));
    }

    @Test
    void largeBufferIsKeptUntilWhatItHoldsFitsIntoTheSmallOne() throws IOException {
        channel.feed(bytes(SMALL + 10)).feed(bytes(5)).feed(bytes(6));
        buffer.fill(channel, 0, true);

        buffer.fill(channel, 0, false);
        assertThat(hasLease()).isTrue();
        take(SMALL);
        buffer.fill(channel, 0, false);

        assertThat(hasLease()).isFalse();
        assertThat(buffer.bytes().remaining()).isEqualTo(10 + 5 + 6);
        assertThat(take(10)).isEqualTo(Arrays.copyOfRange(bytes(SMALL + 10), SMALL, SMALL + 10));
        assertThat(take(5)).isEqualTo(bytes(5));
    }

    @Test
    void bytesNotDecodedYetMoveAlong() throws IOException {
        channel.feed(bytes(SMALL)).feed(bytes(3000));
        buffer.fill(channel, 0, false);
        take(SMALL - 7);

        buffer.fill(channel, 3007, false); // a message that is longer than the small buffer has begun

        assertThat(buffer.bytes().remaining()).isEqualTo(3007);
        assertThat(take(7)).isEqualTo(Arrays.copyOfRange(bytes(SMALL), SMALL - 7, SMALL));
        assertThat(take(3000)).isEqualTo(bytes(3000));
    }

    @Test
    void messageLongerThanALargeBufferGetsOneOfItsOwn() throws IOException {
        int length = LARGE + 5000;
        channel.feed(Arrays.copyOf(bytes(length), LARGE)).feed(Arrays.copyOfRange(bytes(length), LARGE, length));
        buffer.fill(channel, 0, true);

        while (buffer.bytes().remaining() < length) {
            assertThat(buffer.fill(channel, length, true)).isPositive();
        }

        assertThat(hasLease()).as("the leased one is not needed any more").isFalse();
        assertThat(take(length)).isEqualTo(bytes(length));
    }

    @Test
    void bytesAreReadableEvenIfTheNextReadFails() throws IOException {
        channel.feed(bytes(100));
        buffer.fill(channel, 0, false);
        channel.end();

        assertThat(buffer.fill(channel, 0, false)).isEqualTo(-1);

        assertThat(take(100)).isEqualTo(bytes(100));
    }

    @Test
    void closeGivesTheLeaseBack() throws IOException {
        channel.feed(bytes(10));
        buffer.fill(channel, 0, true);

        buffer.close();
        buffer.close();

        assertThat(hasLease()).isFalse();
    }
}
