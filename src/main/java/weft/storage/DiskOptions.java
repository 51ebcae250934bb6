package weft.storage;

/**
 * How much a client's storages may hold at a time.
 *
 * @param mappedBytes of files mapped into memory for sending, and so the most resident memory they can cause
 * @param openFiles kept open between uses; while all are in use at once a few more are opened
 * @param fileThreads platform threads for what waits for the disk: opening, mapping, cold reads
 * @param hashingThreads platform threads for hashing
 */
public record DiskOptions(long mappedBytes, int openFiles, int fileThreads, int hashingThreads) {

    /** Windows of many peers fit in, and it goes unnoticed on any machine of today. */
    private static final long DEFAULT_MAPPED_BYTES = 256L << 20;

    /** A quarter of the 256 descriptors that a process gets at the least (macOS): the rest is for sockets. */
    private static final int DEFAULT_OPEN_FILES = 64;

    /** Measured: with four threads for cold reads the other peers waited 8-14 ms, with none 700-800 ms (DESIGN 3). */
    private static final int DEFAULT_FILE_THREADS = 4;

    /** Checks that there is some of everything. */
    public DiskOptions {
        if (mappedBytes < 0) {
            throw new IllegalArgumentException("mappedBytes < 0: " + mappedBytes);
        }
        if (openFiles < 1 || fileThreads < 1 || hashingThreads < 1) {
            throw new IllegalArgumentException("less than one: " + openFiles + " open files, " + fileThreads + " + "
                    + hashingThreads + " threads");
        }
    }

    /** 256 MiB mapped, 64 files open, 4 threads for files, a hashing thread per processor. */
    public static DiskOptions defaults() {
        return new DiskOptions(
                DEFAULT_MAPPED_BYTES,
                DEFAULT_OPEN_FILES,
                DEFAULT_FILE_THREADS,
                Runtime.getRuntime().availableProcessors());
    }

    /** The same with another bound for mapped memory; with 0 everything is copied. */
    public DiskOptions withMappedBytes(long bytes) {
        return new DiskOptions(bytes, openFiles, fileThreads, hashingThreads);
    }

    /** The same with another bound for open files. */
    public DiskOptions withOpenFiles(int files) {
        return new DiskOptions(mappedBytes, files, fileThreads, hashingThreads);
    }

    /** The same with another number of threads for files. */
    public DiskOptions withFileThreads(int threads) {
        return new DiskOptions(mappedBytes, openFiles, threads, hashingThreads);
    }

    /** The same with another number of threads for hashing. */
    public DiskOptions withHashingThreads(int threads) {
        return new DiskOptions(mappedBytes, openFiles, fileThreads, threads);
    }
}
