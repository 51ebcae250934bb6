package weft.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BufferPoolTest {
    private static final int LARGE = 1 << 20;

    /** A block with its header, the beginning of the next message, and some. */
    private static final int BLOCK_SIZED = 32 * 1024;

    private final BufferPool pool = new BufferPool(LARGE, 2);

    @Test
    void buffersAreDirectAndEmpty() {
        var buffer = pool.lease().buffer();

        assertThat(buffer.isDirect()).isTrue();
        assertThat(buffer.position()).isZero();
        assertThat(buffer.remaining()).isEqualTo(LARGE);
    }

    @Test
    void bufferThatWasGivenBackLastIsLentNextAndCleared() {
        var first = pool.lease();
        var second = pool.lease();
        var buffer = second.buffer();
        buffer.putInt(1).limit(100);
        first.close();
        second.close();

        var next = pool.lease().buffer();

        assertThat(next).isSameAs(buffer);
        assertThat(next.position()).isZero();
        assertThat(next.remaining()).isEqualTo(LARGE);
    }

    @Test
    void whenAllLargeOnesAreLentPeersGetOneThatHoldsABlock() {
        var leases = new ArrayList<BufferPool.Lease>();
        for (int i = 0; i < 5; i++) {
            leases.add(pool.lease());
        }

        assertThat(leases)
                .extracting(lease -> lease.buffer().capacity())
                .containsExactly(LARGE, LARGE, BLOCK_SIZED, BLOCK_SIZED, BLOCK_SIZED);
        leases.getFirst().close();
        assertThat(pool.lease().buffer().capacity()).isEqualTo(LARGE);
    }

    @Test
    void blockSizedBuffersAreLentAgain() {
        List<BufferPool.Lease> large = List.of(pool.lease(), pool.lease());
        var lease = pool.lease();
        ByteBuffer buffer = lease.buffer();
        buffer.putInt(1);
        lease.close();

        var next = pool.lease().buffer();

        assertThat(large).hasSize(2);
        assertThat(next).isSameAs(buffer);
        assertThat(next.remaining()).isEqualTo(BLOCK_SIZED);
    }

    @Test
    void leaseGivesItsBufferBackOnce() {
        var lease = pool.lease();
        lease.close();
        lease.close();

        assertThat(pool.lease().buffer()).isNotSameAs(pool.lease().buffer());
    }

    @Test
    void buffersThatHoldNoBlockAreRefused() {
        assertThatThrownBy(() -> new BufferPool(BLOCK_SIZED, 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
