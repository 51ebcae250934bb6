package weft;

/** What a torrent is doing. */
public enum TorrentState {
    /** No connections, no announces, no open files; only {@link Torrent#start} and {@link Torrent#hashCheck} change it. */
    STOPPED,
    /** What lies on disk is being hashed. */
    CHECKING,
    /** Only what a magnet link says is known: fetching the metadata from peers. */
    FETCHING_METADATA,
    /** Connected, but neither asking for pieces nor serving any. */
    PAUSED,
    /** Fetching what is wanted and missing, and serving what is there. */
    DOWNLOADING,
    /** Everything wanted is there; serving it. */
    SEEDING,
    /** Stopped by a fault of the disk, told by {@link Torrent#error}; {@link Torrent#start} tries again. */
    ERROR,
    /** Closed for good. */
    CLOSED
}
