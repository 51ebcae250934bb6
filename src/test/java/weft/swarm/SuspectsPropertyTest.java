package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import weft.metainfo.Layout;
import weft.picker.Arrival;
import weft.picker.PiecePicker;
import weft.picker.Source;

/**
 * Honest peers and liars in random mixtures: the pieces all come in the end, no honest peer is ever found guilty, and
 * every liar of whom a wrong block got into a piece is. The picker and the suspects' book as the swarm uses them, with a
 * letter for a block.
 */
class SuspectsPropertyTest {
    private static final int BLOCK = Layout.BLOCK_LENGTH;
    private static final byte RIGHT = 'r';
    private static final byte WRONG = 'x';

    @Property(tries = 300)
    void liarsAreFoundAndHonestPeersAreNot(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 20) int pieces,
            @ForAll @IntRange(min = 1, max = 6) int blocks,
            @ForAll @IntRange(min = 1, max = 4) int honest,
            @ForAll @IntRange(min = 0, max = 5) int liars,
            @ForAll @IntRange(min = 1, max = 100) int liesPerHundred) {
        var world = new World(new Random(seed), pieces, blocks, liesPerHundred);
        for (int i = 0; i < honest + liars; i++) {
            world.connect(i >= honest);
        }

        for (int step = 0; step < 20_000 && !world.picker.isComplete(); step++) {
            world.step();
        }

        assertThat(world.picker.isComplete()).isTrue();
        assertThat(world.banned).isEqualTo(world.guilty);
    }

    private static final class World {
        private final Random random;
        private final Layout layout;
        private final PiecePicker picker;
        private final Suspects suspects = new Suspects();
        private final int liesPerHundred;
        private final List<Source> peers = new ArrayList<>();
        private final Set<Source> liars = new HashSet<>();
        private final Map<Source, List<int[]>> asked = new HashMap<>();
        private final Map<Integer, byte[]> contents = new HashMap<>(); // of pieces, a byte for a block
        private final Set<Source> banned = new HashSet<>();
        private final Set<Source> guilty = new HashSet<>();

        World(Random random, int pieces, int blocks, int liesPerHundred) {
            this.random = random;
            this.liesPerHundred = liesPerHundred;
            this.layout = Layout.ofSingleFile(blocks * BLOCK, "file", (long) pieces * blocks * BLOCK);
            this.picker = new PiecePicker(layout, random);
        }

        void connect(boolean liar) {
            var peer = picker.connect("peer");
            picker.haveAll(peer);
            picker.unchoked(peer);
            peers.add(peer);
            asked.put(peer, new ArrayList<>());
            if (liar) {
                liars.add(peer);
            }
        }

        void step() {
            var peer = peers.get(random.nextInt(peers.size()));
            switch (random.nextInt(20)) {
                case 0 -> {
                    picker.choked(peer, false);
                    asked.get(peer).clear();
                    picker.unchoked(peer);
                }
                case 1 -> picker.tick();
                case 2, 3, 4, 5, 6, 7, 8 ->
                    picker.pick(
                            peer,
                            1 + random.nextInt(5),
                            (piece, begin, length) -> asked.get(peer).add(new int[] {piece, begin, length}));
                default -> deliver(peer);
            }
        }

        private void deliver(Source peer) {
            var mine = asked.get(peer);
            if (mine.isEmpty()) {
                return;
            }
            var block = mine.remove(random.nextInt(mine.size()));
            int piece = block[0];
            var others = new ArrayList<Source>();
            if (picker.arrived(peer, piece, block[1], block[2], others) != Arrival.WANTED) {
                return;
            }
            for (Source other : others) {
                asked.get(other).removeIf(each -> each[0] == piece && each[1] == block[1]);
            }
            boolean lie = liars.contains(peer) && random.nextInt(100) < liesPerHundred;
            contents.computeIfAbsent(piece, p -> new byte[layout.blockCount(p)])[block[1] / BLOCK] =
                    lie ? WRONG : RIGHT;
            if (lie) {
                guilty.add(peer);
            }
            if (picker.written(peer.arriving(), block[1], 1)) {
                verify(piece);
            }
        }

        /** As {@link Swarm} does it. */
        private void verify(int piece) {
            var digests = digests(piece);
            boolean whole = true;
            for (byte block : contents.get(piece)) {
                whole &= block == RIGHT;
            }
            if (whole) {
                var found = suspects.passed(piece, digests);
                picker.verified(piece);
                found.forEach(this::ban);
            } else {
                var found = suspects.failed(piece, picker.senders(piece), digests);
                picker.failed(piece);
                found.forEach(this::ban);
            }
        }

        private ByteBuffer[] digests(int piece) {
            var digests = new ByteBuffer[layout.blockCount(piece)];
            for (int block = 0; block < digests.length; block++) {
                digests[block] = ByteBuffer.wrap(new byte[] {contents.get(piece)[block]});
            }
            return digests;
        }

        private void ban(Source peer) {
            assertThat(liars).as("banned").contains(peer);
            banned.add(peer);
            peers.remove(peer);
            asked.remove(peer);
            picker.disconnect(peer);
        }
    }
}
