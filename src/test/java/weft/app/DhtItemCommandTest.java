package weft.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import weft.bencode.BDict;
import weft.bencode.BString;
import weft.dht.Dht;
import weft.dht.DhtOptions;
import weft.dht.ImmutableItem;
import weft.kit.Await;

/** {@code weft dht get} and {@code weft dht put}, on loopback. */
@Timeout(60)
class DhtItemCommandTest {
    @TempDir
    private Path temp;

    private Dht node;

    @BeforeEach
    void openNode() throws Exception {
        node = Dht.open(DhtOptions.loopback());
    }

    @AfterEach
    void closeNode() {
        node.close();
    }

    private String[] dht(String... words) {
        var args = new ArrayList<>(List.of("dht"));
        args.addAll(List.of(words));
        args.addAll(List.of("--bootstrap", "127.0.0.1:" + node.port()));
        return args.toArray(String[]::new);
    }

    @Test
    void whatIsPutIsGotByItsTarget() {
        var put = Cli.run(dht("put", "Hello World!")).succeeds();
        var get = Cli.run(dht("get", put.out().strip())).succeeds();

        assertThat(put.out()).isEqualTo("e5f96f6f38320f0f33959cb4d3d656452117aadb\n"); // as BEP 44 says
        assertThat(put.err()).contains("kept by 1 node");
        assertThat(get.out()).isEqualTo("Hello World!\n");
    }

    @Test
    void whatIsPutWithAKeyReplacesWhatWasPutBefore() throws Exception {
        var file = temp.resolve("key");

        var first = Cli.run(dht("put", "one", "--key", file.toString(), "--salt", "s"))
                .succeeds();
        var second = Cli.run(dht("put", "two", "--key", file.toString(), "--salt", "s"))
                .succeeds();
        var get = Cli.run(dht("get", first.out().strip(), "--salt", "s", "--json"))
                .succeeds()
                .json()
                .getFirst();

        assertThat(first.out()).matches("[0-9a-f]{64}\n").isEqualTo(second.out());
        assertThat(first.err()).contains("made the key", "sequence number 1");
        assertThat(second.err()).contains("sequence number 2").doesNotContain("made");
        assertThat(get.get("value").asText()).isEqualTo("333a74776f"); // 3:two
        assertThat(get.get("sequence").asLong()).isEqualTo(2);
        assertThat(get.get("key").asText()).isEqualTo(first.out().strip());
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void aValueThatIsNoTextIsShownAsOne() throws Exception {
        try (var other =
                Dht.open(DhtOptions.loopback().withNodes(List.of(new InetSocketAddress("127.0.0.1", node.port()))))) {
            assertThat(other.awaitReady(Await.PATIENCE)).isTrue();
            var binary = ImmutableItem.of(BString.of(new byte[] {(byte) 0xff, 0x1b}));
            var dict = ImmutableItem.of(BDict.builder().put("a\u001b", 1).build());
            other.put(binary);
            other.put(dict);

            assertThat(Cli.run(dht("get", binary.target().toHex())).out()).isEqualTo("ff1b\n");
            assertThat(Cli.run(dht("get", dict.target().toHex())).out()).isEqualTo("{2 bytes=1}\n");
        }
    }

    @Test
    void whatNobodyHasIsAFailure() {
        Cli.run(dht("get", "00".repeat(20))).failsWith(1, "no node has such an item");
        Cli.run(dht("get", "00".repeat(32))).failsWith(1, "no node has such an item");
    }

    @Test
    void wrongUsageIsToldBeforeAnybodyIsAsked() throws Exception {
        var binary =
                Files.write(temp.resolve("binary"), new byte[] {(byte) 0xff, 0}).toString();
        var noKey = Files.writeString(temp.resolve("no key"), "hello").toString();

        Cli.run(dht("get", "xyz")).failsWith(2, "'xyz' is neither 40 nor 64 hexadecimal digits");
        Cli.run(dht("put", "x".repeat(997))).failsWith(2, "may have 1000 bytes, not 1001");
        Cli.run(dht("put", "x", "--salt", "s")).failsWith(2, "--salt goes with --key");
        Cli.run(dht("put", "x", "--key", temp.resolve("k").toString(), "--salt", "s".repeat(65)))
                .failsWith(2, "a salt may have 64 bytes, not 65");
        Cli.run(dht("put", "x", "--key", noKey)).failsWith(1, "is no secret key (64 hexadecimal digits)");
        Cli.run(dht("put", "x", "--key", binary)).failsWith(1, "is no secret key (64 hexadecimal digits)");
        Cli.run(dht("put", "x", "--key", temp.toString())).failsWith(1, temp + " is a directory");
        Cli.run(dht("put", "x", "--key", temp.resolve("none/key").toString()))
                .failsWith(1, "there is no directory " + temp.resolve("none"));
        assertThat(node.statistics().queriesReceived()).isZero();
    }

    @Test
    void whoStaysPutsItAgainUntilStopped() throws Exception {
        var out = new ByteArrayOutputStream();
        var output = new Output(new PrintStream(out, true, UTF_8), new PrintStream(out, true, UTF_8), Optional::empty);
        var stop = new StopSignal();
        var command = new CommandLine(new DhtPutCommand(output, stop, Duration.ofMillis(20)));
        var bootstrap = "127.0.0.1:" + node.port();

        var ended = CompletableFuture.supplyAsync(() -> command.execute("text", "--stay", "--bootstrap", bootstrap));
        Await.until(
                out::toString,
                () -> out.toString(UTF_8)
                                .lines()
                                .filter(line -> line.startsWith("kept by 1"))
                                .count()
                        >= 3);
        stop.request();

        assertThat(ended.get()).isNotZero();
        assertThat(node.statistics().items()).isEqualTo(1);
    }
}
