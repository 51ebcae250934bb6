package weft.dht;

import java.net.InetSocketAddress;

/** Where a node's datagrams go: a socket, or a simulated network. */
@FunctionalInterface
interface Transport {
    /** Sends without waiting. Whether it arrives nobody knows. */
    void send(byte[] datagram, InetSocketAddress to);
}
