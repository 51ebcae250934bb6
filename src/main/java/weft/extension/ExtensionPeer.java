package weft.extension;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Optional;

/** A connected peer, as an {@link Extension} sees it. All methods may be called from any thread, and none waits. */
public interface ExtensionPeer {
    /** Where the peer is. Of one that has connected to us, the port is not the one at which it can be reached. */
    InetSocketAddress address();

    /** Whether we have connected to it. */
    boolean isOutgoing();

    /** Whether the peer wants messages of this extension. */
    boolean knows();

    /** Where the peer can be dialled, if it has said so; of one that we have dialled that is {@link #address}. */
    Optional<InetSocketAddress> listenAddress();

    /**
     * Queues a message for the peer: what is in these buffers, one after the other. They are not copied, and must not be
     * changed until it is sent.
     *
     * @return false if it was not queued: the peer does not want such messages, leaves too many unread, or is gone
     * @throws IllegalArgumentException if it is longer than {@value #LONGEST_MESSAGE} bytes
     */
    boolean send(ByteBuffer... payload);

    /** Ends the connection for this reason. */
    void close(String reason);

    /** The longest message, in bytes. Longer ones of others are passed over unread. */
    int LONGEST_MESSAGE = 64 * 1024 - 2;
}
