package weft.storage;

import java.io.IOException;
import java.nio.file.Path;
import weft.metainfo.Layout;

/** The contract where nothing is mapped, for files of which few may be open at a time. */
class ChannelStorageContractTest extends FileStorageContractTest {

    ChannelStorageContractTest() {
        super(DiskOptions.defaults().withOpenFiles(2));
    }

    @Override
    Storage open(Disk onDisk, Path in, Layout layout) throws IOException {
        return ChannelStorage.open(onDisk, in, layout, Content.INFO_HASH);
    }
}
