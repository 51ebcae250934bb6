package weft.storage;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The SHA-1 of a piece that is coming in, as far as its blocks have come in order. A block that follows directly is hashed
 * by the thread that has received it, while it is still in the processor's cache; what comes out of order is left to
 * {@link PieceVerifier}, which reads it back when the piece is whole and goes on from here.
 *
 * <p>Made anew for every attempt at a piece, and never used again once something of it has to be fetched twice. Any thread
 * may call it; nobody waits: a block that comes while another is being hashed counts as out of order.
 */
public final class PieceHash {

    private final ReentrantLock lock = new ReentrantLock(); // memory work, and hashing for a millisecond at most
    private int hashed; // guarded by lock: bytes from the beginning of the piece
    private MessageDigest sha1; // guarded by lock; null until there is something to hash

    /** A piece of which nothing has come. */
    public PieceHash() {}

    /** Hashes the remaining bytes of {@code block}, which is left as it is, if it begins where the last one ended. */
    public void update(int begin, ByteBuffer block) {
        if (!lock.tryLock()) {
            return;
        }
        try {
            if (begin == hashed) {
                hashed += block.remaining();
                sha1().update(block.duplicate());
            }
        } finally {
            lock.unlock();
        }
    }

    /** How many bytes from the beginning of the piece are hashed. */
    public int hashed() {
        lock.lock();
        try {
            return hashed;
        } finally {
            lock.unlock();
        }
    }

    /** What has been hashed so far, to go on with; nobody updates it any more. */
    MessageDigest sha1() {
        lock.lock();
        try {
            if (sha1 == null) {
                sha1 = PieceVerifier.newSha1();
            }
            return sha1;
        } finally {
            lock.unlock();
        }
    }
}
