package weft.swarm;

import java.nio.ByteBuffer;
import java.util.Optional;
import weft.concurrent.Watchdog;
import weft.net.ConnectionLimits;
import weft.net.PeerChannel;
import weft.wire.ExtensionHandshake;
import weft.wire.PeerId;
import weft.wire.Reserved;

/**
 * A connection on which hands have been shaken.
 *
 * @param deadline the watch over the channel
 * @param place what the connection takes up of the client's limits
 * @param outgoing whether we dialled
 * @param reserved what both sides can do
 * @param earlier what has been said already, if the torrent's metadata was fetched over this connection
 */
record Connection(
        PeerChannel channel,
        Watchdog.Guard deadline,
        ConnectionLimits.Place place,
        boolean outgoing,
        Reserved reserved,
        PeerId peerId,
        Optional<Earlier> earlier) {

    /**
     * What was said before the torrent's metadata was known.
     *
     * @param handshake what the peer's extension handshakes come to
     * @param unread messages that could not be understood then, in the order in which they came
     */
    record Earlier(ExtensionHandshake handshake, ByteBuffer unread) {}

    /** The same connection, of which this has been said. */
    Connection after(Earlier said) {
        return new Connection(channel, deadline, place, outgoing, reserved, peerId, Optional.of(said));
    }

    /** Ends it and gives back what it took up. */
    void close() {
        deadline.close();
        channel.close();
        place.close();
    }
}
