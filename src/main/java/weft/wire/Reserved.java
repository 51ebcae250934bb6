package weft.wire;

/**
 * The eight reserved bytes of the handshake, by which a peer tells what it can do beyond BEP 3. Byte 0 is the highest of
 * {@code bits}.
 */
public record Reserved(long bits) {
    /** BEP 10, the extension protocol: byte 5, 0x10. */
    private static final long EXTENSION_PROTOCOL = 0x10L << 16;

    /** BEP 6, the Fast Extension: byte 7, 0x04. */
    private static final long FAST = 0x04L;

    /** BEP 5, a DHT node: byte 7, 0x01. */
    private static final long DHT = 0x01L;

    /** What Weft can do: the Fast Extension and the extension protocol. */
    public static final Reserved OURS = new Reserved(EXTENSION_PROTOCOL | FAST);

    /** What we can do, if we run a DHT node (BEP 5), too. */
    public static Reserved ours(boolean withDht) {
        return withDht ? new Reserved(OURS.bits | DHT) : OURS;
    }

    /** Whether the Fast Extension (BEP 6) may be used; both sides must have said so. */
    public boolean fast() {
        return (bits & FAST) != 0;
    }

    /** Whether the extension protocol (BEP 10) may be used; both sides must have said so. */
    public boolean extensionProtocol() {
        return (bits & EXTENSION_PROTOCOL) != 0;
    }

    /** Whether the peer runs a DHT node (BEP 5). */
    public boolean dht() {
        return (bits & DHT) != 0;
    }

    /** What both sides can do. */
    public Reserved and(Reserved other) {
        return new Reserved(bits & other.bits);
    }
}
