package weft;

import java.io.IOException;
import weft.metainfo.Metainfo;

/**
 * Told what happens to a torrent. Methods are called one at a time, in the order of events, on the torrent's own event
 * thread and under no lock: a slow listener delays other listeners of that torrent, not its peers. What a listener throws
 * is logged and goes no further.
 *
 * <p>A listener that falls very far behind, by ten thousand events, hears from there on only the last that there is to be
 * told of each piece, of the state, and of each other thing: what waits for a listener is bounded. When the torrent is
 * closed, what waits is told if that takes no longer than closing may.
 */
public interface TorrentListener {
    /** The metadata of a torrent that was added by a magnet link is known. */
    default void onMetadata(Metainfo metainfo) {}

    /** A piece has come in, or was hash-checked, and is right. */
    default void onPieceVerified(int piece) {}

    /** A piece has come in, or was hash-checked, and is not right. */
    default void onPieceFailed(int piece) {}

    /** The torrent's state has changed to this one. */
    default void onStateChanged(TorrentState state) {}

    /** Everything that is wanted is there. If the disk fails before this is told, it is told when that is over. */
    default void onComplete() {}

    /** The disk failed; the torrent is now in state {@link TorrentState#ERROR}. */
    default void onError(IOException cause) {}

    /** A hash check has looked at {@code checked} of {@code total} pieces. */
    default void onHashCheckProgress(int checked, int total) {}
}
