package weft.interop;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Finds threads of Weft in this process, virtual ones too, which only a thread dump tells of. */
final class WeftThreads {
    /** {@code #42 "weft 9dd66bca peer 10.0.0.7:51413 reader" virtual}. */
    private static final Pattern WEFT = Pattern.compile("(?m)^#\\d+ \"weft[^\"]*\"");

    private WeftThreads() {}

    /** The number and name of each. */
    static List<String> running() {
        try {
            var directory = Files.createTempDirectory("weft-interop-threads");
            var dump = directory.resolve("dump");
            try {
                ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                        .dumpThreads(dump.toString(), HotSpotDiagnosticMXBean.ThreadDumpFormat.TEXT_PLAIN);
                return names(dump);
            } finally {
                Files.deleteIfExists(dump);
                Files.delete(directory);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> names(Path dump) throws IOException {
        return WEFT.matcher(Files.readString(dump))
                .results()
                .map(MatchResult::group)
                .toList();
    }
}
