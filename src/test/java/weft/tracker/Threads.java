package weft.tracker;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.List;

/** Sees all threads, virtual ones too. */
final class Threads {
    private Threads() {}

    /** The lines of a thread dump that name threads whose names begin with {@code prefix}. */
    static List<String> named(String prefix) throws IOException {
        var directory = Files.createTempDirectory("threads");
        var dump = directory.resolve("dump");
        try {
            ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                    .dumpThreads(dump.toString(), ThreadDumpFormat.TEXT_PLAIN);
            return Files.readAllLines(dump).stream()
                    .filter(line -> line.matches("#\\d+ \"" + prefix + ".*"))
                    .toList();
        } finally {
            Files.deleteIfExists(dump);
            Files.delete(directory);
        }
    }
}
