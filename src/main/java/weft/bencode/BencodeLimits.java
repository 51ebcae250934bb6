package weft.bencode;

/**
 * How much a reader puts up with. Whoever decodes something of a stranger says how large an honest one can be.
 *
 * @param maxDepth lists and dictionaries open at the same time, 1 to 500: reading costs no stack however deep, but
 *     comparing and writing do
 * @param maxBytes length of the input
 * @param maxTokens values in all, keys included; bounds the memory for objects, at most some 60 bytes each
 */
public record BencodeLimits(int maxDepth, int maxBytes, int maxTokens) {

    /** For torrent files and info dictionaries. libtorrent's limits: 100 levels, 10 MB, 3 million tokens. */
    public static final BencodeLimits METAINFO = new BencodeLimits(100, 10_000_000, 3_000_000);

    /** For DHT messages (BEP 5): what a datagram can hold that reaches everybody in one piece, and nearly flat. */
    public static final BencodeLimits KRPC = new BencodeLimits(10, 1_500, 1_000);

    /** For tracker answers (BEP 3, BEP 48): thousands of peers in the long form, or a scrape of many torrents. */
    public static final BencodeLimits TRACKER = new BencodeLimits(16, 2 << 20, 100_000);

    /** For extension messages (BEP 10): a handshake or a dictionary before a 16 KiB piece of metadata. */
    public static final BencodeLimits EXTENSION = new BencodeLimits(16, 1 << 20, 10_000);

    private static final int DEEPEST = 500;

    /** Checks that the limits are positive and the depth is one that values can be written at. */
    public BencodeLimits {
        if (maxDepth < 1 || maxDepth > DEEPEST) {
            throw new IllegalArgumentException("maxDepth not in 1.." + DEEPEST + ": " + maxDepth);
        }
        if (maxBytes < 1 || maxTokens < 1) {
            throw new IllegalArgumentException("limit < 1: " + maxBytes + " bytes, " + maxTokens + " tokens");
        }
    }
}
