package weft;

import weft.swarm.Peer;

/**
 * A torrent's figures, as they were at one moment.
 *
 * @param state what it is doing
 * @param progress how much of what is wanted is there and verified, from 0 to 1
 * @param size bytes in all
 * @param wantedSize bytes of the pieces that are wanted, whether there or not
 * @param left bytes that are wanted and missing
 * @param downloaded bytes of blocks received and wanted, over all runs that resume data remembers
 * @param uploaded bytes of blocks served, over all runs that resume data remembers
 * @param wasted bytes received twice or without being asked for, since this torrent was opened
 * @param downloadBytesPerSecond moving average over a few seconds
 * @param uploadBytesPerSecond moving average over a few seconds
 * @param piecesVerified pieces that are there
 * @param pieceCount pieces in all
 * @param peers connected peers
 * @param seeds how many of them have everything
 * @param knownPeers addresses known at which peers may be
 * @param checkedPieces during a hash check, how many pieces it has looked at
 * @param piecesToCheck during a hash check, how many it will look at; otherwise 0
 */
public record TorrentSnapshot(
        TorrentState state,
        double progress,
        long size,
        long wantedSize,
        long left,
        long downloaded,
        long uploaded,
        long wasted,
        long downloadBytesPerSecond,
        long uploadBytesPerSecond,
        int piecesVerified,
        int pieceCount,
        int peers,
        int seeds,
        int knownPeers,
        int checkedPieces,
        int piecesToCheck) {
    /** Of this moment. */
    static TorrentSnapshot of(TorrentLife life) {
        var layout = life.metainfo().layout();
        var swarm = life.swarm();
        var wanted = swarm.wantedBytes();
        var peers = swarm.peers();
        var check = life.checkProgress();
        return new TorrentSnapshot(
                life.state(),
                wanted.all() == 0 ? 1 : (double) (wanted.all() - wanted.missing()) / wanted.all(),
                layout.totalLength(),
                wanted.all(),
                wanted.missing(),
                life.downloaded(),
                life.uploaded(),
                swarm.wasted().total(),
                swarm.downloaded().bytesPerSecond(),
                swarm.uploaded().bytesPerSecond(),
                swarm.have().cardinality(),
                layout.pieceCount(),
                swarm.peerCount(),
                (int) peers.stream().filter(Peer::isSeed).count(),
                swarm.candidateCount(),
                check.checked(),
                check.total());
    }

    /** Of a torrent of which no more is known than a magnet link says. */
    static TorrentSnapshot withoutMetadata(TorrentState state, int peers, int knownPeers) {
        return new TorrentSnapshot(state, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, peers, 0, knownPeers, 0, 0);
    }
}
