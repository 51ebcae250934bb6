package weft.metainfo;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;
import weft.fuzz.Seeds;

/** Any bytes: a sound torrent or none. */
class MetainfoFuzz {

    static List<byte[]> seeds() {
        return Seeds.torrents(4096);
    }

    @Timeout(20)
    @MethodSource("seeds")
    @FuzzTest
    void readsOrRefuses(byte[] input) throws IOException {
        SoundMetainfo.read(input);
    }
}
