package weft.swarm;

import java.util.Collection;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

@Name("weft.PeerStatistics")
@Label("Peer Statistics")
@Description("How it stands with one peer; every second for each that is connected")
final class PeerStatisticsEvent extends PeerEvent {
    @Label("Download Rate")
    @Description("Bytes per second that come from it, averaged over some seconds")
    @DataAmount
    long downloadRate;

    @Label("Upload Rate")
    @Description("Bytes per second that go to it, averaged over some seconds")
    @DataAmount
    long uploadRate;

    @Label("Requests Out")
    @Description("Blocks that it was asked for and has not sent")
    int requestsOut;

    @Label("Request Window")
    @Description("How many blocks it would be asked for at a time")
    int requestWindow;

    @Label("Requests In")
    @Description("Blocks that it asked for and has not got")
    int requestsIn;

    @Label("Am Choking")
    @Description("Whether we refuse to serve it")
    boolean amChoking;

    @Label("Am Interested")
    @Description("Whether it has something that we want")
    boolean amInterested;

    @Label("Peer Choking")
    @Description("Whether it refuses to serve us")
    boolean peerChoking;

    @Label("Peer Interested")
    @Description("Whether we have something that it wants")
    boolean peerInterested;

    @Label("Snubbed")
    @Description("Whether it was asked and has not sent a block for a minute")
    boolean snubbed;

    @Label("Optimistic")
    @Description("Whether it has the slot that goes to somebody at random")
    boolean optimistic;

    @Label("Pieces")
    @Description("How many pieces it has")
    int pieces;

    @Label("Downloaded")
    @Description("Bytes of blocks that came from it")
    @DataAmount
    long downloaded;

    @Label("Uploaded")
    @Description("Bytes of blocks that went to it")
    @DataAmount
    long uploaded;

    static void ofAll(Collection<Peer> peers) {
        if (new PeerStatisticsEvent().isEnabled()) {
            peers.forEach(PeerStatisticsEvent::of);
        }
    }

    private static void of(Peer peer) {
        var event = new PeerStatisticsEvent();
        event.torrent = peer.torrent();
        event.address = peer.toString();
        event.downloadRate = peer.downloaded().bytesPerSecond();
        event.uploadRate = peer.uploaded().bytesPerSecond();
        event.requestsOut = peer.outstanding();
        event.requestWindow = peer.requestWindow();
        event.requestsIn = peer.queuedUploads();
        event.amChoking = peer.amChoking();
        event.amInterested = peer.amInterested();
        event.peerChoking = peer.peerChoking();
        event.peerInterested = peer.peerInterested();
        event.snubbed = peer.isSnubbed();
        event.optimistic = peer.isOptimistic();
        event.pieces = peer.pieceCount();
        event.downloaded = peer.downloaded().total();
        event.uploaded = peer.uploaded().total();
        event.commit();
    }
}
