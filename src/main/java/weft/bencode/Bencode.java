package weft.bencode;

/**
 * Decodes and encodes bencoding (BEP 3).
 *
 * <pre>
 * integer     i&lt;decimal&gt;e                  i-42e
 * string      &lt;length&gt;:&lt;bytes&gt;             4:spam
 * list        l&lt;values&gt;e                   l4:spami42ee
 * dictionary  d&lt;key string&gt;&lt;value&gt;...e     d3:cow3:mooe
 * </pre>
 *
 * <p>Decoded values are views of the array that was decoded: it belongs to them from then on and must not be changed.
 */
public final class Bencode {

    private Bencode() {}

    /** The one canonical encoding: keys ascending, no superfluous zeros. */
    public static byte[] encode(BValue value) {
        var writer = new BencodeWriter();
        writer.write(value);
        return writer.toBytes();
    }

    /**
     * Decodes what must be canonical bencoding and nothing after it, as BEP 52 asks of v2 info dictionaries.
     *
     * @throws BencodeException if it is not, or is beyond the limits
     */
    public static BValue decodeStrict(byte[] bytes, BencodeLimits limits) throws BencodeException {
        return new BencodeReader(bytes, limits, true).read().value();
    }

    /**
     * Decodes with the leniency that old torrents need: keys out of order or double (the first one counts), leading
     * zeros, minus zero, and bytes after the value are accepted, and reported in {@link Decoded#warnings}.
     *
     * @throws BencodeException if it is not bencoding even so, or is beyond the limits
     */
    public static Decoded decode(byte[] bytes, BencodeLimits limits) throws BencodeException {
        return new BencodeReader(bytes, limits, false).read();
    }
}
