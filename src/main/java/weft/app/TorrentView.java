package weft.app;

import java.util.Optional;
import weft.Torrent;
import weft.TorrentSnapshot;

/**
 * A torrent as the display shows it, at one moment.
 *
 * @param name its name, printable
 * @param figures its state and numbers
 * @param pieces its pieces
 * @param complaint why nothing moves, if nothing does
 */
record TorrentView(String name, TorrentSnapshot figures, PieceMap.Pieces pieces, Optional<String> complaint) {
    static TorrentView of(Torrent torrent, Optional<String> complaint) {
        var pieces = new PieceMap.Pieces(
                torrent.pieceCount(), torrent.pieces(), torrent.piecesInProgress(), torrent.wanted());
        return new TorrentView(Text.printable(torrent.name()), torrent.snapshot(), pieces, complaint);
    }
}
