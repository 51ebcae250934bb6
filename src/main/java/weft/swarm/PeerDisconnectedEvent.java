package weft.swarm;

import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;

@Name("weft.PeerDisconnected")
@Label("Peer Disconnected")
@Description("The connection to a peer has ended")
final class PeerDisconnectedEvent extends PeerEvent {
    @Label("Client")
    @Description("The peer's program and version, from its peer id")
    String client;

    @Label("Reason")
    @Description("Why it has ended")
    String reason;

    @Label("Connected For")
    @Description("How long the connection stood")
    @Timespan(Timespan.NANOSECONDS)
    long connectedFor;

    @Label("Downloaded")
    @Description("Bytes of blocks that came from it")
    @DataAmount
    long downloaded;

    @Label("Uploaded")
    @Description("Bytes of blocks that went to it")
    @DataAmount
    long uploaded;

    @Label("Wasted")
    @Description("Bytes of blocks that came twice or without being asked for")
    @DataAmount
    long wasted;

    static void of(Peer peer, String why) {
        var event = new PeerDisconnectedEvent();
        if (event.isEnabled()) {
            event.torrent = peer.torrent();
            event.address = peer.toString();
            event.client = peer.clientName();
            event.reason = why;
            event.connectedFor = peer.connectedFor().toNanos();
            event.downloaded = peer.downloaded().total();
            event.uploaded = peer.uploaded().total();
            event.wasted = peer.wasteBytes();
            event.commit();
        }
    }
}
