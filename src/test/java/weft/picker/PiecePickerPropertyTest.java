package weft.picker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
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

/**
 * Whatever peers do in whatever order: they come, go, choke, snub, reject, deliver, deliver garbage; priorities change.
 * What must hold is checked at every step, and in the end every wanted piece is there.
 */
class PiecePickerPropertyTest {
    private static final int BLOCK = Layout.BLOCK_LENGTH;

    @Property(tries = 200)
    void everyWantedPieceIsFetchedWhateverHappens(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 30) int pieces,
            @ForAll @IntRange(min = 1, max = 5) int blocks) {
        var world = new World(new Random(seed), pieces, blocks);

        for (int step = 0; step < 400; step++) {
            world.step();
            world.check();
        }
        world.finish();

        assertThat(world.picker.isComplete()).isTrue();
        assertThat(world.picker.wanted()).isEqualTo(new BitSet());
    }

    /** A picker among peers that do random things, and what we know of it from outside. */
    private static final class World {
        private final Random random;
        private final int pieces;
        private final Layout layout;
        private final PiecePicker picker;
        private final List<Source> peers = new ArrayList<>();
        private final Map<Source, BitSet> has = new HashMap<>();
        private final Map<Source, List<long[]>> asked = new HashMap<>();
        private final BitSet failed = new BitSet();
        private final int[] priorities;
        private final Map<Source, List<long[]>> late = new HashMap<>(); // snubbed, may still come
        private final Set<List<Long>> delivered = new HashSet<>(); // blocks of pieces not verified yet

        World(Random random, int pieces, int blocks) {
            this.random = random;
            this.pieces = pieces;
            this.layout = Layout.ofSingleFile(
                    blocks * BLOCK, "file", (long) (pieces - 1) * blocks * BLOCK + 1 + random.nextInt(blocks * BLOCK));
            this.picker = new PiecePicker(layout, random);
            this.priorities = new int[pieces];
            Arrays.fill(priorities, 1);
        }

        void step() {
            if (peers.isEmpty()) {
                connect();
            }
            var peer = peers.get(random.nextInt(peers.size()));
            switch (random.nextInt(12)) {
                case 0 -> connect();
                case 1 -> disconnect(peer);
                case 2 -> have(peer, random.nextInt(pieces));
                case 3 -> snub(peer);
                case 4 -> choke(peer);
                case 5 -> reject(peer);
                case 6 -> prioritise();
                case 7, 8 -> ask(peer);
                default -> deliver(peer, random.nextInt(10) > 0);
            }
        }

        private void connect() {
            var peer = picker.connect("peer");
            peers.add(peer);
            asked.put(peer, new ArrayList<>());
            late.put(peer, new ArrayList<>());
            var mine = new BitSet();
            for (int piece = 0; piece < pieces; piece++) {
                mine.set(piece, random.nextBoolean());
            }
            has.put(peer, mine);
            picker.have(peer, mine);
            picker.unchoked(peer);
        }

        private void disconnect(Source peer) {
            picker.disconnect(peer);
            peers.remove(peer);
            asked.remove(peer);
            late.remove(peer);
        }

        private void snub(Source peer) {
            picker.snubbed(peer);
            late.get(peer).addAll(asked.get(peer));
            asked.get(peer).clear();
        }

        private void have(Source peer, int piece) {
            has.get(peer).set(piece);
            picker.have(peer, piece);
        }

        private void choke(Source peer) {
            picker.choked(peer, false);
            asked.get(peer).clear();
            picker.unchoked(peer);
        }

        private void reject(Source peer) {
            if (!asked.get(peer).isEmpty()) {
                var request = asked.get(peer).removeFirst();
                picker.rejected(peer, (int) request[0], (int) request[1]);
            }
        }

        private void prioritise() {
            priorities[random.nextInt(pieces)] = random.nextInt(4);
            picker.setPriorities(priorities);
        }

        private void ask(Source peer) {
            var outstanding = outstanding();
            var batch = new ArrayList<long[]>();
            picker.pick(peer, 1 + random.nextInt(20), (piece, begin, length) -> batch.add(new long[] {piece, begin}));
            Set<List<Long>> own = new HashSet<>();
            boolean twice = false;
            for (long[] request : batch) {
                var key = List.of(request[0], request[1]);
                assertThat(has.get(peer).get((int) request[0]))
                        .as("the peer has it")
                        .isTrue();
                assertThat(priorities[(int) request[0]]).as("it is wanted").isPositive();
                assertThat(own.add(key)).as("asked once in a batch").isTrue();
                twice |= outstanding.contains(key);
            }
            asked.get(peer).addAll(batch);
            if (twice) {
                assertThat(blocksNobodyWasAskedFor(somebodyHas()))
                        .as("asked twice before endgame")
                        .isEmpty();
            }
        }

        private Set<List<Long>> outstanding() {
            var outstanding = new HashSet<List<Long>>();
            asked.values().forEach(list -> list.forEach(request -> outstanding.add(List.of(request[0], request[1]))));
            return outstanding;
        }

        private BitSet somebodyHas() {
            var union = new BitSet();
            peers.forEach(peer -> union.or(has.get(peer)));
            return union;
        }

        /** Of these pieces, but for those that failed their hash: these may be one other peer's alone. */
        private Set<List<Long>> blocksNobodyWasAskedFor(BitSet ofPieces) {
            var blocks = new HashSet<List<Long>>();
            picker.wanted().stream()
                    .filter(p -> ofPieces.get(p) && !failed.get(p))
                    .forEach(piece -> {
                        for (long block = 0; block < layout.blockCount(piece); block++) {
                            blocks.add(List.of((long) piece, block * BLOCK));
                        }
                    });
            blocks.removeAll(outstanding());
            blocks.removeAll(delivered);
            return blocks;
        }

        private void deliver(Source peer, boolean good) {
            boolean fromLate = asked.get(peer).isEmpty() || random.nextInt(4) == 0;
            var from = fromLate ? late.get(peer) : asked.get(peer);
            if (from.isEmpty()) {
                return;
            }
            var request = from.removeFirst();
            if (fromLate) {
                // Given up and asked for again: the same block answers the newer request.
                var newer = asked.get(peer).stream()
                        .filter(r -> Arrays.equals(r, request))
                        .findFirst();
                if (newer.isPresent()) {
                    asked.get(peer).remove(newer.get());
                    from.addFirst(request);
                }
            }
            int piece = (int) request[0];
            int begin = (int) request[1];
            var others = new ArrayList<Source>();
            var arrival = picker.arrived(peer, piece, begin, layout.blockLength(piece, begin / BLOCK), others);
            for (Source other : others) {
                asked.get(other).removeIf(r -> r[0] == piece && r[1] == begin);
            }
            assertThat(arrival).isNotEqualTo(Arrival.UNREQUESTED);
            if (arrival == Arrival.WANTED) {
                assertThat(delivered.add(List.of((long) piece, (long) begin))).isTrue();
            }
            if (arrival == Arrival.WANTED && picker.written(peer.arriving(), begin, 1)) {
                delivered.removeIf(block -> block.getFirst() == piece);
                if (good) {
                    assertThat(picker.verified(piece)).isTrue();
                } else {
                    picker.failed(piece);
                    failed.set(piece);
                }
            }
        }

        void check() {
            assertThat(picker.have().intersects(picker.wanted()))
                    .as("had and wanted at once")
                    .isFalse();
            for (Source peer : peers) {
                var useful = picker.wanted();
                useful.and(has.get(peer));
                assertThat(picker.isInteresting(peer)).isEqualTo(!useful.isEmpty());
            }
        }

        /** From now on everybody behaves: one seed that is always served suffices. */
        void finish() {
            for (var peer : List.copyOf(peers)) {
                disconnect(peer);
            }
            var seed = picker.connect("seed");
            peers.add(seed);
            asked.put(seed, new ArrayList<>());
            late.put(seed, new ArrayList<>());
            var all = new BitSet();
            all.set(0, pieces);
            has.put(seed, all);
            picker.haveAll(seed);
            picker.unchoked(seed);
            for (int round = 0; round < 10_000 && !picker.isComplete(); round++) {
                ask(seed);
                deliver(seed, true);
            }
        }
    }
}
