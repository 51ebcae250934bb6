package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import weft.kit.Jvm;
import weft.kit.SteeredStorage;
import weft.metainfo.TorrentCreator;
import weft.tracker.TrackerServer;
import weft.tracker.TrackerServerOptions;

/** Compiles the README's Java examples as they stand there, and runs each in a process of its own. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class ReadmeTest {
    private static final Pattern JAVA_BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    private static final String IMPORTS = """
            import java.net.*;
            import java.nio.file.*;
            import java.time.*;
            import java.util.*;
            import weft.*;
            import weft.bencode.*;
            import weft.dht.*;
            import weft.metainfo.*;
            import weft.tracker.*;
            """;

    @TempDir
    private Path temp;

    private List<String> examples;
    private Path workingDirectory;

    @BeforeEach
    void readExamples() throws IOException {
        examples = JAVA_BLOCK
                .matcher(Files.readString(Path.of("README.md")))
                .results()
                .map(match -> match.group(1))
                .toList();
        workingDirectory = Files.createDirectory(temp.resolve("work"));
    }

    @Test
    void thereAreFiveExamples() {
        assertThat(examples).hasSize(5);
    }

    @Test
    void threeLinesDownloadATorrent() throws Exception {
        try (var world = new World()) {
            run(examples.getFirst());

            assertThat(Files.readAllBytes(workingDirectory.resolve("content/one.bin")))
                    .isEqualTo(world.one);
            assertThat(Files.readAllBytes(workingDirectory.resolve("content/two.bin")))
                    .isEqualTo(world.two);
        }
    }

    @Test
    void aClientDownloadsWhatIsWanted() throws Exception {
        try (var world = new World()) {
            var output = run(examples.get(1));

            assertThat(output).contains("piece ").contains("Weft 0.1.0 at");
            assertThat(workingDirectory.resolve("storage/content/one.bin")).doesNotExist();
            assertThat(Files.readAllBytes(workingDirectory.resolve("storage/content/two.bin")))
                    .isEqualTo(world.two);
        }
    }

    /** With a DHT that asks nobody outside, in place of the public one. */
    @Test
    void aMagnetLinkIsLookedFor() throws Exception {
        var output = run(examples.get(2).replace("DhtOptions.defaults()", "DhtOptions.loopback()"));

        assertThat(output).contains("dht_unreachable: no peers are known");
    }

    @Test
    void aTorrentIsMadeAndShared() throws Exception {
        Files.write(Files.createDirectory(workingDirectory.resolve("holiday")).resolve("beach.jpg"), bytes(1, 100_000));

        var output = run(examples.get(3));

        assertThat(output).contains("SEEDING at http://");
        assertThat(workingDirectory.resolve("holiday.torrent")).isNotEmptyFile();
    }

    @Test
    void nodesOfTheDhtFindWhatTheyAnnouncedAndPut() throws Exception {
        var output = run(examples.get(4));

        assertThat(output).contains("127.0.0.1:6881").contains("a value that only we can change");
    }

    private String run(String example) throws IOException, InterruptedException {
        var source = Files.writeString(
                workingDirectory.resolve("Example.java"),
                IMPORTS + "class Example { public static void main(String[] args) throws Exception {\n" + example
                        + "}}");
        var output = temp.resolve("output.txt");
        var process = new ProcessBuilder(Jvm.of(source).command())
                .directory(workingDirectory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(100, TimeUnit.SECONDS))
                    .as("ends by itself")
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        var text = Files.readString(output, StandardCharsets.UTF_8);
        assertThat(process.exitValue()).as(text).isZero();
        return text;
    }

    private static byte[] bytes(long seed, int count) {
        var bytes = new byte[count];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** A tracker, a seed, and {@code some.torrent} in the example's working directory. */
    private final class World implements AutoCloseable {
        private final byte[] one = bytes(1, 4 * 32768); // whole pieces: then one file can be left out without a trace
        private final byte[] two = bytes(2, 3 * 1024 * 1024);
        private final TrackerServer tracker;
        private final Torrent seed;

        World() throws IOException, InterruptedException {
            var content = Files.createDirectories(temp.resolve("seed/content"));
            Files.write(content.resolve("one.bin"), one);
            Files.write(content.resolve("two.bin"), two);
            tracker = TrackerServer.open(TrackerServerOptions.loopback());
            var metainfo = TorrentCreator.ofPath(content)
                    .withPieceLength(32768)
                    .withTrackers(List.of(List.of(tracker.announceUri().toString())))
                    .create(1, TorrentCreator.Progress.NONE);
            var torrentFile = Files.write(workingDirectory.resolve("some.torrent"), metainfo.toBytes());
            var storage = new SteeredStorage(metainfo.layout());
            var all = ByteBuffer.allocate(one.length + two.length).put(one).put(two);
            for (int piece = 0; piece < metainfo.layout().pieceCount(); piece++) {
                storage.write(piece, 0, all.slice(piece * 32768, 32768));
            }
            storage.withBytesPerSecond(2_000_000); // so that there is something to see while it goes on
            seed = Torrent.open(
                    torrentFile, AddOptions.into(temp.resolve("seed")).withStorage(storage));
            seed.awaitComplete();
        }

        @Override
        public void close() {
            seed.close();
            tracker.close();
        }
    }
}
