package weft.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import weft.kit.Await;
import weft.metainfo.Layout;

/** The contract where somebody else's storage is called by file threads, and that nobody else calls it. */
class OffloadedStorageContractTest extends StorageContractTest {

    private static Disk disk;

    @BeforeAll
    static void openDisk() {
        disk = Disk.open();
    }

    @AfterAll
    static void closeDisk() {
        disk.close();
    }

    @Override
    Storage open(Layout layout) {
        return OffloadedStorage.of(disk, new Foreign(layout));
    }

    /** Notes by whom it is called, and can be made to hold its callers. */
    private static final class Foreign implements Storage {
        private final MemoryStorage memory;
        private final ConcurrentLinkedQueue<Boolean> virtual = new ConcurrentLinkedQueue<>();
        private final AtomicInteger leases = new AtomicInteger();
        private final Semaphore gate = new Semaphore(1);

        Foreign(Layout layout) {
            memory = new MemoryStorage(layout);
        }

        private MemoryStorage called() {
            virtual.add(Thread.currentThread().isVirtual());
            gate.acquireUninterruptibly();
            gate.release();
            return memory;
        }

        @Override
        public void write(int piece, int begin, ByteBuffer block) throws IOException {
            called().write(piece, begin, block);
        }

        @Override
        public void read(int piece, int begin, ByteBuffer target) throws IOException {
            called().read(piece, begin, target);
        }

        @Override
        public Lease lend(int piece, int begin, int length) throws IOException {
            var lease = called().lend(piece, begin, length);
            leases.incrementAndGet();
            return new Lease() {
                @Override
                public ByteBuffer[] buffers() {
                    return lease.buffers();
                }

                @Override
                public void close() {
                    leases.decrementAndGet();
                }
            };
        }

        @Override
        public boolean mayHold(int piece) {
            return called().mayHold(piece);
        }

        @Override
        public void flush() throws IOException {
            called().flush();
        }

        @Override
        public void close() {
            called().close();
        }
    }

    private static final Content SMALL = Content.of(16384, 16384);

    @Test
    void noVirtualThreadEverCallsIt() throws Exception {
        var foreign = new Foreign(SMALL.layout());
        var storage = OffloadedStorage.of(disk, foreign);
        var outcome = new CompletableFuture<Boolean>();

        Thread.ofVirtual().start(() -> {
            try {
                storage.write(0, 0, ByteBuffer.allocate(100));
                storage.read(0, 0, ByteBuffer.allocate(100));
                storage.lend(0, 0, 100).close();
                storage.flush();
                outcome.complete(storage.mayHold(0));
                storage.close();
            } catch (IOException e) {
                outcome.completeExceptionally(e);
            }
        });

        assertThat(outcome.get()).isTrue();
        Await.until("closed", () -> foreign.virtual.size() == 6);
        assertThat(foreign.virtual).containsOnly(false);
    }

    /** The caller gives up while the storage is at it: what is lent then is nobody's, and goes back. */
    @Test
    void leaseOfACallerWhoHasGoneIsGivenBack() throws Exception {
        var foreign = new Foreign(SMALL.layout());
        var storage = OffloadedStorage.of(disk, foreign);
        storage.write(0, 0, ByteBuffer.allocate(100));
        foreign.gate.acquireUninterruptibly();
        var outcome = new CompletableFuture<Object>();
        var caller = Thread.ofVirtual().start(() -> {
            try {
                outcome.complete(storage.lend(0, 0, 100));
            } catch (IOException e) {
                outcome.complete(e);
            }
        });
        Await.until("it is held", () -> caller.getState() == Thread.State.WAITING);

        caller.interrupt();
        assertThat(outcome.get()).isInstanceOf(InterruptedIOException.class);
        foreign.gate.release();

        Await.until("lent and given back", () -> foreign.virtual.size() == 2);
        Await.until("nothing is lent", () -> foreign.leases.get() == 0);
    }

    @Test
    void storageThatHoldsNobodyIsCalledDirectly() {
        var memory = new MemoryStorage(SMALL.layout());

        assertThat(OffloadedStorage.of(disk, memory)).isSameAs(memory);
    }
}
