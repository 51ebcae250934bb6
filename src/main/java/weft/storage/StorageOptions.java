package weft.storage;

import java.util.Objects;

/**
 * How files are kept.
 *
 * @param readOnly make and change nothing; a directory without write permission has that effect by itself
 * @param allocateFull give a file all its blocks when it is made, rather than as they are written to
 * @param access how {@link Storage#ofFiles} reads what is sent to peers; who opens one storage or the other has chosen
 */
public record StorageOptions(boolean readOnly, boolean allocateFull, Access access) {

    /** How what is sent to peers is read. */
    public enum Access {
        /** Mapped, but by channels where the file system is a network's. */
        AUTOMATIC,
        /** Mapped into memory: {@link MappedStorage}. */
        MAPPED,
        /** By positional calls: {@link ChannelStorage}. */
        CHANNEL
    }

    /** Checks that there is an access. */
    public StorageOptions {
        Objects.requireNonNull(access, "access");
    }

    /** Writable, with sparse files, mapped unless on a network's file system. */
    public static StorageOptions defaults() {
        return new StorageOptions(false, false, Access.AUTOMATIC);
    }

    /** The same, making and changing nothing. */
    public StorageOptions withReadOnly() {
        return new StorageOptions(true, allocateFull, access);
    }

    /** The same, with all blocks of a file reserved when it is made. */
    public StorageOptions withFullAllocation() {
        return new StorageOptions(readOnly, true, access);
    }

    /** The same, with another way to read. */
    public StorageOptions withAccess(Access another) {
        return new StorageOptions(readOnly, allocateFull, another);
    }
}
