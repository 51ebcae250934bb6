package weft.metainfo;

import weft.bencode.BString;

/**
 * What the info dictionary says.
 *
 * @param name safe to be the name of a file
 * @param v1Pieces 20 bytes of SHA-1 for each piece, or null if v2 only
 * @param isV2 true for v2 and hybrid
 */
record InfoDictionary(String name, Layout layout, boolean isPrivate, BString v1Pieces, boolean isV2) {}
