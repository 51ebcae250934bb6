package weft.net;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What one peer's bytes are received into: a small buffer of its own while little comes, a large one leased from the
 * client's {@link BufferPool} while data flows. Used by the peer's reader only, which closes it.
 *
 * <p>Between {@link #fill} calls the buffer is ready to be read from: what lies between position and limit has arrived
 * and has not been decoded yet.
 */
public final class ReceiveBuffer implements AutoCloseable {
    /** Enough for every message of an idle peer. */
    private static final int SMALL = 2 * 1024;

    private final BufferPool pool;
    private ByteBuffer small; // or null until it is needed
    private BufferPool.Lease lease; // or null: the small one, or one of its own, is in use
    private ByteBuffer bytes;

    /** Makes a buffer that leases from {@code pool}. */
    public ReceiveBuffer(BufferPool pool) {
        this.pool = pool;
        this.small = ByteBuffer.allocateDirect(SMALL);
        this.bytes = small.limit(0);
    }

    /** The bytes that have arrived; the reader moves the position behind what it has decoded. */
    public ByteBuffer bytes() {
        return bytes;
    }

    /**
     * Waits for more bytes from {@code channel}.
     *
     * @param needed how many bytes the message that has begun takes in all, 0 if unknown
     * @param dataExpected whether blocks have been asked for, so that a large buffer pays
     * @return the number of bytes read, or -1 at the end of the stream
     */
    @SuppressWarnings("ReferenceEquality") // which of the buffers is in use, not what is in it
    public int fill(PeerChannel channel, int needed, boolean dataExpected) throws IOException {
        boolean wantLarge = dataExpected || needed > SMALL;
        if (wantLarge && bytes == small) {
            lease = pool.lease();
            moveTo(lease.buffer());
        } else if (!wantLarge && bytes != small && bytes.remaining() <= SMALL) {
            giveBack();
        }
        if (needed > bytes.capacity()) {
            // A bitfield of a huge torrent: rare, bounded by the decoder, and gone when the peer is idle again.
            moveTo(ByteBuffer.allocateDirect(needed));
            releaseLease();
        }
        bytes.compact();
        try {
            return channel.read(bytes);
        } finally {
            bytes.flip();
        }
    }

    /** Takes over what was received before this buffer was there; before the first {@link #fill}. */
    public void put(ByteBuffer arrived) {
        if (arrived.remaining() > bytes.capacity()) {
            moveTo(ByteBuffer.allocateDirect(arrived.remaining()));
        }
        bytes.compact().put(arrived).flip();
    }

    private void giveBack() {
        small.clear();
        moveTo(small);
        releaseLease();
    }

    private void moveTo(ByteBuffer target) {
        target.clear().put(bytes).flip();
        bytes = target;
    }

    private void releaseLease() {
        if (lease != null) {
            lease.close();
            lease = null;
        }
    }

    @Override
    public void close() {
        releaseLease();
        small = ByteBuffer.allocate(0);
        bytes = small;
    }
}
