package weft.storage;

/**
 * How files are kept.
 *
 * @param readOnly make and change nothing; a directory without write permission has that effect by itself
 * @param allocateFull give a file all its blocks when it is made, rather than as they are written to
 */
public record StorageOptions(boolean readOnly, boolean allocateFull) {

    /** Writable, with sparse files. */
    public static StorageOptions defaults() {
        return new StorageOptions(false, false);
    }

    /** The same, making and changing nothing. */
    public StorageOptions withReadOnly() {
        return new StorageOptions(true, allocateFull);
    }

    /** The same, with all blocks of a file reserved when it is made. */
    public StorageOptions withFullAllocation() {
        return new StorageOptions(readOnly, true);
    }
}
