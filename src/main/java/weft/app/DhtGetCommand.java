package weft.app;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;
import weft.bencode.BString;
import weft.bencode.BValue;
import weft.bencode.Bencode;
import weft.dht.Dht;
import weft.dht.Item;
import weft.dht.ItemKey;
import weft.dht.MutableItem;
import weft.dht.NodeId;

/** {@code weft dht get}: prints an item that the DHT keeps (BEP 44). */
@Command(
        name = "get",
        description = "Print an item that the distributed hash table keeps. Exits with 1 if there is none.")
final class DhtGetCommand implements Callable<Integer> {
    private final Output output;
    private final StopSignal stop;

    @Parameters(
            index = "0",
            paramLabel = "TARGET",
            converter = WhereConverter.class,
            description =
                    "The 40 hexadecimal digits of an item that never changes, or the 64 of the key of one that may.")
    private Where where;

    @Option(
            names = "--salt",
            paramLabel = "TEXT",
            description = "What tells the item apart from others under the same key, if anything does.")
    private String salt = "";

    @Option(names = "--json", description = "Print one JSON object, in which the value is in hexadecimal, bencoded.")
    private boolean json;

    @Mixin
    private DhtVisit visit;

    DhtGetCommand(Output output, StopSignal stop) {
        this.output = output;
        this.stop = stop;
    }

    /** Where an item is. */
    private sealed interface Where {
        /** By its hash. */
        record Target(NodeId target) implements Where {}

        /** By the key of its owner. */
        record Key(ItemKey key) implements Where {}
    }

    @Override
    public Integer call() throws Exception {
        Optional<? extends Item> found = visit.run(output, stop, this::get);
        if (found.isEmpty()) {
            output.error("no node has such an item");
            return ExitCode.SOFTWARE;
        }
        print(found.orElseThrow());
        return ExitCode.OK;
    }

    private Optional<? extends Item> get(Dht dht) throws InterruptedException {
        return switch (where) {
            case Where.Target(NodeId target) -> dht.get(target);
            case Where.Key(ItemKey key) -> dht.get(key, BString.of(salt));
        };
    }

    private void print(Item item) {
        if (json) {
            output.json(toJson(item));
            return;
        }
        output.answer(text(item.value()));
        if (item instanceof MutableItem mutable) {
            output.note("sequence number " + mutable.sequence());
        }
    }

    /** A string as text if it is one, other values as people read them. */
    private static String text(BValue value) {
        return value instanceof BString string
                ? string.text(StandardCharsets.UTF_8)
                        .orElseGet(() -> HexFormat.of().formatHex(string.toBytes()))
                : value.toString();
    }

    /** What there is to know about an item. */
    static Json toJson(Item item) {
        var object = new Json().put("target", item.target().toHex());
        if (item instanceof MutableItem mutable) {
            object.put("key", mutable.key().toHex())
                    .put("salt", HexFormat.of().formatHex(mutable.salt().toBytes()))
                    .put("sequence", mutable.sequence());
        }
        return object.put("value", HexFormat.of().formatHex(Bencode.encode(item.value())));
    }

    /** As users write it. */
    static final class WhereConverter implements ITypeConverter<Where> {
        @Override
        public Where convert(String text) {
            try {
                return text.length() == 2 * ItemKey.BYTES
                        ? new Where.Key(ItemKey.parse(text))
                        : new Where.Target(NodeId.parse(text));
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("'" + text + "' is neither 40 nor 64 hexadecimal digits");
            }
        }
    }
}
