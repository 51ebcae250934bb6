package weft.storage;

import java.io.IOException;
import java.nio.file.Path;
import weft.metainfo.Layout;

/** The contract where nothing may be mapped, so that every lease is a copy. */
class CopyingStorageContractTest extends FileStorageContractTest {

    CopyingStorageContractTest() {
        super(DiskOptions.defaults().withMappedBytes(0));
    }

    @Override
    Storage open(Disk onDisk, Path in, Layout layout) throws IOException {
        return MappedStorage.open(onDisk, in, layout, Content.INFO_HASH);
    }
}
