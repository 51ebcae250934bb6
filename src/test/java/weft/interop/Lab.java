package weft.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import weft.AddOptions;
import weft.Client;
import weft.ClientOptions;
import weft.Torrent;
import weft.app.Main;
import weft.kit.Directories;
import weft.kit.Jvm;
import weft.kit.Ports;
import weft.kit.WeftThreads;
import weft.metainfo.InfoHash;
import weft.metainfo.Magnet;
import weft.metainfo.Metainfo;
import weft.metainfo.TorrentCreator;

/**
 * What a test with other programs works in: directories, Weft clients and programs, all of loopback, which end with the
 * test. When they have ended, the lab fails the test if a process or a thread of Weft is left.
 */
final class Lab implements BeforeEachCallback, TestExecutionExceptionHandler, AfterEachCallback {
    private static final int PIECE_LENGTH = 64 << 10;

    private final Deque<AutoCloseable> open = new ArrayDeque<>(); // latest first
    private final List<ProgramProcess> processes = new ArrayList<>();
    private final List<Torrent> torrents = new ArrayList<>();
    private Path root;
    private Set<Long> threadsBefore = Set.of(); // of other tests

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        // opentracker gives up being root, and has to get in all the same.
        root = Files.createTempDirectory(
                "weft-interop", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        threadsBefore = WeftThreads.alive().keySet();
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        try {
            closeAll();
            assertThat(processes).as("processes left behind").noneMatch(ProgramProcess::isAlive);
            var threads = WeftThreads.alive();
            threads.keySet().removeAll(threadsBefore);
            assertThat(threads).as("threads left behind").isEmpty();
        } finally {
            Directories.delete(root);
        }
    }

    /** Adds to what went wrong all that there is to know of those who took part. */
    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        failure.addSuppressed(new AssertionError(Stream.concat(
                        torrents.stream().map(Lab::situation),
                        processes.stream().map(process -> process.name() + " said:\n" + process.output()))
                .collect(Collectors.joining("\n\n", "the situation\n", ""))));
        throw failure;
    }

    private static String situation(Torrent torrent) {
        return "Weft with " + torrent + ": " + torrent.snapshot()
                + "\npeers: " + torrent.peers()
                + "\ntrackers: " + torrent.trackers()
                + "\ndisconnects: " + torrent.disconnects()
                + "\nerror: " + torrent.error();
    }

    private void closeAll() {
        var failures = new ArrayList<Exception>();
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                failures.add(e);
            }
        }
        assertThat(failures).as("closing what the test opened").isEmpty();
    }

    // --- content

    /** An empty directory. */
    Path directory(String name) throws IOException {
        return Files.createDirectory(root.resolve(name));
    }

    /** A torrent of a file or folder, made by Weft, without trackers. */
    Path torrentOf(Path content) throws IOException, InterruptedException {
        return torrentOf(content, PIECE_LENGTH, List.of());
    }

    Path torrentOf(Path content, int pieceLength, List<String> trackers) throws IOException, InterruptedException {
        var metainfo = TorrentCreator.ofPath(content)
                .withPieceLength(pieceLength)
                .withTrackers(trackers.stream().map(List::of).toList())
                .create(2, TorrentCreator.Progress.NONE);
        return Files.write(root.resolve(content.getFileName() + ".torrent"), metainfo.toBytes());
    }

    static InfoHash infoHash(Path torrent) throws IOException {
        return Metainfo.read(torrent).infoHash();
    }

    // --- who takes part

    /** A Weft client of its own with a torrent that goes to or comes from this directory. */
    Torrent weft(Path torrent, Path directory, InetSocketAddress... peers) throws IOException {
        return weft(torrent, AddOptions.into(directory).withPeers(List.of(peers)));
    }

    Torrent weft(Path torrent, AddOptions options) throws IOException {
        return weft(weftClient(), torrent, options);
    }

    Torrent weft(Client client, Path torrent, AddOptions options) throws IOException {
        var added = client.add(torrent, options);
        torrents.add(added);
        return added;
    }

    /** A Weft client of its own with a torrent by a magnet link. */
    Torrent weft(ClientOptions options, Magnet magnet, Path directory) throws IOException {
        var added = weftClient(options).add(magnet, AddOptions.into(directory));
        torrents.add(added);
        return added;
    }

    Client weftClient() throws IOException {
        return weftClient(ClientOptions.defaults());
    }

    Client weftClient(ClientOptions options) throws IOException {
        return open(Client.open(options.withBindAddress(InetAddress.getLoopbackAddress())));
    }

    /** Weft's command line in a process of its own. */
    ProgramProcess weftCommand(Path directory, Object... words) {
        var command = Jvm.of(Main.class).command();
        Stream.of(words).map(Object::toString).forEach(command::add);
        if (List.of("download", "seed").contains(words[0])) {
            command.add("--no-lsd"); // tests that want it say so themselves
            command.add("--no-dht");
        }
        return program("weft " + words[0], directory, command);
    }

    /** Weft's command line in the network of another process, and with a home of its own. */
    ProgramProcess weftBeside(ProgramProcess neighbour, Path directory, Object... words) {
        var command = Jvm.of(Main.class)
                .under("nsenter", "--net=/proc/" + neighbour.pid() + "/ns/net", "env", "XDG_STATE_HOME=" + directory)
                .command();
        Stream.of(words).map(Object::toString).forEach(command::add);
        return program("weft in " + directory, directory, command);
    }

    /** Any other program. */
    ProgramProcess program(String name, Path directory, List<String> command) {
        var process = open(ProgramProcess.start(name, directory, command));
        processes.add(process);
        return process;
    }

    /** An address as people write it. */
    static String text(InetSocketAddress address) {
        var host = address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    /** Where a torrent of {@link #weft} listens. */
    static InetSocketAddress addressOf(Torrent torrent) {
        return Ports.loopback(torrent.port());
    }

    Libtorrent libtorrent(Path torrent, Path directory, String... options) {
        var libtorrent = open(Libtorrent.start("libtorrent", torrent, directory, options));
        processes.add(libtorrent.process());
        return libtorrent;
    }

    LibtorrentDht libtorrentDht(String name) throws IOException {
        var libtorrent = open(LibtorrentDht.start(name, directory(name)));
        processes.add(libtorrent.process());
        return libtorrent;
    }

    Libtorrent libtorrent(Magnet magnet, Path directory, String... options) {
        var libtorrent = open(Libtorrent.start("libtorrent", magnet, directory, options));
        processes.add(libtorrent.process());
        return libtorrent;
    }

    Transmission transmission() throws IOException {
        var transmission = open(Transmission.start(directory("transmission's own")));
        processes.add(transmission.process());
        return transmission;
    }

    Aria2 aria2(Magnet magnet, Path directory, String... options) {
        var aria2 = open(Aria2.start(magnet.toString(), directory, options));
        processes.add(aria2.process());
        return aria2;
    }

    Aria2 aria2(Path torrent, Path directory, String... options) {
        var aria2 = open(Aria2.start(torrent, directory, options));
        processes.add(aria2.process());
        return aria2;
    }

    Opentracker opentracker(int port, InfoHash torrent) throws IOException {
        var tracker = open(Opentracker.start(directory("opentracker's own"), port, torrent));
        processes.add(tracker.process());
        return tracker;
    }

    BittorrentTracker bittorrentTracker(int port) throws IOException {
        var tracker = open(BittorrentTracker.start(directory("bittorrent-tracker's own"), port));
        processes.add(tracker.process());
        return tracker;
    }

    <T extends AutoCloseable> T open(T opened) {
        open.push(opened);
        return opened;
    }

    // --- what comes of it

    /** Waits until the torrent is complete; if it does not become so, says all that there is to know. */
    void awaitComplete(Torrent torrent) throws IOException, InterruptedException {
        if (!torrent.awaitComplete(ProgramProcess.PATIENCE)) {
            throw new AssertionError("Weft does not complete");
        }
    }

    /** Waits until the torrent has that many pieces. */
    void awaitPieces(Torrent torrent, int count) throws InterruptedException {
        var news = new Semaphore(0);
        torrent.onPieceVerified(piece -> news.release());
        long deadline = System.nanoTime() + ProgramProcess.PATIENCE.toNanos();
        while (torrent.snapshot().piecesVerified() < count) {
            if (!news.tryAcquire(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                throw new AssertionError("Weft does not get " + count + " pieces");
            }
        }
    }

    /** Closes now what would end with the test, so that what comes after does not meet it any more. */
    void close(AutoCloseable opened) throws Exception {
        open.remove(opened);
        opened.close();
    }
}
