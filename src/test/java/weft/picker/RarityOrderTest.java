package weft.picker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RarityOrderTest {
    private static final int PIECES = 40;

    @Test
    void rarestPieceOfAPeerComesFirst() {
        var availability = new int[] {3, 1, 2, 2};
        var order = orderOf(availability);

        assertThat(order.rarestOf(pieces(0, 2, 3))).isIn(2, 3);
        assertThat(order.rarestOf(pieces(0))).isZero();
        assertThat(order.rarestOf(pieces())).isEqualTo(-1);
    }

    @Test
    void tiesAreBrokenAtRandom() {
        var chosen = new HashSet<Integer>();

        for (int seed = 0; seed < 50; seed++) {
            chosen.add(orderOf(new int[8], seed).rarestOf(all(8)));
        }

        assertThat(chosen).hasSize(8);
    }

    @Test
    void aPeerWithFewPiecesOfManyIsServed() {
        var order = orderOf(new int[100_000]);

        assertThat(order.rarestOf(pieces(77_777))).isEqualTo(77_777);
    }

    /** The order is right after whatever happened: each step is a piece that comes, goes, or changes by one. */
    @Property(tries = 300)
    void alwaysYieldsAPieceOfTheLowestAvailability(
            @ForAll @Size(max = 300) List<@IntRange(min = 0, max = 4 * PIECES - 1) Integer> steps) {
        var availability = new int[PIECES];
        var order = new RarityOrder(availability, new int[PIECES], new Random(1));
        var members = new BitSet();

        for (int step : steps) {
            int piece = step % PIECES;
            switch (step / PIECES) {
                case 0 -> {
                    if (!members.get(piece)) {
                        order.add(piece);
                        members.set(piece);
                    }
                }
                case 1 -> {
                    if (members.get(piece)) {
                        order.remove(piece);
                        members.clear(piece);
                    }
                }
                case 2 -> {
                    if (members.get(piece)) {
                        order.rise(piece);
                    }
                    availability[piece]++;
                }
                default -> {
                    if (availability[piece] > 0) {
                        if (members.get(piece)) {
                            order.fall(piece);
                        }
                        availability[piece]--;
                    }
                }
            }

            int rarest = order.rarestOf(all(PIECES));
            assertThat(order.size()).isEqualTo(members.cardinality());
            assertThat(rarest >= 0).isEqualTo(!members.isEmpty());
            assertThat(members.stream().allMatch(m -> availability[m] >= availability[Math.max(rarest, 0)]))
                    .isTrue();
        }
    }

    private static RarityOrder orderOf(int[] availability) {
        return orderOf(availability, 1);
    }

    private static RarityOrder orderOf(int[] availability, int seed) {
        var order = new RarityOrder(availability, new int[availability.length], new Random(seed));
        for (int piece = 0; piece < availability.length; piece++) {
            order.add(piece);
        }
        return order;
    }

    private static PieceSet pieces(int... pieces) {
        var set = new PieceSet(1_000_000);
        for (int piece : pieces) {
            set.add(piece);
        }
        return set;
    }

    private static PieceSet all(int count) {
        var set = new PieceSet(count);
        set.addAll();
        return set;
    }
}
