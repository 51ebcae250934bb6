package weft.storage;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Bytes of a piece, lent by a {@link Storage} for reading. The buffers are valid until {@link #close}; touching them
 * later is a mistake that can end in an exception. For one thread at a time.
 */
public interface Lease extends AutoCloseable {

    /** A lease of buffers that nobody needs back. */
    static Lease of(ByteBuffer... buffers) {
        var readOnly = new ByteBuffer[buffers.length];
        for (int i = 0; i < buffers.length; i++) {
            readOnly[i] = buffers[i].asReadOnlyBuffer();
        }
        return new Lease() {
            @Override
            public ByteBuffer[] buffers() {
                return readOnly;
            }

            @Override
            public void close() {
                // plain memory: the garbage collector's
            }
        };
    }

    /**
     * The bytes in order, in one or more read-only buffers, each from its position to its limit. The array and the
     * buffers' positions are the caller's: it may hand them to a gathering write, which moves them.
     */
    ByteBuffer[] buffers();

    /**
     * What an {@link InternalError} while touching the buffers, or an {@link IOException} while a channel took bytes from
     * them, may mean: lent memory can be that of a file, and the file can have been cut short since. Answers with the
     * file's fault, or else with {@code fault} itself if that is an {@link IOException}, or as the cause of one.
     */
    default IOException explain(Throwable fault) {
        return fault instanceof IOException e ? e : new IOException(fault);
    }

    /** Gives the bytes back. A second call does nothing. */
    @Override
    void close();
}
