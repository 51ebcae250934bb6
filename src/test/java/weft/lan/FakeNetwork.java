package weft.lan;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;

/** One machine's end of a network that is in memory. */
final class FakeNetwork implements LocalNetwork {
    /** What comes out of a receive: a message, or a fault of the network. */
    private interface Arrival {
        InetSocketAddress into(ByteBuffer buffer) throws IOException;
    }

    /** The network itself: all its ends. */
    static final class Cable {
        private final List<FakeNetwork> ends = new CopyOnWriteArrayList<>();

        FakeNetwork plug(String address) {
            var end = new FakeNetwork(this, new InetSocketAddress(address, 6771));
            ends.add(end);
            return end;
        }
    }

    private final Cable cable;
    private final InetSocketAddress address;
    private final BlockingQueue<Arrival> received = new LinkedBlockingQueue<>();
    private final List<byte[]> sent = new CopyOnWriteArrayList<>();
    volatile boolean changed = true;
    volatile boolean broken;

    private FakeNetwork(Cable cable, InetSocketAddress address) {
        this.cable = cable;
        this.address = address;
    }

    /** What has been sent from here. */
    List<LocalAnnounce> sent() {
        return sent.stream()
                .map(bytes -> LocalAnnounce.decode(bytes).orElseThrow())
                .toList();
    }

    /** Lets this end receive something from anybody. */
    void deliver(String source, byte[] bytes) {
        received.add(buffer -> {
            buffer.put(bytes, 0, Math.min(bytes.length, buffer.remaining()));
            return new InetSocketAddress(source, 6771);
        });
    }

    void fault(IOException fault) {
        received.add(buffer -> {
            throw fault;
        });
    }

    boolean hasReceivedAll() {
        return received.isEmpty();
    }

    @Override
    public String host() {
        return "239.192.152.143:6771";
    }

    @Override
    public boolean refresh() throws IOException {
        if (broken) {
            throw new SocketException("this machine has no INET6");
        }
        boolean was = changed;
        changed = false;
        return was;
    }

    @Override
    public void send(ByteBuffer message) {
        var bytes = new byte[message.remaining()];
        message.get(bytes);
        sent.add(bytes);
        cable.ends.forEach(end -> end.deliver(address.getAddress().getHostAddress(), bytes)); // to itself, too
    }

    @Override
    public InetSocketAddress receive(ByteBuffer into) throws IOException, InterruptedException {
        return received.take().into(into);
    }

    @Override
    public boolean isNear(InetAddress other) {
        return other.isSiteLocalAddress();
    }

    @Override
    public void close() {
        fault(new ClosedChannelException());
    }
}
