package weft.dht;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/**
 * A node in the routing table, which has answered at least once. Only the table touches it, under the table's lock; times
 * are of a clock of nanoseconds.
 */
final class Neighbour {
    /** BEP 5: a node is questionable after 15 minutes of silence. */
    static final long GOOD_NANOS = 15 * 60 * 1_000_000_000L;

    /** A node that failed so often in a row makes way for another one. BEP 5: "multiple queries in a row". */
    static final int BAD_FAILURES = 3;

    /** So often failed, it goes even with nobody to take its place; before, it may be we who were cut off. */
    static final int HOPELESS_FAILURES = 20;

    private final Contact contact;
    private final boolean verified;
    private long seenNanos;
    private int failures;

    Neighbour(Contact contact, long nowNanos) {
        this.contact = contact;
        this.verified = contact.id().fits(contact.address().getAddress());
        this.seenNanos = nowNanos;
    }

    Contact contact() {
        return contact;
    }

    NodeId id() {
        return contact.id();
    }

    InetSocketAddress address() {
        return contact.address();
    }

    /** BEP 42: whether its id is one that its address may have. */
    boolean isVerified() {
        return verified;
    }

    /** It has answered, or, having answered before, asked. */
    void seen(long nowNanos) {
        seenNanos = nowNanos;
    }

    void answered(long nowNanos) {
        seenNanos = nowNanos;
        failures = 0;
    }

    void failed() {
        failures++;
    }

    long seenNanos() {
        return seenNanos;
    }

    boolean isGood(long nowNanos) {
        return failures == 0 && nowNanos - seenNanos < GOOD_NANOS;
    }

    boolean isBad() {
        return failures >= BAD_FAILURES;
    }

    boolean isHopeless() {
        return failures >= HOPELESS_FAILURES;
    }

    /**
     * What belongs to one owner, as far as one can tell by the address: for IPv4 a /24, for IPv6 a /64. One who has many
     * addresses there must not fill a bucket, or be all who is asked in a lookup.
     */
    static long network(InetAddress address) {
        var bytes = ByteBuffer.wrap(address.getAddress());
        return bytes.remaining() == 4 ? bytes.getInt() >>> 8 : bytes.getLong();
    }

    @Override
    public String toString() {
        return contact + (isBad() ? " bad" : "");
    }
}
