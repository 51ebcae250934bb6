package weft.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/**
 * Tells the file systems that are not of this machine alone. There a page of mapped memory can take as long as the
 * network does, or for ever, and others change files without our system's knowledge.
 */
final class NetworkFileSystems {

    private static final System.Logger LOG = System.getLogger("weft.storage");

    /** As Linux (/proc/filesystems) and macOS (statfs, f_fstypename) call them. */
    private static final Set<String> TYPES = Set.of(
            "9p",
            "acfs",
            "afpfs",
            "afs",
            "beegfs",
            "ceph",
            "cifs",
            "coda",
            "davfs",
            "drvfs",
            "ftp",
            "fhgfs",
            "glusterfs",
            "gpfs",
            "lustre",
            "macfuse",
            "ncpfs",
            "nfs",
            "nfs3",
            "nfs4",
            "osxfuse",
            "osxfusefs",
            "panfs",
            "prl_fs",
            "pvfs2",
            "smb2",
            "smb3",
            "smbfs",
            "vboxsf",
            "virtiofs",
            "vmhgfs",
            "webdav");

    private NetworkFileSystems() {}

    /** Says of what type a file system is. */
    @FunctionalInterface
    interface Types {
        /** The name of the type of the file system that a directory, which exists, is on. */
        String of(Path directory) throws IOException;
    }

    /** What this system says. On a file thread. */
    static String typeOf(Path directory) throws IOException {
        return Files.getFileStore(directory).type();
    }

    /** True if a directory that exists is on such a file system. If that cannot be told: no. On a file thread. */
    static boolean has(Path directory, Types types) {
        try {
            // Windows names the server's own file system, but the path begins with the server's name.
            return directory.toRealPath().toString().startsWith("\\\\") || isOne(types.of(directory));
        } catch (IOException | SecurityException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "no file system is told of " + directory, e);
            return false;
        }
    }

    /**
     * By the name of a file system's type. All that is served by a program (FUSE: sshfs, rclone, s3fs, vmhgfs, …) counts,
     * though some of it is local: such a program may not let its files be mapped. {@code fuseblk} is a local disk.
     */
    static boolean isOne(String type) {
        String name = type.toLowerCase(Locale.ROOT);
        return TYPES.contains(name) || name.equals("fuse") || name.startsWith("fuse.");
    }
}
