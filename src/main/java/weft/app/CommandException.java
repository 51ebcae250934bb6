package weft.app;

/** A command cannot do what it was asked for; the message is the line that the user reads. */
final class CommandException extends Exception {
    CommandException(String message) {
        super(message);
    }

    CommandException(String message, Throwable cause) {
        super(message, cause);
    }
}
