package weft.picker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import weft.metainfo.Layout;

/** Pieces are drawn as strings, one character each: '#' is there, ' ' is not; digits are priorities. */
class PiecePickerTest {
    private static final int BLOCKS = 4; // per piece
    private static final int BLOCK = Layout.BLOCK_LENGTH;

    @Test
    void beginsWithTheRarestPiece() {
        var picker = picker(4);
        picker.have(picker.connect("a"), pieces("## #"));
        picker.have(picker.connect("b"), pieces("#  #"));
        var seed = unchoked(picker, "####");

        assertThat(pieceOf(pick(picker, seed, 1))).isEqualTo(2);
    }

    @Test
    void finishesWhatIsBegunBeforeItBeginsAnew() {
        var picker = picker(8);
        var one = unchoked(picker, "########");
        var two = unchoked(picker, "########");

        var first = pick(picker, one, 2);
        var rest = pick(picker, two, 2);

        assertThat(pieceOf(rest)).isEqualTo(pieceOf(first));
        assertThat(rest).doesNotContainAnyElementsOf(first);
    }

    @Test
    void asksForPiecesInOrderIfSequential() {
        var picker = picker(5);
        picker.setSequential(true);
        var peer = unchoked(picker, " ####");

        assertThat(pick(picker, peer, 3 * BLOCKS).stream().map(Asked::piece).distinct())
                .containsExactly(1, 2, 3);
    }

    @Test
    void exhaustsAHigherPriorityFirst() {
        var picker = picker(5);
        picker.setPriorities(new int[] {1, 7, 0, 7, 2});
        var peer = unchoked(picker, "#####");

        var order =
                pick(picker, peer, 100).stream().map(Asked::piece).distinct().toList();

        assertThat(order.subList(0, 2)).containsExactlyInAnyOrder(1, 3);
        assertThat(order.subList(2, 4)).containsExactly(4, 0);
        assertThat(order).doesNotContain(2);
    }

    @Test
    void asksAPeerOnlyForWhatItHas() {
        var picker = picker(6);
        var peer = unchoked(picker, " #  # ");

        assertThat(pick(picker, peer, 100).stream().map(Asked::piece).distinct())
                .containsExactlyInAnyOrder(1, 4);
    }

    /** What is saved as being in the storage must be there; one that is on its way to it may never come there. */
    @Test
    void aBlockThatIsStillBeingWrittenIsNotToldAsBeingInTheStorage() {
        var picker = picker(1);
        var peer = unchoked(picker, "#");
        var blocks = pick(picker, peer, 3);

        fetch(picker, peer, blocks.subList(1, 2));
        arrive(picker, peer, blocks.getFirst(), new ArrayList<>());
        assertThat(picker.partials()).isEqualTo(Map.of(0, pieces(" #")));

        picker.written(peer.arriving(), 0, 1);
        arrive(picker, peer, blocks.get(2), new ArrayList<>());
        picker.notWritten(peer.arriving(), 2 * BLOCK, 1);
        assertThat(picker.partials()).isEqualTo(Map.of(0, pieces("##")));
    }

    @Test
    void asksNothingOfAPeerThatChokesUs() {
        var picker = picker(2);
        var peer = picker.connect("peer");
        picker.haveAll(peer);

        assertThat(pick(picker, peer, 10)).isEmpty();
    }

    @Test
    void asksAChokingPeerForAllowedFastPieces() {
        var picker = picker(4);
        var peer = picker.connect("peer");
        picker.haveAll(peer);
        picker.allowFast(peer, 2);

        assertThat(pick(picker, peer, 100)).hasSize(BLOCKS).allMatch(asked -> asked.piece() == 2);
    }

    @Test
    void takesASuggestedPieceBeforeARareOne() {
        var picker = picker(64);
        var peer = unchoked(picker, "#".repeat(64));
        picker.suggest(peer, 40);

        assertThat(pieceOf(pick(picker, peer, 1))).isEqualTo(40);
    }

    @Test
    void inEndgameAsksASecondPeerAndTakesTheLoserBack() {
        var picker = picker(1);
        var slow = unchoked(picker, "#");
        var quick = unchoked(picker, "#");
        pick(picker, slow, 100);

        var again = pick(picker, quick, 100);
        var more = pick(picker, quick, 100);
        var cancelled = new ArrayList<Source>();
        var arrival = arrive(picker, quick, again.getFirst(), cancelled);

        assertThat(again).hasSize(1);
        assertThat(more).as("one at a time").isEmpty();
        assertThat(again.getFirst().begin()).isEqualTo(3 * BLOCK); // what the slow one would deliver last
        assertThat(arrival).isEqualTo(Arrival.WANTED);
        assertThat(cancelled).containsExactly(slow);
        assertThat(arrive(picker, slow, again.getFirst(), cancelled)).isEqualTo(Arrival.DUPLICATE);
    }

    @Test
    void noBlockIsAskedTwiceBeforeEndgame() {
        var picker = picker(3);
        var one = unchoked(picker, "###");
        var two = unchoked(picker, "###");

        var asked = new ArrayList<>(pick(picker, one, 5));
        asked.addAll(pick(picker, two, 5));

        assertThat(asked).doesNotHaveDuplicates().hasSize(10);
    }

    @Test
    void whatAGonePeerWasAskedForIsFree() {
        var picker = picker(1);
        var gone = unchoked(picker, "#");
        var asked = pick(picker, gone, 100);
        picker.disconnect(gone);

        assertThat(pick(picker, unchoked(picker, "#"), 100)).containsExactlyInAnyOrderElementsOf(asked);
    }

    @Test
    void whatASnubbingPeerWasAskedForIsFreeButStillTaken() {
        var picker = picker(1);
        var snubbing = unchoked(picker, "#");
        var asked = pick(picker, snubbing, 100);
        picker.snubbed(snubbing);
        var other = unchoked(picker, "#");
        var cancelled = new ArrayList<Source>();

        assertThat(pick(picker, other, 2)).hasSize(2);
        assertThat(arrive(picker, snubbing, asked.getFirst(), cancelled)).isEqualTo(Arrival.WANTED);
        assertThat(cancelled).containsExactly(other);
    }

    @Test
    void aRejectedBlockIsFree() {
        var picker = picker(1);
        var peer = unchoked(picker, "#");
        var asked = pick(picker, peer, 1).getFirst();

        assertThat(picker.rejected(peer, asked.piece(), asked.begin())).isTrue();
        assertThat(picker.rejected(peer, asked.piece(), asked.begin())).isFalse();
        assertThat(pick(picker, unchoked(picker, "#"), 1)).containsExactly(asked);
    }

    @Test
    void anAllowedFastPieceThatIsRejectedIsNotAskedForAgain() {
        var picker = picker(2);
        var peer = picker.connect("peer");
        picker.haveAll(peer);
        picker.allowFast(peer, 0);
        var asked = pick(picker, peer, 1).getFirst();

        picker.rejected(peer, asked.piece(), asked.begin());

        assertThat(pick(picker, peer, 100)).isEmpty();
    }

    @Test
    void chokingVoidsRequestsOnlyWithoutTheFastExtension() {
        var picker = picker(2);
        var fast = unchoked(picker, "##");
        var plain = unchoked(picker, "##");
        pick(picker, fast, 2);
        pick(picker, plain, 2);

        picker.choked(fast, true);
        picker.choked(plain, false);

        assertThat(picker.outstanding(fast)).isEqualTo(2);
        assertThat(picker.outstanding(plain)).isZero();
    }

    @Test
    void blocksThatNobodyAskedForAreTold() {
        var picker = picker(2);
        var peer = unchoked(picker, "##");
        var asked = pick(picker, peer, 1).getFirst();
        var none = new ArrayList<Source>();

        assertThat(picker.arrived(peer, 1 - asked.piece(), 0, BLOCK, none)).isEqualTo(Arrival.UNREQUESTED);
        assertThat(picker.arrived(peer, asked.piece(), asked.begin() + 1, 5, none))
                .isEqualTo(Arrival.UNREQUESTED);
        assertThat(picker.arrived(peer, asked.piece(), asked.begin(), BLOCK - 1, none))
                .isEqualTo(Arrival.UNREQUESTED);
        assertThat(none).isEmpty();
    }

    @Test
    void aVerifiedPieceIsHadAndNoLongerOfInterest() {
        var picker = picker(1);
        var peer = unchoked(picker, "#");
        assertThat(picker.isInteresting(peer)).isTrue();

        fetch(picker, peer, pick(picker, peer, 100));
        var verified = picker.verified(0);

        assertThat(verified).isTrue();
        assertThat(picker.verified(0)).isFalse();
        assertThat(picker.isInteresting(peer)).isFalse();
        assertThat(picker.isComplete()).isTrue();
        assertThat(picker.haveBytes()).isEqualTo(BLOCKS * BLOCK);
        assertThat(picker.missingBytes()).isZero();
    }

    @Test
    void aPieceThatFailedIsFetchedFromOnePeerAlone() {
        var picker = picker(1);
        var one = unchoked(picker, "#");
        var two = unchoked(picker, "#");
        fetch(picker, one, pick(picker, one, 2));
        fetch(picker, two, pick(picker, two, 2));
        picker.failed(0);

        var claimed = pick(picker, two, 1);

        assertThat(claimed).hasSize(1);
        assertThat(pick(picker, one, 100)).isEmpty();
        assertThat(pick(picker, two, 100)).hasSize(BLOCKS - 1);
    }

    @Test
    void aClaimIsGivenUpWithItsPeer() {
        var picker = picker(1);
        var one = unchoked(picker, "#");
        var two = unchoked(picker, "#");
        fetch(picker, one, pick(picker, one, 100));
        picker.failed(0);
        pick(picker, one, 2);

        picker.disconnect(one);

        assertThat(pick(picker, two, 100)).hasSize(BLOCKS);
    }

    @Test
    void resumesPiecesAndBlocks() {
        var picker = picker(3);
        picker.restore(pieces("#  "), Map.of(1, pieces("## #")));
        var peer = unchoked(picker, "###");

        var asked = pick(picker, peer, 100);

        assertThat(asked.getFirst()).isEqualTo(new Asked(1, 2 * BLOCK, BLOCK));
        assertThat(asked).hasSize(1 + BLOCKS);
        assertThat(picker.have()).isEqualTo(pieces("#  "));
    }

    @Test
    void aHashCheckTakesAPieceAwayAndGivesIt() {
        var picker = picker(2);
        picker.restore(pieces("# "), Map.of());
        var peer = unchoked(picker, "##");

        picker.checked(0, false, true);
        picker.checked(1, true, false);

        assertThat(picker.have()).isEqualTo(pieces(" #"));
        assertThat(picker.wanted()).isEqualTo(pieces("# "));
        assertThat(pick(picker, peer, 100)).hasSize(BLOCKS).allMatch(asked -> asked.piece() == 0);
    }

    @Test
    void pieceThatHasComeAfterACheckHasReadItIsNotTakenAway() {
        var picker = picker(2);
        var peer = unchoked(picker, "# ");
        fetch(picker, peer, pick(picker, peer, BLOCKS));
        picker.verified(0);

        assertThat(picker.checked(0, false, false)).isFalse();
        assertThat(picker.have()).isEqualTo(pieces("# "));
        assertThat(picker.checked(0, false, true)).isTrue();
        assertThat(picker.have()).isEqualTo(pieces("  "));
    }

    @Test
    void theLastBlockIsAsLongAsWhatIsLeft() {
        var picker = new PiecePicker(Layout.ofSingleFile(2 * BLOCK, "f", 2 * BLOCK + 5), new Random(1));
        var peer = picker.connect("peer");
        picker.haveAll(peer);
        picker.unchoked(peer);

        assertThat(pick(picker, peer, 100)).contains(new Asked(1, 0, 5)).hasSize(3);
    }

    @Test
    void deselectedPiecesAreLeftAloneAndTakenUpAgain() {
        var picker = picker(2);
        var peer = unchoked(picker, "##");
        int begun = pieceOf(pick(picker, peer, 1));
        var priorities = new int[2];
        priorities[1 - begun] = 1;

        picker.setPriorities(priorities);
        var others = pick(picker, peer, 100);
        picker.setPriorities(new int[] {1, 1});
        var resumed = pick(picker, peer, 100);

        assertThat(others).hasSize(BLOCKS).allMatch(asked -> asked.piece() == 1 - begun);
        assertThat(resumed).hasSize(BLOCKS - 1).allMatch(asked -> asked.piece() == begun);
    }

    // --- what peers have

    /** Each piece that is counted is moved among those of its rarity, to a place that is drawn at random. */
    @Test
    void whoLosesAPieceAndHasEverythingAgainIsCountedAnewOnceOnly() {
        int pieces = 1000;
        var moved = new AtomicInteger();
        var random = new Random(1);
        var picker =
                new PiecePicker(Layout.ofSingleFile(BLOCK, "file", (long) pieces * BLOCK), (RandomGenerator) () -> {
                    moved.incrementAndGet();
                    return random.nextLong();
                });
        var flipping = picker.connect("flipping");
        picker.haveAll(flipping);
        moved.set(0);

        for (int i = 0; i < 100; i++) {
            assertThat(picker.lost(flipping, i)).isTrue();
            assertThat(picker.isSeed(flipping)).isFalse();
            assertThat(picker.haveAll(flipping)).isEqualTo(1);
            assertThat(picker.haveAll(flipping)).isZero();
            assertThat(picker.isSeed(flipping)).isTrue();
        }

        assertThat(moved.get()).isBetween(pieces, 2 * pieces);
        picker.disconnect(flipping);
        assertThat(picker.unavailable().cardinality()).isEqualTo(pieces);
    }

    @Test
    void whoHasLostEverythingAndHasItAgainCounts() {
        var picker = picker(2);
        var peer = unchoked(picker, "##");
        picker.lost(peer, 0);
        picker.lost(peer, 1);
        assertThat(picker.isInteresting(peer)).isFalse();

        picker.haveAll(peer);

        assertThat(picker.unavailable()).isEqualTo(pieces("  "));
        assertThat(picker.isInteresting(peer)).isTrue();
        picker.disconnect(peer);
        assertThat(picker.unavailable()).isEqualTo(pieces("##"));
    }

    // --- those who say that they have everything and serve nothing

    /** As many as may be asked for a block, and all of them silent. */
    private static List<Source> askedForTheLastBlock(PiecePicker picker) {
        var silent = List.of(unchoked(picker, "#"), unchoked(picker, "#"), unchoked(picker, "#"));
        silent.forEach(source -> assertThat(pick(picker, source, 1)).hasSize(1));
        return silent;
    }

    @Test
    void whoHasDeliveredGetsTheLastBlockThoughEnoughWhoHaveNotWereAsked() {
        var picker = picker(1);
        var honest = unchoked(picker, "#");
        fetch(picker, honest, pick(picker, honest, BLOCKS - 1));
        askedForTheLastBlock(picker);

        assertThat(pick(picker, unchoked(picker, "#"), 1))
                .as("of whom nothing is known yet")
                .isEmpty();
        fetch(picker, honest, pick(picker, honest, 1));

        assertThat(picker.unverified()).containsExactly(0);
    }

    @Test
    void whoHasSnubbedUsDoesNotKeepTheLastBlockFromOthers() {
        var picker = picker(1);
        var gone = unchoked(picker, "#");
        fetch(picker, gone, pick(picker, gone, BLOCKS - 1));
        var silent = askedForTheLastBlock(picker);
        picker.disconnect(gone);
        silent.forEach(picker::snubbed);
        silent.forEach(source -> pick(picker, source, 1)); // before all others, and only one of them has it now
        var honest = unchoked(picker, "#");

        fetch(picker, honest, pick(picker, honest, 1));

        assertThat(picker.unverified()).containsExactly(0);
    }

    @Test
    void whoIsWellAgainIsAskedForTheLastBlockThoughAnotherSnubberWas() {
        var picker = picker(1);
        var silent = unchoked(picker, "#");
        var well = unchoked(picker, "#");
        fetch(picker, well, pick(picker, well, BLOCKS - 1));
        picker.snubbed(silent);
        picker.snubbed(well);
        pick(picker, silent, 1);

        fetch(picker, well, pick(picker, well, 1));

        assertThat(picker.unverified()).containsExactly(0);
    }

    @Test
    void manySnubbersDoNotKeepTheLastBlockFromAStranger() {
        var picker = picker(1);
        var gone = unchoked(picker, "#");
        fetch(picker, gone, pick(picker, gone, BLOCKS - 1));
        picker.disconnect(gone);
        var asked = new ArrayList<Integer>();
        for (int i = 0; i < 5; i++) {
            var silent = unchoked(picker, "#");
            picker.snubbed(silent);
            asked.add(pick(picker, silent, 1).size());
        }
        var honest = unchoked(picker, "#");

        var last = pick(picker, honest, 1);

        assertThat(asked).as("as many as may be asked for a block").containsExactly(1, 1, 1, 0, 0);
        assertThat(last).containsExactly(new Asked(0, (BLOCKS - 1) * BLOCK, BLOCK));
        fetch(picker, honest, last);
        assertThat(picker.unverified()).containsExactly(0);
    }

    // --- those who send a block now and then, while the end is far because nobody serves what is left

    /** A peer that all blocks of a piece were asked of, and one that has them, too, and has sent many others. */
    private static List<Source> slowAndQuick(PiecePicker picker) {
        picker.have(picker.connect("chokes us, and has what nobody else has"), pieces("   #"));
        var quick = unchoked(picker, "### ");
        fetch(picker, quick, pick(picker, quick, 2 * BLOCKS));
        picker.unverified().forEach(picker::verified);
        var slow = unchoked(picker, "### ");
        assertThat(pick(picker, slow, 100)).hasSize(BLOCKS);
        return List.of(slow, quick);
    }

    private static void pass(PiecePicker picker, int seconds) {
        for (int second = 0; second < seconds; second++) {
            picker.tick();
        }
    }

    @Test
    void whatASilentPeerWasAskedForIsNotHeldFromAQuickOneUntilTheEnd() {
        var picker = picker(4);
        var both = slowAndQuick(picker);
        var slow = both.get(0);
        var quick = both.get(1);
        pass(picker, 4);
        assertThat(pick(picker, quick, 100)).as("it may still come").isEmpty();
        pass(picker, 1);

        for (int block = 0; block < BLOCKS; block++) {
            var one = pick(picker, quick, 100);
            assertThat(one).as("one at a time").hasSize(1);
            assertThat(pick(picker, quick, 100)).isEmpty();
            var cancelled = new ArrayList<Source>();
            assertThat(arrive(picker, quick, one.getFirst(), cancelled)).isEqualTo(Arrival.WANTED);
            assertThat(cancelled).containsExactly(slow);
            picker.written(quick.arriving(), one.getFirst().begin(), 1);
        }

        assertThat(picker.unverified()).hasSize(1);
    }

    @Test
    void whoSendsSteadilyIsLeftAlone() {
        var picker = picker(4);
        picker.have(picker.connect("chokes us, and has what nobody else has"), pieces("   #"));
        var quick = unchoked(picker, "### ");
        fetch(picker, quick, pick(picker, quick, 2 * BLOCKS));
        picker.unverified().forEach(picker::verified);
        var slow = unchoked(picker, "### ");
        pass(picker, 10); // in which it is asked for nothing

        for (Asked block : pick(picker, slow, 100)) {
            pass(picker, 4);
            assertThat(pick(picker, quick, 100)).isEmpty();
            fetch(picker, slow, List.of(block));
        }

        assertThat(picker.unverified()).hasSize(1);
    }

    @Test
    void whoHasDeliveredLittleHimselfIsNotAskedForWhatAnotherIsSilentAbout() {
        var picker = picker(4);
        slowAndQuick(picker);
        var stranger = unchoked(picker, "### ");

        pass(picker, 60);

        assertThat(pick(picker, stranger, 100)).isEmpty();
    }

    @Test
    void ofWhatASilentPeerHoldsTheMostWantedIsTakenFirst() {
        var picker = picker(4);
        picker.have(picker.connect("chokes us, and has what nobody else has"), pieces("   #"));
        var quick = unchoked(picker, "### ");
        picker.setPriorities(new int[] {0, 0, 1, 0});
        fetch(picker, quick, pick(picker, quick, BLOCKS));
        picker.verified(2);
        var slow = unchoked(picker, "### ");
        picker.setPriorities(new int[] {1, 0, 0, 0});
        pick(picker, slow, BLOCKS);
        picker.setPriorities(new int[] {1, 2, 1, 1});
        pick(picker, slow, BLOCKS);

        pass(picker, 5);

        assertThat(pieceOf(pick(picker, quick, 100))).isEqualTo(1);
    }

    // --- a piece that has failed is fetched from one peer alone

    /** Blame must be certain when the piece fails again. */
    @Test
    void lateBlockOfASuspectPieceIsTakenFromItsClaimantOnly() {
        var picker = picker(1);
        var honest = unchoked(picker, "#");
        fetch(picker, honest, pick(picker, honest, 1));
        var liar = unchoked(picker, "#");
        var asked = pick(picker, liar, BLOCKS);
        picker.choked(liar, false);
        picker.unchoked(liar);
        fetch(picker, liar, pick(picker, liar, BLOCKS)); // and the others may still come
        picker.failed(0);
        var none = new ArrayList<Source>();
        assertThat(arrive(picker, liar, asked.get(0), none))
                .as("nobody has claimed it")
                .isEqualTo(Arrival.DUPLICATE);
        var again = pick(picker, honest, BLOCKS);

        assertThat(arrive(picker, liar, asked.get(1), none)).isEqualTo(Arrival.DUPLICATE);

        fetch(picker, honest, again);
        assertThat(picker.senders(0)).containsOnly(honest);
    }

    @Test
    void claimantMaySendLate() {
        var picker = picker(1);
        var one = unchoked(picker, "#");
        fetch(picker, one, pick(picker, one, BLOCKS));
        picker.failed(0);
        var asked = pick(picker, one, BLOCKS);
        picker.choked(one, false);
        picker.unchoked(one);
        pick(picker, one, 1); // which claims it

        fetch(picker, one, asked);

        assertThat(picker.senders(0)).containsOnly(one);
    }

    /** It claims the piece by being asked for one that it allows, and rejects that. */
    @Test
    void suspectPieceIsNotHeldForEverByOneThatChokesUs() {
        var picker = picker(1);
        var honest = unchoked(picker, "#");
        var choking = unchoked(picker, "#");
        fetch(picker, choking, pick(picker, choking, 1));
        fetch(picker, honest, pick(picker, honest, BLOCKS));
        picker.failed(0);
        picker.choked(choking, true);
        picker.allowFast(choking, 0);
        for (Asked block : pick(picker, choking, BLOCKS)) {
            picker.rejected(choking, block.piece(), block.begin());
        }
        assertThat(pick(picker, honest, BLOCKS)).as("it is another's").isEmpty();

        pass(picker, 61);

        assertThat(pick(picker, honest, BLOCKS)).hasSize(BLOCKS);
    }

    /** Those who serve nothing would hold it for a minute each, and come again. */
    @Test
    void suspectPieceGoesToOneWhoDelivers() {
        var picker = picker(1);
        var silent = unchoked(picker, "#");
        var quick = unchoked(picker, "#");
        fetch(picker, quick, pick(picker, quick, BLOCKS));
        picker.failed(0);

        assertThat(pick(picker, silent, 100)).isEmpty();

        assertThat(pick(picker, quick, 100)).hasSize(BLOCKS);
    }

    /** Whatever they delivered before. */
    @Test
    void suspectPieceDoesNotWaitForThoseWhoWouldNotServeIt() {
        var picker = picker(2);
        var other = unchoked(picker, "##");
        var quick = List.of(unchoked(picker, "##"), unchoked(picker, "##"), unchoked(picker, " #"));
        for (Source source : quick) {
            fetch(picker, source, pick(picker, source, 2));
        }
        int failed = picker.unverified().getFirst();
        picker.failed(failed);

        picker.choked(quick.get(0), true);
        picker.snubbed(quick.get(1));

        assertThat(pick(picker, other, 100))
                .filteredOn(asked -> asked.piece() == failed)
                .hasSize(BLOCKS);
    }

    @Test
    void suspectPieceIsNotHeldByOnePeerForEver() {
        var picker = picker(1);
        var slow = unchoked(picker, "#");
        var quick = unchoked(picker, "#");
        fetch(picker, slow, pick(picker, slow, 1));
        fetch(picker, quick, pick(picker, quick, BLOCKS));
        picker.failed(0);
        var begun = pick(picker, slow, 2);
        fetch(picker, slow, begun.subList(0, 1));

        for (int second = 0; second < 60; second++) {
            picker.tick();
            assertThat(pick(picker, quick, 100)).as("it is another's").isEmpty();
        }
        picker.tick();

        assertThat(pick(picker, slow, 100)).as("it had its time").isEmpty();
        var rest = pick(picker, quick, 100);
        assertThat(rest).hasSize(BLOCKS - 1).contains(begun.get(1)).doesNotContain(begun.get(0));
        fetch(picker, quick, rest);
        assertThat(picker.unverified()).containsExactly(0);
    }

    @Test
    void suspectPieceStaysWithASlowPeerIfNobodyElseHasIt() {
        var picker = picker(2);
        var slow = unchoked(picker, "##");
        fetch(picker, slow, pick(picker, slow, BLOCKS));
        int failed = picker.unverified().getFirst();
        picker.failed(failed);
        var asked = pick(picker, slow, BLOCKS);
        picker.choked(unchoked(picker, "##"), false);
        unchoked(picker, failed == 0 ? " #" : "# ");

        for (int second = 0; second < 1000; second++) {
            picker.tick();
        }

        fetch(picker, slow, asked);
        assertThat(picker.unverified()).containsExactly(failed);
    }

    @Test
    void whoWasPassedOverMayGoOnWhenTheOthersHaveGone() {
        var picker = picker(1);
        var slow = unchoked(picker, "#");
        var quick = unchoked(picker, "#");
        fetch(picker, slow, pick(picker, slow, 1));
        fetch(picker, quick, pick(picker, quick, BLOCKS));
        picker.failed(0);
        pick(picker, slow, 1);
        for (int second = 0; second <= 60; second++) {
            picker.tick();
        }
        pick(picker, quick, 1);

        picker.disconnect(quick);
        picker.tick();

        assertThat(pick(picker, slow, 100)).hasSize(BLOCKS);
    }

    @Test
    void suspectPieceMayBeFetchedFromASnubberIfNobodyElseHasIt() {
        var picker = picker(1);
        var only = unchoked(picker, "#");
        fetch(picker, only, pick(picker, only, BLOCKS));
        picker.failed(0);
        picker.snubbed(only);
        picker.tick();

        for (int block = 0; block < BLOCKS; block++) {
            fetch(picker, only, pick(picker, only, 1));
        }

        assertThat(picker.unverified()).containsExactly(0);
    }

    // --- helpers

    private record Asked(int piece, int begin, int length) {}

    private static PiecePicker picker(int pieces) {
        return new PiecePicker(
                Layout.ofSingleFile(BLOCKS * BLOCK, "file", (long) pieces * BLOCKS * BLOCK), new Random(1));
    }

    private static Source unchoked(PiecePicker picker, String pieces) {
        var source = picker.connect("peer");
        picker.have(source, pieces(pieces));
        picker.unchoked(source);
        return source;
    }

    private static BitSet pieces(String drawing) {
        var pieces = new BitSet();
        for (int i = 0; i < drawing.length(); i++) {
            pieces.set(i, drawing.charAt(i) == '#');
        }
        return pieces;
    }

    private static List<Asked> pick(PiecePicker picker, Source source, int max) {
        var asked = new ArrayList<Asked>();
        int picked = picker.pick(source, max, (piece, begin, length) -> asked.add(new Asked(piece, begin, length)));
        assertThat(picked).isEqualTo(asked.size()).isLessThanOrEqualTo(max);
        return asked;
    }

    private static int pieceOf(List<Asked> asked) {
        assertThat(asked.stream().map(Asked::piece).distinct()).hasSize(1);
        return asked.getFirst().piece();
    }

    private static Arrival arrive(PiecePicker picker, Source from, Asked block, List<Source> cancelled) {
        cancelled.clear();
        return picker.arrived(from, block.piece(), block.begin(), block.length(), cancelled);
    }

    private static void fetch(PiecePicker picker, Source from, List<Asked> blocks) {
        for (Asked block : blocks) {
            assertThat(arrive(picker, from, block, new ArrayList<>())).isEqualTo(Arrival.WANTED);
            picker.written(from.arriving(), block.begin(), 1);
        }
    }
}
