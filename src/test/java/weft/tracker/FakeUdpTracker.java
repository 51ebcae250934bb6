package weft.tracker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import weft.kit.Await;
import weft.wire.ProtocolException;

/** A UDP tracker that does what a test says, packet by packet. */
final class FakeUdpTracker implements AutoCloseable {
    private final DatagramSocket socket;

    FakeUdpTracker(String address) throws SocketException {
        this(address, 0);
    }

    FakeUdpTracker(String address, int port) throws SocketException {
        socket = new DatagramSocket(new InetSocketAddress(address, port));
        socket.setSoTimeout((int) Await.PATIENCE.toMillis());
    }

    /** A request, and whose it is. */
    record Received(UdpRequest request, InetSocketAddress from) {
        int transactionId() {
            return switch (request) {
                case UdpRequest.Connect connect -> connect.transactionId();
                case UdpRequest.Announce announce -> announce.transactionId();
                case UdpRequest.Scrape scrape -> scrape.transactionId();
            };
        }

        UdpRequest.Announce announce() {
            return (UdpRequest.Announce) request;
        }
    }

    /** Its address, with nothing behind the port. */
    String url() {
        var host = address().getAddress().getHostAddress();
        return "udp://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port();
    }

    int port() {
        return socket.getLocalPort();
    }

    InetSocketAddress address() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    /** The next request. */
    Received receive() throws IOException {
        var packet = new DatagramPacket(new byte[10_000], 10_000);
        socket.receive(packet);
        return new Received(
                UdpRequest.parse(ByteBuffer.wrap(packet.getData(), 0, packet.getLength())),
                (InetSocketAddress) packet.getSocketAddress());
    }

    /** Expects a connect and gives this id. */
    void connect(long connectionId) throws IOException {
        var connect = receive();
        if (!(connect.request() instanceof UdpRequest.Connect)) {
            throw new ProtocolException("no connect, but " + connect);
        }
        answer(connect, new UdpAnswer.Connected(connect.transactionId(), connectionId));
    }

    void answer(Received request, UdpAnswer answer) throws IOException {
        send(request.from(), answer.encode().array());
    }

    void send(InetSocketAddress to, byte[] bytes) throws IOException {
        socket.send(new DatagramPacket(bytes, bytes.length, to));
    }

    /** Whether nothing more has come. */
    boolean isQuiet() throws IOException {
        socket.setSoTimeout(1);
        try {
            socket.receive(new DatagramPacket(new byte[1], 1));
            return false;
        } catch (SocketTimeoutException e) {
            return true;
        } finally {
            socket.setSoTimeout((int) Await.PATIENCE.toMillis());
        }
    }

    @Override
    public void close() {
        socket.close();
    }

    static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
