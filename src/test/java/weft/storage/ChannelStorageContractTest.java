package weft.storage;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import weft.metainfo.Layout;

/** The contract where nothing is mapped, for files of which few may be open at a time. */
class ChannelStorageContractTest extends StorageContractTest {

    private static Disk disk;

    @TempDir
    private Path directory;

    @BeforeAll
    static void openDisk() {
        disk = Disk.open(DiskOptions.defaults().withOpenFiles(2));
    }

    @AfterAll
    static void closeDisk() {
        disk.close();
    }

    @Override
    Storage open(Layout layout) throws IOException {
        return ChannelStorage.open(disk, directory, layout, Content.INFO_HASH);
    }
}
