package weft;

/** What somebody wishes a torrent to be. */
enum Goal {
    STARTED,
    PAUSED,
    STOPPED,
    CLOSED;

    static Goal of(AddOptions.InitialState state) {
        return switch (state) {
            case STARTED -> STARTED;
            case PAUSED -> PAUSED;
            case STOPPED, METADATA_ONLY -> STOPPED;
        };
    }
}
