package weft.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;
import weft.bencode.BDict;
import weft.bencode.Bencode;
import weft.fuzz.Cost;
import weft.fuzz.Seeds;
import weft.metainfo.Layout;

/** Any state under a checksum that is right: what such a torrent can have, or refused. */
class ResumeFormatFuzz {

    private static final Layout LAYOUT = Content.layout(40_000, 100_000, 90_000, -10_000, 160_000, 0);

    static Stream<byte[]> seeds() throws IOException {
        var verified = new BitSet();
        verified.set(0, 3);
        var blocks = new BitSet();
        blocks.set(1);
        var stamps = List.of(
                new FileStamp(100_000, 1),
                new FileStamp(90_000, 2),
                new FileStamp(-1, 0),
                new FileStamp(-1, 0),
                new FileStamp(-1, 0));
        var states = Stream.of(
                ResumeState.empty(), new ResumeState(verified, Map.of(4, blocks), List.of(1, 1, 1, 0, 7), 123, 456));
        var bencoding = Seeds.hex("bencode.json", "cases");
        return Stream.concat(
                states.map(state -> new ResumeFormat(state, stamps, new FileStamp(-1, 0), true, 1)
                                .encode(Content.INFO_HASH))
                        .map(ResumeFormatFuzz::state),
                bencoding);
    }

    private static byte[] state(byte[] file) {
        try {
            var outer = (BDict) Bencode.decodeStrict(file, ResumeFormat.LIMITS);
            return outer.string("state").orElseThrow().toBytes();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Timeout(20)
    @MethodSource("seeds")
    @FuzzTest
    void readsOrRefuses(byte[] state) throws IOException {
        byte[] file = Bencode.encode(BDict.builder()
                .put("state", state)
                .put("sha1", DigestUtils.sha1(state))
                .build());

        Cost.atMost(1000, file.length, () -> read(file));
        Cost.atMost(1000, state.length, () -> read(state));
    }

    private static void read(byte[] file) throws IOException {
        ResumeFormat format;
        try {
            format = ResumeFormat.decode(file, LAYOUT, Content.INFO_HASH);
        } catch (IOException e) {
            assertThat(e.getMessage()).isNotBlank();
            return;
        }
        assertThat(format.state().verified().length()).isLessThanOrEqualTo(LAYOUT.pieceCount());
        format.state()
                .blocks()
                .forEach((piece, bits) -> assertThat(bits.length()).isLessThanOrEqualTo(LAYOUT.blockCount(piece)));
        assertThat(format.files()).hasSameSizeAs(LAYOUT.files());
        byte[] again = format.encode(Content.INFO_HASH);
        assertThat(ResumeFormat.decode(again, LAYOUT, Content.INFO_HASH)).isEqualTo(format);
    }
}
