package weft.tracker;

import java.util.Locale;

/** What happened since the last announce (BEP 3, BEP 21). */
public enum AnnounceEvent {
    /** Nothing: a regular announce. */
    NONE,
    /** The first announce to this tracker. */
    STARTED,
    /** The last announce: the client leaves the swarm. */
    STOPPED,
    /** The download has just become complete. */
    COMPLETED,
    /** BEP 21: the client is a partial seed, that is, it has all it wants but not all there is. */
    PAUSED;

    /** The value of the {@code event} parameter; {@link #NONE} is said by leaving the parameter out. */
    String parameter() {
        return name().toLowerCase(Locale.ROOT);
    }
}
