package weft.storage;

import java.io.IOException;
import java.nio.file.Path;
import weft.metainfo.Layout;

/** The contract, for files of which few may be open at a time. */
class MappedStorageContractTest extends FileStorageContractTest {

    MappedStorageContractTest() {
        super(DiskOptions.defaults().withOpenFiles(2));
    }

    @Override
    Storage open(Disk onDisk, Path in, Layout layout) throws IOException {
        return MappedStorage.open(onDisk, in, layout, Content.INFO_HASH);
    }
}
