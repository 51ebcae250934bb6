package weft.swarm;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import weft.wire.PeerId;

/**
 * A peer that is connected, whether or not the torrent's metadata is known: what {@link ConnectedPeers} must know of it to
 * decide who may join and who has to go.
 */
interface ConnectedPeer {
    /** Where the peer is. */
    InetSocketAddress address();

    /** The id of its handshake. */
    PeerId peerId();

    /** Whether we dialled it. */
    boolean isOutgoing();

    /** Where it can be dialled, as far as that is known. */
    Optional<InetSocketAddress> listenAddress();

    /** Our own address as the peer sees it, if it has said that. */
    Optional<InetAddress> seenAs();

    /** How long nothing of use has gone in either direction. */
    long idleNanos(long now);

    /** Ends the connection for this reason; the first reason given is the one that is kept. */
    void close(String reason);

    /** Why we ended the connection, if we did. */
    Optional<String> closeReason();

    /** Whether we have ended the connection, and its threads are about to notice. */
    default boolean isClosing() {
        return closeReason().isPresent();
    }
}
