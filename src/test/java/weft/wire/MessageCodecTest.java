package weft.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import weft.metainfo.Layout;

/** The same golden bytes through encoder and decoder; then cut off, too long, out of range, one byte at a time. */
class MessageCodecTest {
    /** 512 pieces of 32 KiB, the last one 5 bytes. */
    private static final Layout LAYOUT = Layout.ofSingleFile(32768, "file", 511L * 32768 + 5);

    @Test
    void everyMessageHasItsBytes() throws IOException {
        golden("00000000", MessageEncoder::keepAlive, "keep-alive");
        golden("00000001 00", MessageEncoder::choke, "choke");
        golden("00000001 01", MessageEncoder::unchoke, "unchoke");
        golden("00000001 02", MessageEncoder::interested, "interested");
        golden("00000001 03", MessageEncoder::notInterested, "not interested");
        golden("00000005 04 00000102", out -> MessageEncoder.have(out, 258), "have 258");
        golden(
                "0000000d 06 00000001 00004000 00004000",
                out -> MessageEncoder.request(out, 1, 16384, 16384),
                "request 1 16384 16384");
        golden(
                "0000000d 08 000001ff 00000000 00000005",
                out -> MessageEncoder.cancel(out, 511, 0, 5),
                "cancel 511 0 5");
        golden(
                "0000000d 07 00000001 00004000 64617461",
                out -> {
                    MessageEncoder.pieceHeader(out, 1, 16384, 4);
                    out.put(HexFormat.of().parseHex("64617461"));
                },
                "piece 1 16384 64617461");
        golden("00000001 0e", MessageEncoder::haveAll, "have all");
        golden("00000001 0f", MessageEncoder::haveNone, "have none");
        golden(
                "0000000d 10 00000001 00004000 00004000",
                out -> MessageEncoder.rejectRequest(out, 1, 16384, 16384),
                "reject 1 16384 16384");
        golden("00000005 11 00000007", out -> MessageEncoder.allowedFast(out, 7), "allowed fast 7");
        assertThat(decode("00000003 09 1ae1")).containsExactly("port 6881");
        assertThat(decode("00000005 0d 00000009")).containsExactly("suggest 9");
    }

    @Test
    void bitfieldHasItsHighestBitFirst() throws IOException {
        var ten = Layout.ofSingleFile(16384, "file", 10L * 16384);
        var pieces = new BitSet();
        List.of(0, 8, 9).forEach(pieces::set);
        var out = ByteBuffer.allocate(MessageEncoder.bitfieldMessageLength(10));

        MessageEncoder.bitfield(out, pieces, 10);

        assertThat(HexFormat.of().formatHex(out.array())).isEqualTo("000000030580c0");
        assertThat(decode(ten, "000000030580c0")).containsExactly("bitfield {0, 8, 9}");
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            00000005 04 00000200,                   have: index 512 >= 512 pieces
            00000005 04 ffffffff,                   have: index 4294967295 >= 512 pieces
            00000004 04 000000,                     'have: length 4, not 5'
            00000002 00 00,                         'choke: length 2, not 1'
            0000000d 06 00000001 00004000 00004001, request: 16385 bytes at 16384 of a piece of 32768
            0000000d 06 00000001 ffffffff 00000001, request: 1 bytes at 4294967295 of a piece of 32768
            0000000d 06 000001ff 00000000 00000006, request: 6 bytes at 0 of a piece of 5
            0000000d 06 00000001 00000000 00000000, request: 0 bytes at 0 of a piece of 32768
            00000009 07 00000001 00000000,          piece: block of 0 bytes
            00100001 07,                            message of 1048577 bytes > 1048576
            0000400a 07,                            piece: block of 16385 bytes
            00000002 07 00,                         piece: block of -7 bytes
            00000003 05 8000,                       'bitfield: length 3, not 65'
            7fffffff 14,                            message of 2147483647 bytes > 1048576
            80000000 07,                            message of 2147483648 bytes > 1048576
            ffffffff,                               message of 4294967295 bytes > 1048576
            """)
    void nonsenseIsRefusedWithItsReason(String hex, String reason) {
        assertThatThrownBy(() -> decode(hex))
                .isInstanceOf(ProtocolException.class)
                .hasMessage(reason);
    }

    @Test
    void aSpareBitThatIsSetIsRefused() {
        var nine = Layout.ofSingleFile(16384, "file", 9L * 16384);

        assertThatThrownBy(() -> decode(nine, "00000003 05 ffc0"))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("bitfield: bit 9 set of 9");
    }

    @Test
    void fastMessagesNeedTheFastExtension() {
        var decoder = new MessageDecoder(LAYOUT, false);

        assertThatThrownBy(() -> decoder.decode(bytes("00000001 0e"), new Recorder()))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("have all: the Fast Extension was not agreed on");
    }

    @Test
    void extendedMessagesCarryWhatTheyLike() throws IOException {
        golden(
                "00000005 14 ff 010203",
                out -> {
                    MessageEncoder.extendedHeader(out, 255, 3);
                    out.put(new byte[] {1, 2, 3});
                },
                "extended 255 010203");
        assertThat(decode("00000002 14 00 00000001 01")).containsExactly("extended 0 ", "unchoke");
        assertThatThrownBy(() -> decode("00000001 14"))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("extended: without an extension's id");
    }

    @Test
    void extendedMessagesThatAreTooLongAreSkipped() throws IOException {
        var decoder = new MessageDecoder(LAYOUT, true);
        var recorder = new Recorder();

        int needed = decoder.decode(bytes("00010001 14 00"), recorder);
        decoder.decode(ByteBuffer.allocate(65535), recorder);
        decoder.decode(bytes("00000001 01"), recorder);

        assertThat(needed).isZero();
        assertThat(recorder.calls).containsExactly("unchoke");
    }

    @Test
    void unknownMessagesAreSkippedWithoutNeedingRoom() throws IOException {
        var decoder = new MessageDecoder(LAYOUT, true);
        var recorder = new Recorder();

        int needed = decoder.decode(bytes("00010001 15 00"), recorder);
        for (int left = 65535; left > 0; left -= 1000) {
            decoder.decode(ByteBuffer.allocate(Math.min(left, 1000)), recorder);
        }
        decoder.decode(bytes("00000001 01"), recorder);

        assertThat(needed).isZero();
        assertThat(recorder.calls).containsExactly("unchoke");
    }

    @Test
    void aMessageCutAnywhereWaitsForItsRest() throws IOException {
        var all = bytes("00000005 04 00000001 0000000d 07 00000001 00004000 64617461 00000001 01");
        for (int cut = 0; cut <= all.capacity(); cut++) {
            var decoder = new MessageDecoder(LAYOUT, true);
            var recorder = new Recorder();
            var buffer = ByteBuffer.allocate(all.capacity());

            buffer.put(all.duplicate().clear().limit(cut)).flip();
            int needed = decoder.decode(buffer, recorder);
            buffer.compact().put(all.duplicate().clear().position(cut)).flip();
            decoder.decode(buffer, recorder);

            assertThat(recorder.calls).containsExactly("have 1", "piece 1 16384 64617461", "unchoke");
            assertThat(needed).isLessThanOrEqualTo(17);
        }
    }

    @Property(tries = 2000)
    void randomBytesAreNeverMoreThanAProtocolError(@ForAll @Size(max = 200) byte[] bytes) throws IOException {
        var decoder = new MessageDecoder(LAYOUT, true);
        try {
            decoder.decode(ByteBuffer.wrap(bytes), new Recorder());
        } catch (ProtocolException expected) {
            assertThat(expected).hasMessageMatching(".+");
        }
    }

    private static void golden(String hex, Consumer<ByteBuffer> encoder, String call) throws IOException {
        var out = ByteBuffer.allocate(64);
        encoder.accept(out);

        assertThat(out.flip()).isEqualTo(bytes(hex));
        assertThat(decode(hex)).containsExactly(call);
    }

    private static List<String> decode(String hex) throws IOException {
        return decode(LAYOUT, hex);
    }

    private static List<String> decode(Layout layout, String hex) throws IOException {
        var recorder = new Recorder();
        new MessageDecoder(layout, true).decode(bytes(hex), recorder);
        return recorder.calls;
    }

    private static ByteBuffer bytes(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    /** Writes down every call. */
    private static final class Recorder implements MessageHandler {
        private final List<String> calls = new ArrayList<>();

        private void call(String name, int... arguments) {
            calls.add(name + IntStream.of(arguments).mapToObj(i -> " " + i).reduce("", String::concat));
        }

        @Override
        public void onKeepAlive() {
            call("keep-alive");
        }

        @Override
        public void onChoke() {
            call("choke");
        }

        @Override
        public void onUnchoke() {
            call("unchoke");
        }

        @Override
        public void onInterested() {
            call("interested");
        }

        @Override
        public void onNotInterested() {
            call("not interested");
        }

        @Override
        public void onHave(int piece) {
            call("have", piece);
        }

        @Override
        public void onBitfield(BitSet pieces) {
            call("bitfield " + pieces);
        }

        @Override
        public void onRequest(int piece, int begin, int length) {
            call("request", piece, begin, length);
        }

        @Override
        public void onPiece(int piece, int begin, ByteBuffer block) {
            var copy = new byte[block.remaining()];
            block.get(copy);
            call("piece " + piece + " " + begin + " " + HexFormat.of().formatHex(copy));
        }

        @Override
        public void onCancel(int piece, int begin, int length) {
            call("cancel", piece, begin, length);
        }

        @Override
        public void onPort(int port) {
            call("port", port);
        }

        @Override
        public void onSuggestPiece(int piece) {
            call("suggest", piece);
        }

        @Override
        public void onHaveAll() {
            call("have all");
        }

        @Override
        public void onHaveNone() {
            call("have none");
        }

        @Override
        public void onRejectRequest(int piece, int begin, int length) {
            call("reject", piece, begin, length);
        }

        @Override
        public void onAllowedFast(int piece) {
            call("allowed fast", piece);
        }

        @Override
        public void onExtended(int extensionId, ByteBuffer payload) {
            var copy = new byte[payload.remaining()];
            payload.get(copy);
            call("extended " + extensionId + " " + HexFormat.of().formatHex(copy));
        }
    }
}
