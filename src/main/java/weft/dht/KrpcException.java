package weft.dht;

import java.io.IOException;
import java.util.Optional;

/** A datagram that is no message of the DHT, or one that nobody can do anything with. */
final class KrpcException extends IOException {
    private final transient Failure reply; // or null

    KrpcException(String message) {
        this(message, null);
    }

    KrpcException(String message, Failure reply) {
        super(message);
        this.reply = reply;
    }

    /** What to tell the sender: nothing, unless it was a query and says by which transaction. */
    Optional<Failure> reply() {
        return Optional.ofNullable(reply);
    }
}
