package weft.net;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/** Takes the datagrams of one {@link DatagramKind}. */
@FunctionalInterface
public interface DatagramHandler {
    /**
     * A datagram has come. {@code datagram} is big-endian and good until this returns; {@code sender} is an IPv4 address
     * where the datagram came over IPv4. Called by the socket's reader, one datagram after the other: it must not block,
     * and may answer at once through {@link UdpSocket#send}.
     */
    void onDatagram(ByteBuffer datagram, InetSocketAddress sender);
}
