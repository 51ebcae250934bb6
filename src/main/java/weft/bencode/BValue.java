package weft.bencode;

/**
 * A bencoded value: an integer, a byte string, a list or a dictionary (BEP 3). All four are immutable and may be shared
 * between threads. Values that {@link Bencode} decoded are views of the decoded array.
 */
public sealed interface BValue permits BInteger, BString, BList, BDict {}
