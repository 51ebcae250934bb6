package weft.kit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** What files take on the disk, which is less than their length where they have holes. */
public final class DiskUsage {
    private DiskUsage() {}

    /** Bytes of the blocks that a file or directory has; skips the test where there is no program to tell. */
    public static long of(Path path) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder("du", "-sk", path.toString())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            Needs.check(false, "there is du");
            throw e;
        }
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(output);
        }
        return 1024 * Long.parseLong(output.substring(0, output.indexOf('\t')));
    }
}
