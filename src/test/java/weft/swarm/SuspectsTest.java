package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import weft.metainfo.Layout;
import weft.picker.PiecePicker;
import weft.picker.Source;

/** Blocks are drawn as letters, one for each content; senders as an array, one element for each block. */
class SuspectsTest {
    private static final String RIGHT = "abcd";

    private final PiecePicker picker =
            new PiecePicker(Layout.ofSingleFile(64 * 1024, "x", 100 * 64 * 1024), new Random(1));
    private final Source one = picker.connect("one");
    private final Source two = picker.connect("two");
    private final Source three = picker.connect("three");
    private final Suspects suspects = new Suspects();

    private static ByteBuffer[] digests(String blocks) {
        return blocks.chars()
                .mapToObj(letter -> ByteBuffer.wrap(new byte[] {(byte) letter}))
                .toArray(ByteBuffer[]::new);
    }

    private static Source[] senders(Source... senders) {
        return senders;
    }

    @Test
    void onlySenderOfAWrongPieceIsGuilty() {
        assertThat(suspects.failed(0, senders(one, one, one, one), digests("abXd")))
                .containsExactly(one);
        assertThat(suspects.isSuspect(0)).isFalse();
    }

    @Test
    void ofSeveralSendersNobodyIsGuiltyYet() {
        assertThat(suspects.failed(0, senders(one, two, one, one), digests("aXcd")))
                .isEmpty();
        assertThat(suspects.isSuspect(0)).isTrue();
        assertThat(suspects.isSuspect(1)).isFalse();
    }

    @Test
    void whoseBlocksWereDifferentIsGuiltyWhenThePieceIsRight() {
        suspects.failed(0, senders(one, two, three, one), digests("aXcd"));

        assertThat(suspects.passed(0, digests(RIGHT))).containsExactly(two);
        assertThat(suspects.isSuspect(0)).isFalse();
        assertThat(suspects.passed(0, digests(RIGHT))).isEmpty();
    }

    @Test
    void severalMayBeGuilty() {
        suspects.failed(0, senders(one, two, three, one), digests("aXYd"));

        assertThat(suspects.passed(0, digests(RIGHT))).containsExactlyInAnyOrder(two, three);
    }

    /** It came from an earlier run. */
    @Test
    void blockWithoutASenderAccusesNobody() {
        assertThat(suspects.failed(0, senders(null, one, one, one), digests("Xbcd")))
                .isEmpty();

        assertThat(suspects.passed(0, digests(RIGHT))).isEmpty();
    }

    @Test
    void pieceWithoutAnySenderAccusesNobody() {
        assertThat(suspects.failed(0, senders(null, null, null, null), digests("Xbcd")))
                .isEmpty();
    }

    @Test
    void pieceThatFailsAgainDoesNotLetTheFirstLiarGetAway() {
        suspects.failed(0, senders(one, two, one, one), digests("aXcd"));
        suspects.failed(0, senders(one, three, one, three), digests("abcY"));

        assertThat(suspects.passed(0, digests(RIGHT))).containsExactlyInAnyOrder(two, three);
        assertThat(suspects.isSuspect(0)).isFalse();
    }

    @Test
    void boundedInBlocks() {
        var senders = new Source[20_000];
        Arrays.fill(senders, one);
        senders[1] = two;
        var digests = new ByteBuffer[senders.length];
        Arrays.fill(digests, ByteBuffer.wrap(new byte[] {1}));
        for (int piece = 0; piece < 10; piece++) {
            suspects.failed(piece, senders, digests);
        }

        assertThat(IntStream.range(0, 10).filter(suspects::isSuspect)).hasSize(3);
        suspects.passed(0, digests);
        suspects.failed(9, senders, digests);
        assertThat(suspects.isSuspect(9)).isTrue();
    }

    @Test
    void boundedInPieces() {
        for (int piece = 0; piece < 100; piece++) {
            suspects.failed(piece, senders(one, two, one, one), digests("aXcd"));
        }

        long kept = IntStream.range(0, 100).filter(suspects::isSuspect).count();
        assertThat(kept).isEqualTo(64);
    }
}
