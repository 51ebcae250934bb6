package weft.swarm;

import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Label;

/** A call of the storage for one peer: a block, or some that follow each other. */
abstract class DiskEvent extends PeerEvent {
    @Label("Piece")
    @Description("The piece's index")
    int piece;

    @Label("Begin")
    @Description("Where in the piece they begin")
    int begin;

    @Label("Length")
    @Description("How many bytes")
    @DataAmount
    int length;
}
