package weft.swarm;

import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Timespan;

/** A piece whose blocks are all there was hashed. */
abstract class PieceEvent extends SwarmEvent {
    @Label("Piece")
    @Description("The piece's index")
    int piece;

    @Label("Length")
    @Description("Its bytes")
    @DataAmount
    int length;

    @Label("Waited")
    @Description("From the last block's arrival to the beginning of the hashing")
    @Timespan(Timespan.NANOSECONDS)
    long waited;
}
