package weft.dht;

import java.net.InetAddress;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.apache.commons.codec.digest.DigestUtils;
import weft.bencode.BString;

/**
 * Makes the tokens by which whoever wants to store something shows that he can be reached at the address that he sends from
 * (BEP 5), and recognizes them, without keeping any: a token is a hash of the address, of what it is good for, and of a
 * secret. The secret changes every five minutes, and the one before is still accepted, so that a token is good for five
 * to ten minutes.
 *
 * <p>One per node, used by any thread.
 */
final class Tokens {
    /** BEP 5: "tokens up to ten minutes old are accepted". */
    private static final long RENEWAL_NANOS = TimeUnit.MINUTES.toNanos(5);

    /** Enough against guessing: a guess costs a datagram. */
    private static final int TOKEN_BYTES = 8;

    /** Hashed together with an IPv6 address and 20 bytes it is still one block of SHA-1. */
    private static final int SECRET_BYTES = 16;

    private final LongSupplier nanoTime;
    private final RandomGenerator random;

    private final ReentrantLock lock = new ReentrantLock();
    private byte[] secret; // guarded by lock; never changed in place
    private byte[] previousSecret; // guarded by lock, as above
    private long renewedNanos; // guarded by lock

    /** {@code random} makes the secrets, so it has to be one that cannot be guessed. */
    Tokens(LongSupplier nanoTime, RandomGenerator random) {
        this.nanoTime = nanoTime;
        this.random = random;
        this.secret = freshSecret();
        this.previousSecret = freshSecret();
        this.renewedNanos = nanoTime.getAsLong();
    }

    /** For a node at this address, good for storing under this target alone. */
    BString issue(InetAddress address, NodeId target) {
        return BString.of(token(secrets()[0], address, target));
    }

    /** Whether this was issued to this address for this target, not too long ago. */
    boolean accepts(BString token, InetAddress address, NodeId target) {
        byte[] given = token.toBytes();
        var secrets = secrets();
        return MessageDigest.isEqual(given, token(secrets[0], address, target))
                || MessageDigest.isEqual(given, token(secrets[1], address, target));
    }

    private static byte[] token(byte[] secret, InetAddress address, NodeId target) {
        var sha1 = DigestUtils.getSha1Digest();
        sha1.update(secret);
        sha1.update(address.getAddress());
        sha1.update(target.toBytes());
        return Arrays.copyOf(sha1.digest(), TOKEN_BYTES);
    }

    /** The one to issue with, and the one before. */
    private byte[][] secrets() {
        lock.lock();
        try {
            long age = nanoTime.getAsLong() - renewedNanos;
            if (age >= RENEWAL_NANOS) {
                previousSecret = age < 2 * RENEWAL_NANOS ? secret : freshSecret();
                secret = freshSecret();
                renewedNanos += age;
            }
            return new byte[][] {secret, previousSecret};
        } finally {
            lock.unlock();
        }
    }

    private byte[] freshSecret() {
        var fresh = new byte[SECRET_BYTES];
        random.nextBytes(fresh);
        return fresh;
    }
}
