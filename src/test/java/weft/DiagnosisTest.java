package weft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import weft.AddOptions.InitialState;
import weft.Diagnosis.Cause;
import weft.Diagnosis.Evidence;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.FakeClock;
import weft.kit.FileLease;
import weft.kit.ForwardingStorage;
import weft.kit.Hostile;
import weft.kit.Message;
import weft.kit.Scripts;
import weft.kit.SharedTorrent;
import weft.kit.SwarmExtension;
import weft.storage.Storage;
import weft.storage.StorageException;
import weft.tracker.HostResolver;
import weft.tracker.HttpTrackerOptions;
import weft.tracker.TrackerServer;
import weft.tracker.TrackerServerOptions;

/** Broken worlds, and some that are not: in each the one cause is named, for programs and for people. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DiagnosisTest {
    private static final Content CONTENT = Content.ofLength(100_000); // four pieces

    @RegisterExtension
    private final SwarmExtension swarm = new SwarmExtension();

    /** Waits until this is the cause, and returns the whole diagnosis. */
    private static Diagnosis await(Cause cause, Torrent torrent) {
        var diagnosis = new AtomicReference<Diagnosis>();
        Await.until(() -> cause + " but " + diagnosis, () -> {
            diagnosis.set(torrent.diagnosis()); // the next one may be another
            return diagnosis.get().cause() == cause;
        });
        return diagnosis.get();
    }

    private static void assertDiagnosis(Torrent torrent, Cause cause, String sentence) {
        assertThat(await(cause, torrent).sentence()).isEqualTo(sentence);
    }

    // --- nothing is wrong

    @Test
    void whatMovesIsWell() throws Exception {
        var shared = swarm.share(Content.ofLength(400_000));
        var storage = shared.seededStorage().withBytesPerSecond(100_000);
        var seed = shared.seed(options -> options.withStorage(storage));
        var leecher = shared.leecher().connectTo(seed);

        assertDiagnosis(leecher.torrent(), Cause.MOVES, "what is missing comes in");
        assertDiagnosis(seed.torrent(), Cause.MOVES, "what is there goes out to 1 peer");
        assertThat(Cause.MOVES.isStall()).isFalse();
    }

    @Test
    void seedThatNobodyAsksIsWell() throws Exception {
        var seed = swarm.share(CONTENT).seed();

        assertDiagnosis(seed.torrent(), Cause.SEEDING, "everything wanted is there, and nobody asks for it");
        assertThat(Cause.SEEDING.isStall()).isFalse();
    }

    // --- it was told to do nothing

    @Test
    void stoppedPausedAndClosed() throws Exception {
        var torrent = swarm.share(CONTENT)
                .leecher(options -> options.withInitialState(InitialState.STOPPED))
                .torrent();

        assertDiagnosis(torrent, Cause.STOPPED, "the torrent is stopped");
        torrent.pause();
        assertDiagnosis(torrent, Cause.PAUSED, "the torrent is paused");
        torrent.close();
        assertDiagnosis(torrent, Cause.CLOSED, "the torrent is closed");
    }

    @Test
    void nothingIsWanted() throws Exception {
        var shared = swarm.share(CONTENT);
        var node = shared.leecher(options -> options.withPriority(0, 0));

        assertDiagnosis(node.torrent(), Cause.NOTHING_WANTED, "no file is wanted");
    }

    @Test
    void checking() throws Exception {
        var shared = swarm.share(CONTENT);
        var storage = shared.seededStorage();
        var torrent = shared.seed(options -> options.withStorage(storage)).torrent();
        storage.stallWhenSaved();
        try {
            Thread.startVirtualThread(() -> {
                try {
                    torrent.hashCheck();
                } catch (IOException | InterruptedException e) {
                    throw new AssertionError(e);
                }
            });

            assertDiagnosis(torrent, Cause.CHECKING, "hashing what lies on the disk: 0 of 4 pieces done");
        } finally {
            storage.resume();
        }
        await(Cause.SEEDING, torrent);
    }

    @Test
    void diskThatDoesNotAnswerBeforeTheStart() throws Exception {
        var shared = swarm.share(CONTENT);
        var answers = new CountDownLatch(1);
        var node = shared.leecher(options -> options.withInitialState(InitialState.STOPPED));
        var other = swarm.own(Client.open());
        var torrent = other.add(
                shared.metainfo(), AddOptions.into(swarm.directory()).withStorage(new SilentStorage(answers)));

        assertDiagnosis(torrent, Cause.STARTING, "about to start: looking at what lies on the disk");
        answers.countDown();
        await(Cause.NO_SOURCES, torrent);
        assertDiagnosis(node.torrent(), Cause.STOPPED, "the torrent is stopped");
    }

    private Torrent add(FakeClock clock, SharedTorrent shared, InitialState state, Storage storage) throws IOException {
        return add(
                clock,
                shared,
                AddOptions.into(swarm.directory()).withInitialState(state).withStorage(storage));
    }

    private Torrent add(FakeClock clock, SharedTorrent shared, AddOptions options) throws IOException {
        var client = swarm.own(Client.open(SwarmExtension.clientOptions(), HttpTrackerOptions.defaults(), clock));
        return client.add(shared.metainfo(), options);
    }

    /** Has what is there looked at, and waits for it. */
    private static Thread startCheck(Torrent torrent) {
        return Thread.startVirtualThread(() -> {
            try {
                torrent.hashCheck(new BitSet());
            } catch (IOException | InterruptedException | CancellationException e) {
                throw new AssertionError(e);
            }
        });
    }

    /** As time goes by: what gets on at first may take its time to come to a halt. */
    private static void awaitDiskBusy(FakeClock clock, Torrent torrent, String how) {
        var sentence = "the disk does not get on: " + how;
        Await.until(() -> sentence + ", but " + torrent.diagnosis(), () -> {
            clock.advance(Duration.ofSeconds(1));
            return torrent.diagnosis().equals(new Diagnosis(Cause.DISK_BUSY, sentence));
        });
    }

    /** As the command line does it: added as stopped, then looked at. */
    @Test
    void diskThatHangsBeforeTheFirstCheck() throws Exception {
        var clock = new FakeClock();
        var answers = new CountDownLatch(1);
        var torrent = add(clock, swarm.share(CONTENT), InitialState.STOPPED, new SilentStorage(answers));
        assertDiagnosis(torrent, Cause.STOPPED, "the torrent is stopped");

        var check = startCheck(torrent);
        assertDiagnosis(torrent, Cause.STARTING, "about to hash: looking at what lies on the disk");

        awaitDiskBusy(clock, torrent, "what lies on it is still to be looked at");
        assertThat(Cause.DISK_BUSY.isStall()).isTrue();
        answers.countDown();
        check.join();
        assertDiagnosis(torrent, Cause.STOPPED, "the torrent is stopped");
    }

    @Test
    void diskThatHangsInTheFirstCheck() throws Exception {
        var clock = new FakeClock();
        var shared = swarm.share(CONTENT);
        var storage = shared.seededStorage();
        storage.stall();
        var torrent = add(clock, shared, InitialState.STARTED, storage);
        assertDiagnosis(torrent, Cause.CHECKING, "hashing what lies on the disk: 0 of 4 pieces done");

        awaitDiskBusy(clock, torrent, "hashing what lies on it stands still at 0 of 4 pieces");

        storage.resume();
        await(Cause.SEEDING, torrent);
    }

    /** Files of our own: resume data that cannot be read, or content that cannot be opened to be hashed. */
    @ParameterizedTest
    @CsvSource({
        ".weft/HASH.resume, what lies on it is still to be looked at",
        "content.bin, hashing what lies on it stands still at 0 of 4 pieces"
    })
    void fileThatCannotBeOpenedForNow(String name, String how) throws Exception {
        var clock = new FakeClock();
        var shared = swarm.share(CONTENT);
        var directory = shared.seededDirectory();
        var path = directory.resolve(
                name.replace("HASH", shared.metainfo().infoHash().toHex()));
        Files.createDirectories(path.getParent());
        Files.write(path, new byte[0], StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        Torrent torrent;
        Thread check;
        try (var lease = FileLease.take(path)) {
            lease.checkHeld();
            torrent = add(clock, shared, AddOptions.into(directory).withInitialState(InitialState.STOPPED));
            check = startCheck(torrent);

            awaitDiskBusy(clock, torrent, how);
        }
        check.join();
        assertThat(torrent.isSeed()).isTrue();
    }

    /** Every call takes nearly as long as one may, also within a piece. */
    @Test
    void diskThatIsSlowIsNotSaidToHang() throws Exception {
        var clock = new FakeClock();
        var content = Content.ofLength(600_000);
        var shared = swarm.share(content, 256 * 1024);
        var torrents = new CompletableFuture<Torrent>();
        var causes = new ConcurrentLinkedQueue<Cause>();
        var slow = new ForwardingStorage(shared.seededStorage()) {
            private void takeTime() {
                clock.advance(Duration.ofMillis(1900));
                causes.add(torrents.join().diagnosis().cause());
            }

            @Override
            public boolean mayHold(int piece) {
                takeTime();
                return super.mayHold(piece);
            }

            @Override
            public void read(int piece, int begin, ByteBuffer target) throws IOException {
                takeTime();
                super.read(piece, begin, target);
            }
        };

        torrents.complete(add(clock, shared, InitialState.STARTED, slow));
        await(Cause.SEEDING, torrents.join());

        assertThat(causes).containsOnly(Cause.STARTING, Cause.CHECKING);
        assertThat(Collections.frequency(causes, Cause.CHECKING))
                .as("looks and reads")
                .isGreaterThan(10);
    }

    /** Holds nothing, and says so only when it is allowed to. */
    private record SilentStorage(CountDownLatch answers) implements Storage {
        @Override
        public boolean mayHold(int piece) {
            try {
                answers.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return false;
        }

        @Override
        public void write(int piece, int begin, ByteBuffer block) {
            block.position(block.limit());
        }

        @Override
        public void read(int piece, int begin, ByteBuffer target) {
            target.position(target.limit());
        }

        @Override
        public void flush() {
            // nothing to do
        }

        @Override
        public void close() {
            // nothing to do
        }
    }

    // --- the disk

    @ParameterizedTest
    @CsvSource({
        "NO_SPACE, DISK_FULL",
        "ACCESS_DENIED, DISK_ACCESS_DENIED",
        "MISSING, FILE_MISSING",
        "CHANGED, FILE_CHANGED",
        "FAILED, DISK_FAILED"
    })
    void diskThatFails(StorageException.Reason reason, Cause cause) throws Exception {
        var shared = swarm.share(CONTENT);
        var storage = shared.emptyStorage();
        storage.failWrites(Optional.of(new StorageException(reason, "content.bin: that is why")));
        var seed = shared.seed();
        var node = shared.leecher(options -> options.withStorage(storage)).connectTo(seed);

        assertDiagnosis(node.torrent(), cause, "content.bin: that is why");
        assertThat(cause.isStall()).isTrue();
    }

    @Test
    void somethingIsInTheWay() throws Exception {
        var shared = swarm.share(CONTENT);
        var directory = swarm.directory();
        Files.createDirectories(directory.resolve("content.bin/in the way"));
        var node = shared.open(directory, SwarmExtension.clientOptions(), options -> options)
                .connectTo(shared.seed());

        assertThat(await(Cause.DISK_FAILED, node.torrent()).sentence())
                .contains("content.bin", "a directory where a file should be");
    }

    @Test
    void somebodyElseHasTheFiles() throws Exception {
        var shared = swarm.share(CONTENT);
        var first = shared.seed();
        var second = swarm.own(Client.open()).add(shared.metainfo(), AddOptions.into(first.directory()));

        assertDiagnosis(
                second,
                Cause.FILES_IN_USE,
                first.directory() + " is in use: another process or client has this torrent open there");
    }

    @Test
    void diskThatIsTooSlow() throws Exception {
        var shared = swarm.share(CONTENT);
        var storage = shared.emptyStorage();
        storage.stall();
        var node = shared.leecher(options -> options.withStorage(storage)).connectTo(shared.seed());
        try {
            assertDiagnosis(node.torrent(), Cause.DISK_BUSY, "the disk does not get on: one call waits for it");
        } finally {
            storage.resume();
        }
        node.awaitComplete();
    }

    @Test
    void diskThatIsTooSlowForWhoeverAsksASeed() throws Exception {
        var shared = swarm.share(CONTENT);
        var storage = shared.seededStorage();
        var seed = shared.seed(options -> options.withStorage(storage));
        var peer = shared.connect(seed);
        peer.send(new Message.Interested());
        peer.await(Message.Unchoke.class);
        storage.stall();
        try {
            peer.send(new Message.Request(0, 0, 16384));

            assertDiagnosis(seed.torrent(), Cause.DISK_BUSY, "the disk does not get on: one call waits for it");
        } finally {
            storage.resume();
        }
        peer.await(Message.Piece.class);
    }

    // --- the port

    @Test
    void portInUse() throws Exception {
        var shared = swarm.share(CONTENT);
        int port = shared.leecher().torrent().port();

        assertThatThrownBy(() -> Torrent.open(
                        shared.torrentFile(),
                        AddOptions.into(swarm.directory()),
                        ClientOptions.defaults().withPort(port)))
                .isInstanceOf(BindException.class)
                .hasMessage("cannot listen on port " + port + ": Address already in use");
    }

    // --- the trackers

    private Torrent withTrackers(String... urls) throws IOException, InterruptedException {
        return withTrackers(HttpTrackerOptions.defaults(), urls);
    }

    private Torrent withTrackers(HttpTrackerOptions trackerOptions, String... urls)
            throws IOException, InterruptedException {
        var client = swarm.own(Client.open(SwarmExtension.clientOptions(), trackerOptions));
        var options = AddOptions.into(swarm.directory());
        for (String url : urls) {
            options = options.withTracker(url);
        }
        return client.add(swarm.share(CONTENT).metainfo(), options);
    }

    @Test
    void noTrackerAndNoPeer() throws Exception {
        assertDiagnosis(withTrackers(), Cause.NO_SOURCES, "no peers are known, and there is no tracker to ask");
    }

    @Test
    void trackerThatRefuses() throws Exception {
        var url = swarm.tracker("200 OK", "d14:failure reason22:torrent not registerede")
                .url();
        var torrent = withTrackers(url);

        assertDiagnosis(
                torrent,
                Cause.TRACKER_REFUSES,
                "no peers are known: tracker 127.0.0.1 refuses: torrent not registered");
        assertThat(torrent.diagnosis().evidence()).containsExactly(new Evidence(url, "torrent not registered"));
    }

    @Test
    void udpTrackerThatRefuses() throws Exception {
        var tracker =
                swarm.own(TrackerServer.open(TrackerServerOptions.loopback().withAllowed(Set.of())));
        var torrent = withTrackers(tracker.udpAnnounceUri().toString());

        assertDiagnosis(
                torrent, Cause.TRACKER_REFUSES, "no peers are known: tracker 127.0.0.1 refuses: unregistered torrent");
    }

    @Test
    void udpTrackerThatHasNotAnsweredYet() throws Exception {
        try (var silent = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            var torrent = withTrackers("udp://127.0.0.1:" + silent.getLocalPort());

            assertDiagnosis(
                    torrent, Cause.TRACKER_ASKED, "no peers are known: waiting for an answer of tracker 127.0.0.1");
        }
    }

    @Test
    void trackerThatAnswers404() throws Exception {
        var torrent = withTrackers(swarm.tracker("404 Not Found", "").url());

        assertDiagnosis(
                torrent, Cause.TRACKER_HTTP_STATUS, "no peers are known: tracker 127.0.0.1 answers 404 Not Found");
    }

    @Test
    void trackerWhoseNameDoesNotResolve() throws Exception {
        HostResolver knowsNobody = host -> {
            throw new UnknownHostException(host);
        };
        var torrent = withTrackers(
                HttpTrackerOptions.defaults().withResolver(knowsNobody), "http://tracker.invalid/announce");

        assertDiagnosis(
                torrent,
                Cause.TRACKER_NAME_UNKNOWN,
                "no peers are known: the tracker's name tracker.invalid does not resolve");
    }

    @Test
    void trackerThatIsNotThere() throws Exception {
        int port = SwarmExtension.nobody().getPort();
        var torrent = withTrackers("http://127.0.0.1:" + port + "/announce");

        assertDiagnosis(
                torrent,
                Cause.TRACKER_UNREACHABLE,
                "no peers are known: tracker 127.0.0.1 port " + port + ": Connection refused");
    }

    @Test
    void trackerThatDoesNotAnswer() throws Exception {
        var quick = HttpTrackerOptions.defaults().withProgressTimeout(Duration.ofMillis(200));
        var url = swarm.silentTracker().url();
        var torrent = withTrackers(quick, url);

        assertThat(await(Cause.TRACKER_SILENT, torrent).sentence())
                .matches("no peers are known: tracker no answer from 127\\.0\\.0\\.1 port \\d+");
    }

    @Test
    void trackerThatHasNotAnsweredYet() throws Exception {
        var url = swarm.silentTracker().url();
        var torrent = withTrackers(url);

        assertDiagnosis(torrent, Cause.TRACKER_ASKED, "no peers are known: waiting for an answer of tracker 127.0.0.1");
        assertThat(torrent.diagnosis().evidence()).containsExactly(new Evidence(url, "has not answered yet"));
    }

    @Test
    void trackerThatIsNone() throws Exception {
        var torrent =
                withTrackers(swarm.tracker("200 OK", "<html>It works!</html>").url());

        assertThat(await(Cause.TRACKER_UNUSABLE, torrent).sentence())
                .startsWith("no peers are known: tracker 127.0.0.1");
    }

    @Test
    void trackerOfAKindThatCannotBeAsked() throws Exception {
        var torrent = withTrackers("gopher://tracker.invalid/announce");

        assertDiagnosis(
                torrent,
                Cause.TRACKER_UNUSABLE,
                "no peers are known: tracker tracker.invalid: gopher trackers are not supported");
    }

    @Test
    void trackerThatKnowsNobodyElse() throws Exception {
        var shared = swarm.shareByTracker(CONTENT);
        var node = shared.leecher();

        assertDiagnosis(
                node.torrent(), Cause.TRACKERS_KNOW_NOBODY, "no peers are known: tracker 127.0.0.1 knows nobody else");
    }

    @Test
    void ofSeveralTrackersThatFailTheOneThatSaysMostIsNamed() throws Exception {
        var gone = "http://" + "127.0.0.1:" + SwarmExtension.nobody().getPort() + "/announce";
        var refuses = swarm.tracker("200 OK", "d14:failure reason7:go\nawaye").url();
        var notFound = swarm.tracker("404 Not Found", "").url();
        var torrent = withTrackers(gone, refuses, notFound);
        Await.until(
                () -> "all three have failed: " + torrent.diagnosis(),
                () -> torrent.diagnosis().evidence().size() == 3);

        var diagnosis = torrent.diagnosis();

        assertThat(diagnosis.cause()).isEqualTo(Cause.TRACKER_REFUSES);
        assertThat(diagnosis.sentence())
                .isEqualTo("no peers are known: tracker 127.0.0.1 refuses: go away; 2 other trackers fail too");
        assertThat(diagnosis.evidence()).extracting(Evidence::where).containsExactly(refuses, notFound, gone);
    }

    @Test
    void trackerThatWorksCountsMoreThanOneThatFails() throws Exception {
        var shared = swarm.shareByTracker(CONTENT);
        var node = shared.leecher(options -> options.withTracker("gopher://tracker.invalid/announce"));

        await(Cause.TRACKERS_KNOW_NOBODY, node.torrent());
        Await.until(
                "the other one has failed",
                () -> node.torrent().trackers().stream()
                        .anyMatch(tier -> tier.error().isPresent()));

        assertThat(node.torrent().diagnosis().cause()).isEqualTo(Cause.TRACKERS_KNOW_NOBODY);
    }

    @Test
    void seedThatNobodyCanFind() throws Exception {
        var url = swarm.tracker("503 Busy", "").url();
        var seed = swarm.share(CONTENT).seed(options -> options.withTracker(url));

        assertDiagnosis(
                seed.torrent(), Cause.TRACKER_HTTP_STATUS, "nobody can find us: tracker 127.0.0.1 answers 503 Busy");
    }

    // --- the connections

    @Test
    void peersThatAreNotThere() throws Exception {
        var node = swarm.share(CONTENT).leecher();
        var nobody = SwarmExtension.nobody();
        var where = "127.0.0.1:" + nobody.getPort();
        node.torrent().addPeer(nobody);

        assertDiagnosis(
                node.torrent(),
                Cause.PEERS_UNREACHABLE,
                "no connection to the only peer known, " + where + ": Connection refused");

        node.torrent().addPeer(SwarmExtension.nobody());
        Await.until(
                "both were tried", () -> node.torrent().diagnosis().evidence().size() == 2);
        assertThat(node.torrent().diagnosis().sentence())
                .matches("no connection to any of the 2 peers known, such as 127\\.0\\.0\\.1:\\d+: Connection refused");
        assertThat(node.torrent().diagnosis().evidence()).contains(new Evidence(where, "Connection refused"));
    }

    @Test
    void peerThatHasNoneOfThisTorrent() throws Exception {
        var shared = swarm.share(CONTENT);
        var server = shared.listen("127.0.0.1").serve(Hostile.WRONG_INFO_HASH.script());
        var node = shared.leecher().connectTo(server);

        assertDiagnosis(
                node.torrent(),
                Cause.PEERS_UNREACHABLE,
                "no connection to the only peer known, 127.0.0.1:"
                        + server.address().getPort()
                        + ": handshake: for torrent 0000000000000000000000000000000000000000");
    }

    @Test
    void peerThatSaysNothing() throws Exception {
        var shared = swarm.share(CONTENT);
        var server = shared.listen("127.0.0.1").serve(Hostile.SILENT.script());
        var node = shared.leecher().connectTo(server);

        assertDiagnosis(node.torrent(), Cause.CONNECTING, "connecting to the only peer known");
    }

    @Test
    void otherTorrentsHaveAllConnections() throws Exception {
        var shared = swarm.share(CONTENT);
        var node = shared.open(
                swarm.directory(), SwarmExtension.clientOptions().withMaxConnections(1), options -> options);
        shared.connect(node);
        node.awaitPeers(1);
        var other = swarm.share(Content.ofLength(50_000));
        var waiting = node.client()
                .add(
                        other.metainfo(),
                        AddOptions.into(swarm.directory())
                                .withPeers(List.of(other.seed().address())));

        assertDiagnosis(
                waiting,
                Cause.CONNECTION_LIMIT,
                "other torrents have the one connection that the client may have: the only peer known waits to be dialled");
    }

    @Test
    void uselessPeersTakeAllPlacesOfTheTorrent() throws Exception {
        var shared = swarm.share(CONTENT);
        var node = shared.open(
                swarm.directory(), SwarmExtension.clientOptions().withMaxPeersPerTorrent(1), options -> options);
        shared.connect(node).send(new Message.HaveNone());
        node.awaitPeers(1);
        node.connectTo(shared.seed());

        assertDiagnosis(
                node.torrent(),
                Cause.CONNECTION_LIMIT,
                "the only peer that the torrent may have lacks what is missing, and another one waits to be dialled");
    }

    // --- the peers

    @Test
    void nobodyHasTheRest() throws Exception {
        var shared = swarm.share(CONTENT);
        var server = shared.listen("127.0.0.1")
                .serve(Scripts.partialSeed(piece -> piece != 2, (request, peer) -> peer.serve(request)));
        var node = shared.leecher().connectTo(server);

        Await.until(
                "it has given all that it has", () -> node.torrent().pieces().cardinality() == 3);
        assertDiagnosis(node.torrent(), Cause.NOBODY_HAS_THE_REST, "the only peer lacks the one piece that is missing");
        assertThat(node.torrent().unavailable()).isEqualTo(BitSet.valueOf(new long[] {0b0100}));

        shared.connect(node).send(new Message.HaveNone());
        node.awaitPeers(2);
        assertDiagnosis(
                node.torrent(), Cause.NOBODY_HAS_THE_REST, "none of the 2 peers has the one piece that is missing");

        shared.connect(node).send(new Message.Have(2));
        await(Cause.ALL_CHOKE, node.torrent());
        assertThat(node.torrent().unavailable().isEmpty()).isTrue();
    }

    @Test
    void peersThatHaveNothing() throws Exception {
        var shared = swarm.share(CONTENT);
        var node = shared.leecher();
        shared.connect(node).send(new Message.HaveNone());
        node.awaitPeers(1);

        assertDiagnosis(
                node.torrent(), Cause.NOBODY_HAS_THE_REST, "the only peer has none of the 4 pieces that are missing");

        shared.connect(node).send(new Message.HaveNone());
        node.awaitPeers(2);
        assertThat(node.torrent().diagnosis().sentence())
                .isEqualTo("none of the 2 peers has any of the 4 pieces that are missing");
    }

    @Test
    void allChoke() throws Exception {
        var shared = swarm.share(CONTENT);
        var node = shared.leecher();
        var peer = shared.connect(node);
        peer.send(new Message.HaveAll());

        assertDiagnosis(
                node.torrent(),
                Cause.ALL_CHOKE,
                "the only peer that has what is missing chokes us: waiting for a turn");
        assertThat(node.torrent().diagnosis().evidence())
                .containsExactly(new Evidence("127.0.0.1:" + peer.address().getPort(), "chokes us"));

        shared.connect(node).send(new Message.HaveAll());
        Await.until("both are seen", () -> node.torrent().diagnosis().evidence().size() == 2);
        assertDiagnosis(
                node.torrent(), Cause.ALL_CHOKE, "all 2 peers that have what is missing choke us: waiting for a turn");
    }

    @Test
    void peersUnchokeAndSendNothing() throws Exception {
        var shared = swarm.share(CONTENT);
        var server = shared.listen("127.0.0.1").serve(Hostile.SILENT_SEED.script());
        var node = shared.leecher().connectTo(server);

        assertDiagnosis(
                node.torrent(),
                Cause.PEERS_SEND_NOTHING,
                "the only peer that would serve us was asked for 7 blocks and sends nothing");
    }

    @Test
    void everyPeerIsBannedForWrongData() throws Exception {
        var shared = swarm.share(CONTENT);
        var server = shared.listen("127.0.0.1").serve(Hostile.CORRUPT_BLOCKS.script());
        var node = shared.leecher().connectTo(server);

        assertThat(await(Cause.ALL_CORRUPT, node.torrent()).sentence()).contains("corrupt");
        Await.until(
                () -> "nothing comes any more: " + node.torrent().diagnosis(),
                () -> node.torrent()
                        .diagnosis()
                        .sentence()
                        .equals("what came was corrupt: the peer that sent it is banned, and nobody else is there"));
        assertThat(node.torrent().diagnosis().cause()).isEqualTo(Cause.ALL_CORRUPT);
    }

    @Test
    void wrongDataThatComesInIsNotTakenForMoving() throws Exception {
        var shared = swarm.share(Content.ofLength(1_000_000));
        var node = shared.leecher();
        for (int liar = 2; liar <= 5; liar++) {
            var server = shared.listen("127.0.0." + liar).serve(Hostile.CORRUPT_BLOCKS.script());
            node.connectTo(server);
        }

        assertThat(await(Cause.ALL_CORRUPT, node.torrent()).sentence())
                .matches("what comes is corrupt: the last \\d+ pieces failed their hash");
    }

    @Test
    void oneLiarAmongHonestPeersIsNotTheCause() throws Exception {
        var shared = swarm.share(Content.ofLength(1_000_000));
        var storage = shared.seededStorage().withBytesPerSecond(300_000);
        var liar = shared.listen("127.0.0.2").serve(Hostile.CORRUPT_BLOCKS.script());
        var node = shared.leecher().connectTo(liar);
        node.awaitDisconnect("banned");

        node.connectTo(shared.seed(options -> options.withStorage(storage)));

        await(Cause.MOVES, node.torrent());
        node.awaitComplete();
        await(Cause.SEEDING, node.torrent());
    }
}
