package weft.metainfo;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;
import weft.bencode.BValue;
import weft.bencode.Bencode;
import weft.bencode.BencodeException;
import weft.bencode.BencodeLimits;
import weft.fuzz.Seeds;

/**
 * Torrents that are well-formed bencoding and wrong in what it says. The input is a program for {@link Mutation}, so that
 * what the fuzzer changes is the meaning and not the brackets.
 *
 * <pre>{@code <which torrent:1> (<place:1> <change:1> <operand:1>)*}</pre>
 */
class MutatedTorrentFuzz {

    private static final int MAX_CHANGES = 40;

    private static final List<BValue> TORRENTS =
            Seeds.torrents(4096).stream().flatMap(MutatedTorrentFuzz::decoded).toList();

    /** Each torrent as it is, and with each kind of change somewhere. */
    static Stream<byte[]> seeds() {
        return IntStream.range(0, TORRENTS.size())
                .boxed()
                .flatMap(torrent -> Stream.of(new byte[] {torrent.byteValue()}, new byte[] {
                    torrent.byteValue(), (byte) (7 * torrent), torrent.byteValue(), (byte) (3 * torrent)
                }));
    }

    @Timeout(20)
    @MethodSource("seeds")
    @FuzzTest
    void readsOrRefuses(byte[] program) throws IOException {
        if (program.length == 0) {
            return;
        }
        BValue torrent = TORRENTS.get((program[0] & 0xff) % TORRENTS.size());
        for (int at = 1; at + 3 <= program.length && at < 3 * MAX_CHANGES; at += 3) {
            torrent = new Mutation(program[at] & 0xff, program[at + 1] & 0xff, program[at + 2] & 0xff).of(torrent);
        }

        byte[] bytes = Bencode.encode(torrent);
        if (bytes.length <= BencodeLimits.METAINFO.maxBytes()) {
            SoundMetainfo.read(bytes);
        }
    }

    private static Stream<BValue> decoded(byte[] torrent) {
        try {
            return Stream.of(Bencode.decode(torrent, BencodeLimits.METAINFO).value());
        } catch (BencodeException e) {
            return Stream.empty(); // those of testdata that are no bencoding are MetainfoFuzz's
        }
    }
}
