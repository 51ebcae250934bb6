package weft.swarm;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import weft.wire.MessageEncoder;

/**
 * What waits to be written to one peer: small messages, already encoded, the pieces to be announced, as a set, and
 * blocks, by reference until their turn comes. Bounded: a peer that does not read is dropped, never buffered without
 * limit. It has manners: a choke takes the queued blocks back, a cancel takes one back.
 *
 * <p>Filled by any thread, emptied by the peer's {@link PeerWriter}. The lock is taken last of all; memory work only.
 */
final class Outbox {
    /** Small messages waiting for a peer that does not read: far more than any healthy peer leaves unread. */
    private static final int MAX_CONTROL_BYTES = 256 * 1024;

    /** Of these, answers that the peer can provoke at will: rejects of 1,900 requests. */
    private static final int MAX_ANSWER_BYTES = 32 * 1024;

    /** A hash check can find all of a torrent's pieces at once. So many HAVEs are written in one go. */
    private static final int MAX_HAVES_IN_BATCH = 1024;

    /** A buffer that has become larger than this is let go when it is empty. */
    private static final int KEPT_CONTROL_BYTES = 16 * 1024;

    /** Requests that a peer may have queued with us. BEP 10's {@code reqq}; libtorrent's figure is 2000, ours is kinder to memory. */
    static final int MAX_QUEUED_BLOCKS = 500;

    /** A block that a peer has asked for. */
    record Block(int piece, int begin, int length) {
        /** True if this one begins where the other one ends. */
        boolean follows(Block other) {
            return piece == other.piece && begin == other.begin + other.length;
        }
    }

    /** Extended messages waiting for a peer that does not read. Those of metadata are by reference, 64 as in Transmission. */
    static final int MAX_QUEUED_EXTENDED = 64;

    /** When so many wait, short ones are still taken, or nobody could be told that no more are: up to so many in all. */
    static final int MAX_QUEUED_SHORT = 256;

    /** In bytes: a reject of metadata, and twice as much. */
    private static final int SHORT = 64;

    /** What is written in one go: bytes, then extended messages, then blocks. */
    record Batch(ByteBuffer control, List<ByteBuffer> extended, List<Block> blocks) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Block> blocks = new ArrayDeque<>(); // guarded by lock
    private final ArrayDeque<List<ByteBuffer>> extended = new ArrayDeque<>(); // guarded by lock; messages in parts
    private final BitSet haves = new BitSet(); // guarded by lock; pieces that the peer is to hear of
    private ByteBuffer control = ByteBuffer.allocate(256); // guarded by lock, in writing position
    private ByteBuffer spare = ByteBuffer.allocate(256); // the writer's other one, swapped with control
    private int answerBytes; // guarded by lock; of what lies in control
    private boolean overflowed; // guarded by lock
    private boolean finished; // guarded by lock; accepts nothing any more
    private boolean closed; // guarded by lock; finished, and what there was is forgotten

    /**
     * Appends small messages: {@code encoder} is given a buffer with room for {@code room} bytes.
     *
     * @return false if the peer has left so much unread that it must be dropped
     */
    boolean append(int room, Consumer<ByteBuffer> encoder) {
        lock.lock();
        try {
            if (finished) {
                return true; // the connection ends already, or is handed over
            }
            if (control.position() + room > MAX_CONTROL_BYTES && control.position() > 0) {
                overflowed = true;
                return false;
            }
            makeRoom(room);
            encoder.accept(control);
            changed.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    // Under the lock.
    private void makeRoom(int room) {
        if (control.remaining() < room) {
            control = ByteBuffer.allocate(Math.max(control.capacity() * 2, control.position() + room))
                    .put(control.flip());
        }
    }

    /** Appends one message of a fixed length. */
    boolean append(Consumer<ByteBuffer> encoder) {
        return append(MessageEncoder.MAX_CONTROL_LENGTH, encoder);
    }

    /** Like {@link #append(Consumer)}, for what the peer can make us say as often as it likes. */
    boolean answer(Consumer<ByteBuffer> encoder) {
        lock.lock();
        try {
            answerBytes += MessageEncoder.MAX_CONTROL_LENGTH;
            if (answerBytes > MAX_ANSWER_BYTES) {
                overflowed = true;
                return false;
            }
            return append(encoder);
        } finally {
            lock.unlock();
        }
    }

    boolean bitfield(BitSet pieces, int pieceCount) {
        return append(
                MessageEncoder.bitfieldMessageLength(pieceCount),
                out -> MessageEncoder.bitfield(out, pieces, pieceCount));
    }

    /** Has the peer told that we have a piece; after all that was appended before. */
    void have(int piece) {
        lock.lock();
        try {
            if (!finished) {
                haves.set(piece);
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The peer need not be told any more that we have a piece, if it has not been. */
    void takeBackHave(int piece) {
        lock.lock();
        try {
            haves.clear(piece);
        } finally {
            lock.unlock();
        }
    }

    /** Queues an extended message by reference; false if too many wait. That is so sooner for long ones than for short. */
    boolean offerExtended(int extensionId, ByteBuffer... payload) {
        int length = 0;
        for (ByteBuffer part : payload) {
            length += part.remaining();
        }
        var header = ByteBuffer.allocate(MessageEncoder.extendedMessageLength(0));
        MessageEncoder.extendedHeader(header, extensionId, length);
        var message = new ArrayList<ByteBuffer>(1 + payload.length);
        message.add(header.flip());
        for (ByteBuffer part : payload) {
            message.add(part.duplicate()); // the same may be sent to many
        }
        lock.lock();
        try {
            if (finished || extended.size() >= (length <= SHORT ? MAX_QUEUED_SHORT : MAX_QUEUED_EXTENDED)) {
                return false;
            }
            extended.add(message);
            changed.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** What became of a block that was to be queued. */
    enum Offer {
        QUEUED,
        FORBIDDEN,
        TOO_MANY
    }

    /**
     * Queues a block that the peer has asked for, if it may have it now. That is asked under the lock: whoever forbids it
     * and then takes the queued blocks back can be sure that none comes after.
     */
    Offer offer(Block block, BooleanSupplier mayHaveIt) {
        lock.lock();
        try {
            if (!mayHaveIt.getAsBoolean()) {
                return Offer.FORBIDDEN;
            }
            if (blocks.size() >= MAX_QUEUED_BLOCKS) {
                return Offer.TOO_MANY;
            }
            blocks.add(block);
            changed.signal();
            return Offer.QUEUED;
        } finally {
            lock.unlock();
        }
    }

    /** Takes a block back that is not being written yet; false if there is none such. */
    boolean cancel(Block block) {
        lock.lock();
        try {
            return blocks.remove(block);
        } finally {
            lock.unlock();
        }
    }

    /** Takes all queued blocks back for which {@code condition} holds, and returns them. */
    List<Block> takeBack(Predicate<Block> condition) {
        lock.lock();
        try {
            var taken = new ArrayList<Block>();
            blocks.removeIf(block -> condition.test(block) && taken.add(block));
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for something to write, at most {@code timeoutNanos}.
     *
     * @param maxBlockBytes blocks of about this many bytes in all come in one batch
     * @return an empty batch after the time-out, null when the outbox is closed, or finished and empty
     */
    Batch take(long timeoutNanos, int maxBlockBytes) throws InterruptedException {
        lock.lock();
        try {
            long left = timeoutNanos;
            while (!finished && isEmpty() && left > 0) {
                left = changed.awaitNanos(left);
            }
            if (closed || (finished && isEmpty())) {
                return null;
            }
            var messages = new ArrayList<ByteBuffer>();
            extended.forEach(messages::addAll);
            extended.clear();
            var batch = new ArrayList<Block>();
            for (int bytes = 0; bytes < maxBlockBytes && !blocks.isEmpty(); ) {
                var block = blocks.poll();
                bytes += block.length();
                batch.add(block);
            }
            encodeHaves();
            var filled = control.flip();
            control = spare.capacity() <= KEPT_CONTROL_BYTES ? spare.clear() : ByteBuffer.allocate(256);
            answerBytes = 0;
            spare = filled; // the writer is done with it when it comes back for the next batch
            return new Batch(filled, messages, batch);
        } finally {
            lock.unlock();
        }
    }

    // Under the lock.
    private boolean isEmpty() {
        return control.position() == 0 && haves.isEmpty() && extended.isEmpty() && blocks.isEmpty();
    }

    // Under the lock.
    private void encodeHaves() {
        int piece = haves.nextSetBit(0);
        for (int count = 0; piece >= 0 && count < MAX_HAVES_IN_BATCH; count++) {
            makeRoom(MessageEncoder.MAX_CONTROL_LENGTH);
            MessageEncoder.have(control, piece);
            haves.clear(piece);
            piece = haves.nextSetBit(piece + 1);
        }
    }

    /** How many blocks wait to be written. */
    int queuedBlocks() {
        lock.lock();
        try {
            return blocks.size();
        } finally {
            lock.unlock();
        }
    }

    boolean hasOverflowed() {
        lock.lock();
        try {
            return overflowed;
        } finally {
            lock.unlock();
        }
    }

    /** Nothing is accepted any more; the writer ends when it has written what there is. */
    void finish() {
        lock.lock();
        try {
            finished = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the writer's waiting; nothing is accepted any more, and what there is is forgotten. */
    void close() {
        lock.lock();
        try {
            finished = true;
            closed = true;
            haves.clear();
            blocks.clear();
            extended.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
