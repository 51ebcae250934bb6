package weft.kit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.Map;
import java.util.TreeMap;

/**
 * The threads of Weft that live in this process, virtual ones too. Only the JDK's own thread dump (JEP 444) sees those,
 * as {@code jcmd Thread.dump_to_file -format=json} would show them.
 */
public final class WeftThreads {
    private static final ObjectMapper JSON = new ObjectMapper();

    private WeftThreads() {}

    /** All that live now, name by id. */
    public static Map<Long, String> alive() {
        try {
            var directory = Files.createTempDirectory("weft-threads");
            var file = directory.resolve("dump.json");
            try {
                ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                        .dumpThreads(file.toString(), ThreadDumpFormat.JSON);
                return named(JSON.readTree(file.toFile()));
            } finally {
                Files.deleteIfExists(file);
                Files.deleteIfExists(directory);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<Long, String> named(JsonNode dump) {
        var names = new TreeMap<Long, String>();
        for (JsonNode container : dump.path("threadDump").path("threadContainers")) {
            for (JsonNode thread : container.path("threads")) {
                if (thread.path("name").asText().startsWith("weft")) {
                    names.put(thread.path("tid").asLong(), thread.path("name").asText());
                }
            }
        }
        return names;
    }
}
