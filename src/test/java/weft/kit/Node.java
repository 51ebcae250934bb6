package weft.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import weft.Client;
import weft.Torrent;
import weft.TorrentState;

/** One Weft client of a swarm with its one torrent. */
public final class Node implements AutoCloseable {
    private final SharedTorrent shared;
    private final Client client;
    private final Torrent torrent;
    private final int port;

    Node(SharedTorrent shared, Client client, Torrent torrent) {
        this.shared = shared;
        this.client = client;
        this.torrent = torrent;
        this.port = client.port();
    }

    /** Its client. */
    public Client client() {
        return client;
    }

    /** Its torrent. */
    public Torrent torrent() {
        return torrent;
    }

    /** Where its files lie. */
    public Path directory() {
        return torrent.directory();
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return new InetSocketAddress("127.0.0.1", port);
    }

    /** Tells it where another one is. */
    public Node connectTo(Node other) {
        torrent.addPeer(other.address());
        return this;
    }

    /** Tells it where a scripted peer is. */
    public Node connectTo(FakeServer server) {
        torrent.addPeer(server.address());
        return this;
    }

    /** Waits until the torrent is in this state. */
    public Node awaitState(TorrentState state) {
        Await.until(() -> state + ", but it is " + describe(), () -> torrent.state() == state);
        return this;
    }

    /** Waits until it takes connections: before that a scripted peer would be turned away. */
    Node awaitRunning() {
        Await.until(
                () -> "running, but it is " + describe(),
                () -> torrent.state() != TorrentState.STOPPED && torrent.state() != TorrentState.CHECKING);
        return this;
    }

    /** Waits until the torrent has this many peers. */
    public Node awaitPeers(int count) {
        Await.until(
                () -> count + " peers, but it has " + torrent.peers() + "; " + torrent.disconnects(),
                () -> torrent.peers().size() == count);
        return this;
    }

    /** Waits until a connection has ended for a reason that contains {@code reason}. */
    public Node awaitDisconnect(String reason) {
        Await.until(
                () -> "disconnect with '" + reason + "' but " + torrent.disconnects(),
                () -> torrent.disconnects().stream().anyMatch(line -> line.contains(reason)));
        return this;
    }

    /** Waits until all that is wanted is there. */
    public Node awaitComplete() throws IOException, InterruptedException {
        assertThat(torrent.awaitComplete(Duration.ofSeconds(40)))
                .as(() -> "complete, but " + describe())
                .isTrue();
        return this;
    }

    /** Fails unless every file is there, byte for byte. */
    public void assertHasContent() {
        shared.content().assertLiesIn(directory());
    }

    /** How it stands, for messages of failed assertions. */
    public String describe() {
        return torrent.snapshot() + "\n  peers " + torrent.peers() + "\n  ended " + torrent.disconnects() + "\n  error "
                + torrent.error() + "\n  trackers " + torrent.trackers();
    }

    /** Where it listens, be it everywhere. */
    InetSocketAddress listenedAt() {
        return client.options()
                .bindAddress()
                .map(address -> new InetSocketAddress(address, port))
                .orElse(new InetSocketAddress(port));
    }

    /** Closes the client. May be called twice. */
    @Override
    public void close() {
        client.close();
    }
}
