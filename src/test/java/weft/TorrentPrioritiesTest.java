package weft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.FakePeer;
import weft.kit.Message.Bitfield;
import weft.kit.Message.HaveAll;
import weft.kit.Message.NotInterested;
import weft.kit.Message.RejectRequest;
import weft.kit.Message.Request;
import weft.kit.Message.Unchoke;
import weft.kit.Node;
import weft.kit.SharedTorrent;
import weft.kit.SwarmExtension;

/** {@code setPriority(file, n)}, {@code wanted}, {@code left}, {@code files}. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TorrentPrioritiesTest {
    private static final int PIECE = 32 * 1024;

    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension();

    /** Three files; the second begins and ends in the middle of a piece that its neighbours share. */
    private SharedTorrent share() throws Exception {
        return swarm.share(Content.folder()
                .withFile("a", 10 * PIECE + 100)
                .withFile("b", 10 * PIECE)
                .withFile("c", 10 * PIECE - 100));
    }

    private static Path file(Node node, String name) {
        return node.directory().resolve("folder").resolve(name);
    }

    @Test
    void unwantedFileIsNeverMade() throws Exception {
        var shared = share();
        var seed = shared.seed();

        var node = shared.leecher(options -> options.withPriority(1, 0).withPeers(List.of(seed.address())));
        node.awaitComplete();

        assertThat(file(node, "a")).hasBinaryContent(shared.content().file("folder/a"));
        assertThat(file(node, "c")).hasBinaryContent(shared.content().file("folder/c"));
        assertThat(file(node, "b")).doesNotExist();
        assertThat(node.torrent().isComplete()).isTrue();
        assertThat(node.torrent().isSeed()).isFalse();
        assertThat(node.torrent().left()).isZero();
        node.awaitState(TorrentState.SEEDING);
        try (var names = Files.list(node.directory().resolve("folder"))) {
            assertThat(names.map(Path::getFileName).map(Path::toString)).containsExactlyInAnyOrder("a", "c");
        }
    }

    @Test
    void fileThatBecomesWantedIsFetchedAndMade() throws Exception {
        var shared = share();
        var seed = shared.seed();
        var node = shared.leecher(options -> options.withPriority(1, 0).withPeers(List.of(seed.address())));
        node.awaitComplete();
        long before = node.torrent().downloaded();

        node.torrent().setPriority(1, 1);
        node.awaitComplete().assertHasContent();

        assertThat(node.torrent().isSeed()).isTrue();
        assertThat(node.torrent().downloaded() - before)
                .as("pieces shared with the neighbours are there already")
                .isEqualTo(9 * PIECE);
    }

    @Test
    void fileThatIsWantedNoMoreIsNotFetchedFurther() throws Exception {
        var shared = share();
        var node = shared.leecher();
        var peer = shared.connect(node);
        var allButOne = new BitSet(); // with a seed there would be nothing to trade, and no connection
        allButOne.set(1, shared.pieceCount());
        peer.send(Bitfield.of(allButOne, shared.pieceCount()), new Unchoke());
        var first = peer.await(Request.class);

        node.torrent().setPriority(0, 0);
        node.torrent().setPriority(1, 0);
        node.torrent().setPriority(2, 0);
        peer.await(NotInterested.class);
        var owed = requests(peer);
        peer.send(RejectRequest.of(first)); // so that there is a piece of which something is to be asked for
        for (Request request : owed) {
            peer.serve(request);
        }
        awaitAnswer(peer); // by which the blocks are taken
        awaitAnswer(peer); // and something else would be asked for

        assertThat(requests(peer)).isEqualTo(owed);
        assertThat(node.torrent().wanted().isEmpty()).isTrue();
        assertThat(node.torrent().left()).isZero();
        assertThat(node.torrent().isSeed()).isFalse();
    }

    private static List<Request> requests(FakePeer peer) {
        return peer.passedOver().stream()
                .filter(Request.class::isInstance)
                .map(Request.class::cast)
                .toList();
    }

    /** It has not got the piece that nobody has, and says so. */
    private static void awaitAnswer(FakePeer peer) throws Exception {
        peer.send(new Request(0, 0, 16 * 1024));
        peer.await(RejectRequest.class);
    }

    @Test
    void wantedAndLeftFollowThePriorities() throws Exception {
        var shared = share();
        var torrent = shared.leecher().torrent();
        assertThat(torrent.left()).isEqualTo(shared.size());

        torrent.setPriority(0, 0);
        Await.until("the wish is known", () -> torrent.left() == 20 * PIECE);
        assertThat(torrent.wanted().nextSetBit(0))
                .as("a piece that a wanted file is part of")
                .isEqualTo(10);
        assertThat(torrent.snapshot().wantedSize()).isEqualTo(20 * PIECE);

        torrent.setPriority(0, 3);
        Await.until("the wish is known", () -> torrent.left() == shared.size());
        assertThat(torrent.files().getFirst().priority()).isEqualTo(3);
    }

    /** Nothing is there: all that is wanted is missing, whatever that is at the moment. */
    @Test
    void snapshotIsOfOneMomentHoweverOftenWishesChange() throws Exception {
        var shared = share();
        var storage = shared.emptyStorage();
        var torrent = shared.leecher(options -> options.withStorage(storage)).torrent();
        var over = new AtomicBoolean();
        var wishes = Thread.ofPlatform().start(() -> {
            for (int i = 0; !over.get(); i++) {
                torrent.setPriority(i % 3, i / 3 % 2);
            }
        });

        try {
            long last = 0;
            for (int changes = 0; changes < 300; ) {
                var snapshot = torrent.snapshot();
                assertThat(snapshot.left()).isEqualTo(snapshot.wantedSize());
                changes += snapshot.wantedSize() != last ? 1 : 0;
                last = snapshot.wantedSize();
            }
        } finally {
            over.set(true);
            wishes.join();
        }
    }

    @Test
    void higherPriorityIsFetchedFirst() throws Exception {
        var shared = share();
        var node = shared.leecher(options -> options.withPriority(2, 9));
        var peer = shared.connect(node);
        peer.send(new HaveAll(), new Unchoke());

        var asked = new ArrayList<Integer>();
        for (int i = 0; i < 20; i++) {
            var request = peer.await(Request.class);
            asked.add(request.piece());
            peer.serve(request);
        }

        assertThat(asked).allMatch(piece -> piece >= 20); // file c is in pieces 20 to 29
    }

    @Test
    void sequentialIsFetchedInOrder() throws Exception {
        var shared = share();
        var node = shared.leecher(options -> options.withSequential(true));
        var peer = shared.connect(node);
        peer.send(new HaveAll(), new Unchoke());

        var asked = new ArrayList<Integer>();
        for (int i = 0; i < 2 * 30; i++) {
            var request = peer.await(Request.class);
            asked.add(request.piece());
            peer.serve(request);
        }

        assertThat(asked).isSorted();
        node.awaitComplete();
    }

    @Test
    void filesTellHowFarTheyAre() throws Exception {
        var shared = share();
        var seed = shared.seed();
        var node = shared.leecher(options -> options.withPriority(1, 0).withPeers(List.of(seed.address())));
        node.awaitComplete();

        var files = node.torrent().files();

        assertThat(files).extracting(FileSnapshot::index).containsExactly(0, 1, 2);
        assertThat(files)
                .extracting(FileSnapshot::path)
                .containsExactly(Path.of("folder", "a"), Path.of("folder", "b"), Path.of("folder", "c"));
        assertThat(files)
                .extracting(FileSnapshot::length)
                .containsExactly(10L * PIECE + 100, 10L * PIECE, 10L * PIECE - 100);
        assertThat(files).extracting(FileSnapshot::isComplete).containsExactly(true, false, true);
        assertThat(files.get(1).bytesVerified())
                .as("its part of the pieces shared with the neighbours")
                .isEqualTo(PIECE);
        assertThat(files).extracting(FileSnapshot::priority).containsExactly(1, 0, 1);
    }

    @Test
    void prioritiesOutliveTheRun() throws Exception {
        var shared = share();
        var first = shared.leecher();
        first.torrent().setPriority(1, 0);
        first.torrent().setPriority(2, 7);
        first.close();

        var second = shared.open(first.directory(), SwarmExtension.clientOptions(), options -> options);

        assertThat(second.torrent().files()).extracting(FileSnapshot::priority).containsExactly(1, 0, 7);
    }

    @Test
    void nonsenseIsRefused() throws Exception {
        var torrent = share().leecher().torrent();

        assertThatThrownBy(() -> torrent.setPriority(3, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> torrent.setPriority(-1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> torrent.setPriority(0, -1)).isInstanceOf(IllegalArgumentException.class);
    }
}
