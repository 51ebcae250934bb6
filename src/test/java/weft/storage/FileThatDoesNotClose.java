package weft.storage;

import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.CountDownLatch;

/** A file of a server that is gone: closing it waits until {@code release}. Nobody uses it otherwise. */
final class FileThatDoesNotClose extends FileChannel {
    private final CountDownLatch closing;
    private final CountDownLatch release;

    /** Counts {@code closing} down as somebody tries to close it. */
    FileThatDoesNotClose(CountDownLatch closing, CountDownLatch release) {
        this.closing = closing;
        this.release = release;
    }

    @Override
    protected void implCloseChannel() {
        closing.countDown();
        try {
            release.await();
        } catch (InterruptedException e) {
            throw new AssertionError("somebody has interrupted a thread that closes a file", e);
        }
    }

    private static UnsupportedOperationException unused() {
        return new UnsupportedOperationException("nobody should use this file");
    }

    @Override
    public int read(ByteBuffer target) {
        throw unused();
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) {
        throw unused();
    }

    @Override
    public int write(ByteBuffer source) {
        throw unused();
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) {
        throw unused();
    }

    @Override
    public long position() {
        throw unused();
    }

    @Override
    public FileChannel position(long newPosition) {
        throw unused();
    }

    @Override
    public long size() {
        throw unused();
    }

    @Override
    public FileChannel truncate(long size) {
        throw unused();
    }

    @Override
    public void force(boolean metaData) {
        throw unused();
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) {
        throw unused();
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) {
        throw unused();
    }

    @Override
    public int read(ByteBuffer target, long position) {
        throw unused();
    }

    @Override
    public int write(ByteBuffer source, long position) {
        throw unused();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) {
        throw unused();
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) {
        throw unused();
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) {
        throw unused();
    }
}
