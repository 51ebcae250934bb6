package weft.swarm;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

@Name("weft.PieceFailed")
@Label("Piece Failed")
@Description(
        "A piece does not match its hash and is fetched again; the duration is that of the check, for what was not hashed as it came")
final class PieceFailedEvent extends PieceEvent {
    @Label("Senders")
    @Description("Who sent its blocks, as far as that is known")
    String senders;
}
