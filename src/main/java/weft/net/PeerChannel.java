package weft.net;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A stream of bytes to and from one peer. Reading blocks and writing blocks, each in one thread at a time; closing may
 * be done by any thread, more than once, and ends both with a {@code ClosedChannelException}.
 */
public interface PeerChannel extends Closeable {
    /** Waits for bytes and puts what there is into {@code dst}; -1 at the end of the stream. */
    int read(ByteBuffer dst) throws IOException;

    /** Like {@link #read(ByteBuffer)}, but waits at most so long; 0 if nothing has come by then. */
    int read(ByteBuffer dst, Duration timeout) throws IOException;

    /**
     * Writes all of {@code count} buffers from {@code first} on, in as few calls as the peer's pace allows, and runs
     * {@code progress} after each call: a slow peer takes them a part at a time.
     */
    void write(ByteBuffer[] buffers, int first, int count, Runnable progress) throws IOException;

    /** Writes all of {@code count} buffers from {@code first} on. */
    default void write(ByteBuffer[] buffers, int first, int count) throws IOException {
        write(buffers, first, count, () -> {});
    }

    /** Where the peer is. */
    InetSocketAddress remoteAddress();

    @Override
    void close();

    /** Fills {@code dst}, or throws an {@code EOFException} that says how much came. */
    default void readFully(ByteBuffer dst) throws IOException {
        int wanted = dst.remaining();
        while (dst.hasRemaining()) {
            if (read(dst) < 0) {
                throw new EOFException(
                        "connection closed after " + (wanted - dst.remaining()) + " of " + wanted + " bytes");
            }
        }
    }

    /** Writes all of {@code src}. */
    default void write(ByteBuffer src) throws IOException {
        write(new ByteBuffer[] {src}, 0, 1);
    }
}
