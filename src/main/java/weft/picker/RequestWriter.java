package weft.picker;

/** Sends the requests that the picker decides on to the peer. Called under the picker's lock: it must not block. */
@FunctionalInterface
public interface RequestWriter {
    /** Asks for a block; where it begins in its piece, and its length, are in bytes. */
    void request(int piece, int begin, int length);
}
