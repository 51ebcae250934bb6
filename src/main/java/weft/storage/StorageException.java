package weft.storage;

import java.io.IOException;

/**
 * The disk failed one torrent. The message is one sentence for a person, with the path; {@link #reason} is for programs.
 */
public final class StorageException extends IOException {

    private static final long serialVersionUID = 1;

    /** What is wrong with the disk, as far as it can be told. */
    public enum Reason {
        /** No room for what is still to be written, or a quota is used up. */
        NO_SPACE,
        /** The file system or the user's rights forbid it. */
        ACCESS_DENIED,
        /** A file that was to be read does not exist. */
        MISSING,
        /** A file is shorter than it was, or than it should be. */
        CHANGED,
        /** Something else, such as a directory, is where a file or a directory should be. */
        IN_THE_WAY,
        /** The file system takes no name or path of this length or with these characters. */
        BAD_NAME,
        /** A symbolic link would lead out of the download directory. */
        UNSAFE_PATH,
        /** Another process, or another client of this one, has the torrent open in the same directory. */
        IN_USE,
        /** Anything else: the message and the cause say what. */
        FAILED
    }

    /** What is wrong. */
    private final Reason reason;

    /** The sentence and the reason. */
    public StorageException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** The sentence and the reason, and the exception that told. */
    public StorageException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** What is wrong. */
    public Reason reason() {
        return reason;
    }
}
