package weft.storage;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A stretch of a file mapped into memory for reading, and the way to be rid of it again.
 *
 * <p>From JDK 22 on, memory is unmapped at once by closing the {@code java.lang.foreign.Arena} that it was mapped into.
 * Weft's class files are Java 21, where that interface is in preview, so it is reached through method handles. On JDK 21
 * only the garbage collector unmaps.
 */
abstract sealed class Mapping {

    private static final boolean HAS_ARENAS = Runtime.version().feature() >= 22;

    private final ByteBuffer buffer;

    private Mapping(ByteBuffer buffer) {
        this.buffer = buffer;
    }

    /** Maps a stretch that lies within the file. The channel may be closed before the mapping goes. */
    static Mapping of(FileChannel channel, long offset, long length) throws IOException {
        return HAS_ARENAS ? InArena.map(channel, offset, length) : Collected.map(channel, offset, length);
    }

    /**
     * The same, for this thread alone, which also unmaps it. Cheaper: nobody has to look whether other threads are at it.
     */
    static Mapping forThisThread(FileChannel channel, long offset, long length) throws IOException {
        return HAS_ARENAS ? InArena.mapForThisThread(channel, offset, length) : Collected.map(channel, offset, length);
    }

    /** Whether memory is unmapped at once, or when the garbage collector gets to it. */
    static boolean isUnmappedAtOnce() {
        return HAS_ARENAS;
    }

    /** The memory, as a {@link MappedByteBuffer} for reading. Not to be touched after {@link #unmap}. */
    final MappedByteBuffer slice(int offset, int length) {
        return (MappedByteBuffer) buffer.slice(offset, length);
    }

    /** Lets go of the memory; called once, when nobody uses it. */
    abstract void unmap();

    /** JDK 22 and later. */
    private static final class InArena extends Mapping {

        private static final MethodHandle OF_SHARED;
        private static final MethodHandle OF_CONFINED;
        private static final MethodHandle MAP;
        private static final MethodHandle AS_BUFFER;
        private static final MethodHandle CLOSE;

        static {
            try {
                var lookup = MethodHandles.publicLookup();
                Class<?> arena = Class.forName("java.lang.foreign.Arena");
                Class<?> segment = Class.forName("java.lang.foreign.MemorySegment");
                OF_SHARED = lookup.findStatic(arena, "ofShared", MethodType.methodType(arena))
                        .asType(MethodType.methodType(Object.class));
                OF_CONFINED = lookup.findStatic(arena, "ofConfined", MethodType.methodType(arena))
                        .asType(MethodType.methodType(Object.class));
                MAP = lookup.findVirtual(
                                FileChannel.class,
                                "map",
                                MethodType.methodType(segment, MapMode.class, long.class, long.class, arena))
                        .asType(MethodType.methodType(
                                Object.class, FileChannel.class, MapMode.class, long.class, long.class, Object.class));
                AS_BUFFER = lookup.findVirtual(segment, "asByteBuffer", MethodType.methodType(ByteBuffer.class))
                        .asType(MethodType.methodType(ByteBuffer.class, Object.class));
                CLOSE = lookup.findVirtual(arena, "close", MethodType.methodType(void.class))
                        .asType(MethodType.methodType(void.class, Object.class));
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        private final Object arena;

        private InArena(ByteBuffer buffer, Object arena) {
            super(buffer);
            this.arena = arena;
        }

        static Mapping map(FileChannel channel, long offset, long length) throws IOException {
            return map(channel, offset, length, invoke(() -> OF_SHARED.invokeExact()));
        }

        static Mapping mapForThisThread(FileChannel channel, long offset, long length) throws IOException {
            return map(channel, offset, length, invoke(() -> OF_CONFINED.invokeExact()));
        }

        private static Mapping map(FileChannel channel, long offset, long length, Object arena) throws IOException {
            try {
                Object segment = MAP.invokeExact(channel, MapMode.READ_ONLY, offset, length, arena);
                return new InArena((ByteBuffer) AS_BUFFER.invokeExact(segment), arena);
            } catch (IOException e) {
                close(arena);
                throw e;
            } catch (Throwable e) {
                close(arena);
                throw new IOException(e);
            }
        }

        @Override
        void unmap() {
            close(arena);
        }

        private static void close(Object arena) {
            invoke(() -> {
                CLOSE.invokeExact(arena);
                return arena;
            });
        }

        private interface Invocation {
            Object call() throws Throwable;
        }

        private static Object invoke(Invocation invocation) {
            try {
                return invocation.call();
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e); // these methods declare nothing that would come here
            }
        }
    }

    /**
     * JDK 21. The collector hardly notices mapped memory and may leave it for hours, so it is asked to look when much has
     * been let go of since, as the JDK itself does when it runs out of direct memory.
     */
    private static final class Collected extends Mapping {

        /** Address space that may wait for the collector: costs page tables, and memory while the system has plenty. */
        private static final long MAX_WAITING_BYTES = 512L << 20;

        private static final ReferenceQueue<ByteBuffer> COLLECTED = new ReferenceQueue<>();

        private static final ReentrantLock LOCK = new ReentrantLock();
        private static final Map<Object, Long> WAITING = new HashMap<>(); // guarded by LOCK: reference to bytes
        private static long waitingBytes; // guarded by LOCK

        private ByteBuffer memory; // as long as it is mapped

        private Collected(MappedByteBuffer buffer) {
            super(buffer.slice(0, buffer.capacity()));
            this.memory = buffer;
        }

        static Mapping map(FileChannel channel, long offset, long length) throws IOException {
            return new Collected(channel.map(MapMode.READ_ONLY, offset, length));
        }

        @Override
        void unmap() {
            boolean tooMany;
            LOCK.lock();
            try {
                for (Object gone = COLLECTED.poll(); gone != null; gone = COLLECTED.poll()) {
                    waitingBytes -= WAITING.getOrDefault(gone, 0L);
                    WAITING.remove(gone);
                }
                long bytes = memory.capacity();
                WAITING.put(new PhantomReference<>(memory, COLLECTED), bytes);
                memory = null;
                waitingBytes += bytes;
                tooMany = waitingBytes > MAX_WAITING_BYTES;
                if (tooMany) {
                    WAITING.clear(); // asked once for these; their references go with the map
                    waitingBytes = 0;
                }
            } finally {
                LOCK.unlock();
            }
            if (tooMany) {
                System.gc();
            }
        }
    }
}
