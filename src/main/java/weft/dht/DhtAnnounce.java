package weft.dht;

/**
 * That we have a torrent, or want it (BEP 5).
 *
 * @param port where we listen for peers
 * @param impliedPort whether the nodes are to take the port that they see our datagrams come from instead: right where
 *     that is the same, and a NAT may change it
 * @param seed whether we have all of it (BEP 33)
 */
public record DhtAnnounce(int port, boolean impliedPort, boolean seed) {
    /** Checks the port. */
    public DhtAnnounce {
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("not a port from 1 to 65535: " + port);
        }
    }
}
