package weft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.AddOptions.InitialState;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.ForwardingStorage;
import weft.kit.Message;
import weft.kit.Node;
import weft.kit.StateLog;
import weft.kit.SteeredStorage;
import weft.kit.SwarmExtension;
import weft.metainfo.PieceRange;

/** {@code hashcheck()}, {@code hashcheck(17)}, {@code hashcheck(1..5, 34..56)}. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TorrentHashCheckTest {
    private static final int PIECE = 32 * 1024;

    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension();

    /** Makes the first byte of this piece wrong. */
    private static void damage(Node node, int piece) throws IOException {
        try (var file = Files.newByteChannel(
                node.directory().resolve("content.bin"), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            var one = ByteBuffer.allocate(1);
            file.position((long) piece * PIECE).read(one);
            one.flip();
            one.put(0, (byte) (one.get(0) ^ 1));
            file.position((long) piece * PIECE).write(one);
        }
    }

    private static BitSet set(int... pieces) {
        var set = new BitSet();
        for (int piece : pieces) {
            set.set(piece);
        }
        return set;
    }

    @Test
    void everythingIsFoundRight() throws Exception {
        var torrent = swarm.share(Content.ofLength(20 * PIECE)).seed().torrent();
        var verified = new CopyOnWriteArrayList<Integer>();
        var progress = new CopyOnWriteArrayList<Integer>();
        torrent.addListener(new TorrentListener() {
            @Override
            public void onPieceVerified(int piece) {
                verified.add(piece);
            }

            @Override
            public void onHashCheckProgress(int checked, int total) {
                assertThat(total).isEqualTo(20);
                progress.add(checked);
            }
        });

        torrent.hashCheck();

        Await.until("all is told", () -> progress.contains(20));
        assertThat(verified).containsExactlyInAnyOrderElementsOf(range(0, 20));
        assertThat(progress).containsExactlyElementsOf(range(1, 21));
        assertThat(torrent.isSeed()).isTrue();
    }

    private static List<Integer> range(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    @Test
    void onePieceIsCheckedAlone() throws Exception {
        var node = swarm.share(Content.ofLength(20 * PIECE)).seed();
        var failed = new CopyOnWriteArrayList<Integer>();
        node.torrent().onPieceFailed(failed::add);
        damage(node, 17);
        damage(node, 3);

        assertThat(node.torrent().hashCheck(17)).isFalse();
        assertThat(node.torrent().hashCheck(16)).isTrue();

        Await.until("it is told", () -> !failed.isEmpty());
        assertThat(failed).containsExactly(17);
        assertThat(node.torrent().pieces().get(3)).as("nobody has looked").isTrue();
        assertThat(node.torrent().wanted().stream()).containsExactly(17);
        assertThat(node.torrent().left()).isEqualTo(PIECE);
        assertThat(node.torrent().isComplete()).isFalse();
        node.awaitState(TorrentState.DOWNLOADING);
    }

    @Test
    void peersAreToldOfWhatACheckFinds() throws Exception {
        var shared = swarm.share(Content.ofLength(20 * PIECE));
        var node = shared.leecher();
        node.awaitState(TorrentState.DOWNLOADING);
        var peer = shared.connect(node);
        shared.content().writeInto(node.directory());

        node.torrent().hashCheck(17);

        assertThat(peer.await(Message.Have.class).piece()).isEqualTo(17);
    }

    @Test
    void peersThatWereToldOfAPieceThatIsDamagedComeAgain() throws Exception {
        var shared = swarm.share(Content.ofLength(20 * PIECE));
        var node = shared.seed();
        var peer = shared.connect(node);
        damage(node, 17);

        node.torrent().hashCheck();

        peer.untilClosed();
        var again = shared.dial(node, "127.0.0.1").shakeHands();
        var told = new BitSet();
        told.set(0, 20);
        told.clear(17);
        assertThat(again.expectPieces()).isEqualTo(told);
    }

    @Test
    void rangesAreChecked() throws Exception {
        var node = swarm.share(Content.ofLength(60 * PIECE)).seed();
        for (int piece : new int[] {0, 2, 5, 40, 59}) {
            damage(node, piece);
        }

        var good = node.torrent().hashCheck(PieceRange.closed(1, 5), PieceRange.closed(34, 56));

        var expected = new BitSet();
        expected.set(1, 6);
        expected.set(34, 57);
        expected.andNot(set(2, 5, 40));
        assertThat(good).isEqualTo(expected);
        assertThat(node.torrent().wanted()).isEqualTo(set(2, 5, 40));
        assertThat(node.torrent().hashCheck(expected)).isEqualTo(expected);
    }

    @Test
    void piecesOfAFileAreARange() throws Exception {
        var shared = swarm.share(Content.folder().withFile("a", 5 * PIECE).withFile("b", 5 * PIECE));
        var torrent = shared.seed().torrent();

        var good = torrent.hashCheck(torrent.metainfo().layout().piecesOf(1));

        assertThat(good).isEqualTo(set(5, 6, 7, 8, 9));
    }

    @Test
    void progressIsSeenInSnapshots() throws Exception {
        var shared = swarm.share(Content.ofLength(20 * PIECE));
        var storage = shared.seededStorage();
        var torrent = shared.seed(options -> options.withStorage(storage)).torrent();
        assertThat(torrent.snapshot().piecesToCheck()).isZero();
        storage.stallWhenSaved();
        var checker = check(torrent, torrent::hashCheck);
        Await.until("it is at it", storage::isWaitedFor);

        var snapshot = torrent.snapshot();

        assertThat(snapshot.state()).isEqualTo(TorrentState.CHECKING);
        assertThat(snapshot.piecesToCheck()).isEqualTo(20);
        assertThat(snapshot.checkedPieces()).isZero();
        storage.resume();
        assertThat(checker.get()).isEqualTo("done");
        Await.until("it is over", () -> torrent.snapshot().piecesToCheck() == 0);
    }

    private interface Checking {
        void run() throws Exception;
    }

    /** Checks in a thread of its own; returns what becomes of it. */
    private static CompletableFuture<Object> check(Torrent torrent, Checking checking) {
        var outcome = new CompletableFuture<Object>();
        Thread.ofVirtual().name("checks " + torrent.name()).start(() -> {
            try {
                checking.run();
                outcome.complete("done");
            } catch (Throwable e) {
                outcome.complete(e);
            }
        });
        return outcome;
    }

    /** One is at it, waiting for the disk, and another waits for its turn: both are told before the disk answers. */
    @Test
    void cancelEndsAllChecksWithoutWaitingForTheDisk() throws Exception {
        var shared = swarm.share(Content.ofLength(20 * PIECE));
        var storage = shared.seededStorage();
        var node = shared.seed(options -> options.withStorage(storage));
        storage.stall();
        var first = check(node.torrent(), node.torrent()::hashCheck);
        Await.until("it is at it", storage::isWaitedFor);
        var second = check(node.torrent(), () -> node.torrent().hashCheck(3));

        Await.until("both are told", () -> {
            node.torrent().cancelHashCheck(); // the second one may not have come yet
            return first.isDone() && second.isDone();
        });

        assertThat(first.get()).isInstanceOf(CancellationException.class);
        assertThat(second.get()).isInstanceOf(CancellationException.class);
        storage.resume();
        node.awaitState(TorrentState.SEEDING);
        assertThat(node.torrent().isSeed()).as("what nobody looked at stays").isTrue();
        assertThat(node.torrent().hashCheck(3)).isTrue();
    }

    @Test
    void cancelWithoutACheckDoesNothing() throws Exception {
        var node = swarm.share(Content.ofLength(20 * PIECE)).seed();

        node.torrent().cancelHashCheck();

        node.torrent().hashCheck();
        assertThat(node.torrent().state()).isEqualTo(TorrentState.SEEDING);
        node.close();
        assertThatThrownBy(node.torrent()::cancelHashCheck).isInstanceOf(IllegalStateException.class);
    }

    /** Content that nobody knows anything of: nothing can go on before it is hashed. */
    @Test
    void torrentWhoseFirstCheckIsCancelledStopsAndGoesOnWithItWhenStarted() throws Exception {
        var shared = swarm.share(Content.ofLength(20 * PIECE));
        var storage = shared.seededStorage();
        storage.stall();
        var client = swarm.own(Client.open());
        var torrent =
                client.add(shared.metainfo(), AddOptions.into(swarm.directory()).withStorage(new Reopenable(storage)));
        Await.until("it is being checked", storage::isWaitedFor);

        torrent.cancelHashCheck();
        storage.resume();
        Await.until("stopped", () -> torrent.state() == TorrentState.STOPPED);

        assertThat(torrent.isComplete()).isFalse();
        torrent.start();
        assertThat(torrent.awaitComplete(Await.PATIENCE)).isTrue();
    }

    /** Stays open when it is closed, so that its torrent can be started again. */
    private static final class Reopenable extends ForwardingStorage {
        private Reopenable(SteeredStorage storage) {
            super(storage);
        }

        @Override
        public void close() {}
    }

    /** What was asked for before the check may still come. */
    @Test
    void pieceThatIsVerifiedAfterTheCheckHasLookedIsNotLost() throws Exception {
        var shared = swarm.share(Content.ofLength(PIECE), PIECE);
        var storage = new LookedAtTooEarly(new SteeredStorage(shared.metainfo().layout()));
        var node = shared.leecher(options -> options.withStorage(storage));
        var told = new CopyOnWriteArrayList<String>();
        node.torrent().onPieceVerified(piece -> told.add("verified"));
        node.torrent().onPieceFailed(piece -> told.add("failed"));
        var peer = shared.connect(node);
        peer.send(new Message.HaveAll(), new Message.Unchoke());
        var asked = peer.await(2, Message.Request.class);
        peer.serve(asked.get(0));
        storage.armed = true;

        var isGood = new AtomicBoolean();
        var done = check(node.torrent(), () -> isGood.set(node.torrent().hashCheck(0)));
        storage.lookedAt.await();
        peer.serve(asked.get(1));
        Await.until("it is verified", () -> node.torrent().pieces().get(0));
        storage.goOn.countDown();

        assertThat(done.get()).isEqualTo("done");
        assertThat(isGood).isTrue();
        node.awaitState(TorrentState.SEEDING);
        node.close(); // what is to be told is told before
        assertThat(told).containsExactly("verified");
    }

    /** Says that the piece is not there, as it was when it was looked at, but not before it may go on. */
    private static final class LookedAtTooEarly extends ForwardingStorage {
        private final CountDownLatch lookedAt = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);
        private volatile boolean armed;

        private LookedAtTooEarly(SteeredStorage storage) {
            super(storage);
        }

        @Override
        public boolean mayHold(int piece) {
            if (!armed) {
                return super.mayHold(piece);
            }
            lookedAt.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return false;
        }
    }

    @Test
    void damagedFileIsFoundAndRepaired() throws Exception {
        var shared = swarm.share(Content.ofLength(20 * PIECE));
        var seed = shared.seed();
        var node = shared.leecher(options -> options.withPeers(List.of(seed.address())));
        node.awaitComplete();
        long before = node.torrent().downloaded();
        seed.awaitPeers(0); // both are seeds and have parted
        damage(node, 4);
        damage(node, 19);

        node.torrent().hashCheck();
        node.connectTo(seed);
        seed.connectTo(node);

        node.awaitComplete().assertHasContent();
        assertThat(node.torrent().downloaded() - before).isEqualTo(2 * PIECE);
    }

    @Test
    void missingAndTruncatedFilesAreFound() throws Exception {
        var shared = swarm.share(Content.ofLength(20 * PIECE));
        var node = shared.seed();
        node.torrent().stop();
        node.awaitState(TorrentState.STOPPED);
        try (var file = Files.newByteChannel(node.directory().resolve("content.bin"), StandardOpenOption.WRITE)) {
            file.truncate(5 * PIECE + 1);
        }

        node.torrent().hashCheck();
        assertThat(node.torrent().pieces()).isEqualTo(set(0, 1, 2, 3, 4));

        Files.delete(node.directory().resolve("content.bin"));
        node.torrent().hashCheck();
        assertThat(node.torrent().pieces().isEmpty()).isTrue();
    }

    @Test
    void filesThatWereThereBeforeAreFound() throws Exception {
        var shared = swarm.share(Content.ofLength(20 * PIECE));

        var node = shared.open(
                shared.seededDirectory(),
                SwarmExtension.clientOptions(),
                options -> options.withInitialState(InitialState.STOPPED));
        node.torrent().hashCheck();

        assertThat(node.torrent().isSeed()).isTrue();
        node.awaitState(TorrentState.STOPPED);
    }

    /** The disk may take minutes. */
    @Test
    void connectionsEndWithAStopThoughItIsBeingChecked() throws Exception {
        var shared = swarm.share(Content.ofLength(20 * PIECE));
        var storage = shared.seededStorage();
        var states = new StateLog();
        var node = shared.leecher(options -> options.withStorage(storage).withListener(states));
        states.forgetUpTo(TorrentState.SEEDING);
        var peer = shared.connect(node);
        storage.stallWhenSaved();
        var check = CompletableFuture.runAsync(() -> {
            try {
                node.torrent().hashCheck();
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        Await.until("the disk is waited for", storage::isWaitedFor);

        node.torrent().stop();

        peer.untilClosed();
        node.awaitPeers(0);
        assertThat(node.torrent().state()).isEqualTo(TorrentState.CHECKING);
        storage.resume();
        check.get(20, TimeUnit.SECONDS);
        node.awaitState(TorrentState.STOPPED);
        node.close();
        assertThat(states.told()).containsExactly(TorrentState.CHECKING, TorrentState.STOPPED, TorrentState.CLOSED);
    }

    @Test
    void stateBeforeTheCheckIsTheStateAfter() throws Exception {
        var torrent = swarm.share(Content.ofLength(20 * PIECE)).seed().torrent();

        torrent.hashCheck();
        assertThat(torrent.state()).isEqualTo(TorrentState.SEEDING);

        torrent.pause();
        Await.until("paused", () -> torrent.state() == TorrentState.PAUSED);
        torrent.hashCheck();
        assertThat(torrent.state()).isEqualTo(TorrentState.PAUSED);

        torrent.stop();
        Await.until("stopped", () -> torrent.state() == TorrentState.STOPPED);
        torrent.hashCheck();
        assertThat(torrent.state()).isEqualTo(TorrentState.STOPPED);
    }

    @Test
    void whatIsWishedDuringACheckIsWhatComesAfterIt() throws Exception {
        var shared = swarm.share(Content.ofLength(20 * PIECE));
        var storage = shared.seededStorage();
        var states = new StateLog();
        var node = shared.seed(options -> options.withStorage(storage).withListener(states));
        states.forgetUpTo(TorrentState.SEEDING);
        storage.stallWhenSaved();
        var check = check(node.torrent(), node.torrent()::hashCheck);
        Await.until("it is at it", storage::isWaitedFor);

        node.torrent().pause();
        storage.resume();
        assertThat(check.get()).isEqualTo("done");
        node.awaitState(TorrentState.PAUSED);
        storage.stall();
        check = check(node.torrent(), node.torrent()::hashCheck);
        Await.until("it is at it", storage::isWaitedFor);
        node.torrent().start();
        storage.resume();
        assertThat(check.get()).isEqualTo("done");
        node.awaitState(TorrentState.SEEDING);

        node.close();
        assertThat(states.told())
                .containsExactly(
                        TorrentState.CHECKING,
                        TorrentState.PAUSED,
                        TorrentState.CHECKING,
                        TorrentState.SEEDING,
                        TorrentState.CLOSED);
    }

    @Test
    void torrentInErrorThatIsStartedDuringACheckStarts() throws Exception {
        var shared = swarm.share(Content.ofLength(20 * PIECE));
        var seed = shared.seed();
        var storage = shared.emptyStorage();
        storage.write(0, 0, ByteBuffer.wrap(shared.block(0, 0, PIECE))); // or there would be nothing to be hashed
        storage.failWrites(Optional.of(new IOException("no space left on device")));
        var states = new StateLog();
        var node = shared.leecher(options -> options.withStorage(new Reopenable(storage))
                .withPeers(List.of(seed.address()))
                .withListener(states));
        states.forgetUpTo(TorrentState.ERROR);
        storage.stall();
        var check = check(node.torrent(), node.torrent()::hashCheck);
        Await.until("it is at it", storage::isWaitedFor);

        node.torrent().start();
        storage.failWrites(Optional.empty());
        storage.resume();

        assertThat(check.get()).isEqualTo("done");
        node.awaitComplete();
        assertThat(states.told())
                .startsWith(TorrentState.CHECKING, TorrentState.DOWNLOADING)
                .doesNotContain(TorrentState.ERROR);
    }

    @Test
    void afterTheCheckOfATorrentInErrorItsFilesAreClosedAgain() throws Exception {
        var shared = swarm.share(Content.ofLength(20 * PIECE));
        var seed = shared.seed();
        var directory = swarm.directory();
        Files.createDirectory(directory.resolve("content.bin")); // in the way
        var node = shared.open(
                directory, SwarmExtension.clientOptions(), options -> options.withPeers(List.of(seed.address())));
        node.awaitState(TorrentState.ERROR);

        node.torrent().hashCheck();
        node.awaitState(TorrentState.ERROR);

        var lock = shared.metainfo().infoHash().toHex() + ".lock";
        assertThat(directory.resolve(".weft").resolve(lock)).doesNotExist();
    }

    @Test
    void checkEndsWhenItsCallerIsInterrupted() throws Exception {
        var shared = swarm.share(Content.ofLength(20 * PIECE));
        var storage = shared.seededStorage();
        var node = shared.seed(options -> options.withStorage(storage));
        storage.stall();
        var outcome = new CompletableFuture<Throwable>();
        var checker = Thread.ofVirtual().start(() -> {
            try {
                node.torrent().hashCheck();
                outcome.complete(new AssertionError("checked"));
            } catch (Throwable e) {
                outcome.complete(e);
            }
        });
        Await.until("it is at it", storage::isWaitedFor);

        checker.interrupt();

        assertThat(outcome.get()).isInstanceOf(InterruptedException.class);
        storage.resume();
        node.awaitState(TorrentState.SEEDING);
    }

    @Test
    void checkEndsWhenTheTorrentIsClosed() throws Exception {
        var shared = swarm.share(Content.ofLength(20 * PIECE));
        var storage = shared.seededStorage();
        var node = shared.seed(options -> options.withStorage(storage));
        storage.stall();
        var outcome = new CompletableFuture<Boolean>();
        Thread.ofVirtual().start(() -> {
            try {
                node.torrent().hashCheck();
            } catch (Exception e) {
                // either is an end
            }
            outcome.complete(true);
        });
        Await.until("it is at it", storage::isWaitedFor);

        node.torrent().close();

        assertThat(outcome.get(5, TimeUnit.SECONDS)).isTrue();
        storage.resume();
    }

    @Test
    void queuedCheckOfAClosedTorrentIsToldSo() throws Exception {
        var shared = swarm.share(Content.ofLength(20 * PIECE));
        var storage = shared.seededStorage();
        var node = shared.seed(options -> options.withStorage(storage));
        storage.stall();
        var outcomes = new ArrayList<CompletableFuture<Object>>();
        for (int i = 0; i < 2; i++) {
            var outcome = new CompletableFuture<Object>();
            outcomes.add(outcome);
            var checker = Thread.ofVirtual().start(() -> {
                try {
                    outcome.complete(node.torrent().hashCheck(0));
                } catch (Throwable e) {
                    outcome.complete(e);
                }
            });
            Await.until("waits", () -> checker.getState() == Thread.State.WAITING && storage.isWaitedFor());
        }

        var closer = Thread.ofVirtual().start(node::close);
        Await.until("closing", () -> closer.getState() == Thread.State.TIMED_WAITING);
        storage.resume();

        assertThat(outcomes.get(1).get()).isInstanceOf(IllegalStateException.class);
        closer.join();
    }

    @Test
    void checksOfManyCallersAllEnd() throws Exception {
        var torrent = swarm.share(Content.ofLength(20 * PIECE)).seed().torrent();
        var outcomes = new ArrayList<CompletableFuture<Boolean>>();
        for (int i = 0; i < 10; i++) {
            int piece = i;
            var outcome = new CompletableFuture<Boolean>();
            outcomes.add(outcome);
            Thread.ofVirtual().start(() -> {
                try {
                    outcome.complete(torrent.hashCheck(piece));
                } catch (Exception e) {
                    outcome.completeExceptionally(e);
                }
            });
        }

        for (var outcome : outcomes) {
            assertThat(outcome.get(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void pieceThatDoesNotExistIsAMistake() throws Exception {
        var torrent = swarm.share(Content.ofLength(20 * PIECE)).seed().torrent();

        assertThatThrownBy(() -> torrent.hashCheck(20)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> torrent.hashCheck(-1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> torrent.hashCheck(set(3, 20))).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
