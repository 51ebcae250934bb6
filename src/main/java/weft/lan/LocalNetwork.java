package weft.lan;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/** A multicast group on all the networks that we are in. */
interface LocalNetwork extends Closeable {
    /** The group as the {@code Host} of a message. */
    String host();

    /** Looks which networks there are; true if they are others than last time. Does not wait. */
    boolean refresh() throws IOException;

    /** Sends a message to the group in every network. */
    void send(ByteBuffer message);

    /**
     * Waits for a message.
     *
     * @return where it came from
     * @throws java.nio.channels.ClosedChannelException if this is closed
     * @throws IOException if something is wrong with the network, which may pass
     */
    InetSocketAddress receive(ByteBuffer into) throws IOException, InterruptedException;

    /** Whether an address is near: of one of our networks, or of a private one. */
    boolean isNear(InetAddress address);
}
