package weft.picker;

/** What a block turns out to be when it comes in. */
public enum Arrival {
    /** Nobody asked this peer for it. */
    UNREQUESTED,
    /** Asked for, but another peer was faster. */
    DUPLICATE,
    /** Asked for and missing: to be written. */
    WANTED
}
