package weft.dht;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * What came of a search for the peers of a torrent.
 *
 * @param peers each once, in the order in which they were heard of
 * @param nodesAsked how many nodes were asked
 * @param nodesAnswered how many of them answered
 * @param announcedTo how many nodes have taken our announce; 0 if there was none
 */
public record DhtPeers(List<InetSocketAddress> peers, int nodesAsked, int nodesAnswered, int announcedTo) {
    /** Copies the list. */
    public DhtPeers {
        peers = List.copyOf(peers);
    }
}
