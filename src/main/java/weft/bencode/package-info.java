/**
 * Bencoding, the encoding of torrent files, tracker answers, DHT messages and extension messages (BEP 3, "bencoding").
 *
 * <p>{@link weft.bencode.Bencode} is the way in and out. The reader trusts nothing: its caller sets the limits, nesting
 * costs no stack, nothing is allocated because a length says so, and every error names the byte where it was found.
 *
 * <p>Floor 0: uses only the JDK.
 */
package weft.bencode;
