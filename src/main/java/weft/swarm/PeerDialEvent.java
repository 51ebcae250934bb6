package weft.swarm;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

@Name("weft.PeerDial")
@Label("Peer Dial")
@Description("A TCP connection to a peer was tried; the duration is how long that took")
final class PeerDialEvent extends PeerEvent {
    @Label("Error")
    @Description("Why there is no connection; empty if there is one")
    String error;

    void commit(String ofTorrent, String to, String failure) {
        end();
        if (shouldCommit()) {
            torrent = ofTorrent;
            address = to;
            error = failure;
            commit();
        }
    }
}
