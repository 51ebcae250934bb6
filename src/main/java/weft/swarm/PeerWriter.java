package weft.swarm;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import weft.concurrent.Watchdog;
import weft.storage.Lease;
import weft.storage.Storage;
import weft.storage.StorageException;
import weft.wire.MessageEncoder;

/**
 * The thread beside a peer's reader: takes from the outbox and writes, many messages and blocks in one gathering call.
 * Blocks go from the storage's own memory to the socket where the storage can lend it.
 */
final class PeerWriter {
    /** BEP 3: keep-alives "generally once every two minutes"; a little sooner, so that none comes too late. */
    static final Duration KEEP_ALIVE = Duration.ofSeconds(100);

    /** How much goes into one write: enough to make the call cheap, little enough that cancels and chokes still bite. */
    private static final int BATCH_BYTES = 256 * 1024;

    /** A peer that takes nothing for so long holds lent memory and a connection for nothing. */
    static final Duration STALLED = Duration.ofMinutes(2);

    private final Peer peer;
    private final Swarm swarm;
    private final Storage storage;

    PeerWriter(Peer peer, Swarm swarm, Storage storage) {
        this.peer = peer;
        this.swarm = swarm;
        this.storage = storage;
    }

    /** Writes until the outbox is closed or the connection ends. */
    void run() throws IOException, InterruptedException {
        try (var deadline = swarm.watchdog().watch(() -> peer.close("has not read what we sent in time"))) {
            for (var batch = take(); batch != null; batch = take()) {
                write(batch, deadline);
            }
        }
    }

    private Outbox.Batch take() throws InterruptedException {
        return peer.outbox().take(KEEP_ALIVE.toNanos(), BATCH_BYTES);
    }

    private void write(Outbox.Batch batch, Watchdog.Guard deadline) throws IOException {
        if (batch.blocks().isEmpty()) {
            var buffers = new ArrayList<ByteBuffer>(1 + batch.extended().size());
            buffers.add(batch.control());
            buffers.addAll(batch.extended());
            if (buffers.stream().noneMatch(ByteBuffer::hasRemaining)) {
                buffers.add(keepAlive());
            }
            send(buffers, deadline, () -> {});
        } else {
            writeBlocks(batch, deadline);
        }
    }

    static ByteBuffer keepAlive() {
        var message = ByteBuffer.allocate(4);
        MessageEncoder.keepAlive(message);
        return message.flip();
    }

    private void writeBlocks(Outbox.Batch batch, Watchdog.Guard deadline) throws IOException {
        var blocks = batch.blocks();
        var headers = ByteBuffer.allocate(blocks.size() * MessageEncoder.PIECE_HEADER_LENGTH);
        var buffers = new ArrayList<ByteBuffer>(1 + batch.extended().size() + 2 * blocks.size());
        var payload = new ArrayList<ByteBuffer>(blocks.size()); // those of the buffers that are bytes of blocks
        var leases = new ArrayList<Lease>(blocks.size());
        int bytes = 0;
        buffers.add(batch.control());
        buffers.addAll(batch.extended());
        try {
            for (int first = 0; first < blocks.size(); ) {
                int end = endOfStretch(blocks, first);
                var lease = lend(blocks.get(first), blocks.get(end - 1));
                leases.add(lease);
                var lent = new ArrayDeque<>(List.of(lease.buffers()));
                for (Outbox.Block block : blocks.subList(first, end)) {
                    MessageEncoder.pieceHeader(headers, block.piece(), block.begin(), block.length());
                    buffers.add(headers.slice(
                            headers.position() - MessageEncoder.PIECE_HEADER_LENGTH,
                            MessageEncoder.PIECE_HEADER_LENGTH));
                    int begin = buffers.size();
                    deal(lent, block.length(), buffers);
                    payload.addAll(buffers.subList(begin, buffers.size()));
                    bytes += block.length();
                }
                first = end;
            }
            send(buffers, deadline, peer::takesBlocks);
        } catch (IOException | InternalError e) {
            throw explained(e, leases);
        } finally {
            leases.forEach(Lease::close);
            // A peer that has all it wants may part before we hear that it has got the last of it.
            int sent = bytes - payload.stream().mapToInt(ByteBuffer::remaining).sum();
            if (sent > 0) {
                peer.blocksSent(blocks.size(), sent);
                swarm.uploaded(sent);
            }
        }
    }

    /** Only from here on it is the peer that is waited for, and only while it takes nothing at all. */
    private static void expectProgress(Watchdog.Guard deadline) {
        deadline.expect("read what we sent", STALLED);
    }

    private void send(List<ByteBuffer> buffers, Watchdog.Guard deadline, Runnable progress) throws IOException {
        expectProgress(deadline);
        peer.channel().write(buffers.toArray(ByteBuffer[]::new), 0, buffers.size(), () -> {
            progress.run();
            expectProgress(deadline);
        });
        deadline.relax();
    }

    /** The index after the last of those blocks that follow each other in a piece. */
    private static int endOfStretch(List<Outbox.Block> blocks, int first) {
        int end = first + 1;
        while (end < blocks.size() && blocks.get(end).follows(blocks.get(end - 1))) {
            end++;
        }
        return end;
    }

    /** One lease for a whole stretch: where the storage reads, that is one call. */
    private Lease lend(Outbox.Block first, Outbox.Block last) throws IOException {
        try {
            int length = last.begin() + last.length() - first.begin();
            var lease = peer.disk().lend(storage, first.piece(), first.begin(), length);
            requireWhole(lease, length);
            return lease;
        } catch (IOException e) {
            swarm.storageFailed(storage, e);
            throw e;
        } catch (RuntimeException e) { // a fault of somebody's own storage
            var fault = new IOException("reading piece " + first.piece() + ": " + e, e);
            swarm.storageFailed(storage, fault);
            throw fault;
        }
    }

    /** Somebody's own storage may fill a buffer in part only. */
    private static void requireWhole(Lease lease, int length) {
        long lent = 0;
        for (ByteBuffer buffer : lease.buffers()) {
            lent += buffer.remaining();
        }
        if (lent != length) {
            lease.close();
            throw new IllegalStateException("the storage lent " + lent + " bytes, not " + length);
        }
    }

    /** Moves the next {@code length} bytes of what is lent on to {@code target}. */
    private static void deal(ArrayDeque<ByteBuffer> lent, int length, List<ByteBuffer> target) {
        for (int left = length; left > 0; ) {
            ByteBuffer next = lent.remove();
            int count = Math.min(left, next.remaining());
            if (count == next.remaining()) {
                target.add(next);
            } else {
                target.add(next.slice(next.position(), count));
                lent.push(next.position(next.position() + count));
            }
            left -= count;
        }
    }

    /** What a socket has against lent memory can be that the file behind it was cut short. */
    private IOException explained(Throwable fault, List<Lease> leases) {
        for (Lease lease : leases) {
            var cause = lease.explain(fault);
            if (cause instanceof StorageException) {
                swarm.storageFailed(storage, cause);
                return cause;
            }
        }
        return fault instanceof IOException e ? e : new IOException(fault);
    }
}
