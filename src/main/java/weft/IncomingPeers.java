package weft;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.metainfo.InfoHash;
import weft.net.ConnectionLimits;
import weft.net.PeerChannel;
import weft.swarm.Bans;
import weft.wire.Handshake;

/**
 * Receives the connections that peers open to a client: turns away whom the limits do not admit, reads which torrent is
 * meant, and hands the connection to that torrent's swarm. A thread per connection, for as long as that takes.
 */
final class IncomingPeers {
    private static final System.Logger LOG = System.getLogger("weft");

    /** libtorrent drops a connection that has not shaken hands after so long. */
    private static final Duration HANDSHAKE = Duration.ofSeconds(10);

    /** Who takes over a connection whose peer has named a torrent. */
    @FunctionalInterface
    interface Receiver {
        void accept(PeerChannel channel, Watchdog.Guard deadline, Handshake.Head head, ConnectionLimits.Place place);
    }

    private final TaskScope scope;
    private final Watchdog watchdog;
    private final ConnectionLimits limits;
    private final Bans bans;
    private final Function<InfoHash, Optional<Receiver>> torrents;

    IncomingPeers(
            TaskScope scope,
            Watchdog watchdog,
            ConnectionLimits limits,
            Bans bans,
            Function<InfoHash, Optional<Receiver>> torrents) {
        this.scope = scope;
        this.watchdog = watchdog;
        this.limits = limits;
        this.bans = bans;
        this.torrents = torrents;
    }

    /** Takes one connection over; does not wait. */
    void accept(PeerChannel channel) {
        var address = channel.remoteAddress().getAddress();
        var place = bans.contains(address)
                ? Optional.<ConnectionLimits.Place>empty()
                : limits.accepted(address, () -> makeWay(channel));
        boolean taken = place.isPresent()
                && scope.tryFork("incoming " + channel.remoteAddress(), () -> receive(channel, place.get()));
        if (!taken) {
            LOG.log(System.Logger.Level.DEBUG, "{0}: turned away", channel.remoteAddress());
            place.ifPresent(ConnectionLimits.Place::close);
            channel.close();
        }
    }

    private static void makeWay(PeerChannel channel) {
        LOG.log(System.Logger.Level.DEBUG, "{0}: made way before it had shaken hands", channel);
        channel.close();
    }

    private void receive(PeerChannel channel, ConnectionLimits.Place place) {
        var deadline = watchdog.watch(channel);
        scope.closeFirst(channel);
        boolean handedOver = false;
        try {
            deadline.expect("sent its handshake", HANDSHAKE);
            var bytes = ByteBuffer.allocate(Handshake.HEAD_LENGTH);
            channel.readFully(bytes);
            var head = Handshake.decodeHead(bytes.flip());
            var torrent = torrents.apply(head.infoHash());
            if (torrent.isPresent()) {
                handedOver = true;
                torrent.get().accept(channel, deadline, head, place);
            } else {
                LOG.log(System.Logger.Level.DEBUG, "{0}: wants unknown torrent {1}", channel, head.infoHash());
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "{0}: {1}", channel, reason(e, deadline));
        } finally {
            scope.forget(channel);
            if (!handedOver) {
                deadline.close();
                channel.close();
                place.close();
            }
        }
    }

    private static String reason(IOException e, Watchdog.Guard deadline) {
        if (deadline.hasExpired()) {
            return "has not " + deadline.expectation() + " in time";
        }
        return e instanceof ClosedChannelException ? "closed" : e.getMessage();
    }
}
