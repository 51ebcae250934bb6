package weft.dht;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * The two networks that nodes are reached by. They are two DHTs, each with routing tables of its own, and tell of each
 * other's nodes only where one is asked for them (BEP 32).
 */
enum Family {
    IPV4(4, "nodes", "n4"),
    IPV6(16, "nodes6", "n6");

    private static final int PORT_BYTES = 2;

    private final int addressBytes;
    private final String nodesKey;
    private final String wantKey;

    Family(int addressBytes, String nodesKey, String wantKey) {
        this.addressBytes = addressBytes;
        this.nodesKey = nodesKey;
        this.wantKey = wantKey;
    }

    static Family of(InetAddress address) {
        return address instanceof Inet4Address ? IPV4 : IPV6;
    }

    /** Of an address alone. */
    int addressBytes() {
        return addressBytes;
    }

    /** Of an address and a port, as peers are packed (BEP 5, BEP 7). */
    int peerBytes() {
        return addressBytes + PORT_BYTES;
    }

    /** Of an id, an address and a port, as nodes are packed (BEP 5, BEP 32). */
    int nodeBytes() {
        return NodeId.BYTES + peerBytes();
    }

    /** Under which nodes are found in an answer. */
    String nodesKey() {
        return nodesKey;
    }

    /** By which a query asks for them. */
    String wantKey() {
        return wantKey;
    }

    /** The address that is no host's, of which there is one in each family. */
    InetAddress anyAddress() {
        try {
            return InetAddress.getByAddress(new byte[addressBytes]);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // the length is right
        }
    }
}
