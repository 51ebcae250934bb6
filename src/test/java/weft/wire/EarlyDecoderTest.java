package weft.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import weft.fuzz.Cost;
import weft.kit.Message;
import weft.metainfo.Layout;

/** What a peer says before the metadata is known: extended messages are told, the rest is kept for who understands it. */
class EarlyDecoderTest {
    private static final Layout LAYOUT = Layout.ofSingleFile(32768, "file", 10L * 32768);

    /** Eight million pieces, which one have is enough for, and what grew to that by doubling. */
    static final long PIECES_AND_GARBAGE = 4L << 20;

    private final EarlyDecoder.Room room = new EarlyDecoder.Room();
    private final EarlyDecoder decoder = new EarlyDecoder(room);
    private final List<String> told = new ArrayList<>();

    private int decode(ByteBuffer in) throws IOException {
        return decoder.decode(in, (id, payload) -> told.add(id + " " + StandardCharsets.ISO_8859_1.decode(payload)));
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    private static byte[] extended(int extensionId, String payload) {
        var out = ByteBuffer.allocate(6 + payload.length());
        MessageEncoder.extendedHeader(out, extensionId, payload.length());
        return out.put(payload.getBytes(StandardCharsets.ISO_8859_1)).array();
    }

    private static byte[] joined(byte[]... parts) {
        var out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    @Test
    void extendedMessagesAreToldAndTheRestIsKept() throws Exception {
        var stream = ByteBuffer.wrap(joined(
                extended(0, "de"),
                new Message.Bitfield(ByteBuffer.wrap(new byte[] {(byte) 0xff, (byte) 0xc0})).encode(),
                new Message.KeepAlive().encode(),
                extended(3, "x"),
                new Message.Unchoke().encode(),
                new Message.Have(7).encode()));

        assertThat(decode(stream)).isZero();

        assertThat(told).containsExactly("0 de", "3 x");
        assertThat(decoder.replay(stream, 10)).isEqualTo(ByteBuffer.wrap(bytes("00000003 05 ffc0  00000001 01")));
    }

    @Test
    void thePortOfADhtNodeIsTold() throws Exception {
        var ports = new ArrayList<Integer>();
        var stream = ByteBuffer.wrap(joined(new Message.Port(60_000).encode(), new Message.Unchoke().encode()));

        decoder.decode(stream, new EarlyDecoder.Handler() {
            @Override
            public void onExtended(int extensionId, ByteBuffer payload) {}

            @Override
            public void onPort(int port) {
                ports.add(port);
            }
        });

        assertThat(ports).containsExactly(60_000);
        assertThat(decoder.replay(stream, 10)).isEqualTo(ByteBuffer.wrap(bytes("00000001 01")));
        assertThatThrownBy(() -> decode(ByteBuffer.wrap(bytes("00000004 09"))))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("port: length 4, not 3");
    }

    @Test
    void whatCannotHaveBeenMeantForUsIsPassedOver() throws Exception {
        var stream = ByteBuffer.wrap(joined(
                new Message.Request(0, 0, 16384).encode(),
                new Message.Piece(0, 0, ByteBuffer.allocate(16384)).encode(),
                new Message.Other(99, ByteBuffer.allocate(1000)).encode(),
                extended(3, "x".repeat(64 * 1024)),
                extended(3, "y")));

        decode(stream);

        assertThat(told).containsExactly("3 y");
        assertThat(decoder.replay(stream, 10)).isEqualTo(ByteBuffer.allocate(0));
    }

    /** The metadata came in the middle of a message that is passed over: the next decoder must not take its rest for messages. */
    @Test
    void whoGoesOnPassesOverWhatWasBeingPassedOver() throws Exception {
        var piece = new Message.Piece(0, 0, ByteBuffer.allocate(16384)).encode();
        var stream = joined(new Message.Interested().encode(), piece, new Message.Have(3).encode());
        for (int arrived = 5; arrived < 5 + piece.length + 9; arrived += 7) {
            var early = new EarlyDecoder(room);
            var in = ByteBuffer.wrap(stream, 0, arrived);
            early.decode(in, (id, payload) -> {});
            var later = new Recorded();
            var decoder = new MessageDecoder(LAYOUT, true);

            // Some more had been received that nobody has looked at yet.
            int unread = Math.min(stream.length, arrived + 3);
            var kept = early.replay(ByteBuffer.wrap(stream, in.position(), unread - in.position()), 10);
            var rest = ByteBuffer.wrap(joined(bytesOf(kept), Arrays.copyOfRange(stream, unread, stream.length)));
            decoder.decode(rest, later);

            assertThat(later.said)
                    .as("after %d bytes", arrived)
                    .startsWith("interested")
                    .endsWith("have 3");
        }
    }

    private static byte[] bytesOf(ByteBuffer buffer) {
        var bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    @Property(tries = 300)
    void itDoesNotMatterWhereTheStreamIsCut(@ForAll long seed, @ForAll @IntRange(min = 1, max = 400) int longest)
            throws IOException {
        var random = new Random(seed);
        var stream = joined(
                extended(0, "d1:md11:ut_metadatai3eee"),
                new Message.HaveNone().encode(),
                new Message.KeepAlive().encode(),
                new Message.Other(99, ByteBuffer.allocate(random.nextInt(300))).encode(),
                extended(3, "z".repeat(random.nextInt(300))),
                new Message.Have(1).encode(),
                new Message.Port(6881).encode(),
                new Message.Cancel(1, 2, 3).encode(),
                new Message.AllowedFast(2).encode());
        var whole = new EarlyDecoder(room);
        var wholeTold = new ArrayList<String>();
        var all = ByteBuffer.wrap(stream);
        whole.decode(all, (id, payload) -> wholeTold.add(id + " " + payload.remaining()));

        var cut = new EarlyDecoder(room);
        var cutTold = new ArrayList<String>();
        var buffer = ByteBuffer.allocate(stream.length).limit(0);
        for (int sent = 0; sent < stream.length; ) {
            int part = Math.min(stream.length - sent, 1 + random.nextInt(longest));
            buffer = buffer.compact().put(stream, sent, part).flip();
            sent += part;
            int needed = cut.decode(buffer, (id, payload) -> cutTold.add(id + " " + payload.remaining()));
            assertThat(needed == 0 || needed > buffer.remaining()).isTrue();
        }

        assertThat(cutTold).isEqualTo(wholeTold).hasSize(2);
        assertThat(cut.replay(buffer, 10)).isEqualTo(whole.replay(all, 10));
    }

    @Test
    void saysHowMuchRoomAMessageNeeds() throws Exception {
        assertThat(decode(ByteBuffer.wrap(bytes("000000")))).isZero();
        assertThat(decode(ByteBuffer.wrap(bytes("00010000")))).isEqualTo(5);
        assertThat(decode(ByteBuffer.wrap(bytes("00010000 14 01")))).isEqualTo(4 + 65536);
        assertThat(decode(ByteBuffer.wrap(bytes("00000005 04 00")))).isEqualTo(9);
    }

    @Test
    void absurdLengthsAreRefusedBeforeAnythingIsKept() {
        assertThatThrownBy(() -> decode(ByteBuffer.wrap(bytes("ffffffff 05"))))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("message of 4294967295 bytes > 1048576");
        assertThatThrownBy(() -> decode(ByteBuffer.wrap(bytes("00100001 63"))))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("message of 1048577 bytes > 1048576");
        assertThatThrownBy(() -> decode(ByteBuffer.wrap(bytes("00000001 14"))))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("extended: without an extension's id");
    }

    @Test
    void whoSaysTooMuchIsRefused() throws Exception {
        var haves = ByteBuffer.allocate(9 * 1000);
        for (int i = 0; i < 1000; i++) {
            MessageEncoder.have(haves, 7);
        }
        for (int i = 0; i < 209; i++) {
            decode(haves.rewind());
        }

        assertThatThrownBy(() -> decode(haves.rewind()))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("says too much while the torrent's metadata is not known");
    }

    @Test
    void whatContradictsItselfIsRefused() {
        assertRefused("00000005 04 ffffffff", "have: index 4294967295 >= 8388600 pieces at most");
        assertRefused("00000003 05 ffc0 00000005 04 00000010", "have: index 16 >= 16 pieces at most");
        assertRefused("00000005 04 00000010 00000003 05 ffc0", "bitfield: of 2 bytes, without piece 16");
        assertRefused("00000003 05 ffc0 00000004 05 ffc000", "bitfield: of 3 bytes, not 2 as before");
        assertRefused("00000005 04 00000010 00000001 0f", "have none: the peer has told its pieces before");
        assertRefused("00000004 04 000000", "have: length 4, not 5");
    }

    private void assertRefused(String stream, String message) {
        assertThatThrownBy(() -> new EarlyDecoder(room).decode(ByteBuffer.wrap(bytes(stream)), (id, payload) -> {}))
                .isInstanceOf(ProtocolException.class)
                .hasMessage(message);
    }

    @Test
    void whatIsSaidLastHolds() throws Exception {
        var stream = ByteBuffer.wrap(bytes("00000001 01 00000001 02 00000001 00 00000001 01 00000001 03"
                + "00000003 09 0001 00000003 09 1ae1  00000005 0d 00000001 00000005 11 00000002 00000005 11 00000002"));
        decode(stream);
        var later = new Recorded();

        new MessageDecoder(LAYOUT, true).decode(decoder.replay(stream, 10), later);

        assertThat(later.said).containsExactly("unchoke", "suggest", "allowed fast");
    }

    @Test
    void aPieceThatTheTorrentDoesNotHaveIsRefusedLater() throws Exception {
        var stream = ByteBuffer.wrap(bytes("00000005 04 00000001 00000005 04 0000000a"));
        decode(stream);
        var replay = decoder.replay(stream, 10);

        assertThatThrownBy(() -> new MessageDecoder(LAYOUT, true).decode(replay, new Recorded()))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("have: index 10 >= 10 pieces");
    }

    // --- how much it takes

    private static final int MILLION = 1_000_000;

    private static final Layout LARGE = Layout.ofSingleFile(16384, "file", 16384L * MILLION);

    /** What a hundred peers send who want to take as much as they can: one have each, or a large bitfield but its end. */
    @Test
    void aHundredLiarsTakeNoMoreThanTheirSharesAndWhatAllHave() throws Exception {
        var liars = new ArrayList<EarlyDecoder>();
        var bitfield = ByteBuffer.allocate(5 + 1_048_575 - 1);
        bitfield.putInt(1 << 20).put((byte) MessageId.BITFIELD);
        for (int i = 0; i < 100; i++) {
            var liar = new EarlyDecoder(room);
            liar.decode(
                    i % 2 == 0 ? ByteBuffer.wrap(bytes("00000005 04 007fffe0")) : bitfield.rewind(),
                    (id, payload) -> {});
            liars.add(liar);
        }

        assertThat(liars.stream().mapToInt(EarlyDecoder::kept).sum())
                .isGreaterThan(1 << 20)
                .isLessThanOrEqualTo(100 * EarlyDecoder.SHARE + EarlyDecoder.SHARED);

        haveTheMillionInBitfieldAndHaves(); // for which there is still room

        assertThatThrownBy(() -> liars.getLast().replay(ByteBuffer.allocate(0), 10))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("has told of more pieces than there was room for without the metadata");
        liars.forEach(EarlyDecoder::close);
        var late = new EarlyDecoder(room);
        late.decode(bitfield.rewind(), (id, payload) -> {});
        assertThat(late.kept()).as("when the liars have gone").isGreaterThan(1_000_000);
    }

    private void haveTheMillionInBitfieldAndHaves() throws IOException {
        var all = new BitSet();
        all.set(0, MILLION);
        var missing = (BitSet) all.clone();
        missing.clear(17);
        assertThat(later(Message.Bitfield.of(missing, MILLION).encode(), new Message.Have(17).encode()))
                .isEqualTo(all);
        var haves = ByteBuffer.allocate(9 * MILLION);
        for (int i = 0; i < MILLION; i++) {
            MessageEncoder.have(haves, (int) (i * 7919L % MILLION)); // in disorder
        }
        assertThat(later(haves.array())).isEqualTo(all);
    }

    /** The pieces that a torrent of a million hears of when these messages have come before it was known. */
    private BitSet later(byte[]... messages) throws IOException {
        try (var early = new EarlyDecoder(room)) {
            var in = ByteBuffer.wrap(joined(messages));
            early.decode(in, (id, payload) -> {});
            var pieces = new BitSet();
            new MessageDecoder(LARGE, true).decode(early.replay(in, MILLION), new Recorded() {
                @Override
                public void onBitfield(BitSet told) {
                    pieces.or(told);
                }
            });
            return pieces;
        }
    }

    @Test
    void everHigherHavesAreNotPaidForWithACopyEach() throws Exception {
        var haves = ByteBuffer.allocate(9 * 250);
        for (int i = 0; i < 250; i++) {
            haves.put(new Message.Have(i * 32 * 1024).encode());
        }

        Cost.atMost(PIECES_AND_GARBAGE, 0, haves.capacity(), () -> {
            var decoder = new EarlyDecoder(new EarlyDecoder.Room());
            decoder.decode(haves.duplicate().flip(), (id, payload) -> {});
            assertThat(decoder.kept()).isGreaterThan(1_000_000);
            decoder.close();
        });
    }

    @Test
    void aBitfieldIsUnderstoodLater() throws Exception {
        var pieces = new BitSet();
        pieces.set(1, 4);
        var stream = ByteBuffer.wrap(Message.Bitfield.of(pieces, 10).encode());
        decode(stream);
        var later = new Recorded();

        new MessageDecoder(LAYOUT, true).decode(decoder.replay(stream, 10), later);

        assertThat(later.said).containsExactly("bitfield {1, 2, 3}");
    }

    /** What a {@link MessageDecoder} says, in words. */
    private static class Recorded implements MessageHandler {
        private final List<String> said = new ArrayList<>();

        @Override
        public void onKeepAlive() {
            said.add("keep-alive");
        }

        @Override
        public void onChoke() {
            said.add("choke");
        }

        @Override
        public void onUnchoke() {
            said.add("unchoke");
        }

        @Override
        public void onInterested() {
            said.add("interested");
        }

        @Override
        public void onNotInterested() {
            said.add("not interested");
        }

        @Override
        public void onHave(int piece) {
            said.add("have " + piece);
        }

        @Override
        public void onBitfield(BitSet pieces) {
            said.add("bitfield " + pieces);
        }

        @Override
        public void onRequest(int piece, int begin, int length) {
            said.add("request");
        }

        @Override
        public void onPiece(int piece, int begin, ByteBuffer block) {
            said.add("piece");
        }

        @Override
        public void onCancel(int piece, int begin, int length) {
            said.add("cancel");
        }

        @Override
        public void onPort(int port) {
            said.add("port");
        }

        @Override
        public void onSuggestPiece(int piece) {
            said.add("suggest");
        }

        @Override
        public void onHaveAll() {
            said.add("have all");
        }

        @Override
        public void onHaveNone() {
            said.add("have none");
        }

        @Override
        public void onRejectRequest(int piece, int begin, int length) {
            said.add("reject");
        }

        @Override
        public void onAllowedFast(int piece) {
            said.add("allowed fast");
        }

        @Override
        public void onExtended(int extensionId, ByteBuffer payload) {
            said.add("extended " + extensionId);
        }
    }
}
