package weft.storage;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * An open channel to a file, pinned for the moment of each use. Opened by a {@link DataFile}.
 *
 * <p>An interrupt inside a {@code FileChannel} closes it for everyone. So a pending interrupt is put aside during a call;
 * against one that comes in the middle {@link DataFile} opens the file again.
 */
final class OpenFile extends Resident {

    private static final Object NO_KEY = "";

    private final Disk disk;
    private final FileChannel channel;
    private final boolean writable;
    private final Object key;

    /**
     * Takes over the channel.
     *
     * @param key what {@link #keyAt} said when it was opened
     */
    OpenFile(Disk disk, FileChannel channel, boolean writable, Object key) {
        super(disk.openFileSet(), 1);
        this.disk = disk;
        this.channel = channel;
        this.writable = writable;
        this.key = key;
    }

    /** By what the system tells one file from another; a constant where it has no such thing or there is no file. */
    static Object keyAt(Path path) {
        try {
            Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
            return key == null ? NO_KEY : key;
        } catch (IOException e) {
            return NO_KEY;
        }
    }

    /** False if another file is at this path by now, or none. */
    boolean isAt(Path path) {
        return key.equals(keyAt(path));
    }

    /** False if that was opened at the same path while another file was there. */
    boolean isSameAs(OpenFile other) {
        return key.equals(other.key);
    }

    boolean isWritable() {
        return writable;
    }

    /** Writes all that remains of {@code source}. */
    void write(ByteBuffer source, long offset) throws IOException {
        undisturbed(() -> {
            long position = offset;
            while (source.hasRemaining()) {
                position += channel.write(source, position);
            }
        });
    }

    /**
     * Fills {@code target}.
     *
     * @throws EOFException if the file ends before that
     */
    void read(ByteBuffer target, long offset) throws IOException {
        undisturbed(() -> {
            long position = offset;
            while (target.hasRemaining()) {
                int count = channel.read(target, position);
                if (count < 0) {
                    throw new EOFException();
                }
                position += count;
            }
        });
    }

    /** Returns when what was written would survive a power cut. */
    void force() throws IOException {
        undisturbed(() -> channel.force(false));
    }

    /** Maps a stretch of the file for reading; not beyond its end. Only on the disk's threads, which nobody interrupts. */
    Mapping map(long offset, long length) throws IOException {
        return Mapping.of(channel, offset, length);
    }

    /** The same, for this thread alone. */
    Mapping mapForThisThread(long offset, long length) throws IOException {
        return Mapping.forThisThread(channel, offset, length);
    }

    long size() throws IOException {
        var size = new long[1];
        undisturbed(() -> size[0] = channel.size());
        return size[0];
    }

    /** Closing a file of a network's file system waits for the server, which may be gone. */
    @Override
    void release(Runnable done) {
        disk.closeFile(() -> super.release(done));
    }

    @Override
    boolean isReleasable() {
        return !disk.isClosingStuck();
    }

    @Override
    void release() {
        DownloadDirectory.closeQuietly(channel);
    }

    private interface Call {
        void run() throws IOException;
    }

    private static void undisturbed(Call call) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            call.run();
        } catch (ClosedByInterruptException e) {
            interrupted = true;
            throw e;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
