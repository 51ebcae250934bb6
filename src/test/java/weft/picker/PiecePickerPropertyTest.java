package weft.picker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import weft.metainfo.Layout;

/**
 * Whatever peers do in whatever order: they come, go, choke, snub, reject, deliver, deliver garbage, gain pieces and lose
 * them; priorities change, hash checks find pieces and miss them, the disk takes blocks or does not. What must hold is
 * checked at every step, and in the end every wanted piece is there, though not all of them serve.
 */
class PiecePickerPropertyTest {
    private static final int BLOCK = Layout.BLOCK_LENGTH;

    /** Whoever has sent nothing for so many seconds must not hold a block that a quick one could send. */
    private static final int SILENT_SECONDS = 5;

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

    /** A peer, and what we know of it from outside. */
    private static final class Neighbour {
        private final Source source;
        private final boolean fast;
        private final BitSet has = new BitSet();
        private final Set<Integer> allowed = new HashSet<>(); // while it chokes us
        private final List<long[]> asked = new ArrayList<>();
        private final List<long[]> late = new ArrayList<>(); // given up, may still come
        private boolean choking;
        private boolean snubbed;
        private int silentSeconds; // with something to send

        private Neighbour(Source source, boolean fast) {
            this.source = source;
            this.fast = fast;
        }
    }

    /** A picker among peers that do random things, and what we know of it from outside. */
    private static final class World {
        private final Random random;
        private final int pieces;
        private final Layout layout;
        private final PiecePicker picker;
        private final List<Neighbour> peers = new ArrayList<>();
        private final BitSet failed = new BitSet();
        private final int[] priorities;
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
                connect(someOfThem());
            }
            var peer = peers.get(random.nextInt(peers.size()));
            int piece = random.nextInt(pieces);
            switch (random.nextInt(24)) {
                case 0, 1 -> connect(someOfThem());
                case 2 -> disconnect(peer);
                case 3 -> have(peer, piece);
                case 4 -> haveAll(peer);
                case 5 -> lose(peer, piece);
                case 6 -> snub(peer);
                case 7 -> choke(peer);
                case 8, 9 -> unchoke(peer);
                case 10 -> allowFast(peer, piece);
                case 11 -> picker.suggest(peer.source, piece);
                case 12 -> reject(peer);
                case 13 -> prioritise(piece);
                case 14 -> findByHashCheck(piece);
                case 15 -> missByHashCheck(piece);
                case 16 -> tick();
                case 17, 18, 19 -> ask(peer);
                default -> deliver(peer, random.nextInt(10) > 0, random.nextInt(10) > 0);
            }
        }

        private BitSet someOfThem() {
            var some = new BitSet();
            for (int piece = 0; piece < pieces; piece++) {
                some.set(piece, random.nextBoolean());
            }
            return some;
        }

        private Neighbour connect(BitSet has) {
            var peer = new Neighbour(picker.connect("peer"), random.nextBoolean());
            peers.add(peer);
            peer.has.or(has);
            picker.have(peer.source, has);
            picker.unchoked(peer.source);
            return peer;
        }

        private void disconnect(Neighbour peer) {
            picker.disconnect(peer.source);
            peers.remove(peer);
        }

        private void snub(Neighbour peer) {
            picker.snubbed(peer.source);
            peer.snubbed = true;
            giveUpWhatIsTakenBack();
        }

        private void have(Neighbour peer, int piece) {
            assertThat(picker.have(peer.source, piece)).isNotEqualTo(peer.has.get(piece));
            peer.has.set(piece);
        }

        private void haveAll(Neighbour peer) {
            assertThat(picker.haveAll(peer.source)).isEqualTo(pieces - peer.has.cardinality());
            peer.has.set(0, pieces);
        }

        private void lose(Neighbour peer, int piece) {
            assertThat(picker.lost(peer.source, piece)).isEqualTo(peer.has.get(piece));
            if (peer.has.get(piece)) {
                peer.has.clear(piece);
                peer.allowed.remove(piece);
            }
            giveUpWhatIsTakenBack();
        }

        private void choke(Neighbour peer) {
            picker.choked(peer.source, peer.fast);
            peer.choking = true;
            if (!peer.fast) {
                assertThat(picker.outstanding(peer.source)).isZero();
            }
            giveUpWhatIsTakenBack();
        }

        private void unchoke(Neighbour peer) {
            picker.unchoked(peer.source);
            peer.choking = false;
        }

        private void allowFast(Neighbour peer, int piece) {
            picker.allowFast(peer.source, piece);
            peer.allowed.add(piece);
        }

        private void reject(Neighbour peer) {
            var from = peer.asked.isEmpty() ? peer.late : peer.asked;
            if (!from.isEmpty()) {
                var request = from.removeFirst();
                assertThat(picker.rejected(peer.source, (int) request[0], (int) request[1]))
                        .isTrue();
                if (peer.choking) {
                    peer.allowed.remove((int) request[0]);
                }
            }
        }

        private void prioritise(int piece) {
            priorities[piece] = random.nextInt(4);
            picker.setPriorities(priorities);
        }

        private void findByHashCheck(int piece) {
            if (picker.checked(piece, true, picker.has(piece))) {
                hasCome(piece);
            }
            assertThat(picker.has(piece)).isTrue();
            giveUpWhatIsTakenBack();
        }

        private void missByHashCheck(int piece) {
            boolean had = picker.has(piece);
            boolean since = random.nextBoolean(); // it has come while the check was at it
            assertThat(picker.checked(piece, false, had && !since)).isEqualTo(had && !since);
            assertThat(picker.has(piece)).isEqualTo(had && since);
        }

        private void hasCome(int piece) {
            delivered.removeIf(block -> block.getFirst() == piece);
            failed.clear(piece);
        }

        private void tick() {
            picker.tick();
            giveUpWhatIsTakenBack();
        }

        /** What a peer is not to send any more may still come. */
        private void giveUpWhatIsTakenBack() {
            for (Neighbour peer : peers) {
                for (var requests = peer.asked.iterator(); requests.hasNext(); ) {
                    var request = requests.next();
                    if (!picker.isAsked(peer.source, (int) request[0], (int) request[1])) {
                        requests.remove();
                        peer.late.add(request);
                    }
                }
            }
        }

        private void ask(Neighbour peer) {
            var outstanding = outstanding();
            var batch = new ArrayList<long[]>();
            int max = peer.snubbed ? 1 : 1 + random.nextInt(20);
            picker.pick(peer.source, max, (piece, begin, length) -> batch.add(new long[] {piece, begin}));
            Set<List<Long>> own = new HashSet<>();
            Set<List<Long>> twice = new LinkedHashSet<>();
            for (long[] request : batch) {
                var key = List.of(request[0], request[1]);
                int piece = (int) request[0];
                assertThat(peer.has.get(piece)).as("the peer has it").isTrue();
                assertThat(priorities[piece]).as("it is wanted").isPositive();
                assertThat(!peer.choking || peer.allowed.contains(piece))
                        .as("it would serve it")
                        .isTrue();
                assertThat(own.add(key)).as("asked once in a batch").isTrue();
                if (outstanding.contains(key)) {
                    twice.add(key);
                }
            }
            if (!twice.isEmpty() && !blocksNobodyWasAskedFor(somebodyHas()).isEmpty()) {
                assertThat(peers.stream()
                                .filter(other -> twice.stream().anyMatch(block -> isAskedFor(other, block)))
                                .toList())
                        .as("asked twice before endgame")
                        .singleElement()
                        .matches(other -> other.source.secondsWaiting >= SILENT_SECONDS, "is silent")
                        .matches(other -> other.source.delivered * 8 < peer.source.delivered, "is much slower");
            }
            peer.asked.addAll(batch);
            if (peer.asked.isEmpty() && !peer.choking && !peer.snubbed) {
                assertThat(blocksNobodyWasAskedFor(peer.has))
                        .as("left free by a peer that could send them")
                        .isEmpty();
            }
        }

        private static boolean isAskedFor(Neighbour peer, List<Long> block) {
            return peer.asked.stream()
                    .anyMatch(request -> List.of(request[0], request[1]).equals(block));
        }

        private Set<List<Long>> outstanding() {
            var outstanding = new HashSet<List<Long>>();
            peers.forEach(peer -> peer.asked.forEach(request -> outstanding.add(List.of(request[0], request[1]))));
            return outstanding;
        }

        private BitSet somebodyHas() {
            var union = new BitSet();
            peers.forEach(peer -> union.or(peer.has));
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

        private void deliver(Neighbour peer, boolean good, boolean diskTakesIt) {
            boolean fromLate = peer.asked.isEmpty() || random.nextInt(4) == 0;
            var from = fromLate ? peer.late : peer.asked;
            if (from.isEmpty()) {
                return;
            }
            var request = from.removeFirst();
            if (fromLate) {
                // Given up and asked for again: the same block answers the newer request.
                var newer = peer.asked.stream()
                        .filter(r -> Arrays.equals(r, request))
                        .findFirst();
                if (newer.isPresent()) {
                    peer.asked.remove(newer.get());
                    from.addFirst(request);
                }
            }
            int piece = (int) request[0];
            int begin = (int) request[1];
            var others = new ArrayList<Source>();
            var arrival = picker.arrived(peer.source, piece, begin, layout.blockLength(piece, begin / BLOCK), others);
            assertThat(arrival).isNotEqualTo(Arrival.UNREQUESTED);
            peer.snubbed = false;
            peer.silentSeconds = 0;
            giveUpWhatIsTakenBack();
            if (arrival != Arrival.WANTED) {
                return;
            }
            assertThat(others).allMatch(other -> !picker.isAsked(other, piece, begin));
            if (!diskTakesIt) {
                picker.notWritten(peer.source.arriving(), begin, 1);
                return;
            }
            assertThat(delivered.add(List.of((long) piece, (long) begin))).isTrue();
            if (picker.written(peer.source.arriving(), begin, 1)) {
                if (good) {
                    assertThat(picker.verified(piece)).isTrue();
                    hasCome(piece);
                } else {
                    picker.failed(piece);
                    delivered.removeIf(block -> block.getFirst() == piece);
                    failed.set(piece);
                }
            }
        }

        void check() {
            assertThat(picker.have().intersects(picker.wanted()))
                    .as("had and wanted at once")
                    .isFalse();
            for (Neighbour peer : peers) {
                var useful = picker.wanted();
                useful.and(peer.has);
                assertThat(picker.isInteresting(peer.source)).isEqualTo(!useful.isEmpty());
                assertThat(picker.outstanding(peer.source)).isEqualTo(peer.asked.size());
            }
            var unavailable = picker.wanted();
            unavailable.andNot(somebodyHas());
            assertThat(picker.unavailable()).isEqualTo(unavailable);
        }

        /**
         * From now on some serve. Others go on as they are and send nothing, until they are snubbed for it, or refuse what
         * they are asked for. Nobody goes; but a seed has come.
         */
        void finish() {
            var silent = new HashSet<Neighbour>();
            var refusing = new HashSet<Neighbour>();
            for (Neighbour peer : peers) {
                switch (random.nextInt(3)) {
                    case 0 -> unchoke(peer);
                    case 1 -> silent.add(peer);
                    default -> refusing.add(peer);
                }
            }
            var everything = new BitSet();
            everything.set(0, pieces);
            connect(everything);
            for (int second = 0; second < 2000 && !picker.isComplete(); second++) {
                for (Neighbour peer : peers) {
                    ask(peer);
                    if (refusing.contains(peer)) {
                        while (!peer.asked.isEmpty()) {
                            reject(peer);
                        }
                    } else if (!silent.contains(peer)) {
                        deliver(peer, true, true);
                    } else if (!peer.asked.isEmpty() && ++peer.silentSeconds > 60) {
                        peer.silentSeconds = 0;
                        snub(peer);
                    }
                }
                tick();
                check();
            }
        }
    }
}
