package weft.storage;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;

/**
 * By what we see whether a file was touched.
 *
 * @param size bytes, or {@link #ABSENT}
 * @param modifiedNanos the modification time, in nanoseconds since 1970, as exact as the file system keeps it
 */
record FileStamp(long size, long modifiedNanos) {

    /** The size of what does not exist. */
    static final long ABSENT = -1;

    /** What there is where nothing is. */
    static final FileStamp NOTHING = new FileStamp(ABSENT, 0);

    /** Of something that is there and not as it was claimed to be: no file is ever from so late. */
    static final FileStamp UNTRUSTED = new FileStamp(0, Long.MAX_VALUE);

    FileStamp {
        if (size < ABSENT) {
            throw new IllegalArgumentException("size: " + size);
        }
    }

    static FileStamp of(Path path) throws IOException {
        try {
            var attributes = Files.readAttributes(path, BasicFileAttributes.class);
            return attributes.isRegularFile()
                    ? new FileStamp(
                            attributes.size(), attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS))
                    : NOTHING;
        } catch (NoSuchFileException | NotDirectoryException e) {
            return NOTHING;
        } catch (FileSystemException e) {
            if (leadsThroughAFile(path)) { // JDK 21 has no exception of its own for it
                return NOTHING;
            }
            throw e;
        }
    }

    private static boolean leadsThroughAFile(Path path) {
        for (var parent = path.getParent(); parent != null; parent = parent.getParent()) {
            if (Files.isRegularFile(parent)) {
                return true;
            }
        }
        return false;
    }

    boolean exists() {
        return size != ABSENT;
    }

    /** True if the modification time is between these, both included. */
    boolean isModifiedBetween(long fromNanos, long toNanos) {
        return modifiedNanos >= fromNanos && modifiedNanos <= toNanos;
    }
}
