package weft.net;

import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Accepts TCP connections from peers, on IPv4 and IPv6 with one socket. Opened and closed by the client, which forks
 * {@link #acceptInto} in its scope.
 */
public final class TcpListener implements Closeable {
    private static final System.Logger LOG = System.getLogger("weft.net");

    /** How many connections the system may hold ready before we accept them; beyond it peers try again later. */
    private static final int BACKLOG = 128;

    /** How long to wait when the process is out of file descriptors: others must close some first. */
    private static final long OUT_OF_RESOURCES_PAUSE_MILLIS = 200;

    /** That connections cannot be accepted is said so often at the most. */
    private static final Duration SILENCE = Duration.ofMinutes(1);

    /** The descriptor of a connection that has just been closed is free when its thread has left the channel. */
    private static final long DESCRIPTOR_PAUSE_MILLIS = 5;

    private final ServerSocketChannel channel;
    private final InetSocketAddress localAddress;

    private TcpListener(ServerSocketChannel channel) throws IOException {
        this.channel = channel;
        this.localAddress = (InetSocketAddress) channel.getLocalAddress();
    }

    /**
     * Listens on {@code address} (the wildcard for all) and {@code port} (0 for one that the system picks).
     *
     * @throws BindException if the port is in use or not allowed; the message says which
     */
    public static TcpListener open(InetAddress address, int port) throws IOException {
        var channel = ServerSocketChannel.open();
        try {
            // Port reuse after a close, while old connections of ours are still in TIME_WAIT.
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(new InetSocketAddress(address, port), BACKLOG);
            return new TcpListener(channel);
        } catch (IOException e) {
            channel.close();
            if (e instanceof BindException) {
                var bind = new BindException("cannot listen on port " + port + ": " + e.getMessage());
                bind.initCause(e);
                throw bind;
            }
            throw e;
        }
    }

    /** The port that is listened on. */
    public int port() {
        return localAddress.getPort();
    }

    /**
     * Accepts connections and hands each to {@code onConnection} until the listener is closed. When the process has no
     * descriptor left it goes on as soon as there is one: {@code makeWay} is asked to close a connection that can be
     * spared, and says whether there was one. Neither may block.
     */
    public void acceptInto(Consumer<PeerChannel> onConnection, BooleanSupplier makeWay)
            throws IOException, InterruptedException {
        long silentUntil = System.nanoTime();
        while (channel.isOpen()) {
            SocketChannel socket;
            try {
                socket = channel.accept();
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                // Too many open files, or the peer was gone again: neither ends the listening.
                if (System.nanoTime() - silentUntil >= 0) { // not as often as somebody likes to connect
                    LOG.log(System.Logger.Level.WARNING, "cannot accept connections: {0}", e.getMessage());
                    silentUntil = System.nanoTime() + SILENCE.toNanos();
                }
                Thread.sleep(makeWay.getAsBoolean() ? DESCRIPTOR_PAUSE_MILLIS : OUT_OF_RESOURCES_PAUSE_MILLIS);
                continue;
            }
            try {
                handOver(TcpChannel.wrap(socket), onConnection);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "a connection was gone before it was accepted: {0}", e.getMessage());
            }
        }
    }

    /** A bug that one connection brings to light must not keep all others out. */
    private static void handOver(PeerChannel connection, Consumer<PeerChannel> onConnection) {
        try {
            onConnection.accept(connection);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, () -> connection + ": a bug of ours ended the connection", e);
            connection.close();
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
