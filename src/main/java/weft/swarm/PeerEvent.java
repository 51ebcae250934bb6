package weft.swarm;

import jdk.jfr.Description;
import jdk.jfr.Label;

/** What the flight recorder is told of one peer. */
abstract class PeerEvent extends SwarmEvent {
    @Label("Address")
    @Description("Where the peer is, and its port")
    String address;
}
