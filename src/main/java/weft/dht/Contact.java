package weft.dht;

import java.net.InetSocketAddress;
import java.util.Objects;

/**
 * How to reach a node (BEP 5: "contact information for nodes").
 *
 * @param id what it calls itself
 * @param address where it listens; never a name that is yet to be looked up
 */
public record Contact(NodeId id, InetSocketAddress address) {
    /** Checks that the address is one. */
    public Contact {
        Objects.requireNonNull(id, "id");
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("not an address: " + address);
        }
    }

    Family family() {
        return Family.of(address.getAddress());
    }
}
