package weft.net;

import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.util.function.ToIntFunction;

/**
 * A TCP listener and a UDP socket on the same port number, as peers expect it of each other and clients of a tracker. Both
 * are the caller's to close.
 */
public record PortPair<T extends Closeable>(T tcp, UdpSocket udp) {
    /** How many ports that the system picks are tried; those for TCP and for UDP it gives out apart. */
    private static final int ATTEMPTS = 50;

    /** Opens something on a port, 0 for one that the system picks. */
    @FunctionalInterface
    public interface Opener<S extends Closeable> {
        /** Throws a {@link BindException} if the port is in use. */
        S open(int port) throws IOException;
    }

    /** Opens both on {@code port}, or if that is 0 on one that is free for both. */
    public static <T extends Closeable> PortPair<T> open(
            int port, Opener<T> tcp, ToIntFunction<T> portOf, Opener<UdpSocket> udp) throws IOException {
        for (int attempt = 1; ; attempt++) {
            var listener = tcp.open(port);
            try {
                return new PortPair<>(listener, udp.open(portOf.applyAsInt(listener)));
            } catch (IOException e) {
                listener.close();
                if (!(e instanceof BindException) || port != 0 || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }
}
