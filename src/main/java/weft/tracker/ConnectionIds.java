package weft.tracker;

import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.function.LongSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The connection ids that a UDP tracker gives out (BEP 15), which show that who sends from an address also receives there.
 * Nothing is remembered: an id is a keyed hash of the address and the minute, with the minute's last two bits in its own.
 *
 * <p>For one thread.
 */
final class ConnectionIds {
    private static final String ALGORITHM = "HmacSHA256";
    private static final long SLOT_NANOS = Duration.ofMinutes(1).toNanos();

    /** BEP 15: good for two minutes at least after it was given out, which may have been at the end of its minute. */
    private static final int SLOTS_BEFORE = 2;

    /** SLOTS_BEFORE fits into these. */
    private static final long SLOT_BITS = 3;

    private final Mac mac;
    private final LongSupplier nanoTime;
    private final long startNanos;

    /** With a key that nobody knows. */
    ConnectionIds(byte[] key, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.startNanos = nanoTime.getAsLong();
        try {
            mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    /** An id for whoever sends from {@code address} now. */
    long idFor(InetAddress address) {
        return id(address, slot());
    }

    /** Whether {@code id} was given to {@code address} not long ago. */
    boolean isGood(long id, InetAddress address) {
        long age = (slot() - id) & SLOT_BITS;
        return age <= SLOTS_BEFORE && id == id(address, slot() - age);
    }

    private long slot() {
        return (nanoTime.getAsLong() - startNanos) / SLOT_NANOS;
    }

    private long id(InetAddress address, long slot) {
        mac.update(address.getAddress());
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
            mac.update((byte) (slot >>> shift));
        }
        byte[] hash = mac.doFinal();
        long id = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            id = id << Byte.SIZE | (hash[i] & 0xff);
        }
        return (id & ~SLOT_BITS) | (slot & SLOT_BITS);
    }
}
