package weft.lan;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.ProtocolFamily;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import weft.net.LocalAddresses;

/**
 * One of the two groups of BEP 14, on every interface that can do multicast, or on that of one address. One socket, which
 * is replaced by another when interfaces come, go or change: a membership cannot be relied on after that.
 *
 * <p>One thread receives, one refreshes and sends; both are interrupted only after {@link #close}, as interrupting whoever
 * waits for a channel closes it.
 */
final class MulticastGroup implements LocalNetwork {
    private static final System.Logger LOG = System.getLogger("weft.lan");

    /** BEP 14. */
    private static final int PORT = 6771;

    /** BEP 14: the groups reach further than a link, so it "may be above 1"; libtorrent's. */
    private static final int TIME_TO_LIVE = 32;

    /** More interfaces than this are a router's or a container host's; nobody near is behind each of them. */
    private static final int MAX_INTERFACES = 32;

    private final ProtocolFamily family;
    private final InetSocketAddress group;
    private final String host;
    private final Optional<InetAddress> only; // the address whose interface it is

    private final ReentrantLock lock = new ReentrantLock(); // held for memory work only
    private final Condition reopened = lock.newCondition();
    private DatagramChannel channel; // guarded by lock; null while there is no network
    private boolean closed; // guarded by lock

    private volatile List<NetworkInterface> interfaces = List.of();

    private MulticastGroup(ProtocolFamily family, String group, String host, Optional<InetAddress> only) {
        this.family = family;
        this.group = new InetSocketAddress(literal(group), PORT);
        this.host = host;
        this.only = only.filter(address -> !address.isAnyLocalAddress());
    }

    /** The group of IPv4, on the interface of {@code only}, or on all if that is the wildcard or missing. */
    static MulticastGroup ipv4(Optional<InetAddress> only) {
        return new MulticastGroup(StandardProtocolFamily.INET, "239.192.152.143", "239.192.152.143:" + PORT, only);
    }

    /** The group of IPv6, likewise. */
    static MulticastGroup ipv6(Optional<InetAddress> only) {
        return new MulticastGroup(StandardProtocolFamily.INET6, "ff15::efc0:988f", "[ff15::efc0:988f]:" + PORT, only);
    }

    private static InetAddress literal(String address) {
        try {
            return InetAddress.getByName(address); // looks nothing up
        } catch (UnknownHostException impossible) {
            throw new IllegalArgumentException(address, impossible);
        }
    }

    @Override
    public String host() {
        return host;
    }

    // --- networks that come and go

    @Override
    public boolean refresh() throws IOException {
        var found = usableInterfaces();
        DatagramChannel old;
        lock.lock();
        try {
            old = channel;
            boolean isSound = found.isEmpty() ? old == null : old != null && old.isOpen();
            if (closed || (isSound && found.equals(interfaces))) {
                return false;
            }
            channel = null;
        } finally {
            lock.unlock();
        }
        if (old != null) {
            old.close(); // whoever receives from it waits for the next one
        }
        interfaces = List.of(); // in case it fails: then it is tried again
        if (!found.isEmpty()) {
            replace(open(found));
        }
        interfaces = found;
        return true;
    }

    private void replace(DatagramChannel fresh) throws IOException {
        lock.lock();
        try {
            if (!closed) {
                channel = fresh;
                reopened.signalAll();
                return;
            }
        } finally {
            lock.unlock();
        }
        fresh.close();
    }

    private DatagramChannel open(List<NetworkInterface> found) throws IOException {
        DatagramChannel opened;
        try {
            opened = DatagramChannel.open(family);
        } catch (UnsupportedOperationException e) {
            throw new SocketException("this machine has no " + family.name());
        }
        try {
            opened.setOption(StandardSocketOptions.SO_REUSEADDR, true); // other clients of this machine hear it, too
            opened.bind(new InetSocketAddress(PORT)); // the wildcard of the channel's family
            opened.setOption(StandardSocketOptions.IP_MULTICAST_TTL, TIME_TO_LIVE);
            opened.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, true);
            for (NetworkInterface network : found) {
                join(opened, network);
            }
            return opened;
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private void join(DatagramChannel opened, NetworkInterface network) {
        try {
            opened.join(group.getAddress(), network);
        } catch (IOException | RuntimeException e) { // it may have gone in between
            LOG.log(System.Logger.Level.DEBUG, "{0} on {1}: {2}", host, network.getName(), e.getMessage());
        }
    }

    private List<NetworkInterface> usableInterfaces() throws SocketException {
        if (only.isPresent()) {
            var network = NetworkInterface.getByInetAddress(only.get());
            return network == null ? List.of() : List.of(network);
        }
        return NetworkInterface.networkInterfaces()
                .filter(this::isUsable)
                .limit(MAX_INTERFACES)
                .toList();
    }

    private boolean isUsable(NetworkInterface network) {
        try {
            return network.isUp()
                    && network.supportsMulticast()
                    && !network.isLoopback()
                    && addresses(network).findAny().isPresent();
        } catch (SocketException gone) {
            return false;
        }
    }

    /** Those of our family. */
    private Stream<InterfaceAddress> addresses(NetworkInterface network) {
        Class<?> kind = family == StandardProtocolFamily.INET ? Inet4Address.class : Inet6Address.class;
        return network.getInterfaceAddresses().stream()
                .filter(address -> address != null && kind.isInstance(address.getAddress()));
    }

    // --- messages

    @Override
    public void send(ByteBuffer message) {
        DatagramChannel current;
        lock.lock();
        try {
            current = channel;
        } finally {
            lock.unlock();
        }
        if (current == null) {
            return;
        }
        for (NetworkInterface network : interfaces) {
            try {
                current.setOption(StandardSocketOptions.IP_MULTICAST_IF, network);
                current.send(message.duplicate(), group);
            } catch (IOException | RuntimeException e) { // a network that is down must not keep us from the others
                LOG.log(
                        System.Logger.Level.DEBUG,
                        "{0} on {1}: not sent: {2}",
                        host,
                        network.getName(),
                        e.getMessage());
            }
        }
    }

    @Override
    public InetSocketAddress receive(ByteBuffer into) throws IOException, InterruptedException {
        while (true) {
            var current = awaitChannel();
            try {
                return (InetSocketAddress) current.receive(into);
            } catch (ClosedChannelException e) {
                LOG.log(System.Logger.Level.TRACE, "{0}: closed, perhaps for another", host);
            }
        }
    }

    private DatagramChannel awaitChannel() throws IOException, InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!closed && (channel == null || !channel.isOpen())) {
                reopened.await();
            }
            if (closed) {
                throw new ClosedChannelException();
            }
            return channel;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isNear(InetAddress address) {
        return LocalAddresses.isLocal(address)
                || interfaces.stream()
                        .flatMap(this::addresses)
                        .anyMatch(own -> isSamePrefix(
                                own.getAddress().getAddress(), address.getAddress(), own.getNetworkPrefixLength()));
    }

    static boolean isSamePrefix(byte[] one, byte[] other, int bits) {
        if (one.length != other.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> (bit & 7);
            if (((one[bit >> 3] ^ other[bit >> 3]) & mask) != 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        DatagramChannel last;
        lock.lock();
        try {
            closed = true;
            last = channel;
            reopened.signalAll();
        } finally {
            lock.unlock();
        }
        if (last != null) {
            last.close();
        }
    }
}
