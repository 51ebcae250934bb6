package weft.kit;

import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** Where Weft finds a scripted peer: accepts its connections, one by one for a test, or all of them with a script. */
public final class FakeServer implements AutoCloseable {
    private final SwarmExtension swarm;
    private final SharedTorrent torrent;
    private final ServerSocket socket;
    private final AtomicInteger accepted = new AtomicInteger();

    FakeServer(SwarmExtension swarm, SharedTorrent torrent, String address) throws IOException {
        this.swarm = swarm;
        this.torrent = torrent;
        this.socket = new ServerSocket(0, 50, InetAddress.getByName(address));
        socket.setSoTimeout((int) Await.PATIENCE.toMillis());
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    /** The next connection that Weft opens, before the handshake. */
    public FakePeer accept() throws IOException {
        try {
            var peer = swarm.own(new FakePeer(socket.accept(), torrent));
            accepted.incrementAndGet();
            return peer;
        } catch (SocketTimeoutException e) {
            return fail("Weft did not connect to %s", address());
        }
    }

    /** Runs {@code script} for every connection that Weft opens from now on. */
    public FakeServer serve(Script script) throws IOException {
        socket.setSoTimeout(0);
        swarm.fork("server " + address(), () -> {
            while (true) {
                FakePeer peer;
                try {
                    peer = accept();
                } catch (SocketException closed) {
                    return;
                }
                swarm.play(peer, script);
            }
        });
        return this;
    }

    /** How many connections Weft has opened to it. */
    public int accepted() {
        return accepted.get();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
