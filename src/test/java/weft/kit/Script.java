package weft.kit;

import java.io.IOException;

/** What a scripted peer does with one connection, from before the handshake on; it ends with the connection. */
@FunctionalInterface
public interface Script {
    /** Runs in a thread of the extension's. That the connection ends is no failure. */
    void run(FakePeer peer) throws IOException, InterruptedException;
}
