package weft.storage;

import java.io.IOException;
import java.nio.file.Path;
import weft.metainfo.InfoHash;
import weft.metainfo.Layout;

/** The storages that are measured beside each other. */
public enum StorageKind {
    MAPPED {
        @Override
        Storage open(Disk disk, Path directory, Layout layout, InfoHash infoHash) throws IOException {
            return MappedStorage.open(disk, directory, layout, infoHash);
        }
    },
    CHANNEL {
        @Override
        Storage open(Disk disk, Path directory, Layout layout, InfoHash infoHash) throws IOException {
            return ChannelStorage.open(disk, directory, layout, infoHash);
        }
    },
    MEMORY {
        @Override
        Storage open(Disk disk, Path directory, Layout layout, InfoHash infoHash) {
            return new MemoryStorage(layout);
        }
    };

    /** A storage of this kind; in memory there is nothing, whatever the directory holds. */
    abstract Storage open(Disk disk, Path directory, Layout layout, InfoHash infoHash) throws IOException;
}
