package weft.extension;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * An extension of the peer protocol (BEP 10): messages of its own kind, under a name on which both sides agree. Weft's own
 * are plugged in here (metadata, BEP 9; peer exchange, BEP 11), and so can anybody's be, with
 * {@code AddOptions.withExtension}.
 *
 * <pre>{@code
 * Extension hello = new Extension() {
 *     public String name() {
 *         return "xy_hello";
 *     }
 *
 *     public Conversation connected(ExtensionPeer peer) {
 *         return new Conversation() {
 *             public void handshake() {
 *                 peer.send(UTF_8.encode("hello"));
 *             }
 *
 *             public void message(ByteBuffer payload) {
 *                 System.out.println(peer.address() + " says " + UTF_8.decode(payload));
 *             }
 *         };
 *     }
 * };
 * }</pre>
 *
 * <p>One object serves all peers of a torrent, from many threads; a conversation is called by one thread at a time.
 */
public interface Extension {
    /** The name in the extension handshake; begins with two letters of whoever thought of it, as BEP 10 asks. */
    String name();

    /** A peer has connected that speaks the extension protocol, whether or not it knows this extension. */
    Conversation connected(ExtensionPeer peer);

    /**
     * What one peer says leads to. Its methods are called by the thread that reads from the peer: as long as they take,
     * nothing else is read. An {@link IOException} ends the connection, and its message is the reason that is told.
     */
    interface Conversation {
        /** The peer has said, for the first time or anew, which extensions it knows: see {@link ExtensionPeer#knows}. */
        default void handshake() throws IOException {}

        /** The peer sent this; the buffer is of use only until the method returns. */
        void message(ByteBuffer payload) throws IOException;

        /** The connection has ended. */
        default void closed() {}
    }
}
