package weft.kit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import weft.AddOptions;
import weft.ClientOptions;
import weft.TorrentState;
import weft.metainfo.Magnet;
import weft.metainfo.Metainfo;
import weft.metainfo.TorrentFile;
import weft.tracker.TrackerServer;

/**
 * A torrent and who shares it. A new node is told where those before it are: by the tracker if there is one, else at
 * once, if they came by {@link #seeds} and {@link #leechers}. Made by {@link SwarmExtension#share}.
 */
public final class SharedTorrent {
    private final SwarmExtension swarm;
    private final Content content;
    private final Metainfo metainfo;
    private final Path torrentFile;
    private final byte[] bytes;
    private final Optional<TrackerServer> tracker;
    private final List<Node> seeds = new ArrayList<>();
    private final List<Node> leechers = new ArrayList<>();

    SharedTorrent(
            SwarmExtension swarm,
            Content content,
            Metainfo metainfo,
            Path torrentFile,
            Optional<TrackerServer> tracker) {
        this.swarm = swarm;
        this.content = content;
        this.metainfo = metainfo;
        this.torrentFile = torrentFile;
        this.tracker = tracker;
        this.bytes = new byte[Math.toIntExact(metainfo.layout().totalLength())];
        for (TorrentFile file : metainfo.files()) {
            var of = content.file(String.join("/", file.path()));
            System.arraycopy(of, 0, bytes, (int) file.offset(), of.length);
        }
    }

    // --- what it is

    /** What is shared. */
    public Content content() {
        return content;
    }

    /** The torrent. */
    public Metainfo metainfo() {
        return metainfo;
    }

    /** The torrent as a file. */
    public Path torrentFile() {
        return torrentFile;
    }

    /** Bytes in all. */
    public int size() {
        return bytes.length;
    }

    /** The number of pieces. */
    public int pieceCount() {
        return metainfo.layout().pieceCount();
    }

    /** Part of a piece; a copy. */
    public byte[] block(int piece, int begin, int length) {
        int offset = (int) metainfo.layout().pieceOffset(piece) + begin;
        return Arrays.copyOfRange(bytes, offset, offset + length);
    }

    /** The tracker that the torrent names. */
    public TrackerServer tracker() {
        return tracker.orElseThrow();
    }

    // --- who shares it

    /** This many more seeds, and waits until they seed. */
    public SharedTorrent seeds(int count) throws IOException, InterruptedException {
        for (int i = 0; i < count; i++) {
            seeds.add(seed(this::knowingTheOthers));
        }
        return this;
    }

    /** This many more leechers. */
    public SharedTorrent leechers(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            leechers.add(leecher(this::knowingTheOthers));
        }
        return this;
    }

    private AddOptions knowingTheOthers(AddOptions options) {
        return tracker.isPresent()
                ? options
                : options.withPeers(nodes().stream().map(Node::address).toList());
    }

    /** The seeds that {@link #seeds} made. */
    public List<Node> seeds() {
        return List.copyOf(seeds);
    }

    /** The leechers that {@link #leechers} made. */
    public List<Node> leechers() {
        return List.copyOf(leechers);
    }

    private List<Node> nodes() {
        var nodes = new ArrayList<>(seeds);
        nodes.addAll(leechers);
        return nodes;
    }

    /** Waits until all leechers have everything that they want. */
    public SharedTorrent awaitComplete() throws IOException, InterruptedException {
        for (Node leecher : leechers) {
            leecher.awaitComplete();
        }
        return this;
    }

    /** One seed that knows nobody. Waits until it seeds. */
    public Node seed() throws IOException, InterruptedException {
        return seed(options -> options);
    }

    /** One seed with options of its own. Waits until it seeds. */
    public Node seed(UnaryOperator<AddOptions> options) throws IOException, InterruptedException {
        var node = open(seededDirectory(), SwarmExtension.clientOptions(), options);
        node.awaitComplete();
        return node.awaitState(TorrentState.SEEDING);
    }

    /** One leecher that knows nobody. */
    public Node leecher() throws IOException {
        return leecher(options -> options);
    }

    /** One leecher with options of its own. */
    public Node leecher(UnaryOperator<AddOptions> options) throws IOException {
        return open(swarm.directory(), SwarmExtension.clientOptions(), options);
    }

    /** One leecher that knows a magnet link with no more than the info-hash, in a directory of its own. */
    public Node byMagnet(UnaryOperator<AddOptions> options) throws IOException {
        return byMagnet(Magnet.of(metainfo.infoHash()), swarm.directory(), options);
    }

    /** One leecher that knows this magnet link. */
    public Node byMagnet(Magnet magnet, Path directory, UnaryOperator<AddOptions> options) throws IOException {
        return swarm.openByMagnet(
                this, magnet, SwarmExtension.clientOptions(), options.apply(AddOptions.into(directory)));
    }

    /** A storage in which nothing lies yet. */
    public SteeredStorage emptyStorage() {
        return new SteeredStorage(metainfo.layout());
    }

    /** A storage in which everything lies already. */
    public SteeredStorage seededStorage() throws IOException {
        var storage = emptyStorage();
        for (int piece = 0; piece < pieceCount(); piece++) {
            storage.write(
                    piece, 0, ByteBuffer.wrap(block(piece, 0, metainfo.layout().pieceLength(piece))));
        }
        return storage;
    }

    /** A new directory in which everything lies already. */
    public Path seededDirectory() throws IOException {
        var directory = swarm.directory();
        content.writeInto(directory);
        return directory;
    }

    /** A node in this directory. */
    public Node open(Path directory, ClientOptions clientOptions, UnaryOperator<AddOptions> options)
            throws IOException {
        return swarm.open(this, clientOptions, options.apply(AddOptions.into(directory)));
    }

    // --- scripted peers

    /** A connection of a scripted peer at {@code from} to {@code node}, before the handshake. */
    public FakePeer dial(Node node, String from) throws IOException {
        return swarm.dial(this, node.address(), from);
    }

    /** A connection of a scripted peer at 127.0.0.1 to {@code node}, after the handshake. */
    public FakePeer connect(Node node) throws IOException {
        return dial(node, "127.0.0.1").shakeHands();
    }

    /** A place at {@code address} where Weft finds a scripted peer. */
    public FakeServer listen(String address) throws IOException {
        return swarm.own(new FakeServer(swarm, this, address));
    }

    void writeTorrentFile() throws IOException {
        Files.write(torrentFile, metainfo.toBytes());
    }
}
