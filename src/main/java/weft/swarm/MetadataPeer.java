package weft.swarm;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.extension.Extension;
import weft.wire.EarlyDecoder;
import weft.wire.ExtensionHandshake;
import weft.wire.MessageEncoder;
import weft.wire.MetadataMessage;
import weft.wire.PeerId;
import weft.wire.ProtocolException;

/**
 * A connection to a peer while the torrent's metadata is fetched. Its reader runs {@link #converse}, with a writer beside
 * it. When the metadata is there and the torrent has begun, the reader notices within {@link #LOOK_EVERY}, or sooner, and
 * the connection goes on as that of a {@link Peer}.
 */
final class MetadataPeer implements ConnectedPeer {
    /** How often a reader looks whether the metadata has come by somebody else, which may take days. */
    static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    /** How often, when it has come, whether the torrent has begun: of whom it came, or who talks, the first pieces come. */
    static final Duration LOOK_OFTEN = Duration.ofMillis(100);

    private static final int BUFFER_BYTES = 4 * 1024;

    private final MetadataSwarm swarm;
    private final Connection connection;
    private final MetadataDownload download;
    private final MetadataDownload.Source source;
    private final long connectedNanos;
    private final Outbox outbox = new Outbox();
    private final PeerExtensions extensions;
    private final EarlyDecoder decoder;
    private final AtomicReference<String> closeReason = new AtomicReference<>();
    private boolean nodeTold; // of the reader

    MetadataPeer(MetadataSwarm swarm, Connection connection, MetadataDownload download, ExtensionTable table) {
        this.swarm = swarm;
        this.connection = connection;
        this.download = download;
        this.decoder = new EarlyDecoder(swarm.earlyRoom());
        this.extensions = new PeerExtensions(
                table,
                connection.channel().remoteAddress(),
                connection.outgoing(),
                connection.reserved().extensionProtocol(),
                ExtensionHandshake.EMPTY,
                outbox,
                this::close);
        this.connectedNanos = swarm.now();
        this.source = download.connect(this);
    }

    Connection connection() {
        return connection;
    }

    PeerExtensions extensions() {
        return extensions;
    }

    @Override
    public InetSocketAddress address() {
        return connection.channel().remoteAddress();
    }

    @Override
    public PeerId peerId() {
        return connection.peerId();
    }

    @Override
    public boolean isOutgoing() {
        return connection.outgoing();
    }

    @Override
    public Optional<InetSocketAddress> listenAddress() {
        return extensions.listenAddress();
    }

    @Override
    public Optional<InetAddress> seenAs() {
        return extensions.handshake().externalIp();
    }

    @Override
    public long idleNanos(long now) {
        return download.idleNanos(source, now);
    }

    MetadataSwarm.PeerStanding standing() {
        return new MetadataSwarm.PeerStanding(
                address(),
                extensions
                        .handshake()
                        .client()
                        .orElseGet(() -> connection.peerId().clientName()),
                connection.outgoing(),
                Duration.ofNanos(swarm.now() - connectedNanos));
    }

    @Override
    public void close(String reason) {
        closeReason.compareAndSet(null, reason);
        outbox.close();
        connection.channel().close();
    }

    @Override
    public Optional<String> closeReason() {
        return Optional.ofNullable(closeReason.get());
    }

    /** Says who we are, and that we have nothing. */
    void greet(ExtensionHandshake ours) {
        extensions.sendHandshake(ours);
        if (connection.reserved().fast()) {
            outbox.append(MessageEncoder::haveNone);
        }
        if (connection.reserved().dht()) {
            outbox.append(out -> MessageEncoder.port(out, swarm.port()));
        }
    }

    /** Asks for what is missing, if it is this peer's turn. Called by its reader and by the swarm's keeper. */
    void ask() {
        if (!swarm.isFetching() || !extensions.knows(MetadataMessage.NAME)) {
            return;
        }
        for (int piece : download.ask(source)) {
            extensions.send(MetadataMessage.NAME, ByteBuffer.wrap(new MetadataMessage.Request(piece).encode()));
        }
    }

    /**
     * Reads from the peer until the connection ends, which is told by an exception, or until the torrent takes it over.
     *
     * @return what was said that only the torrent can understand
     */
    Connection.Earlier converse(TaskScope scope) throws IOException, InterruptedException {
        extensions.on(MetadataMessage.NAME, new MetadataConversation());
        extensions.begin();
        if (!scope.tryFork("writer", this::write)) {
            throw new IOException(Swarm.STOPPED);
        }
        var messages = new Messages();
        var in = ByteBuffer.allocate(BUFFER_BYTES).limit(0);
        connection.deadline().expect("sent a whole message", PeerReader.IDLE);
        while (!swarm.isSucceeded()) {
            int needed = decoder.decode(in, messages);
            if (in.position() > 0) {
                connection.deadline().expect("sent a whole message", PeerReader.IDLE);
            }
            in = withRoom(in, needed);
            int count = connection.channel().read(in, swarm.isFetching() ? LOOK_EVERY : LOOK_OFTEN);
            in.flip();
            if (count < 0) {
                throw new EOFException("closed by the peer");
            }
        }
        connection.deadline().relax();
        outbox.finish();
        if (!scope.join(PeerWriter.STALLED)) { // nothing may be half-written, nor the greeting be lost
            throw new IOException("has not read what we sent in time");
        }
        return new Connection.Earlier(extensions.handshake(), decoder.replay(in, swarm.pieceCount()));
    }

    /** In writing position: room for what has come and more, only as much as has been sent already once over. */
    private static ByteBuffer withRoom(ByteBuffer in, int needed) {
        boolean isTight =
                in.remaining() == in.capacity() || (needed > in.capacity() && in.remaining() > in.capacity() / 2);
        if (isTight) {
            return ByteBuffer.allocate(in.capacity() * 2).put(in);
        }
        return in.compact();
    }

    private final class Messages implements EarlyDecoder.Handler {
        @Override
        public void onExtended(int extensionId, ByteBuffer payload) throws IOException {
            if (extensions.received(extensionId, payload)) {
                swarm.introduced(MetadataPeer.this);
                ask();
            }
        }

        @Override
        public void onPort(int port) {
            if (!nodeTold && connection.reserved().dht() && port != 0) {
                nodeTold = true; // it has one, or is at play
                swarm.dhtNode(new InetSocketAddress(address().getAddress(), port));
            }
        }
    }

    private void write() throws IOException, InterruptedException {
        try (var deadline = swarm.watchdog().watch(() -> close("has not read what we sent in time"))) {
            for (var batch = outbox.take(PeerWriter.KEEP_ALIVE.toNanos(), 0);
                    batch != null;
                    batch = outbox.take(PeerWriter.KEEP_ALIVE.toNanos(), 0)) {
                write(batch, deadline);
            }
        }
    }

    private void write(Outbox.Batch batch, Watchdog.Guard deadline) throws IOException {
        var buffers = new ArrayList<ByteBuffer>();
        buffers.add(batch.control());
        buffers.addAll(batch.extended());
        if (buffers.stream().noneMatch(ByteBuffer::hasRemaining)) {
            buffers.add(PeerWriter.keepAlive());
        }
        deadline.expect("read what we sent", PeerWriter.STALLED);
        connection
                .channel()
                .write(
                        buffers.toArray(ByteBuffer[]::new),
                        0,
                        buffers.size(),
                        () -> deadline.expect("read what we sent", PeerWriter.STALLED));
        deadline.relax();
    }

    /** The connection has ended, or is taken over. */
    void left() {
        outbox.close();
        decoder.close();
        download.disconnect(source);
        extensions.closed();
    }

    private final class MetadataConversation implements Extension.Conversation {
        @Override
        public void handshake() throws IOException {
            boolean sends = extensions.knows(MetadataMessage.NAME);
            download.claims(
                    source, sends ? extensions.handshake().metadataSize().orElse(0) : 0);
        }

        @Override
        public void message(ByteBuffer payload) throws IOException {
            var message = MetadataMessage.decode(payload);
            if (message.isEmpty()) {
                return;
            }
            switch (message.get()) {
                case MetadataMessage.Request(int piece) ->
                    extensions.send(MetadataMessage.NAME, ByteBuffer.wrap(new MetadataMessage.Reject(piece).encode()));
                case MetadataMessage.Reject(int piece) -> download.refused(source);
                case MetadataMessage.Data data -> arrived(data);
            }
        }

        private void arrived(MetadataMessage.Data data) throws ProtocolException {
            swarm.outcome(download.arrived(source, data));
            ask();
        }
    }

    @Override
    public String toString() {
        return Swarm.text(address());
    }
}
