package weft.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import weft.metainfo.InfoHash;

class AllowedFastTest {
    private static final InfoHash HASH = InfoHash.parse("aa".repeat(20));

    /** The two sets that BEP 6 publishes. */
    @Test
    void isTheSetOfBep6() throws Exception {
        var address = InetAddress.getByName("80.4.4.200");

        assertThat(AllowedFast.set(address, HASH, 1313, 7)).containsExactly(1059, 431, 808, 1217, 287, 376, 1188);
        assertThat(AllowedFast.set(address, HASH, 1313, 9))
                .containsExactly(1059, 431, 808, 1217, 287, 376, 1188, 353, 508);
    }

    @Test
    void aSmallTorrentIsAllowedWhole() throws Exception {
        assertThat(AllowedFast.set(InetAddress.getByName("80.4.4.200"), HASH, 3, 10))
                .containsExactlyInAnyOrderElementsOf(Arrays.asList(0, 1, 2));
    }

    @Test
    void isEmptyForIpv6() throws Exception {
        assertThat(AllowedFast.set(InetAddress.getByName("2001:db8::1"), HASH, 1313, 7))
                .isEmpty();
    }
}
