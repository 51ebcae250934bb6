package weft.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;

/** Holds the code under attack to memory in proportion to what the stranger sent. */
public final class Cost {

    /** Tables of the JDK's, buffers of a fixed size. */
    private static final long ANYWAY = 1 << 20;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Cost() {}

    /** What reads the stranger's bytes. */
    @FunctionalInterface
    public interface Reading {
        /** Reads them, or refuses them. */
        void run() throws IOException;
    }

    /**
     * Runs {@code reading} and checks that it allocated, garbage included, at most {@code perByte} times the length of its
     * input, beyond what it would for any. What seems too much is run again: the first time it may load classes.
     */
    public static void atMost(int perByte, int inputLength, Reading reading) throws IOException {
        atMost(ANYWAY, perByte, inputLength, reading);
    }

    /** The same for what may cost so many bytes whatever the input. */
    public static void atMost(long anyway, int perByte, int inputLength, Reading reading) throws IOException {
        long limit = anyway + (long) perByte * inputLength;
        if (allocatedBy(reading) > limit) {
            assertThat(allocatedBy(reading))
                    .as("bytes allocated for an input of %d", inputLength)
                    .isLessThanOrEqualTo(limit);
        }
    }

    private static long allocatedBy(Reading reading) throws IOException {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        reading.run();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
