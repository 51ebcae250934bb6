package weft.app;

import java.util.Optional;
import weft.Diagnosis;
import weft.Torrent;
import weft.TorrentSnapshot;

/**
 * A torrent as the display shows it, at one moment.
 *
 * @param name its name, printable
 * @param figures its state and numbers
 * @param pieces its pieces
 * @param diagnosis why it moves or does not
 * @param complaint why nothing moves, in a line that is printable, if nothing has for a while
 */
record TorrentView(
        String name, TorrentSnapshot figures, PieceMap.Pieces pieces, Diagnosis diagnosis, Optional<String> complaint) {
    /** A torrent of which nobody asks why it does not move. */
    static TorrentView of(Torrent torrent) {
        return of(torrent, torrent.diagnosis(), Optional.empty());
    }

    static TorrentView of(Torrent torrent, Diagnosis diagnosis, Optional<String> complaint) {
        var pieces = new PieceMap.Pieces(
                torrent.pieceCount(), torrent.pieces(), torrent.piecesInProgress(), torrent.wanted());
        return new TorrentView(Text.printable(torrent.name()), torrent.snapshot(), pieces, diagnosis, complaint);
    }
}
