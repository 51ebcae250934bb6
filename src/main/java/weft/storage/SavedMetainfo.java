package weft.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import weft.metainfo.InfoHash;
import weft.metainfo.Metainfo;

/**
 * The torrent file that a magnet link has come to, kept beside the resume data: the next run needs no peer to tell what it
 * is about. Written atomically; what does not have the info-hash is not believed.
 *
 * <p>One per torrent; used by one thread at a time, which waits for the disk.
 */
public final class SavedMetainfo {
    private static final System.Logger LOG = System.getLogger("weft.storage");

    private final Disk disk;
    private final DownloadDirectory directory;
    private final Path path;
    private final InfoHash infoHash;

    /** What is kept of a torrent in its download directory. */
    public SavedMetainfo(Disk disk, Path directory, InfoHash infoHash) {
        this.disk = disk.share();
        this.directory = new DownloadDirectory(directory);
        this.path = this.directory.torrentFile(infoHash);
        this.infoHash = infoHash;
    }

    /** Whether the disk does not get on with this: see {@link Disk#isStuck}. Any thread may ask. */
    public boolean isDiskStuck() {
        return disk.isStuck();
    }

    /** What an earlier run has kept, if it did and it can be read. */
    public Optional<Metainfo> load() {
        try {
            return disk.onFileThread(() -> {
                directory.checkLinks(path);
                if (!Files.exists(path)) {
                    return Optional.empty();
                }
                var metainfo = Metainfo.read(path);
                boolean isRight = metainfo.infoHashV1().filter(infoHash::equals).isPresent()
                        || metainfo.infoHashV2().filter(infoHash::equals).isPresent();
                if (!isRight) {
                    throw new IOException(path + " is another torrent: " + metainfo.infoHash());
                }
                return Optional.of(metainfo);
            });
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the metadata is fetched again: {0}", e.getMessage());
            return Optional.empty();
        }
    }

    /** Keeps it for a later run. That it cannot be kept is no fault of the torrent's, and only logged. */
    public void save(Metainfo metainfo) {
        try {
            disk.onFileThread(() -> {
                directory.replace(path, metainfo.toBytes());
                return null;
            });
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "{0}: the metadata is not kept: {1}", metainfo.name(), e.getMessage());
        }
    }
}
