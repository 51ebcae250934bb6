package weft.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import weft.dht.DhtState;

class DhtStateFileTest {
    private static final DhtState STATE =
            new DhtState(Optional.empty(), Optional.empty(), List.of(new InetSocketAddress("192.0.2.1", 6881)));

    @TempDir
    private Path directory;

    @Test
    void whatIsWrittenIsRead() throws Exception {
        var file = DhtStateFile.at(directory.resolve("new").resolve("dht"));

        file.write(STATE);

        assertThat(file.read()).isEqualTo(STATE);
    }

    @Test
    void aLinkStaysOne() throws Exception {
        var real = Files.createFile(directory.resolve("real"));
        var link = Files.createSymbolicLink(directory.resolve("link"), real);

        DhtStateFile.at(link).write(STATE);

        assertThat(link).isSymbolicLink();
        assertThat(DhtStateFile.at(real).read()).isEqualTo(STATE);
        assertThat(directory).isDirectoryNotContaining(file -> file.toString().endsWith(".new"));
    }

    @Test
    void anEmptyFileIsThatOfAFirstRun() throws Exception {
        var empty = Files.createFile(directory.resolve("empty"));

        assertThat(DhtStateFile.at(empty).read()).isEqualTo(DhtState.NONE);
    }
}
