package weft.bencode;

import bt.bencoding.model.BEObject;
import bt.bencoding.serializers.BEParser;
import bt.bencoding.types.BEInteger;
import bt.bencoding.types.BEList;
import bt.bencoding.types.BEMap;
import bt.bencoding.types.BEString;
import com.turn.ttorrent.bcodec.BDecoder;
import com.turn.ttorrent.bcodec.BEValue;
import com.turn.ttorrent.bcodec.BEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One document decoded into a tree of values, and the same tree encoded again, by Weft and by the two Java libraries on
 * Maven Central. All three get the same array and hand back the same bytes; before anything is measured their trees are
 * compared value by value. What a tree is they see differently: Weft's strings are views of the array and its
 * dictionaries sorted arrays, the others' copies and hash maps with {@code String} keys.
 *
 * <p>Weft decodes as it does a torrent file: leniently, within limits, with warnings; the others have no limits.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class BencodeBenchmark {
    @Param
    public Document document;

    private byte[] bytes;
    private BValue weft;
    private BEMap bt;
    private Map<String, BEValue> ttorrent;

    @Setup
    public void decodeAndCompare() throws IOException {
        bytes = document.bytes();
        weft = decodeWeft();
        bt = withoutBytes(decodeBt());
        ttorrent = decodeTtorrent().getMap();

        same(plain(weft), plain(bt), "bt reads");
        same(plain(weft), plainTtorrent(ttorrent), "ttorrent reads");
        same(HexFormat.of().formatHex(bytes), HexFormat.of().formatHex(encodeWeft()), "weft writes");
        same(HexFormat.of().formatHex(bytes), HexFormat.of().formatHex(encodeBt()), "bt writes");
        same(HexFormat.of().formatHex(bytes), HexFormat.of().formatHex(encodeTtorrent()), "ttorrent writes");
    }

    @Benchmark
    public BValue decodeWeft() throws BencodeException {
        return Bencode.decode(bytes, BencodeLimits.METAINFO).value();
    }

    @Benchmark
    public BEMap decodeBt() {
        try (var parser = new BEParser(bytes)) {
            return parser.readMap();
        }
    }

    @Benchmark
    public BEValue decodeTtorrent() throws IOException {
        return BDecoder.bdecode(ByteBuffer.wrap(bytes));
    }

    @Benchmark
    public byte[] encodeWeft() {
        return Bencode.encode(weft);
    }

    @Benchmark
    public byte[] encodeBt() throws IOException {
        var out = new ByteArrayOutputStream();
        bt.writeTo(out);
        return out.toByteArray();
    }

    @Benchmark
    public byte[] encodeTtorrent() throws IOException {
        var out = new ByteArrayOutputStream();
        BEncoder.bencode(ttorrent, out);
        return out.toByteArray();
    }

    private static void same(Object expected, Object actual, String what) {
        if (!expected.equals(actual)) {
            throw new IllegalStateException(what + " something else: " + actual);
        }
    }

    // Each library's tree as maps, lists, BigIntegers and hexadecimal strings.

    private static Object plain(BValue value) {
        return switch (value) {
            case BInteger(long number) -> BigInteger.valueOf(number);
            case BString string -> HexFormat.of().formatHex(string.toBytes());
            case BList list ->
                list.values().stream().map(BencodeBenchmark::plain).toList();
            case BDict dict ->
                dict.entries().entrySet().stream()
                        .collect(Collectors.toMap(e -> e.getKey().utf8(), e -> plain(e.getValue())));
        };
    }

    private static Object plain(BEObject<?> value) {
        return switch (value) {
            case BEInteger integer -> new BigInteger(integer.getValue().toString());
            case BEString string -> HexFormat.of().formatHex(string.getValue());
            case BEList list ->
                list.getValue().stream().map(BencodeBenchmark::plain).toList();
            case BEMap map ->
                map.getValue().entrySet().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, e -> plain(e.getValue())));
            default -> throw new IllegalStateException("of no kind: " + value);
        };
    }

    private static Object plainTtorrent(Object value) {
        return switch (value) {
            case BEValue boxed -> plainTtorrent(boxed.getValue());
            case Number number -> new BigInteger(number.toString());
            case byte[] string -> HexFormat.of().formatHex(string);
            case List<?> list ->
                list.stream().map(BencodeBenchmark::plainTtorrent).toList();
            case Map<?, ?> map ->
                map.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, e -> plainTtorrent(e.getValue())));
            default -> throw new IllegalStateException("of no kind: " + value);
        };
    }

    /** The values alone: bt keeps the bytes that it has read them from beside them. */
    private static BEMap withoutBytes(BEMap map) {
        return (BEMap) copy(map);
    }

    private static BEObject<?> copy(BEObject<?> value) {
        return switch (value) {
            case BEInteger integer -> new BEInteger(integer.getValue());
            case BEString string -> new BEString(Arrays.copyOf(string.getValue(), string.getValue().length));
            case BEList list ->
                new BEList(list.getValue().stream()
                        .<BEObject<?>>map(BencodeBenchmark::copy)
                        .toList());
            case BEMap map -> {
                Map<String, BEObject<?>> entries = new HashMap<>();
                map.getValue().forEach((key, entry) -> entries.put(key, copy(entry)));
                yield new BEMap(entries);
            }
            default -> throw new IllegalStateException("of no kind: " + value);
        };
    }
}
