package weft.swarm;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

@Name("weft.Choke")
@Label("Choke")
@Description("We choke or unchoke a peer, or it us")
final class ChokeEvent extends PeerEvent {
    @Label("By Peer")
    @Description("Whether it is the peer that does it to us")
    boolean byPeer;

    @Label("Choked")
    @Description("True for a choke, false for an unchoke")
    boolean choked;

    static void of(Peer peer, boolean byPeer, boolean choked) {
        var event = new ChokeEvent();
        if (event.isEnabled()) {
            event.torrent = peer.torrent();
            event.address = peer.toString();
            event.byPeer = byPeer;
            event.choked = choked;
            event.commit();
        }
    }
}
