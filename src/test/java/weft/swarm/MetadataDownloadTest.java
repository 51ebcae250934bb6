package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.Test;
import weft.TestData;
import weft.kit.FakeClock;
import weft.metainfo.InfoHash;
import weft.wire.MetadataMessage;
import weft.wire.ProtocolException;

/** Who is asked for which piece of the metadata, and who is found to lie. */
class MetadataDownloadTest {
    private static final int PIECE = MetadataMessage.PIECE_LENGTH;

    private final FakeClock clock = new FakeClock();
    private final byte[] metadata = TestData.generated(7, 4 * PIECE + 100); // five pieces
    private final MetadataDownload download = new MetadataDownload(InfoHash.ofV1(DigestUtils.sha1(metadata)), clock);

    private MetadataDownload.Source source(String name) throws ProtocolException {
        return source(name, metadata.length);
    }

    private MetadataDownload.Source source(String name, int size) throws ProtocolException {
        var source = download.connect(name);
        download.claims(source, size);
        return source;
    }

    private static MetadataMessage.Data data(byte[] metadata, int piece) {
        int begin = piece * PIECE;
        return new MetadataMessage.Data(
                piece,
                metadata.length,
                ByteBuffer.wrap(metadata, begin, MetadataMessage.pieceLength(piece, metadata.length))
                        .slice());
    }

    private MetadataDownload.Outcome honest(MetadataDownload.Source source, int piece) throws ProtocolException {
        return download.arrived(source, data(metadata, piece));
    }

    /** Right pieces, of which none is the last: up to {@code end}. */
    private void sends(MetadataDownload.Source source, int first, int end) throws ProtocolException {
        for (int piece = first; piece < end; piece++) {
            assertGoesOn(honest(source, piece));
        }
    }

    private MetadataDownload.Outcome lie(MetadataDownload.Source source, int piece) throws ProtocolException {
        var wrong = metadata.clone();
        wrong[piece * PIECE] ^= 1;
        return download.arrived(source, data(wrong, piece));
    }

    private void assertDone(MetadataDownload.Outcome outcome) {
        assertThat(outcome.metadata())
                .hasValueSatisfying(bytes -> assertThat(bytes).isEqualTo(metadata));
        assertThat(outcome.liars()).isEmpty();
    }

    private static void assertGoesOn(MetadataDownload.Outcome outcome) {
        assertThat(outcome.metadata()).isEmpty();
        assertThat(outcome.liars()).isEmpty();
    }

    @Test
    void onePeerSendsItAll() throws Exception {
        var peer = source("honest");

        assertThat(download.ask(peer)).containsExactly(0, 1, 2, 3, 4);
        for (int piece : List.of(4, 0, 2, 1)) {
            assertGoesOn(honest(peer, piece));
        }

        assertDone(honest(peer, 3));
        assertThat(download.ask(peer)).isEmpty();
    }

    @Test
    void metadataOfAV2TorrentHasItsSha256() throws Exception {
        var download = new MetadataDownload(InfoHash.ofV2(DigestUtils.sha256(metadata)), clock);
        var peer = download.connect("honest");
        download.claims(peer, metadata.length);
        download.ask(peer);
        for (int piece = 0; piece < 4; piece++) {
            download.arrived(peer, data(metadata, piece));
        }

        assertDone(download.arrived(peer, data(metadata, 4)));
    }

    @Test
    void nobodyIsAskedWhoHasNotSaidThatHeHasIt() throws Exception {
        var peer = download.connect("without");
        assertThat(download.ask(peer)).isEmpty();

        download.claims(peer, 0);
        assertThat(download.ask(peer)).isEmpty();

        download.claims(peer, metadata.length);
        assertThat(download.ask(peer)).hasSize(5);
    }

    @Test
    void noMoreThanAWindowIsAskedOfAPeerAndTheOthersOfOthers() throws Exception {
        var first = source("first", 15 * PIECE);
        var second = source("second", 15 * PIECE);

        assertThat(download.ask(first)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(download.ask(first)).isEmpty();
        assertThat(download.ask(second)).containsExactly(10, 11, 12, 13, 14);
        assertThat(download.ask(second)).isEmpty();
    }

    @Test
    void whatIsSlowToComeIsAskedOfAnotherToo() throws Exception {
        var slow = source("slow");
        var other = source("other");
        download.ask(slow);
        assertThat(download.ask(other)).isEmpty();

        clock.advance(Duration.ofSeconds(2));

        assertThat(download.ask(other)).hasSize(5);
        assertThat(download.ask(slow)).isEmpty();
    }

    @Test
    void whatAPeerWasAskedForIsFreeWhenItGoes() throws Exception {
        var going = source("going");
        var staying = source("staying");
        download.ask(going);

        download.disconnect(going);

        assertThat(download.ask(staying)).hasSize(5);
        assertThat(download.ask(going)).isEmpty();
    }

    @Test
    void silentPeerIsLeftAloneForAMinute() throws Exception {
        var silent = source("silent");
        download.ask(silent);

        clock.advance(MetadataDownload.PATIENCE);
        assertThat(download.ask(silent)).isEmpty();

        clock.advance(MetadataDownload.RESPITE);
        assertThat(download.ask(silent)).hasSize(5);
    }

    /** Twelve seconds for an answer, where ten are waited: what comes counts all the same. */
    @Test
    void whatComesTooLateIsOfUseNevertheless() throws Exception {
        var slow = source("slow");
        download.ask(slow);
        clock.advance(MetadataDownload.PATIENCE.plusSeconds(2));
        download.ask(slow);

        sends(slow, 0, 4);
        assertDone(honest(slow, 4));
    }

    @Test
    void whoRefusesIsLeftAloneForAMinuteUnlessItSaysMore() throws Exception {
        var refusing = source("refusing");
        download.ask(refusing);
        download.refused(refusing);
        assertThat(download.ask(refusing)).isEmpty();
        assertThat(download.standing().refusing()).isEqualTo(1);

        clock.advance(MetadataDownload.RESPITE);
        assertThat(download.ask(refusing)).hasSize(5);
    }

    @Test
    void whatOneRefusesIsAskedOfAnotherAtOnce() throws Exception {
        var refusing = source("refusing");
        var honest = source("honest");
        download.ask(refusing);

        download.refused(refusing);

        assertThat(download.ask(honest)).hasSize(5);
    }

    @Test
    void whoAloneSentWhatIsWrongHasLied() throws Exception {
        var liar = source("liar");
        download.ask(liar);
        sends(liar, 0, 4);

        var outcome = lie(liar, 4);

        assertThat(outcome.metadata()).isEmpty();
        assertThat(outcome.liars()).containsExactly("liar");
        assertThat(download.standing().failures()).isEqualTo(1);
        assertThat(download.ask(liar)).isEmpty();
    }

    @Test
    void ofSeveralSendersNobodyIsAccusedAndThenTheyAreAskedOneByOne() throws Exception {
        var liar = source("liar");
        var honest = source("honest");
        download.ask(liar);
        clock.advance(Duration.ofSeconds(2));
        download.ask(honest);
        assertGoesOn(lie(liar, 0));
        sends(honest, 1, 5);
        assertThat(download.standing().failures()).isEqualTo(1);

        assertThat(download.ask(honest))
                .as("it is the liar's turn: it came first")
                .isEmpty();
        assertThat(download.ask(liar)).hasSize(5);
        sends(liar, 1, 5);
        assertThat(lie(liar, 0).liars()).containsExactly("liar");

        assertThat(download.ask(honest)).hasSize(5);
        sends(honest, 0, 4);
        assertDone(honest(honest, 4));
    }

    /** Pieces of an earlier try that others still send must not get into what one alone is asked for. */
    @Test
    void whoIsNotAskedNowSpoilsNothing() throws Exception {
        var honest = source("honest");
        var liar = source("liar");
        download.ask(honest);
        clock.advance(Duration.ofSeconds(2));
        download.ask(liar);
        lie(liar, 0);
        sends(honest, 1, 5);
        download.ask(honest);

        lie(liar, 1);
        lie(liar, 2);
        sends(honest, 0, 4);

        assertDone(honest(honest, 4));
    }

    private void makeItOneByOne(MetadataDownload.Source liar, MetadataDownload.Source other) throws ProtocolException {
        download.ask(liar);
        clock.advance(Duration.ofSeconds(2));
        download.ask(other);
        lie(liar, 0);
        sends(other, 1, 5);
    }

    @Test
    void whoTricklesAloneHasHalfAMinuteIfOthersWait() throws Exception {
        var trickling = source("trickling");
        var honest = source("honest");
        makeItOneByOne(trickling, honest);

        assertThat(download.ask(trickling)).hasSize(5);
        for (int piece = 0; piece < 3; piece++) {
            clock.advance(Duration.ofSeconds(9));
            assertGoesOn(honest(trickling, piece));
            assertThat(download.ask(honest)).isEmpty();
        }
        clock.advance(Duration.ofSeconds(3));

        assertThat(download.ask(honest)).hasSize(5);
        assertThat(download.ask(trickling)).isEmpty();
    }

    @Test
    void whoIsAloneMayTakeItsTime() throws Exception {
        var slow = source("slow");
        var liar = source("liar");
        makeItOneByOne(liar, slow);
        download.disconnect(liar);

        assertThat(download.ask(slow)).hasSize(5);
        for (int piece = 0; piece < 4; piece++) {
            clock.advance(Duration.ofSeconds(9));
            download.ask(slow);
            assertGoesOn(honest(slow, piece));
        }
        clock.advance(Duration.ofSeconds(9));
        assertDone(honest(slow, 4));
    }

    @Test
    void whoGoesInItsTurnMakesWayForTheNext() throws Exception {
        var liar = source("liar");
        var honest = source("honest");
        makeItOneByOne(liar, honest);
        download.ask(liar);
        honest(liar, 0);

        download.disconnect(liar);

        assertThat(download.ask(honest)).hasSize(5);
    }

    @Test
    void sizesThatCannotBeAreRefusedAtOnce() {
        var peer = download.connect("liar");

        assertThatThrownBy(() -> download.claims(peer, (long) MetadataDownload.LARGEST + 1))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("metadata of 10000001 bytes > 10000000");
        assertThatThrownBy(() -> download.claims(peer, 1L << 31)).isInstanceOf(ProtocolException.class);
        assertThat(download.ask(peer)).isEmpty();
    }

    @Test
    void piecesThatContradictTheClaimEndTheConnection() throws Exception {
        var peer = source("liar");
        download.ask(peer);

        assertThatThrownBy(() -> download.arrived(peer, new MetadataMessage.Data(0, 99, ByteBuffer.allocate(PIECE))))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("metadata: 99 bytes in all, not " + metadata.length);
        assertThatThrownBy(() -> download.arrived(
                        peer, new MetadataMessage.Data(1, metadata.length, ByteBuffer.allocate(PIECE - 1))))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("metadata: piece 1 of 16383 bytes, not 16384");
        assertThatThrownBy(() -> download.arrived(
                        peer, new MetadataMessage.Data(4, metadata.length, ByteBuffer.allocate(PIECE))))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("metadata: piece 4 of 16384 bytes, not 100");
    }

    @Test
    void whoSendsWhatNobodyAskedForIsCutOff() throws Exception {
        var peer = source("flooding");
        for (int i = 0; i < 16; i++) {
            assertGoesOn(honest(peer, i % 5));
        }

        assertThatThrownBy(() -> honest(peer, 0))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("metadata: 17 pieces that nobody asked for");
        assertThatThrownBy(() -> download.arrived(
                        peer, new MetadataMessage.Data(Integer.MAX_VALUE, metadata.length, ByteBuffer.allocate(1))))
                .isInstanceOf(ProtocolException.class);
    }

    /** However often a try fails through others: what is then on its way from an honest peer is not held against it. */
    @Test
    void honestPeerIsNotCutOffForWhatWasGivenUp() throws Exception {
        var honest = source("honest");
        var liar = source("liar");
        makeItOneByOne(liar, honest);
        download.disconnect(liar);

        for (int round = 0; round < 20; round++) {
            assertThat(download.ask(honest)).hasSize(5);
            clock.advance(MetadataDownload.PATIENCE);
            assertThat(download.ask(honest)).as("given up").isEmpty();
            sends(honest, 0, 5);
            clock.advance(MetadataDownload.RESPITE);
        }
    }

    @Test
    void noMoreThanThreeSizesAreTriedAtATimeAndEachHasItsTurn() throws Exception {
        var liars = new ArrayList<MetadataDownload.Source>();
        for (int i = 0; i < 3; i++) {
            liars.add(source("liar " + i, (100 + i) * PIECE));
            assertThat(download.ask(liars.get(i))).isNotEmpty();
        }
        var honest = source("honest");
        assertThat(download.ask(honest)).isEmpty();

        // They trickle, and may for half a minute.
        for (int second = 0; second < 28; second += 7) {
            clock.advance(Duration.ofSeconds(7));
            for (int i = 0; i < 3; i++) {
                int piece = second / 7;
                assertGoesOn(download.arrived(liars.get(i), data(new byte[(100 + i) * PIECE], piece)));
                download.ask(liars.get(i));
            }
            assertThat(download.ask(honest)).isEmpty();
        }
        clock.advance(Duration.ofSeconds(2));

        assertThat(download.ask(honest)).hasSize(5);
    }

    @Test
    void sizeThatNobodyClaimsAnyMoreMakesWayAtOnce() throws Exception {
        var liars = new ArrayList<MetadataDownload.Source>();
        for (int i = 0; i < 3; i++) {
            liars.add(source("liar " + i, (100 + i) * PIECE));
            download.ask(liars.get(i));
        }
        var honest = source("honest");

        download.disconnect(liars.get(1));
        assertThat(download.ask(honest)).hasSize(5);

        var second = source("second", 200 * PIECE);
        assertThat(download.ask(second)).isEmpty();
        download.claims(liars.get(0), 0);
        assertThat(download.ask(second)).isNotEmpty();
    }

    @Test
    void claimingEverNewSizesGetsNobodyAhead() throws Exception {
        var liars = IntStream.range(0, 4)
                .mapToObj(i -> download.connect("liar " + i))
                .toList();
        long size = 100;
        for (var liar : liars) {
            download.claims(liar, PIECE * size++);
            download.ask(liar);
        }
        var honest = source("honest");
        boolean asked = false;
        for (int second = 0; second < 120 && !asked; second++) {
            clock.advance(Duration.ofSeconds(1));
            for (var liar : liars) {
                download.claims(liar, PIECE * size++);
                download.ask(liar);
            }
            asked = !download.ask(honest).isEmpty();
        }

        assertThat(asked).isTrue();
    }

    @Test
    void howItStandsCanBeSeen() throws Exception {
        source("having");
        download.connect("without");
        download.refused(source("refusing"));

        assertThat(download.standing()).isEqualTo(new MetadataDownload.Standing(3, 2, 1, 0));
    }

    @Test
    void whatComesAfterTheEndIsIgnored() throws Exception {
        var first = source("first");
        var second = source("second");
        download.ask(first);
        clock.advance(Duration.ofSeconds(2));
        download.ask(second);
        sends(first, 0, 4);
        assertDone(honest(first, 4));

        sends(second, 0, 5);
        assertThat(Arrays.asList(download.ask(first), download.ask(second))).containsOnly(List.of());
    }

    // --- who is of use

    private Duration idle(MetadataDownload.Source source) {
        return Duration.ofNanos(download.idleNanos(source, clock.getAsLong()));
    }

    @Test
    void whoHasNothingIsIdleFromTheBeginningAndWhoWaitsForItsTurnMuchLater() throws Exception {
        var without = download.connect("without");
        var waiting = source("waiting");

        clock.advance(Duration.ofMinutes(5));
        assertThat(idle(without)).isEqualTo(Duration.ofMinutes(5));
        assertThat(idle(waiting)).isZero();

        clock.advance(Duration.ofSeconds(10));
        assertThat(idle(waiting)).as("whatever it claims").isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void whoSendsAPieceIsOfUse() throws Exception {
        var peer = source("honest");
        download.ask(peer);
        clock.advance(Duration.ofMinutes(6));
        honest(peer, 0);

        assertThat(idle(peer)).isZero();
        clock.advance(Duration.ofMinutes(5));
        assertThat(idle(peer)).isZero();
    }

    @Test
    void whoRefusesOrDoesNotAnswerIsIdleSinceItCameOrLastSentAPiece() throws Exception {
        var refusing = source("refusing");
        var silent = source("silent");
        download.ask(refusing);
        clock.advance(Duration.ofSeconds(3));
        honest(refusing, 0);
        download.refused(refusing);
        download.ask(silent);

        clock.advance(MetadataDownload.PATIENCE);
        download.ask(silent);

        assertThat(idle(refusing)).isEqualTo(MetadataDownload.PATIENCE);
        assertThat(idle(silent)).isEqualTo(MetadataDownload.PATIENCE.plusSeconds(3));
    }
}
