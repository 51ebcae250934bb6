package weft.net;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;

/** A {@link PeerChannel} over a blocking TCP socket. */
public final class TcpChannel implements PeerChannel {
    private static final System.Logger LOG = System.getLogger("weft.net");

    private final SocketChannel channel;
    private final InetSocketAddress remoteAddress;

    private TcpChannel(SocketChannel channel, InetSocketAddress remoteAddress) throws IOException {
        this.channel = channel;
        this.remoteAddress = remoteAddress;
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true); // requests are small and urgent, batches are ours
    }

    /** Connects to a peer, or fails within {@code timeout}, or at once when {@code scope} is shut down. */
    public static TcpChannel connect(InetSocketAddress address, Duration timeout, Watchdog watchdog, TaskScope scope)
            throws IOException {
        var channel = SocketChannel.open();
        scope.closeFirst(channel);
        try (var guard = watchdog.watch(channel)) {
            guard.expect("connected", timeout);
            try {
                channel.connect(address);
            } catch (IOException | RuntimeException e) {
                channel.close();
                if (guard.hasExpired()) {
                    throw timedOut(address, timeout);
                }
                throw e;
            }
        } finally {
            scope.forget(channel);
        }
        return wrap(channel);
    }

    /** Why nobody answers, in the system's words; JDK 21 adds "(connect failed)", the call that they were said to. */
    public static String reason(ConnectException e) {
        return String.valueOf(e.getMessage()).replace(" (connect failed)", "");
    }

    private static SocketTimeoutException timedOut(InetSocketAddress address, Duration timeout) {
        return new SocketTimeoutException("no connection to " + address + " within " + timeout.toSeconds() + " s");
    }

    /** Takes over a connected socket. */
    static TcpChannel wrap(SocketChannel channel) throws IOException {
        try {
            return new TcpChannel(channel, (InetSocketAddress) channel.getRemoteAddress());
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        return channel.read(dst);
    }

    /** {@code dst} must have an array: only the socket's stream can wait for a while. */
    @Override
    public int read(ByteBuffer dst, Duration timeout) throws IOException {
        var socket = channel.socket();
        socket.setSoTimeout(Math.toIntExact(timeout.toMillis()));
        try {
            int count = socket.getInputStream().read(dst.array(), dst.arrayOffset() + dst.position(), dst.remaining());
            dst.position(dst.position() + Math.max(0, count));
            return count;
        } catch (SocketTimeoutException nothingYet) {
            return 0;
        }
    }

    @Override
    public void write(ByteBuffer[] buffers, int first, int count, Runnable progress) throws IOException {
        int next = first;
        int end = first + count;
        while (next < end) {
            channel.write(buffers, next, end - next);
            progress.run();
            while (next < end && !buffers[next].hasRemaining()) {
                next++;
            }
        }
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return remoteAddress;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> remoteAddress + ": closing", e);
        }
    }

    @Override
    public String toString() {
        return "tcp " + remoteAddress;
    }
}
