package weft.dht;

import weft.bencode.BString;

/**
 * A question to a node.
 *
 * @param id of the node that asks
 * @param readOnly BEP 43: that node answers nobody and belongs in no table
 */
record Query(BString transaction, NodeId id, boolean readOnly, Method method) implements Message {}
