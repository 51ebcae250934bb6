package weft.app;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import weft.bencode.BString;
import weft.dht.Dht;
import weft.dht.ImmutableItem;
import weft.dht.Item;
import weft.dht.ItemKeyPair;
import weft.dht.MutableItem;

/** {@code weft dht put}: has the DHT keep an item (BEP 44), and keeps it alive if wanted. */
@Command(
        name = "put",
        description = "Have the distributed hash table keep a text, of 996 bytes at most, for two hours.")
final class DhtPutCommand implements Callable<Integer> {
    /** BEP 44: "they SHOULD be re-announced once an hour". */
    static final Duration INTERVAL = Duration.ofHours(1);

    /** More than 64 digits and a line's end are no key. */
    private static final int MAX_KEY_FILE_BYTES = 100;

    private final Output output;
    private final StopSignal stop;
    private final Duration interval;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "TEXT", description = "What is to be kept.")
    private String text;

    @Option(
            names = {"-k", "--key"},
            paramLabel = "FILE",
            description = "Sign it with the secret key in this file, which is made if there is none: "
                    + "then it replaces what was put with that key before.")
    private Path keyFile;

    @Option(
            names = "--salt",
            paramLabel = "TEXT",
            description = "With --key: tells this item apart from others under the same key.")
    private String salt = "";

    @Option(names = "--stay", description = "Put it again every hour, until interrupted.")
    private boolean stay;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Mixin
    private DhtVisit visit;

    /** {@code interval}: after how long the item is put again. */
    DhtPutCommand(Output output, StopSignal stop, Duration interval) {
        this.output = output;
        this.stop = stop;
        this.interval = interval;
    }

    @Override
    public Integer call() throws Exception {
        if (keyFile == null && !salt.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--salt goes with --key");
        }
        if (keyFile == null) {
            var item = valid(() -> ImmutableItem.of(BString.of(text)));
            return visit.run(output, stop, dht -> publish(dht, item, () -> dht.put(item)));
        }
        var keys = readKeys();
        valid(() -> MutableItem.sign(keys, BString.of(salt), 0, BString.of(text))); // before anybody is asked
        return visit.run(output, stop, dht -> putSigned(dht, keys));
    }

    /** Too long a text or salt is wrong usage. */
    private <T> T valid(Callable<T> item) throws Exception {
        try {
            return item.call();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private int putSigned(Dht dht, ItemKeyPair keys) throws Exception {
        var before = dht.get(keys.key(), BString.of(salt));
        long sequence = before.map(MutableItem::sequence).orElse(0L);
        if (sequence == Long.MAX_VALUE) {
            throw new CommandException("the sequence number cannot grow any more; take another salt or key");
        }
        var item = MutableItem.sign(keys, BString.of(salt), sequence + 1, BString.of(text));
        return publish(dht, item, () -> before.isPresent() ? dht.put(item, sequence) : dht.put(item));
    }

    private int publish(Dht dht, Item item, Callable<Integer> first) throws Exception {
        int keptBy = first.call();
        if (keptBy == 0) {
            throw new CommandException(nobody(item));
        }
        tell(item, keptBy);
        while (stay) {
            Thread.sleep(interval);
            keptBy = dht.put(item);
            if (keptBy > 0) {
                tell(item, keptBy);
            } else {
                output.error(nobody(item) + "; trying again in a while");
            }
        }
        return ExitCode.OK;
    }

    private static String nobody(Item item) {
        return "no node has taken it" + (item instanceof MutableItem ? "; there may be a newer one by now" : "");
    }

    private void tell(Item item, int keptBy) {
        if (json) {
            output.json(DhtGetCommand.toJson(item).put("kept_by", keptBy));
            return;
        }
        switch (item) {
            case ImmutableItem immutable -> output.answer(immutable.target().toHex());
            case MutableItem mutable -> {
                output.answer(mutable.key().toHex());
                output.note("sequence number " + mutable.sequence());
            }
        }
        output.note("kept by " + Units.count(keptBy, "node"));
    }

    private ItemKeyPair readKeys() throws CommandException, IOException {
        if (Files.isDirectory(keyFile)) {
            throw new CommandException(keyFile + " is a directory, not a file with a secret key");
        }
        try (var file = Files.newInputStream(keyFile)) {
            var text = new String(file.readNBytes(MAX_KEY_FILE_BYTES), StandardCharsets.ISO_8859_1);
            return ItemKeyPair.ofSeed(HexFormat.of().parseHex(text.strip()));
        } catch (NoSuchFileException e) {
            return makeKeys();
        } catch (IllegalArgumentException e) {
            throw new CommandException(keyFile + " is no secret key (64 hexadecimal digits)", e);
        }
    }

    /** In a file that nobody else may read, where there is such a thing. */
    private ItemKeyPair makeKeys() throws IOException, CommandException {
        var directory = keyFile.toAbsolutePath().getParent();
        if (!Files.isDirectory(directory)) {
            throw new CommandException("there is no directory " + directory + " in which to make the key");
        }
        var keys = ItemKeyPair.generate();
        try {
            if (Files.getFileStore(directory).supportsFileAttributeView("posix")) {
                Files.createFile(
                        keyFile, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            } else {
                Files.createFile(keyFile);
            }
        } catch (FileAlreadyExistsException e) {
            throw new CommandException(keyFile + " was made by somebody else just now", e);
        }
        Files.writeString(keyFile, HexFormat.of().formatHex(keys.seed()) + "\n");
        output.note("made the key in " + keyFile + "; whoever has it can replace what you put with it");
        return keys;
    }
}
