package weft.storage;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import weft.metainfo.Layout;

/** The contract for a storage in files. */
abstract class FileStorageContractTest extends StorageContractTest {

    @TempDir
    private Path directory;

    private final Disk disk;

    FileStorageContractTest(DiskOptions options) {
        this.disk = Disk.open(options);
    }

    @AfterEach
    void closeDisk() {
        disk.close();
    }

    @Override
    Storage open(Layout layout) throws IOException {
        return open(disk, directory, layout);
    }

    abstract Storage open(Disk onDisk, Path in, Layout layout) throws IOException;
}
