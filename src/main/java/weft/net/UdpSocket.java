package weft.net;

import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import weft.concurrent.TaskScope;

/**
 * The one datagram socket of a client, for all that goes over UDP: DHT, uTP and what UDP trackers answer, told apart by
 * their first bytes ({@link DatagramKind}). On the wildcard address it takes IPv4 and IPv6.
 *
 * <p>Opened by the client in its scope, closed with it. A single thread receives and hands each datagram to the handler of
 * its kind; anybody may {@link #send}.
 *
 * <p>The channel is non-blocking, for three reasons. Sending never waits: what the system does not take at once is dropped
 * and counted, as the network might have done, so nothing is queued here. An interrupt closes a channel for everybody only
 * inside a <em>blocking</em> call, so whoever sends may be interrupted at any time. And who waits for datagrams then waits
 * in a selector, which on a virtual thread would hold a carrier: the reader is a platform thread, and is not kept waiting
 * by busy carriers either.
 */
public final class UdpSocket implements Closeable {
    private static final System.Logger LOG = System.getLogger("weft.net");

    /** The largest payload of a datagram is 65,507 bytes. */
    private static final int LARGEST_DATAGRAM = 1 << 16;

    /** Asked for; the system gives what it allows. A peer on loopback overruns the usual 200 KiB at once. */
    private static final int SOCKET_BUFFER_BYTES = 4 << 20;

    /** That a handler fails is said so often at the most. */
    private static final Duration SILENCE = Duration.ofMinutes(1);

    /** After so many errors in a row the reader pauses: something is wrong that does not pass by itself. */
    private static final int ERRORS_BEFORE_PAUSE = 100;

    private static final Duration PAUSE = Duration.ofMillis(100);

    private final DatagramChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final InetSocketAddress localAddress;

    private volatile DatagramHandler onlyHandler; // or null: told apart by kind
    private final Map<DatagramKind, DatagramHandler> handlers = new ConcurrentHashMap<>();

    private final LongAdder received = new LongAdder();
    private final LongAdder receivedBytes = new LongAdder();
    private final LongAdder sent = new LongAdder();
    private final LongAdder sentBytes = new LongAdder();
    private final LongAdder unsent = new LongAdder();
    private final LongAdder unknown = new LongAdder();
    private final LongAdder handlerFailures = new LongAdder();
    private final LongAdder errors = new LongAdder();

    // of the reader alone
    private int errorsInARow;
    private long silentUntilNanos = System.nanoTime();

    private UdpSocket(DatagramChannel channel, Selector selector) throws IOException {
        this.channel = channel;
        this.selector = selector;
        channel.configureBlocking(false);
        this.key = channel.register(selector, SelectionKey.OP_READ);
        this.localAddress = (InetSocketAddress) channel.getLocalAddress();
    }

    /**
     * Opens the socket on {@code address} (the wildcard for all) and {@code port} (0 for one that the system picks), and
     * starts its reader in {@code scope}.
     *
     * @throws BindException if the port is in use or not allowed; the message says which
     */
    public static UdpSocket open(TaskScope scope, InetAddress address, int port) throws IOException {
        var socket = open(address, port);
        scope.closeFirst(socket);
        scope.forkPlatform("datagrams", socket::receiveAll);
        return socket;
    }

    private static UdpSocket open(InetAddress address, int port) throws IOException {
        var selector = Selector.open();
        DatagramChannel channel = null;
        try {
            channel = DatagramChannel.open();
            enlarge(channel, StandardSocketOptions.SO_RCVBUF);
            enlarge(channel, StandardSocketOptions.SO_SNDBUF);
            channel.bind(new InetSocketAddress(address, port));
            return new UdpSocket(channel, selector);
        } catch (IOException e) {
            if (channel != null) {
                channel.close();
            }
            selector.close();
            if (e instanceof BindException) {
                var bind = new BindException("cannot take UDP port " + port + ": " + e.getMessage());
                bind.initCause(e);
                throw bind;
            }
            throw e;
        }
    }

    private static void enlarge(DatagramChannel channel, SocketOption<Integer> option) {
        try {
            channel.setOption(option, SOCKET_BUFFER_BYTES);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "{0} stays as it is: {1}", option, e.getMessage());
        }
    }

    /** The port, the same for sending and receiving. */
    public int port() {
        return localAddress.getPort();
    }

    /** Whether datagrams can be sent to addresses like this: a socket bound to an address reaches its family only. */
    public boolean reaches(InetAddress address) {
        return localAddress.getAddress().isAnyLocalAddress()
                ? address instanceof Inet4Address || !(localAddress.getAddress() instanceof Inet4Address)
                : address instanceof Inet4Address == localAddress.getAddress() instanceof Inet4Address;
    }

    /** Hands all datagrams of this kind to {@code handler} from now on. */
    public void handle(DatagramKind kind, DatagramHandler handler) {
        handlers.put(kind, Objects.requireNonNull(handler, "handler"));
    }

    /** Hands every datagram to {@code handler} from now on, whatever it looks like: the port serves one protocol alone. */
    public void handleAll(DatagramHandler handler) {
        onlyHandler = Objects.requireNonNull(handler, "handler");
    }

    /**
     * Sends what is between position and limit of {@code datagram}, which stays the caller's. From any thread, also an
     * interrupted one; never waits.
     *
     * @return whether the system has taken it; if not it is dropped, as if the network had lost it
     */
    public boolean send(ByteBuffer datagram, InetSocketAddress to) {
        int length = datagram.remaining();
        try {
            if (channel.send(datagram, to) == length && length > 0) {
                sent.increment();
                sentBytes.add(length);
                return true;
            }
        } catch (IOException | RuntimeException e) { // of the latter: no IPv6 here, port 0, a name not resolved
            if (LOG.isLoggable(System.Logger.Level.TRACE)) {
                LOG.log(System.Logger.Level.TRACE, "{0}: not sent: {1}", to, e.toString());
            }
        }
        unsent.increment();
        return false;
    }

    /** What has gone through. */
    public UdpStatistics statistics() {
        return new UdpStatistics(
                received.sum(),
                receivedBytes.sum(),
                sent.sum(),
                sentBytes.sum(),
                unsent.sum(),
                unknown.sum(),
                handlerFailures.sum(),
                errors.sum());
    }

    /** Lets go of the port, which can be taken again when this returns, and so ends the reader. */
    @Override
    public void close() throws IOException {
        channel.close();
        selector.close(); // wakes the reader; the descriptor is closed with the last of the two
    }

    private void receiveAll() throws IOException {
        var buffer = ByteBuffer.allocateDirect(LARGEST_DATAGRAM);
        while (channel.isOpen()) {
            try {
                selector.select();
                selector.selectedKeys().clear();
                Thread.interrupted(); // or select would not wait again: only closing ends this
                while (receive(buffer)) {
                    errorsInARow = 0;
                }
            } catch (ClosedChannelException | ClosedSelectorException | CancelledKeyException e) {
                return;
            } catch (IOException e) { // that a host cannot be reached, say: it ends nothing
                LOG.log(System.Logger.Level.DEBUG, "a datagram could not be received", e);
                errors.increment();
                if (++errorsInARow >= ERRORS_BEFORE_PAUSE) {
                    pause();
                }
            }
        }
    }

    private void pause() throws IOException {
        key.interestOps(0);
        selector.select(PAUSE.toMillis());
        key.interestOps(SelectionKey.OP_READ);
    }

    /** Takes one datagram, if there is one. */
    private boolean receive(ByteBuffer buffer) throws IOException {
        buffer.clear().order(ByteOrder.BIG_ENDIAN);
        var sender = (InetSocketAddress) channel.receive(buffer);
        if (sender == null) {
            return false;
        }
        buffer.flip();
        received.increment();
        receivedBytes.add(buffer.remaining());
        var handler = handlerOf(buffer);
        if (handler == null) {
            unknown.increment();
        } else {
            handOver(buffer, sender, handler);
        }
        return true;
    }

    /** Or null: nobody takes it. */
    private DatagramHandler handlerOf(ByteBuffer datagram) {
        var only = onlyHandler;
        if (only != null) {
            return only;
        }
        var kind = DatagramKind.of(datagram);
        return kind == null ? null : handlers.get(kind);
    }

    /** A bug that one datagram brings to light must not keep all others out. */
    private void handOver(ByteBuffer datagram, InetSocketAddress sender, DatagramHandler handler) {
        try {
            handler.onDatagram(datagram, sender);
        } catch (RuntimeException | Error e) {
            handlerFailures.increment();
            if (System.nanoTime() - silentUntilNanos >= 0) { // or strangers could fill the log
                silentUntilNanos = System.nanoTime() + SILENCE.toNanos();
                LOG.log(System.Logger.Level.ERROR, () -> "a datagram of " + sender + " met a bug of ours", e);
            }
        }
    }
}
