package weft.swarm;

import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Label;

/** A call of the storage for one peer's block. */
abstract class DiskEvent extends PeerEvent {
    @Label("Piece")
    @Description("The piece's index")
    int piece;

    @Label("Begin")
    @Description("Where in the piece the block begins")
    int begin;

    @Label("Length")
    @Description("The block's bytes")
    @DataAmount
    int length;
}
