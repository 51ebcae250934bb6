package weft.swarm;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

@Name("weft.PeerConnected")
@Label("Peer Connected")
@Description("Hands were shaken with a peer, and it was let in")
final class PeerConnectedEvent extends PeerEvent {
    @Label("Client")
    @Description("The peer's program and version, from its peer id")
    String client;

    @Label("Outgoing")
    @Description("Whether we dialled it")
    boolean outgoing;

    @Label("Fast Extension")
    @Description("Whether BEP 6 is in use")
    boolean fast;

    static void of(Peer peer) {
        var event = new PeerConnectedEvent();
        if (event.isEnabled()) {
            event.torrent = peer.torrent();
            event.address = peer.toString();
            event.client = peer.peerId().clientName();
            event.outgoing = peer.isOutgoing();
            event.fast = peer.isFast();
            event.commit();
        }
    }
}
