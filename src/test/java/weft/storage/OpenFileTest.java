package weft.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class OpenFileTest {
    @TempDir
    private Path directory;

    @Test
    void askingForTheSizeWithAnInterruptPendingClosesItForNobodyAndKeepsTheInterrupt() throws Exception {
        Path path = Files.write(directory.resolve("file"), new byte[7]);
        try (var disk = Disk.open();
                var channel = FileChannel.open(path, StandardOpenOption.READ)) {
            var file = new OpenFile(disk, channel, false, OpenFile.keyAt(path));

            Thread.currentThread().interrupt();
            long size = file.size();
            boolean interrupted = Thread.interrupted();

            assertThat(size).isEqualTo(7);
            assertThat(interrupted).isTrue();
            assertThat(channel.isOpen()).isTrue();
        }
    }
}
