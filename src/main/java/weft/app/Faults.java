package weft.app;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import weft.storage.StorageException;

/** Faults in the words of a user: the JDK's messages are often no more than a file's name. */
final class Faults {
    private Faults() {}

    /** One line that says what went wrong and why. */
    static String describe(Throwable fault) {
        return switch (fault) {
            case NoSuchFileException e -> "there is no file " + e.getFile();
            case AccessDeniedException e -> e.getFile() + ": permission denied";
            case NotDirectoryException e -> e.getFile() + " is not a directory";
            case FileAlreadyExistsException e -> e.getFile() + " is in the way";
            case FileSystemException e when e.getReason() != null -> e.getFile() + ": " + e.getReason();
            case UnknownHostException e -> "there is no host of the name " + e.getMessage();
            case HttpTimeoutException e -> "no answer in time";
            case UnresolvedAddressException e -> "the host's name is not known";
            case BindException e -> "cannot listen: " + e.getMessage();
            case ConnectException e when isNameUnknown(e) -> "there is no host of that name";
            case ConnectException e when e.getMessage() == null -> "nobody answers there";
            case ClosedChannelException e -> "a file or connection was closed meanwhile";
            case OutOfMemoryError e -> "out of memory; WEFT_JAVA_OPTS=-Xmx512m gives more";
            default -> firstLine(fault);
        };
    }

    /** Whether it is the fault of a torrent whose disk is full, which goes on by itself when there is room. */
    static boolean isDiskFull(IOException fault) {
        return fault.getCause() instanceof StorageException cause && cause.reason() == StorageException.Reason.NO_SPACE;
    }

    /** The HTTP client wraps it, without a word. */
    private static boolean isNameUnknown(Throwable fault) {
        for (var cause = fault.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException) {
                return true;
            }
        }
        return false;
    }

    private static String firstLine(Throwable fault) {
        var message = fault.getMessage();
        if (message == null || message.isBlank()) {
            return fault.getClass().getSimpleName();
        }
        return message.lines().findFirst().orElse(message).strip();
    }
}
