package weft.swarm;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

@Name("weft.PieceVerified")
@Label("Piece Verified")
@Description(
        "A piece is there and matches its hash; the duration is that of the check, for what was not hashed as it came")
final class PieceVerifiedEvent extends PieceEvent {}
