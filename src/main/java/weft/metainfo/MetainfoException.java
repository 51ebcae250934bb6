package weft.metainfo;

import java.io.IOException;
import java.nio.file.Path;
import weft.bencode.BencodeException;

/**
 * A torrent file or magnet link that cannot be used. The message says what is wrong, where, and what was expected, in one
 * sentence.
 */
public final class MetainfoException extends IOException {

    private static final long serialVersionUID = 1L;

    private final String keyPath;
    private final long offset;
    private final String reason;

    MetainfoException(String keyPath, long offset, String reason) {
        this("not a usable torrent: " + keyPath + " at byte " + offset + ": " + reason, keyPath, offset, reason);
    }

    private MetainfoException(String message, String keyPath, long offset, String reason) {
        super(message);
        this.keyPath = keyPath;
        this.offset = offset;
        this.reason = reason;
    }

    MetainfoException(BencodeException cause) {
        super("not a torrent file: " + cause.getMessage(), cause);
        this.keyPath = "";
        this.offset = cause.offset();
        this.reason = cause.reason();
    }

    private MetainfoException(Path file, MetainfoException cause) {
        super(file + " is " + cause.getMessage(), cause);
        this.keyPath = cause.keyPath;
        this.offset = cause.offset;
        this.reason = cause.reason;
    }

    /** About a parameter of a magnet link. */
    static MetainfoException inLink(String parameter, int at, String reason) {
        return new MetainfoException(
                "not a usable magnet link: " + parameter + " at character " + at + ": " + reason,
                parameter,
                at,
                reason);
    }

    /** The same with a message that begins with the file's name. */
    MetainfoException in(Path file) {
        return new MetainfoException(file, this);
    }

    /**
     * The keys that lead to the bad value, as {@code info.files[3].length}, or the parameter of a link; empty if it is the
     * bencoding that is bad.
     */
    public String keyPath() {
        return keyPath;
    }

    /** The byte of the torrent file, or character of the link, at or after which the bad value begins, counted from 0. */
    public long offset() {
        return offset;
    }

    /** What was expected and what was found. */
    public String reason() {
        return reason;
    }
}
