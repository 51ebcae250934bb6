package weft.swarm;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import weft.extension.Extension;
import weft.extension.ExtensionPeer;
import weft.wire.ExtensionHandshake;
import weft.wire.MessageEncoder;
import weft.wire.PexMessage;
import weft.wire.ProtocolException;

/**
 * What we and one peer say to each other by the extension protocol (BEP 10). One per connection; {@link #received} and
 * {@link #closed} are called by its reader, the rest by any thread.
 */
final class PeerExtensions {
    private static final System.Logger LOG = System.getLogger("weft.swarm");

    /** BEP 55. */
    private static final String HOLEPUNCH = "ut_holepunch";

    /** A handshake may be said again, but a peer that does so for ever costs us time for nothing. */
    private static final int MAX_HANDSHAKES = 1000;

    private final ExtensionTable table;
    private final InetSocketAddress address;
    private final boolean outgoing;
    private final boolean spoken; // by both
    private final Outbox outbox;
    private final Consumer<String> close;
    private final Map<Integer, Extension.Conversation> conversations = new HashMap<>(); // by our ids; of the reader
    private volatile ExtensionHandshake handshake;
    private int handshakes; // of the reader

    /**
     * Begins the conversations of all extensions.
     *
     * @param spoken whether both sides speak the extension protocol
     * @param handshake what the peer has said already
     * @param close ends the connection for a reason
     */
    PeerExtensions(
            ExtensionTable table,
            InetSocketAddress address,
            boolean outgoing,
            boolean spoken,
            ExtensionHandshake handshake,
            Outbox outbox,
            Consumer<String> close) {
        this.table = table;
        this.address = address;
        this.outgoing = outgoing;
        this.spoken = spoken;
        this.handshake = handshake;
        this.outbox = outbox;
        this.close = close;
    }

    /** Begins the conversations of all plugged-in extensions; before anything is received. */
    void begin() throws IOException {
        if (!spoken) {
            return;
        }
        for (Extension extension : table.extensions()) {
            var name = extension.name();
            guarded(
                    name,
                    () -> conversations.put(
                            table.id(name), Objects.requireNonNull(extension.connected(new Link(name)), name)));
        }
        if (!handshake.equals(ExtensionHandshake.EMPTY)) {
            tellHandshake();
        }
    }

    /** Has the messages of one of the extensions that are part of the swarm handled like this. */
    void on(String name, Extension.Conversation conversation) {
        conversations.put(table.id(name), conversation);
    }

    /** All that the peer's handshakes have said. */
    ExtensionHandshake handshake() {
        return handshake;
    }

    /** Whether a message of this id is one of a library user's extension, which may have much to say. */
    boolean isForeign(int extensionId) {
        return ExtensionTable.isForeign(extensionId) && conversations.containsKey(extensionId);
    }

    /** Whether both sides speak the extension protocol. */
    boolean areSpoken() {
        return spoken;
    }

    /** Says, or says anew, what we can and want. False if the peer has left too much unread. */
    boolean sendHandshake(ExtensionHandshake ours) {
        if (!spoken) {
            return true;
        }
        var payload = ours.encode();
        return outbox.append(MessageEncoder.extendedMessageLength(payload.length), out -> {
            MessageEncoder.extendedHeader(out, 0, payload.length);
            out.put(payload);
        });
    }

    /** Whether the peer wants messages of this extension. */
    boolean knows(String name) {
        return spoken && handshake.messages().getOrDefault(name, 0) != 0;
    }

    /** Queues a message of an extension; false if the peer does not want it or too many wait. */
    boolean send(String name, ByteBuffer... payload) {
        int id = handshake.messages().getOrDefault(name, 0);
        return spoken && id != 0 && outbox.offerExtended(id, payload);
    }

    /** Queues a message of ours among those of the swarm, in the same order; false if too much is left unread. */
    boolean sendNow(String name, ByteBuffer payload) {
        int id = handshake.messages().getOrDefault(name, 0);
        int length = payload.remaining();
        return outbox.append(MessageEncoder.extendedMessageLength(length), out -> {
            MessageEncoder.extendedHeader(out, id, length);
            out.put(payload);
        });
    }

    /** The peer has sent an extended message. Says whether it changed what its handshakes have said. */
    boolean received(int extensionId, ByteBuffer payload) throws IOException {
        if (!spoken) {
            return false;
        }
        if (extensionId == 0) {
            if (++handshakes > MAX_HANDSHAKES) {
                throw new ProtocolException("extension handshake: said " + handshakes + " times");
            }
            var before = handshake;
            handshake = merge(before, ExtensionHandshake.decode(payload));
            tellHandshake();
            return !handshake.equals(before);
        }
        var conversation = conversations.get(extensionId);
        if (conversation != null) {
            guarded(table.name(extensionId), () -> conversation.message(payload));
        }
        return false;
    }

    private void tellHandshake() throws IOException {
        for (var entry : conversations.entrySet()) {
            guarded(table.name(entry.getKey()), entry.getValue()::handshake);
        }
    }

    private interface Call {
        void run() throws IOException;
    }

    /** An extension may be somebody else's: what it does wrong must look like that. No peer can make it say more than DEBUG. */
    private void guarded(String extension, Call call) throws IOException {
        try {
            call.run();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> failed(extension, e), e);
            throw new IOException("the extension " + extension + " failed: " + e, e);
        }
    }

    private String failed(String extension, RuntimeException e) {
        return Swarm.text(address) + ": the extension " + extension + " failed: " + e;
    }

    private static ExtensionHandshake merge(ExtensionHandshake before, ExtensionHandshake now) {
        var messages = new HashMap<>(before.messages());
        now.messages().forEach((name, id) -> {
            if (messages.containsKey(name) || messages.size() < ExtensionHandshake.MOST_MESSAGES) {
                messages.put(name, id);
            }
        });
        return new ExtensionHandshake(
                messages,
                now.client().or(before::client),
                now.port().isPresent() ? now.port() : before.port(),
                now.externalIp().or(before::externalIp),
                now.requestQueue().isPresent() ? now.requestQueue() : before.requestQueue(),
                now.metadataSize().isPresent() ? now.metadataSize() : before.metadataSize(),
                now.uploadOnly().or(before::uploadOnly));
    }

    /** The connection has ended. */
    void closed() {
        conversations.forEach((id, conversation) -> {
            try {
                conversation.closed();
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.DEBUG, () -> failed(table.name(id), e), e);
            }
        });
    }

    /** What there is to say of the peer to others, beside where it is ({@link PexMessage}). */
    int contactFlags() {
        return (outgoing ? PexMessage.REACHABLE : 0)
                | (handshake.uploadOnly().orElse(false) ? PexMessage.UPLOAD_ONLY : 0)
                | (knows(HOLEPUNCH) ? PexMessage.HOLEPUNCH : 0);
    }

    /** The peer's own address, where it can be reached, as far as it says. */
    Optional<InetSocketAddress> listenAddress() {
        if (outgoing) {
            return Optional.of(address);
        }
        var port = handshake.port();
        return port.isPresent()
                ? Optional.of(new InetSocketAddress(address.getAddress(), port.getAsInt()))
                : Optional.empty();
    }

    /** The peer as an extension sees it. */
    final class Link implements ExtensionPeer {
        private final String extension;

        private Link(String extension) {
            this.extension = extension;
        }

        @Override
        public InetSocketAddress address() {
            return address;
        }

        @Override
        public boolean isOutgoing() {
            return outgoing;
        }

        @Override
        public Optional<InetSocketAddress> listenAddress() {
            return PeerExtensions.this.listenAddress();
        }

        @Override
        public boolean knows() {
            return PeerExtensions.this.knows(extension);
        }

        @Override
        public boolean send(ByteBuffer... payload) {
            int length = Arrays.stream(payload).mapToInt(ByteBuffer::remaining).sum();
            if (length > LONGEST_MESSAGE) {
                throw new IllegalArgumentException("message of " + length + " bytes > " + LONGEST_MESSAGE);
            }
            return PeerExtensions.this.send(extension, payload);
        }

        @Override
        public void close(String reason) {
            close.accept(reason);
        }

        ExtensionHandshake handshake() {
            return handshake;
        }
    }
}
