package weft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.AddOptions.InitialState;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.FakeTracker;
import weft.kit.Message;
import weft.kit.Node;
import weft.kit.SharedTorrent;
import weft.kit.StateLog;
import weft.kit.SwarmExtension;
import weft.metainfo.PieceRange;
import weft.tracker.TrackerException;
import weft.tracker.TrackerSnapshot;

/**
 * What the seed module AnyEvent::BitTorrent offers, name by name: the floor of the API, to be ticked off. Each nested
 * class is a row of the table in the design. What these names owe beyond that is in the tests of their classes.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SeedTableTest {
    private static final int PIECE = 32 * 1024;

    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension();

    @Nested
    @DisplayName("new(path, basedir, port, on_hash_pass, on_hash_fail, state, piece_cache)")
    class New {
        @Test
        void pathAlone() throws Exception {
            var defaults = AddOptions.defaults();

            assertThat(defaults.directory())
                    .as("basedir: the current directory")
                    .isEqualTo(Path.of(""));
            assertThat(defaults.initialState()).isEqualTo(InitialState.STARTED);
            assertThat(defaults.resume()).as("piece_cache").isTrue();
            assertThat(ClientOptions.defaults().port())
                    .as("port: the system picks one")
                    .isZero();
            // Opened in the project's directory the torrent must not make anything there.
            var torrentFile = swarm.share(Content.ofLength(1000)).torrentFile();
            try (var torrent = Torrent.open(torrentFile)) {
                assertThat(torrent.port()).isPositive();
                assertThat(torrent.directory()).isEqualTo(Path.of(""));
                Await.until("started", () -> torrent.state() == TorrentState.DOWNLOADING);
            } finally {
                var resume = Path.of(".weft");
                try (var files = Files.list(resume)) {
                    for (Path file : files.toList()) {
                        Files.delete(file);
                    }
                }
                Files.delete(resume);
            }
        }

        @Test
        void everything() throws Exception {
            var shared = swarm.share(Content.ofLength(100_000));
            var directory = shared.seededDirectory();
            var file = directory.resolve("content.bin");
            var bytes = Files.readAllBytes(file);
            bytes[PIECE] ^= 1;
            Files.write(file, bytes);
            var passed = new CopyOnWriteArrayList<Integer>();
            var failed = new CopyOnWriteArrayList<Integer>();
            var options = AddOptions.into(directory)
                    .withInitialState(InitialState.PAUSED)
                    .withListener(new TorrentListener() {
                        @Override
                        public void onPieceVerified(int piece) {
                            passed.add(piece);
                        }

                        @Override
                        public void onPieceFailed(int piece) {
                            failed.add(piece);
                        }
                    });
            int port = freePort();

            try (var torrent = Torrent.open(
                    shared.torrentFile(), options, ClientOptions.defaults().withPort(port))) {
                Await.until("paused", () -> torrent.state() == TorrentState.PAUSED);
                Await.until("all is told", () -> passed.size() == 3 && failed.size() == 1);

                assertThat(torrent.port()).isEqualTo(port);
                assertThat(passed).containsExactlyInAnyOrder(0, 2, 3);
                assertThat(failed).containsExactly(1);
                assertThatThrownBy(() -> Client.open(ClientOptions.defaults().withPort(port)))
                        .isInstanceOf(BindException.class);
            }
            try (var again = Client.open(ClientOptions.defaults().withPort(port))) {
                assertThat(again.port()).isEqualTo(port);
            }
        }

        private int freePort() throws IOException {
            try (var socket = new ServerSocket(0)) {
                return socket.getLocalPort();
            }
        }

        @Test
        void state() throws Exception {
            var shared = swarm.share(Content.ofLength(100_000));

            shared.leecher(options -> options.withInitialState(InitialState.STOPPED))
                    .awaitState(TorrentState.STOPPED);
            shared.leecher(options -> options.withInitialState(InitialState.PAUSED))
                    .awaitState(TorrentState.PAUSED);
            shared.leecher().awaitState(TorrentState.DOWNLOADING);
        }

        /** From its first moment: nobody is asked for anything in between. */
        @Test
        void stateOfATorrentAddedAsPaused() throws Exception {
            var shared = swarm.share(Content.ofLength(1_000_000));
            var seed = shared.seed();
            for (int i = 0; i < 20; i++) {
                var node = shared.leecher(
                        options -> options.withInitialState(InitialState.PAUSED).withPeers(List.of(seed.address())));
                node.awaitPeers(1);

                assertThat(node.torrent().peers().getFirst().amInterested()).isFalse();
                node.close();
            }
            assertThat(seed.torrent().uploaded()).isZero();
        }
    }

    @Nested
    @DisplayName("hashcheck(), hashcheck(17), hashcheck(1..5, 34..56)")
    class Hashcheck {
        @Test
        void everythingOnePieceAndRanges() throws Exception {
            var shared = swarm.share(Content.ofLength(60 * PIECE));
            var node = shared.seed();
            var torrent = node.torrent();
            var passed = new CopyOnWriteArrayList<Integer>();
            torrent.onPieceVerified(passed::add);

            torrent.hashCheck();
            Await.until("60 are told", () -> passed.size() == 60);
            assertThat(torrent.hashCheck(17)).isTrue();
            Await.until("one more is told", () -> passed.size() == 61);
            var good = torrent.hashCheck(PieceRange.closed(1, 5), PieceRange.closed(34, 56));

            Await.until("28 more are told", () -> passed.size() == 61 + 5 + 23);
            assertThat(good.cardinality()).isEqualTo(5 + 23);
            assertThat(passed.get(60)).isEqualTo(17);
            assertThat(passed.subList(61, 89))
                    .containsExactlyInAnyOrderElementsOf(good.stream().boxed().toList());
        }

        @Test
        void progressAndCancel() throws Exception {
            var shared = swarm.share(Content.ofLength(60 * PIECE));
            var storage = shared.seededStorage();
            var torrent = shared.seed(options -> options.withStorage(storage)).torrent();
            storage.stallWhenSaved();
            var outcome = new CompletableFuture<Throwable>();
            Thread.ofVirtual().start(() -> {
                try {
                    torrent.hashCheck();
                } catch (Exception e) {
                    outcome.complete(e);
                }
            });
            Await.until("checking", storage::isWaitedFor);
            assertThat(torrent.snapshot().piecesToCheck()).isEqualTo(60);

            torrent.cancelHashCheck();

            assertThat(outcome.get()).isInstanceOf(CancellationException.class);
            storage.resume();
        }
    }

    @Nested
    @DisplayName("start, stop, pause")
    class StartStopPause {
        private static final String ANSWER = "d8:intervali1800e5:peers0:e";
        private static final Pattern ANNOUNCE =
                Pattern.compile("GET /announce\\?info_hash=(?<hash>[^&]*)&peer_id=(?<id>[^&]*)"
                        + "&port=(?<port>\\d+)&(?<totals>uploaded=\\d+&downloaded=\\d+&left=\\d+)&corrupt=0&key=(?<key>[0-9A-F]{8})"
                        + "(&event=(?<event>[a-z]+))?&numwant=\\d+&compact=1&no_peer_id=1&redundant=0 HTTP/1\\.1");

        /** Each announce as its event and totals; whatever else it says must never change. */
        private List<String> transcript(Node node, FakeTracker tracker) {
            var hash = percent(node.torrent().infoHash().truncated());
            var id = percent(node.torrent().peerId());
            var keys = new CopyOnWriteArrayList<String>();
            return tracker.requests().stream()
                    .map(request -> {
                        var announce = ANNOUNCE.matcher(request);
                        assertThat(announce.matches()).as(request).isTrue();
                        assertThat(announce.group("hash")).isEqualTo(hash);
                        assertThat(announce.group("id")).isEqualTo(id);
                        assertThat(announce.group("port"))
                                .isEqualTo(String.valueOf(node.torrent().port()));
                        keys.addIfAbsent(announce.group("key"));
                        assertThat(keys).hasSize(1);
                        return announce.group("event") + " " + announce.group("totals");
                    })
                    .toList();
        }

        private String percent(byte[] bytes) {
            var text = new StringBuilder();
            for (byte b : bytes) {
                text.append(
                        Character.isLetterOrDigit(b) || "-._~".indexOf(b) >= 0 ? (char) b + "" : "%%%02x".formatted(b));
            }
            return text.toString();
        }

        private void awaitAnnounces(FakeTracker tracker, int count) {
            Await.until(
                    () -> count + " announces, but " + tracker.requests(),
                    () -> tracker.requests().size() == count);
        }

        @Test
        void announcesOfALeecherThatBecomesASeed() throws Exception {
            var shared = swarm.share(Content.ofLength(100_000));
            var seed = shared.seed();
            var tracker = swarm.tracker("200 OK", ANSWER);
            var node = shared.leecher(options -> options.withTracker(tracker.url()));
            awaitAnnounces(tracker, 1);

            node.connectTo(seed).awaitComplete();
            awaitAnnounces(tracker, 2);
            node.torrent().pause();
            node.awaitState(TorrentState.PAUSED);
            node.torrent().start();
            node.awaitState(TorrentState.SEEDING);
            node.torrent().hashCheck();
            node.torrent().stop();
            node.awaitState(TorrentState.STOPPED);
            node.torrent().stop();
            node.torrent().start();
            awaitAnnounces(tracker, 4);
            node.close();

            assertThat(transcript(node, tracker))
                    .containsExactly(
                            "started uploaded=0&downloaded=0&left=100000",
                            "completed uploaded=0&downloaded=100000&left=0",
                            "stopped uploaded=0&downloaded=100000&left=0",
                            "started uploaded=0&downloaded=0&left=0",
                            "stopped uploaded=0&downloaded=0&left=0");
        }

        @Test
        void announcesOfASeedThatServes() throws Exception {
            var shared = swarm.share(Content.ofLength(100_000));
            var tracker = swarm.tracker("200 OK", ANSWER);
            var seed = shared.seed(options -> options.withTracker(tracker.url()));
            awaitAnnounces(tracker, 1);
            shared.leecher().connectTo(seed).awaitComplete();
            Await.until("all is counted", () -> seed.torrent().uploaded() == 100_000);

            seed.close();

            assertThat(transcript(seed, tracker))
                    .containsExactly(
                            "started uploaded=0&downloaded=0&left=0", "stopped uploaded=100000&downloaded=0&left=0");
        }

        /** Complete is what is wanted; completed is only said of all there is (BEP 21). */
        @Test
        void announcesWhereAFileIsNotWantedAtFirst() throws Exception {
            var shared = swarm.share(Content.folder().withFile("a", 2 * PIECE).withFile("b", 2 * PIECE));
            var seed = shared.seed();
            var tracker = swarm.tracker("200 OK", ANSWER);
            var node =
                    shared.leecher(options -> options.withTracker(tracker.url()).withPriority(1, 0));
            awaitAnnounces(tracker, 1);

            node.connectTo(seed).awaitComplete();
            node.torrent().setPriority(1, 1);
            node.awaitComplete();
            awaitAnnounces(tracker, 2);
            node.close();

            assertThat(transcript(node, tracker))
                    .containsExactly(
                            "started uploaded=0&downloaded=0&left=131072",
                            "completed uploaded=0&downloaded=131072&left=0",
                            "stopped uploaded=0&downloaded=131072&left=0");
        }

        @Test
        void pausedKeepsItsConnectionsAndRequestsNothing() throws Exception {
            var shared = swarm.share(Content.ofLength(20 * PIECE));
            var node = shared.leecher();
            var peer = shared.connect(node);
            peer.send(new Message.HaveAll(), new Message.Unchoke());
            var first = peer.await(Message.Request.class);

            node.torrent().pause();
            peer.await(Message.NotInterested.class);
            peer.serve(first);
            for (Message message : peer.passedOver()) {
                if (message instanceof Message.Request request) {
                    peer.serve(request); // was asked for before; there is room for more now
                }
            }

            assertThat(peer.within(Duration.ofMillis(300))).noneMatch(Message.Request.class::isInstance);
            assertThat(node.torrent().peers()).hasSize(1);
            node.torrent().start();
            peer.await(Message.Interested.class);
            peer.await(Message.Request.class);
        }

        @Test
        void pausedServesNothing() throws Exception {
            var shared = swarm.share(Content.ofLength(20 * PIECE));
            var node = shared.seed();
            var peer = shared.connect(node);
            peer.send(new Message.HaveNone(), new Message.Interested());
            peer.await(Message.Unchoke.class);

            node.torrent().pause();
            peer.await(Message.Choke.class);
            peer.send(new Message.Request(3, 0, 16384));

            peer.expect(Message.RejectRequest.class);
            node.torrent().start();
            peer.await(Message.Unchoke.class);
            peer.send(new Message.Request(3, 0, 16384));
            assertThat(peer.await(Message.Piece.class).piece()).isEqualTo(3);
        }

        /** As the seed does: "connections will be made and accepted, but no piece requests will be made or filled". */
        @Test
        void pausedAcceptsConnections() throws Exception {
            var shared = swarm.share(Content.ofLength(20 * PIECE));
            var node = shared.seed();
            node.torrent().pause();
            node.awaitState(TorrentState.PAUSED);

            var peer = shared.connect(node);
            peer.send(new Message.HaveNone(), new Message.Interested(), new Message.Request(3, 0, 16384));

            assertThat(peer.expectPieces().cardinality()).isEqualTo(20);
            peer.expect(Message.RejectRequest.class);
            node.torrent().start();
            peer.await(Message.Unchoke.class);
        }

        @Test
        void stoppedRejectsConnectionsAndClosesItsFiles() throws Exception {
            var shared = swarm.share(Content.ofLength(20 * PIECE));
            var node = shared.seed();
            var before = shared.connect(node);
            before.send(new Message.HaveNone(), new Message.Interested());
            before.await(Message.Unchoke.class);
            before.send(new Message.Request(3, 0, 16384));
            before.await(Message.Piece.class);

            node.torrent().stop();
            node.awaitState(TorrentState.STOPPED);

            before.untilClosed();
            assertThat(node.torrent().peers()).isEmpty();
            assertThat(openFilesBelow(node.directory())).isEmpty();
            var late = shared.dial(node, "127.0.0.1");
            assertThatThrownBy(() -> {
                        late.sendHandshake(0);
                        late.expectHandshake();
                    })
                    .isInstanceOfAny(EOFException.class, SocketException.class);
        }

        private List<String> openFilesBelow(Path directory) throws IOException {
            var descriptors = Path.of("/proc/self/fd");
            if (!Files.isDirectory(descriptors)) {
                return List.of(); // not on this system
            }
            try (var links = Files.list(descriptors)) {
                return links.map(this::targetOf)
                        .flatMap(Optional::stream)
                        .filter(target ->
                                target.startsWith(directory.toAbsolutePath().toString()))
                        .toList();
            }
        }

        private Optional<String> targetOf(Path link) {
            try {
                return Optional.of(Files.readSymbolicLink(link).toString());
            } catch (NoSuchFileException gone) {
                return Optional.empty();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Nested
    @DisplayName("infohash, peerid, port, size, name, piece_length")
    class WhatItIs {
        @Test
        void isTold() throws Exception {
            var shared = swarm.share(Content.ofLength(100_000));
            var node = shared.leecher();
            var torrent = node.torrent();

            assertThat(torrent.infoHash()).isEqualTo(shared.metainfo().infoHash());
            assertThat(torrent.peerId()).hasSize(20);
            assertThat(torrent.port()).isEqualTo(node.client().port()).isPositive();
            assertThat(torrent.size()).isEqualTo(100_000);
            assertThat(torrent.name()).isEqualTo("content.bin");
            assertThat(torrent.pieceLength()).isEqualTo(PIECE);
            assertThat(torrent.pieceCount()).isEqualTo(4);
            assertThat(torrent.metainfo()).isEqualTo(shared.metainfo());
            assertThat(torrent.toString())
                    .contains("content.bin", torrent.infoHash().toHex());
        }
    }

    @Nested
    @DisplayName("uploaded, downloaded, left; bitfield, wanted; complete, seed")
    class HowItStands {
        @Test
        void ofALeecherWithOnePiece() throws Exception {
            var shared = swarm.share(Content.ofLength(100_000)); // pieces of 32 KiB, the last of 1696 bytes
            var node = shared.leecher();
            var torrent = node.torrent();
            var peer = shared.connect(node);
            peer.send(new Message.Have(3), new Message.Unchoke());

            peer.serve(peer.await(Message.Request.class));
            Await.until("the piece is there", () -> torrent.pieces().get(3));

            assertThat(torrent.downloaded()).isEqualTo(1696);
            assertThat(torrent.uploaded()).isZero();
            assertThat(torrent.left()).isEqualTo(3 * PIECE);
            assertThat(torrent.bitfield()).containsExactly(0b0001_0000);
            assertThat(torrent.pieces().stream()).containsExactly(3);
            assertThat(torrent.wanted().stream()).containsExactly(0, 1, 2);
            assertThat(torrent.isComplete()).isFalse();
            assertThat(torrent.isSeed()).isFalse();
            var snapshot = torrent.snapshot();
            assertThat(snapshot.progress()).isBetween(0.0169, 0.0170);
            assertThat(snapshot.piecesVerified()).isOne();
            assertThat(snapshot.pieceCount()).isEqualTo(4);
            assertThat(snapshot.wantedSize()).isEqualTo(100_000);
        }

        @Test
        void ofASeed() throws Exception {
            var shared = swarm.share(Content.ofLength(100_000));
            var seed = shared.seed();
            var torrent = seed.torrent();

            assertThat(torrent.left()).isZero();
            assertThat(torrent.bitfield()).containsExactly(0b1111_0000);
            assertThat(torrent.wanted()).isEqualTo(new BitSet());
            assertThat(torrent.isComplete()).isTrue();
            assertThat(torrent.isSeed()).isTrue();
            assertThat(torrent.downloaded()).isZero();
            assertThat(torrent.snapshot().progress()).isEqualTo(1);
            shared.leecher().connectTo(seed).awaitComplete();
            Await.until("all is counted", () -> torrent.uploaded() == 100_000);
        }

        /** While it runs, and some pieces are there already. */
        @Test
        void wantedAndLeftFollowEveryChangeOfPriorities() throws Exception {
            var content = Content.folder();
            int[] lengths = {100, 3 * PIECE, 5 * PIECE + 7, 1, 2 * PIECE, 4 * PIECE - 50};
            for (int i = 0; i < lengths.length; i++) {
                content = content.withFile("f" + i, lengths[i]);
            }
            var shared = swarm.share(content);
            var node = shared.leecher();
            var torrent = node.torrent();
            var peer = shared.connect(node);
            peer.send(new Message.Have(1), new Message.Have(6), new Message.Unchoke());
            for (Message.Request request : peer.await(4, Message.Request.class)) {
                peer.serve(request);
            }
            Await.until("two are there", () -> torrent.pieces().cardinality() == 2);
            var layout = torrent.metainfo().layout();
            var random = new Random(7);

            for (int round = 0; round < 50; round++) {
                var wanted = new BitSet();
                for (int file = 0; file < lengths.length; file++) {
                    int priority = random.nextInt(3);
                    torrent.setPriority(file, priority);
                    if (priority > 0) {
                        var pieces = layout.piecesOf(file);
                        wanted.set(pieces.first(), pieces.end());
                    }
                }
                wanted.andNot(torrent.pieces());
                long left = wanted.stream().mapToLong(layout::pieceLength).sum();

                Await.until(
                        () -> wanted + " wanted, but " + torrent.wanted(),
                        () -> torrent.wanted().equals(wanted));
                assertThat(torrent.left()).isEqualTo(left);
                assertThat(torrent.isComplete()).isEqualTo(wanted.isEmpty());
            }
        }
    }

    @Nested
    @DisplayName("files (length, path, priority)")
    class FilesRow {
        @Test
        void areToldAndChangeableWhileRunning() throws Exception {
            var shared = swarm.share(Content.folder()
                    .withFile("a", 10 * PIECE + 100)
                    .withFile("b", 10 * PIECE)
                    .withFile("c", 10 * PIECE - 100));
            var storage = shared.seededStorage().withBytesPerSecond(2_000_000);
            var seed = shared.seed(options -> options.withStorage(storage));
            var node = shared.leecher(options -> options.withPeers(List.of(seed.address())));
            var torrent = node.torrent();
            assertThat(torrent.files())
                    .extracting(FileSnapshot::path)
                    .containsExactly(Path.of("folder", "a"), Path.of("folder", "b"), Path.of("folder", "c"));
            assertThat(torrent.files())
                    .extracting(FileSnapshot::length)
                    .containsExactly(10L * PIECE + 100, 10L * PIECE, 10L * PIECE - 100);
            var random = new Random(3);

            for (int i = 0; i < 300 && !torrent.isSeed(); i++) {
                int file = random.nextInt(3);
                int priority = random.nextInt(4);
                torrent.setPriority(file, priority);
                assertThat(torrent.files().get(file).priority()).isEqualTo(priority);
                Await.within(Duration.ofMillis(1), () -> false);
            }
            for (int file = 0; file < 3; file++) {
                torrent.setPriority(file, 1);
            }

            node.awaitComplete().assertHasContent();
            assertThat(torrent.isSeed()).isTrue();
            assertThat(torrent.files()).allMatch(FileSnapshot::isComplete);
        }
    }

    @Nested
    @DisplayName("peers, trackers (complete, incomplete, failures, peers, peers6, urls per tier)")
    class PeersAndTrackers {
        @Test
        void peersAreTold() throws Exception {
            var shared = swarm.share(Content.ofLength(100_000));
            var node = shared.leecher();
            var peer = shared.dial(node, "127.0.0.9").shakeHands();
            peer.send(new Message.Have(3), new Message.Unchoke(), new Message.Interested());
            peer.await(Message.Request.class);
            Await.until(
                    "interest is known", () -> node.torrent().peers().getFirst().peerInterested());

            var told = node.torrent().peers().getFirst();

            assertThat(told.address()).isEqualTo(peer.address());
            assertThat(told.client()).startsWith("FK 0.0.0.1");
            assertThat(told.outgoing()).isFalse();
            assertThat(told.fast()).isTrue();
            assertThat(told.amInterested()).isTrue();
            assertThat(told.peerChoking()).isFalse();
            assertThat(told.amChoking()).isFalse();
            assertThat(told.seed()).isFalse();
            assertThat(told.progress()).isEqualTo(0.25);
            assertThat(told.requestsOut()).isOne();
            assertThat(told.snubbed()).isFalse();
        }

        @Test
        void trackersAreTold() throws Exception {
            var shared = swarm.share(Content.ofLength(100_000));
            var working = swarm.tracker(
                    "200 OK",
                    "d8:completei5e10:downloadedi9e10:incompletei7e8:intervali1800e"
                            + "5:peers12:\177\0\0\1\0\1\177\0\0\2\0\2"
                            + "6:peers618:" + "\0".repeat(15) + "\1\0\3"
                            + "15:warning message10:moves soone");
            var broken = swarm.tracker("404 Not Found", "");
            var node =
                    shared.leecher(options -> options.withTracker(working.url()).withTracker(broken.url()));
            Await.until(
                    "both were asked",
                    () -> node.torrent().trackers().stream()
                            .noneMatch(tier -> tier.state() == TrackerSnapshot.State.ANNOUNCING
                                    || tier.state() == TrackerSnapshot.State.IDLE));

            var tiers = node.torrent().trackers();

            assertThat(tiers)
                    .usingRecursiveFieldByFieldElementComparatorIgnoringFields("nextAnnounceIn")
                    .containsExactly(
                            new TrackerSnapshot(
                                    0,
                                    List.of(working.url()),
                                    working.url(),
                                    TrackerSnapshot.State.WORKING,
                                    OptionalInt.of(5),
                                    OptionalInt.of(7),
                                    OptionalInt.of(9),
                                    2,
                                    1,
                                    0,
                                    Optional.empty(),
                                    Optional.empty(),
                                    Optional.of("moves soon"),
                                    Optional.empty()),
                            new TrackerSnapshot(
                                    1,
                                    List.of(broken.url()),
                                    broken.url(),
                                    TrackerSnapshot.State.WAITING_TO_RETRY,
                                    OptionalInt.empty(),
                                    OptionalInt.empty(),
                                    OptionalInt.empty(),
                                    0,
                                    0,
                                    1,
                                    Optional.of("the tracker answers 404 Not Found"),
                                    Optional.of(TrackerException.Kind.HTTP_STATUS),
                                    Optional.empty(),
                                    Optional.empty()));
            assertThat(tiers.get(0).nextAnnounceIn().orElseThrow())
                    .isBetween(Duration.ofMinutes(29), Duration.ofMinutes(30));
            assertThat(tiers.get(1).nextAnnounceIn().orElseThrow()).isLessThan(Duration.ofMinutes(1));
        }
    }

    @Nested
    @DisplayName("state")
    class State {
        @Test
        void isToldOfEveryTurn() throws Exception {
            var shared = swarm.share(Content.ofLength(100_000));
            var seed = shared.seed();
            var states = new StateLog();
            var node = shared.leecher(options -> options.withListener(states));

            node.connectTo(seed).awaitComplete();
            node.torrent().hashCheck();
            node.torrent().pause();
            node.awaitState(TorrentState.PAUSED);
            node.torrent().stop();
            node.awaitState(TorrentState.STOPPED);
            node.close();

            states.await(TorrentState.CLOSED);
            assertThat(states.told())
                    .containsExactly(
                            TorrentState.DOWNLOADING,
                            TorrentState.SEEDING,
                            TorrentState.CHECKING,
                            TorrentState.SEEDING,
                            TorrentState.PAUSED,
                            TorrentState.STOPPED,
                            TorrentState.CLOSED);
        }
    }

    @Nested
    @DisplayName("piece_cache")
    class PieceCache {
        /** Bytes of files that are not wanted, of pieces that others share: kept aside, found by the next run. */
        @Test
        void goesOnInAnotherInstance() throws Exception {
            SharedTorrent shared = swarm.share(Content.folder()
                    .withFile("a", 10 * PIECE + 100)
                    .withFile("b", 10 * PIECE)
                    .withFile("c", 10 * PIECE - 100));
            var seed = shared.seed();
            var first = shared.leecher(options -> options.withPriority(1, 0).withPeers(List.of(seed.address())));
            first.awaitComplete();
            first.close();
            assertThat(first.directory().resolve(".weft")).isDirectoryContaining("glob:**.parts");
            assertThat(first.directory().resolve("folder/b")).doesNotExist();

            var second = shared.open(first.directory(), SwarmExtension.clientOptions(), options -> options);
            second.awaitState(TorrentState.SEEDING);
            long before = second.torrent().downloaded();
            second.torrent().setPriority(1, 1);
            second.connectTo(seed).awaitComplete().assertHasContent();

            assertThat(second.torrent().downloaded() - before)
                    .as("the pieces that b shares are there, with b's part of them")
                    .isEqualTo(9 * PIECE);
        }
    }

    @Nested
    @DisplayName("peer id -AB110S- style")
    class PeerIdStyle {
        @Test
        void isAzureusStyleWithOurLettersVersionAndStability() throws Exception {
            try (var one = Client.open();
                    var other = Client.open()) {
                var shared = swarm.share(Content.ofLength(1000));
                var id = one.add(shared.metainfo(), AddOptions.into(swarm.directory()))
                        .peerId();
                var otherId = other.add(shared.metainfo(), AddOptions.into(swarm.directory()))
                        .peerId();

                assertThat(new String(id, StandardCharsets.US_ASCII)).matches("-WE\\d{3}[SU]-[0-9a-zA-Z]{12}");
                assertThat(otherId).startsWith(Arrays.copyOf(id, 8)).isNotEqualTo(id);
            }
        }
    }
}
