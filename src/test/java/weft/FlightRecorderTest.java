package weft;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaModifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.EventType;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Recording;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import weft.app.Main;
import weft.concurrent.FlightRecording;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.Hostile;
import weft.kit.Jvm;
import weft.kit.SwarmExtension;

/** What the JDK's flight recorder is told, and that the README tells of it. */
class FlightRecorderTest {
    /** A row of the README's list. */
    private static final Pattern LISTED = Pattern.compile("^\\| `(weft\\.\\w+)` \\|", Pattern.MULTILINE);

    /** A line of the JVM's own log. */
    private static final Pattern INITIALISED = Pattern.compile("Initializing '([\\w/$]+)'");

    private static final Pattern LOGGER = Pattern.compile("System\\.getLogger\\(\"(.+?)\"\\)");

    /** What the README lists of them. */
    private static final Pattern LOGGERS = Pattern.compile("one logger for each package:([^.]*(?:\\.\\w[^.]*)*)\\.\\s");

    @RegisterExtension
    private final SwarmExtension swarm = new SwarmExtension();

    private static List<Class<?>> eventClasses() {
        return FloorsTest.WEFT.stream()
                .filter(type ->
                        type.isAssignableTo(Event.class) && !type.getModifiers().contains(JavaModifier.ABSTRACT))
                .<Class<?>>map(type -> type.reflect())
                .toList();
    }

    private static Set<String> eventNames() {
        return eventClasses().stream()
                .map(type -> type.getAnnotation(Name.class).value())
                .collect(Collectors.toSet());
    }

    private static List<String> listed() throws IOException {
        return LISTED.matcher(Files.readString(Path.of("README.md")))
                .results()
                .map(row -> row.group(1))
                .toList();
    }

    @Test
    void readmeListsEveryEventAndNoOther() throws IOException {
        assertThat(listed()).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(eventNames());
    }

    @Test
    void readmeListsEveryLoggerAndNoOther() throws IOException {
        var used = new TreeSet<String>();
        try (var sources = Files.walk(Path.of("src/main/java"))) {
            for (Path source :
                    sources.filter(path -> path.toString().endsWith(".java")).toList()) {
                LOGGER.matcher(Files.readString(source))
                        .results()
                        .map(found -> found.group(1))
                        .forEach(used::add);
            }
        }
        var readme = LOGGERS.matcher(Files.readString(Path.of("README.md")));
        assertThat(readme.find()).isTrue();

        assertThat(Arrays.stream(readme.group(1).split("[`,\\s]+")).filter(name -> !name.isEmpty()))
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(used);
    }

    @Test
    void everyEventAndFieldIsDescribed() {
        assertThat(eventClasses()).hasSizeGreaterThan(10).allSatisfy(type -> {
            assertThat(type.getAnnotation(Label.class)).isNotNull();
            assertThat(type.getAnnotation(Description.class)).isNotNull();
            assertThat(type.getAnnotation(Category.class).value()).containsExactly("Weft");
            assertThat(type.getAnnotation(StackTrace.class).value()).isFalse();
            for (Class<?> c = type; c != Event.class; c = c.getSuperclass()) {
                assertThat(Arrays.stream(c.getDeclaredFields()).filter(field -> !field.isSynthetic()))
                        .allSatisfy(field -> {
                            assertThat(field.getAnnotation(Label.class)).isNotNull();
                            assertThat(field.getAnnotation(Description.class)).isNotNull();
                        });
            }
        });
    }

    /** The first event makes the JDK read the descriptions of all its own, which takes a tenth of a second. */
    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void noEventIsMadeWhileNobodyRecords(@TempDir Path directory) throws Exception {
        var demo = Jvm.of(Main.class, "demo").withOptions("-Xlog:class+init=info");
        try (var process = demo.start(directory.resolve("output"))) {
            assertThat(process.awaitExit(Await.PATIENCE.multipliedBy(2)))
                    .as(process::output)
                    .isZero();
            var initialised = INITIALISED
                    .matcher(process.output())
                    .results()
                    .map(line -> line.group(1).replace('/', '.'))
                    .collect(Collectors.toSet());
            assertThat(initialised).contains("weft.swarm.Verification", FlightRecording.class.getName());
            assertThat(eventClasses()).extracting(Class::getName).doesNotContainAnyElementsOf(initialised);
        }
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void swarmIsSeenInARecording() throws Exception {
        var listed = listed();
        var file = swarm.directory().resolve("swarm.jfr");
        var shared = swarm.shareByTracker(Content.ofLength(400_000));
        var torrent = shared.metainfo().infoHash().toHex().substring(0, 8);
        int seedPort;
        int liarPort;
        int nobodyPort;
        List<RecordedEvent> events;
        try (var recording = new Recording()) {
            listed.forEach(name -> recording.enable(name).withoutThreshold());
            recording.start();
            var liar = shared.listen("127.0.0.2").serve(Hostile.CORRUPT_BLOCKS.script());
            var nobody = SwarmExtension.nobody();
            var storage = shared.seededStorage().withBytesPerSecond(200_000);
            // It knows nobody but whom it is told, and one after the other, so that it is known who sent what.
            var leecher = shared.leecher(options -> options.withTrackers(false)).connectTo(liar);
            leecher.torrent().addPeer(nobody);
            leecher.awaitDisconnect("banned");
            var udp = shared.tracker().udpAnnounceUri().toString();
            var seed = shared.seed(options -> options.withStorage(storage).withTracker(udp));
            leecher.connectTo(seed).awaitComplete();
            leecher.torrent().hashCheck();
            seedPort = seed.address().getPort();
            liarPort = liar.address().getPort();
            nobodyPort = nobody.getPort();
            Await.until(
                    "the leecher has let go of the seed",
                    () -> leecher.torrent().peers().isEmpty());
            leecher.close();
            seed.close();
            recording.stop();
            recording.dump(file);
            events = RecordingFile.readAllEvents(file);
        }
        var seen = new Seen(events.stream()
                .filter(event -> event.getEventType().getName().startsWith("weft."))
                .toList());
        var seedAddress = "127.0.0.1:" + seedPort;
        var liarAddress = "127.0.0.2:" + liarPort;
        Predicate<RecordedEvent> ofSeed = event -> event.getString("address").equals(seedAddress);
        Predicate<RecordedEvent> ofLiar = event -> event.getString("address").equals(liarAddress);

        assertThat(seen.names()).containsExactlyInAnyOrderElementsOf(listed);
        assertThat(seen.events())
                .filteredOn(event -> event.getString("torrent").length() == 8)
                .hasSameSizeAs(seen.events())
                .anySatisfy(event -> assertThat(event.getString("torrent")).isEqualTo(torrent));

        assertThat(seen.first("PeerDial", event -> event.getString("address").endsWith(":" + nobodyPort))
                        .getString("error"))
                .isEqualTo("Connection refused");
        assertThat(seen.first("PeerDial", ofSeed).getString("error")).isEmpty();

        var connected = seen.first("PeerConnected", ofSeed);
        assertThat(connected.getString("client")).startsWith("Weft 0.1");
        assertThat(connected.getBoolean("outgoing")).isTrue();
        assertThat(connected.getBoolean("fast")).isTrue();

        var banned = seen.first("PeerDisconnected", ofLiar);
        assertThat(banned.getString("reason")).startsWith("banned: sent wrong data of piece");
        var ended = seen.first("PeerDisconnected", ofSeed);
        assertThat(ended.getString("reason")).isEqualTo("nothing to trade: both have everything");
        assertThat(ended.getString("client")).startsWith("Weft 0.1");
        // Once each, and again what shared a piece with blocks that the liar left behind.
        assertThat(ended.getLong("downloaded")).isBetween(400_000L, 400_000L + 13 * 16 * 1024);
        assertThat(ended.getLong("uploaded")).isZero();
        assertThat(ended.getLong("wasted")).isZero();
        assertThat(ended.getDuration("connectedFor")).isPositive().isLessThan(Duration.ofSeconds(60));

        var statistics = seen.first("PeerStatistics", ofSeed.and(event -> event.getLong("downloadRate") > 0));
        assertThat(statistics.getBoolean("peerChoking")).isFalse();
        assertThat(statistics.getBoolean("amInterested")).isTrue();
        assertThat(statistics.getInt("pieces")).isEqualTo(shared.pieceCount());
        assertThat(statistics.getInt("requestWindow")).isPositive();
        assertThat(statistics.getLong("downloaded")).isPositive();

        assertThat(seen.first("Choke", ofSeed).getBoolean("byPeer")).isTrue();
        assertThat(seen.first("Choke", ofSeed).getBoolean("choked")).isFalse();

        var failed = seen.first("PieceFailed", event -> true);
        assertThat(failed.getString("senders")).isEqualTo(liarAddress);
        assertThat(seen.all("PieceVerified"))
                .extracting(event -> event.getInt("piece"))
                .hasSize(shared.pieceCount())
                .doesNotHaveDuplicates();
        var verified = seen.first("PieceVerified", event -> event.getInt("piece") == 0);
        assertThat(verified.getInt("length")).isEqualTo(32 * 1024);
        assertThat(verified.getDuration()).isPositive();
        assertThat(verified.getDuration("waited")).isBetween(Duration.ZERO, Duration.ofSeconds(60));

        assertThat(seen.all("DiskWrite"))
                .filteredOn(ofSeed)
                .extracting(event -> event.getInt("length"))
                .allSatisfy(length -> assertThat(length).isBetween(1, 32 * 1024))
                .isNotEmpty();
        assertThat(seen.all("DiskRead"))
                .allSatisfy(event -> assertThat(event.getInt("piece")).isBetween(0, 12))
                .allSatisfy(event -> assertThat(event.getInt("begin")).isIn(0, 16 * 1024));
        assertThat(seen.all("DiskRead").stream()
                        .mapToInt(event -> event.getInt("length"))
                        .sum())
                .isBetween(400_000, 400_000 + 13 * 16 * 1024);

        for (String scheme : List.of("http", "udp")) {
            var tracker =
                    scheme + "://127.0.0.1:" + shared.tracker().announceUri().getPort();
            Predicate<RecordedEvent> ofTracker =
                    event -> event.getString("tracker").equals(tracker);
            var announce = seen.first(
                    "TrackerAnnounce",
                    ofTracker.and(event -> event.getString("announced").equals("started")));
            assertThat(announce.getString("family")).isEqualTo("IPv4");
            assertThat(announce.getString("error")).isEmpty();
            assertThat(announce.getDuration("interval")).isPositive();
            assertThat(announce.getDuration()).isPositive();
            seen.first(
                    "TrackerAnnounce",
                    ofTracker.and(event -> event.getString("announced").equals("stopped")));
        }

        assertThat(seen.all("HashCheck")).anySatisfy(event -> {
            assertThat(event.getInt("pieces")).isEqualTo(shared.pieceCount());
            assertThat(event.getInt("good")).isEqualTo(shared.pieceCount());
            assertThat(event.getString("error")).isEmpty();
        });
        assertThat(seen.all("TorrentState"))
                .allSatisfy(event -> assertThat(event.getString("name")).isEqualTo("content.bin"))
                .extracting(event -> event.getString("to"))
                .contains("DOWNLOADING", "SEEDING", "CHECKING", "CLOSED");
    }

    private record Seen(List<RecordedEvent> events) {
        private Set<String> names() {
            return events.stream()
                    .map(RecordedEvent::getEventType)
                    .map(EventType::getName)
                    .collect(Collectors.toSet());
        }

        private List<RecordedEvent> all(String name) {
            return events.stream()
                    .filter(event -> event.getEventType().getName().equals("weft." + name))
                    .toList();
        }

        private RecordedEvent first(String name, Predicate<RecordedEvent> which) {
            return all(name).stream()
                    .filter(which)
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no such event: " + name + " among " + all(name)));
        }
    }

    @Test
    void shortWaitsForTheDiskAreNotRecordedUnlessOneAsks() {
        assertThat(eventClasses())
                .filteredOn(type -> type.getAnnotation(Name.class).value().startsWith("weft.Disk"))
                .hasSize(2)
                .allSatisfy(type ->
                        assertThat(type.getAnnotation(Threshold.class).value()).isEqualTo("10 ms"));
    }
}
