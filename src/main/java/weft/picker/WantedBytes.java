package weft.picker;

/**
 * How far a torrent is, as it was at one moment.
 *
 * @param all bytes of the wanted pieces, whether there or not
 * @param missing how many of these are not there
 */
public record WantedBytes(long all, long missing) {}
