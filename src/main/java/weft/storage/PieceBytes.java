package weft.storage;

import java.io.IOException;
import java.security.MessageDigest;

/**
 * The bytes of pieces on their way to a digest. Made by a {@link PieceVerifier} for one piece or for some that follow each
 * other; used and closed by one hashing thread.
 */
interface PieceBytes extends AutoCloseable {

    /** Feeds a whole piece to {@code digest}. */
    void feed(int piece, MessageDigest digest) throws IOException;

    @Override
    default void close() {}
}
