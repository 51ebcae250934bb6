package weft;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import weft.swarm.Peer;

/**
 * A connected peer, as it was at one moment.
 *
 * @param address where it is
 * @param client its client's name and version, as it says (BEP 10) or as its peer id tells
 * @param outgoing whether we dialled it
 * @param connectedFor how long the connection has stood
 * @param fast whether the Fast Extension (BEP 6) is in use
 * @param amChoking whether we refuse to serve it
 * @param amInterested whether it has something we want
 * @param peerChoking whether it refuses to serve us
 * @param peerInterested whether we have something it wants
 * @param snubbed whether it was asked and has not sent a block for a minute
 * @param optimistic whether it has the slot that goes to somebody at random
 * @param seed whether it has everything
 * @param progress how much of the torrent it has, from 0 to 1
 * @param downloaded bytes of blocks that came from it
 * @param uploaded bytes of blocks that went to it
 * @param wasted bytes of blocks that came from it twice or without being asked for
 * @param downloadBytesPerSecond moving average over a few seconds
 * @param uploadBytesPerSecond moving average over a few seconds
 * @param requestsOut blocks that it was asked for and has not sent
 * @param requestWindow how many blocks it would be asked for at a time, by how quick it was so far
 * @param requestsIn blocks that it asked for and has not got
 * @param lastDisconnect why an earlier connection to the same address ended, or why there was none
 */
public record PeerSnapshot(
        InetSocketAddress address,
        String client,
        boolean outgoing,
        Duration connectedFor,
        boolean fast,
        boolean amChoking,
        boolean amInterested,
        boolean peerChoking,
        boolean peerInterested,
        boolean snubbed,
        boolean optimistic,
        boolean seed,
        double progress,
        long downloaded,
        long uploaded,
        long wasted,
        long downloadBytesPerSecond,
        long uploadBytesPerSecond,
        int requestsOut,
        int requestWindow,
        int requestsIn,
        Optional<String> lastDisconnect) {
    /** A peer of a torrent whose metadata is known. */
    static PeerSnapshot of(TorrentLife life, Peer peer) {
        int pieceCount = life.metainfo().layout().pieceCount();
        return new PeerSnapshot(
                peer.address(),
                peer.clientName(),
                peer.isOutgoing(),
                peer.connectedFor(),
                peer.isFast(),
                peer.amChoking(),
                peer.amInterested(),
                peer.peerChoking(),
                peer.peerInterested(),
                peer.isSnubbed(),
                peer.isOptimistic(),
                peer.isSeed(),
                pieceCount == 0 ? 1 : (double) peer.pieceCount() / pieceCount,
                peer.downloaded().total(),
                peer.uploaded().total(),
                peer.wasteBytes(),
                peer.downloaded().bytesPerSecond(),
                peer.uploaded().bytesPerSecond(),
                peer.outstanding(),
                peer.requestWindow(),
                peer.queuedUploads(),
                life.swarm().lastDisconnect(peer.address()));
    }

    /** A peer of a torrent whose metadata is not known: what it has and wants cannot be told. */
    static PeerSnapshot withoutMetadata(InetSocketAddress address, String client, boolean outgoing, Duration since) {
        return new PeerSnapshot(
                address,
                client,
                outgoing,
                since,
                false,
                true,
                false,
                true,
                false,
                false,
                false,
                false,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                Optional.empty());
    }
}
