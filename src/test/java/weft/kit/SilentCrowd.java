package weft.kit;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import weft.net.Descriptors;

/**
 * Thousands of connections from many addresses that say nothing. Linux lets a client be anywhere in 127.0.0.0/8, so each
 * of these addresses can have as few connections as a peer would.
 */
public final class SilentCrowd implements AutoCloseable {
    private static final int PER_ADDRESS = 10;

    private final InetSocketAddress target;
    private final List<SocketChannel> connections = new ArrayList<>();

    /** A crowd that has not come yet. */
    public SilentCrowd(InetSocketAddress target) {
        this.target = target;
    }

    /** So many connections at most that both of their ends, and what else there is, find a descriptor: the test needs all. */
    public static int atMost(int count) {
        int limit = Descriptors.limit().orElse(10_000);
        int possible = (limit - 500) / 2;
        if (Needs.areRequired()) {
            Needs.check(possible >= count, count + " connections in " + limit + " descriptors");
        }
        return Math.min(count, possible);
    }

    /** This many more come. */
    public SilentCrowd come(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            int address = connections.size() / PER_ADDRESS;
            var channel = SocketChannel.open();
            connections.add(channel);
            channel.bind(new InetSocketAddress("127.200." + address / 250 + "." + (address % 250 + 1), 0));
            channel.connect(target);
        }
        return this;
    }

    /** How many of them have not been closed by the other side. */
    public int standing() throws IOException {
        int standing = 0;
        for (SocketChannel channel : connections) {
            standing += stands(channel) ? 1 : 0;
        }
        return standing;
    }

    private static boolean stands(SocketChannel channel) throws IOException {
        channel.configureBlocking(false);
        try {
            return channel.read(ByteBuffer.allocate(1)) == 0;
        } catch (SocketException reset) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        for (SocketChannel channel : connections) {
            channel.close();
        }
    }
}
