package weft.dht;

import weft.bencode.BValue;

/**
 * A small value that the DHT keeps for whoever knows where to look (BEP 44): one that never changes and is found by its
 * hash, or one that the holder of a key may replace. Nodes keep it for two hours, so it is put again every hour by whoever
 * cares; for that nobody needs the secret key.
 *
 * <p>Every item is valid: one that came over the network does not become an item before it is verified. All are
 * immutable, and compare by content.
 */
public sealed interface Item permits ImmutableItem, MutableItem {

    /** BEP 44: the longest value, bencoded, that nodes must take. */
    int MAX_VALUE_BYTES = 1000;

    /** Where it is found. */
    NodeId target();

    /** What it says. */
    BValue value();
}
