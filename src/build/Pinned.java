import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/**
 * Fails if code of ours held its carrier while it waited: {@code java Pinned.java RECORDINGS CLASSES}. In the folder are
 * recordings of {@code jdk.VirtualThreadPinned}, one of each JVM that ran tests. The thread that {@code PinnedThreadTest}
 * pins on purpose must be in one of them, or else they could not have shown any.
 */
final class Pinned {
    private static final String CONTROL = "weft.kit.PinnedThreadTest";

    public static void main(String[] args) throws IOException {
        var recordings = Path.of(args[0]);
        var classes = Path.of(args[1]);
        var ours = new TreeMap<String, Integer>();
        int all = 0;
        boolean controlSeen = false;
        for (var event : events(recordings)) {
            if (!event.getEventType().getName().equals("jdk.VirtualThreadPinned")) {
                continue;
            }
            all++;
            var types = frames(event).stream()
                    .map(frame -> frame.getMethod().getType().getName())
                    .toList();
            controlSeen |= types.stream().anyMatch(type -> type.startsWith(CONTROL));
            if (types.stream().anyMatch(type -> isOurs(type, classes))) {
                ours.merge(shown(event), 1, Integer::sum);
            }
        }
        ours.forEach((stack, times) -> System.out.println(times + " times:\n" + stack));
        System.out.println("Pinned virtual threads: " + all + " events, of " + ours.size() + " places in our code");
        if (!controlSeen) {
            System.out.println(
                    "The thread that " + CONTROL + " pins is not in the recordings, so they may lack others too");
        }
        if (!controlSeen || !ours.isEmpty()) {
            System.exit(1);
        }
    }

    private static List<RecordedEvent> events(Path recordings) throws IOException {
        var events = new ArrayList<RecordedEvent>();
        try (var files = Files.newDirectoryStream(recordings, "*.jfr")) {
            for (var file : files) {
                events.addAll(RecordingFile.readAllEvents(file));
            }
        }
        return events;
    }

    private static List<RecordedFrame> frames(RecordedEvent event) {
        return event.getStackTrace() == null ? List.of() : event.getStackTrace().getFrames();
    }

    /** Whether the library or the command line has this class; tests' classes lie elsewhere. */
    private static boolean isOurs(String type, Path classes) {
        return Files.exists(classes.resolve(type.replace('.', '/') + ".class"));
    }

    private static String shown(RecordedEvent event) {
        var stack = new StringBuilder();
        for (var frame : frames(event)) {
            var method = frame.getMethod();
            stack.append(
                    "    %s.%s:%d%n".formatted(method.getType().getName(), method.getName(), frame.getLineNumber()));
        }
        return stack.toString();
    }
}
