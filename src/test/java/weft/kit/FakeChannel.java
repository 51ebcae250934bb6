package weft.kit;

import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import weft.net.PeerChannel;

/** A channel without a network: what is read is fed by the test, what is written is kept for it. */
public final class FakeChannel implements PeerChannel {
    private final InetSocketAddress remote;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<ByteBuffer> fed = new ArrayDeque<>(); // guarded by lock, as are all below
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private int window = Integer.MAX_VALUE; // how much the peer will read
    private boolean ended;
    private boolean closed;
    private int readers; // that wait
    private long patienceNanos; // of the last reader

    /** A channel to a peer at this address. */
    public FakeChannel(String host, int port) {
        this.remote = new InetSocketAddress(host, port);
    }

    /** The peer sends this; one read brings at most one piece of what was fed. */
    public FakeChannel feed(byte... bytes) {
        lock.lock();
        try {
            fed.add(ByteBuffer.wrap(bytes));
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        return this;
    }

    /** The peer sends nothing more. */
    public FakeChannel end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        return this;
    }

    /** From now on the peer reads so many bytes, and waits. */
    public FakeChannel reads(int bytes) {
        lock.lock();
        try {
            window = bytes;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        return this;
    }

    /** Waits until all that was fed is read and somebody waits for more. */
    public FakeChannel awaitReader() {
        Await.until("somebody waits for bytes", () -> {
            lock.lock();
            try {
                return readers > 0 && fed.isEmpty();
            } finally {
                lock.unlock();
            }
        });
        return this;
    }

    /** How long whoever has read last would wait for something to come. */
    public Duration patience() {
        lock.lock();
        try {
            return Duration.ofNanos(patienceNanos);
        } finally {
            lock.unlock();
        }
    }

    /** What was written so far. */
    public byte[] written() {
        lock.lock();
        try {
            return written.toByteArray();
        } finally {
            lock.unlock();
        }
    }

    /** Whether it was closed. */
    public boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int read(ByteBuffer target) throws ClosedChannelException {
        return read(target, Long.MAX_VALUE);
    }

    @Override
    public int read(ByteBuffer target, Duration timeout) throws ClosedChannelException {
        return read(target, timeout.toNanos());
    }

    private int read(ByteBuffer target, long timeoutNanos) throws ClosedChannelException {
        lock.lock();
        try {
            patienceNanos = timeoutNanos;
            boolean timedOut = !awaitBytes(timeoutNanos);
            if (closed) {
                throw new AsynchronousCloseException();
            }
            if (fed.isEmpty()) {
                return timedOut ? 0 : -1;
            }
            var next = fed.peek();
            int count = Math.min(next.remaining(), target.remaining());
            target.put(next.slice(next.position(), count));
            next.position(next.position() + count);
            if (!next.hasRemaining()) {
                fed.poll();
            }
            return count;
        } finally {
            lock.unlock();
        }
    }

    /** Under the lock. False if the time ran out. */
    private boolean awaitBytes(long timeoutNanos) throws ClosedByInterruptException {
        long left = timeoutNanos;
        readers++;
        try {
            while (fed.isEmpty() && !ended && !closed && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            closed = true; // as with any channel that can be interrupted
            Thread.currentThread().interrupt();
            throw new ClosedByInterruptException();
        } finally {
            readers--;
        }
        return left > 0;
    }

    @Override
    public void write(ByteBuffer[] buffers, int first, int count, Runnable progress) throws ClosedChannelException {
        lock.lock();
        try {
            for (int i = first; i < first + count; i++) {
                while (buffers[i].hasRemaining()) {
                    while (window == 0 && !closed) {
                        changed.awaitUninterruptibly();
                    }
                    if (closed) {
                        throw new AsynchronousCloseException();
                    }
                    var bytes = new byte[Math.min(buffers[i].remaining(), window)];
                    buffers[i].get(bytes);
                    written.writeBytes(bytes);
                    window -= bytes.length;
                    progress.run();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return remote;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
