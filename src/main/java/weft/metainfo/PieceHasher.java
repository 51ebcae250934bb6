package weft.metainfo;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.codec.digest.DigestUtils;
import weft.concurrent.WorkerPool;

/**
 * Hashes the pieces of a torrent that is being made, on several threads. The pieces are divided into runs, long enough to
 * be read in one go; each worker takes the next run until there is none, or until it is told to stop, and reports every
 * run to the thread that waits. Used once.
 */
final class PieceHasher {

    private static final int SHA1_BYTES = 20;

    /** How much a worker reads in a row: large enough for the disk, small enough for a live progress display. */
    private static final long RUN_BYTES = 8 << 20;

    /** Fits the caches, and larger ones gain nothing. */
    private static final int BUFFER_BYTES = 128 << 10;

    /** What a worker reports: bytes hashed, or why it gave up (null if it did not). */
    private record Report(long bytes, Throwable failure) {}

    private final Content content;
    private final Layout layout;
    private final int threads;
    private final TorrentCreator.Progress progress;

    private final byte[] hashes; // each worker writes those of its own runs; read after the last report
    private final int piecesPerRun;
    private final AtomicInteger nextRun = new AtomicInteger();
    private final BlockingQueue<Report> reports = new LinkedBlockingQueue<>();
    private volatile boolean stopped;

    PieceHasher(Content content, int pieceLength, int threads, TorrentCreator.Progress progress) {
        this.content = content;
        this.layout = content.layout(pieceLength);
        this.threads = threads;
        this.progress = progress;
        this.hashes = new byte[layout.pieceCount() * SHA1_BYTES];
        this.piecesPerRun = (int) Math.max(1, RUN_BYTES / pieceLength);
    }

    /** All piece hashes end to end. */
    byte[] hash() throws IOException, InterruptedException {
        try (var pool = new WorkerPool("weft create", threads)) {
            try {
                return hash(pool);
            } finally {
                stopped = true; // the pool's closing waits for the workers
            }
        }
    }

    private byte[] hash(WorkerPool pool) throws IOException, InterruptedException {
        for (int i = 0; i < threads; i++) {
            pool.submit(this::work);
        }
        long hashed = 0;
        while (hashed < layout.totalLength()) {
            Report report = reports.take();
            rethrow(report.failure());
            hashed += report.bytes();
            progress.hashed(hashed, layout.totalLength());
        }
        return hashes;
    }

    private static void rethrow(Throwable failure) throws IOException {
        switch (failure) {
            case null -> {}
            case IOException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(failure);
        }
    }

    private void work() {
        try (var reader = new Reader()) {
            for (int first = nextPiece(); first < layout.pieceCount() && !stopped; first = nextPiece()) {
                int end = Math.min(first + piecesPerRun, layout.pieceCount());
                long bytes = 0;
                for (int piece = first; piece < end && !stopped; piece++) {
                    hash(piece, reader);
                    bytes += layout.pieceLength(piece);
                }
                reports.add(new Report(bytes, null));
            }
        } catch (IOException | DigestException | RuntimeException | Error e) {
            reports.add(new Report(0, e));
        }
    }

    private int nextPiece() {
        return (int) Math.min((long) nextRun.getAndIncrement() * piecesPerRun, layout.pieceCount());
    }

    private void hash(int piece, Reader reader) throws IOException, DigestException {
        for (FileSlice slice : layout.slices(piece, 0, layout.pieceLength(piece))) {
            reader.update(content.sources().get(slice.file().index()), slice.offsetInFile(), slice.length());
        }
        reader.sha1.digest(hashes, piece * SHA1_BYTES, SHA1_BYTES);
    }

    /** A worker's own digest and buffer, and the file that it read from last, still open. */
    private final class Reader implements AutoCloseable {

        private final MessageDigest sha1 = DigestUtils.getSha1Digest();
        private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        private Content.Source source; // null before the first
        private FileChannel channel; // of source

        void update(Content.Source from, long offset, int length) throws IOException {
            open(from);
            long position = offset;
            long end = offset + length;
            while (position < end && !stopped) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), end - position));
                int count = channel.read(buffer, position);
                if (count < 0) {
                    throw source.changed();
                }
                sha1.update(buffer.array(), 0, count);
                position += count;
            }
        }

        private void open(Content.Source wanted) throws IOException {
            if (wanted.equals(source)) {
                return;
            }
            close();
            try {
                channel = FileChannel.open(wanted.file(), StandardOpenOption.READ);
                source = wanted;
            } catch (AccessDeniedException e) {
                throw new IOException("no permission to read " + wanted.file(), e);
            } catch (NoSuchFileException e) {
                throw wanted.changed();
            }
        }

        @Override
        public void close() throws IOException {
            if (channel != null) {
                channel.close();
            }
        }
    }
}
