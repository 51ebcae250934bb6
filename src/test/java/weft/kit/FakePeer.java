package weft.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import weft.bencode.BDict;
import weft.bencode.Bencode;
import weft.bencode.BencodeException;
import weft.bencode.BencodeLimits;
import weft.kit.Message.Bitfield;
import weft.kit.Message.Extended;
import weft.kit.Message.HaveAll;
import weft.kit.Message.HaveNone;
import weft.kit.Message.KeepAlive;
import weft.kit.Message.Piece;
import weft.kit.Message.Request;

/**
 * One end of a connection to Weft that does exactly what a test says: {@code peer.expect(Interested.class);
 * peer.send(new Unchoke())}. Reads and writes in the calling thread. Made by {@link SwarmExtension#dial} or
 * {@link FakeServer#accept}, closed by the extension.
 */
public final class FakePeer implements AutoCloseable {
    /** BEP 6. */
    public static final long FAST = 0x04;

    /** BEP 10. */
    public static final long EXTENDED = 0x10_0000;

    /** Not one bit beyond BEP 3. */
    public static final long PLAIN = 0;

    private static final byte[] PROTOCOL = "\u0013BitTorrent protocol".getBytes(StandardCharsets.ISO_8859_1);
    private static final AtomicInteger IDS = new AtomicInteger();

    private final Socket socket;
    private final SharedTorrent torrent;
    private final DataInputStream in;
    private final List<Message> passedOver = new ArrayList<>();
    private byte[] id = "-FK0001-%012d".formatted(IDS.incrementAndGet()).getBytes(StandardCharsets.US_ASCII);

    FakePeer(Socket socket, SharedTorrent torrent) throws IOException {
        this.socket = socket;
        this.torrent = torrent;
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) Await.PATIENCE.toMillis());
    }

    // --- the handshake

    /** What both sides say first. */
    public record Handshake(long reserved, ByteBuffer infoHash, ByteBuffer peerId) {}

    /** The id to say in the handshake; one that nobody else has is the default. */
    public FakePeer withId(byte[] peerId) {
        id = peerId.clone();
        return this;
    }

    /** The id said in the handshake. */
    public byte[] id() {
        return id.clone();
    }

    /** Says the handshake and hears the other's, as a peer that speaks the Fast Extension. */
    public FakePeer shakeHands() throws IOException {
        return shakeHands(FAST);
    }

    /** Says the handshake with these reserved bits and hears the other's. */
    public FakePeer shakeHands(long reserved) throws IOException {
        sendHandshake(reserved);
        var theirs = expectHandshake();
        assertThat(theirs.infoHash())
                .isEqualTo(ByteBuffer.wrap(torrent.metainfo().infoHash().truncated()));
        return this;
    }

    /** Says the handshake. */
    public void sendHandshake(long reserved) throws IOException {
        sendRaw(handshake(reserved, torrent.metainfo().infoHash().truncated(), id));
    }

    /** The 68 bytes of a handshake. */
    public static byte[] handshake(long reserved, byte[] infoHash, byte[] peerId) {
        return ByteBuffer.allocate(68)
                .put(PROTOCOL)
                .putLong(reserved)
                .put(infoHash)
                .put(peerId)
                .array();
    }

    /** Hears the other's handshake. */
    public Handshake expectHandshake() throws IOException {
        var protocol = in.readNBytes(PROTOCOL.length);
        if (protocol.length < PROTOCOL.length) {
            throw new EOFException("closed before the handshake");
        }
        assertThat(protocol).isEqualTo(PROTOCOL);
        return new Handshake(in.readLong(), ByteBuffer.wrap(in.readNBytes(20)), ByteBuffer.wrap(in.readNBytes(20)));
    }

    // --- saying

    /** Sends these messages. */
    public void send(Message... messages) throws IOException {
        int length = 0;
        for (Message message : messages) {
            length += message.encode().length;
        }
        var bytes = ByteBuffer.allocate(length);
        for (Message message : messages) {
            bytes.put(message.encode());
        }
        sendRaw(bytes.array());
    }

    /** Sends these bytes, whatever they are. */
    public void sendRaw(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** Sends the block that was asked for, as it is. */
    public void serve(Request request) throws IOException {
        send(answerTo(request));
    }

    /** The block that was asked for, as it is. */
    public Piece answerTo(Request request) {
        return new Piece(
                request.piece(),
                request.begin(),
                ByteBuffer.wrap(torrent.block(request.piece(), request.begin(), request.length())));
    }

    /** The block that was asked for, with its first byte wrong. */
    public Piece lieTo(Request request) {
        var block = torrent.block(request.piece(), request.begin(), request.length());
        block[0] ^= 0x55;
        return new Piece(request.piece(), request.begin(), ByteBuffer.wrap(block));
    }

    // --- hearing

    /** The next message, which must be of this type; keep-alives do not count. */
    public <T extends Message> T expect(Class<T> type) throws IOException {
        var message = next();
        assertThat(message).as("next message from Weft").isInstanceOf(type);
        return type.cast(message);
    }

    /** The next message of this type; those before it are remembered in {@link #passedOver}. */
    public <T extends Message> T await(Class<T> type) throws IOException {
        while (true) {
            Message message;
            try {
                message = next();
            } catch (SocketTimeoutException e) {
                return fail("Weft did not send %s but %s", type.getSimpleName(), passedOver);
            } catch (EOFException e) {
                return fail("Weft closed the connection and did not send %s but %s", type.getSimpleName(), passedOver);
            }
            if (type.isInstance(message)) {
                return type.cast(message);
            }
            passedOver.add(message);
        }
    }

    /** {@code count} messages of this type, others passed over. */
    public <T extends Message> List<T> await(int count, Class<T> type) throws IOException {
        var messages = new ArrayList<T>();
        while (messages.size() < count) {
            messages.add(await(type));
        }
        return messages;
    }

    /** The next message; keep-alives do not count. */
    public Message next() throws IOException {
        Message message;
        do {
            message = Message.read(in);
        } while (message instanceof KeepAlive);
        return message;
    }

    /** Which pieces Weft says it has: bitfield, have all or have none, which must come next. */
    public BitSet expectPieces() throws IOException {
        var pieces = new BitSet();
        switch (next()) {
            case HaveAll all -> pieces.set(0, torrent.metainfo().layout().pieceCount());
            case HaveNone none -> {}
            case Bitfield bitfield -> pieces.or(bitfield.pieces());
            case Message other -> fail("pieces expected, not %s", other);
        }
        return pieces;
    }

    /** Weft's extension handshake, which must come next, as what it decodes to. */
    public BDict expectExtensionHandshake() throws IOException {
        var message = expect(Extended.class);
        assertThat(message.extensionId()).isZero();
        return decoded(message);
    }

    /** The next message of an extension that it was told to send under this id; others are passed over. */
    public Extended awaitExtended(int extensionId) throws IOException {
        while (true) {
            var message = await(Extended.class);
            if (message.extensionId() == extensionId) {
                return message;
            }
            passedOver.add(message);
        }
    }

    /** The dictionary at the beginning of a message. */
    public static BDict decoded(Extended message) {
        try {
            var bytes = new byte[message.payload().remaining()];
            message.payload().duplicate().get(bytes);
            return (BDict) Bencode.decode(bytes, BencodeLimits.EXTENSION).value();
        } catch (BencodeException e) {
            return fail("Weft sent " + message.text(), e);
        }
    }

    /** What {@link #await} has passed over so far; a copy. */
    public List<Message> passedOver() {
        return List.copyOf(passedOver);
    }

    /** Reads all that comes until Weft closes the connection, and returns it; fails if it does not. */
    public List<Message> untilClosed() throws IOException {
        var messages = new ArrayList<Message>();
        while (true) {
            try {
                messages.add(next());
            } catch (EOFException | SocketException closed) {
                return messages;
            } catch (SocketTimeoutException e) {
                return fail("Weft did not close the connection, it sent %s", messages);
            }
        }
    }

    /**
     * What comes within {@code time}, if anything does. To show that something does <em>not</em> come; where an answer
     * can be provoked that must come after it, do that instead.
     */
    public List<Message> within(Duration time) throws IOException {
        var messages = new ArrayList<Message>();
        long deadline = System.nanoTime() + time.toNanos();
        try {
            while (true) {
                long left = (deadline - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    return messages;
                }
                socket.setSoTimeout((int) left);
                messages.add(next());
            }
        } catch (SocketTimeoutException end) {
            return messages;
        } finally {
            socket.setSoTimeout((int) Await.PATIENCE.toMillis());
        }
    }

    /** Reads, and does not care what, until the connection ends, however long that takes. */
    public void skipAll() throws IOException {
        socket.setSoTimeout(0);
        in.skipNBytes(Long.MAX_VALUE);
    }

    // --- the rest

    /** The torrent that this is about. */
    public SharedTorrent torrent() {
        return torrent;
    }

    /** Where this end is. */
    public InetSocketAddress address() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    /** Says that nothing more will be sent, and goes on reading. */
    public void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
