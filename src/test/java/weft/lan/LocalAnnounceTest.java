package weft.lan;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import weft.TestData;
import weft.metainfo.InfoHash;

class LocalAnnounceTest {
    private static final InfoHash TORRENT = InfoHash.parse("d0d30cfc0d61a4f993546c0e8b336bd3579aaaa2");
    private static final String FIRST = "BT-SEARCH * HTTP/1.1\r\n";

    static Stream<Named<JsonNode>> captured() {
        return StreamSupport.stream(
                        TestData.json("vectors/peer_wire.json").get("lsd").spliterator(), false)
                .map(row -> Named.of(row.get("client").asText(), row));
    }

    private static Optional<LocalAnnounce> decode(String text) {
        return LocalAnnounce.decode(text.getBytes(ISO_8859_1));
    }

    @ParameterizedTest
    @MethodSource("captured")
    void whatOtherClientsSendIsRead(JsonNode row) {
        String text = row.get("text").asText();

        var announce = decode(text).orElseThrow();

        assertThat(announce.torrents()).containsExactly(TORRENT);
        assertThat(text).contains("Port: " + announce.port() + "\r\n");
        assertThat(announce.cookie()).isEqualTo(text.contains("785cea58") ? "785cea58" : "");
    }

    @Test
    void oursIsWhatLibtorrentSends() {
        var libtorrents = captured().map(Named::getPayload).findFirst().orElseThrow();

        var ours = new LocalAnnounce(6881, List.of(TORRENT), "785cea58").encode("239.192.152.143:6771");

        assertThat(new String(ours, ISO_8859_1))
                .isEqualTo(libtorrents.get("text").asText());
    }

    @Test
    void manyTorrentsFitIntoAPacket() {
        var torrents = IntStream.range(0, LocalAnnounce.MAX_TORRENTS)
                .mapToObj(i -> InfoHash.parse(String.format("%064x", i)))
                .toList();

        var bytes = new LocalAnnounce(65535, torrents, "0123456789abcdef").encode("[ff15::efc0:988f]:6771");

        assertThat(bytes).hasSizeLessThanOrEqualTo(LocalAnnounce.MAX_BYTES);
        var read = LocalAnnounce.decode(bytes).orElseThrow();
        assertThat(read.port()).isEqualTo(65535);
        // The 20 bytes that handshakes have, of v2 torrents too; and these are all the same ones.
        assertThat(read.torrents())
                .containsExactly(InfoHash.ofV1(torrents.getFirst().truncated()));
    }

    @Test
    void severalTorrentsAreRead() {
        var text = FIRST + "port:1\ninfohash:" + "00".repeat(20) + "\nX-Odd: y\nINFOHASH :  " + "AB".repeat(20) + "\n";

        assertThat(decode(text).orElseThrow().torrents())
                .extracting(InfoHash::toHex)
                .containsExactly("00".repeat(20), "ab".repeat(20));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\r\n",
                "HTTP/1.1 200 OK\r\nPort: 1\r\nInfohash: d0d30cfc0d61a4f993546c0e8b336bd3579aaaa2\r\n",
                "M-SEARCH * HTTP/1.1\r\nPort: 1\r\nInfohash: d0d30cfc0d61a4f993546c0e8b336bd3579aaaa2\r\n",
                FIRST,
                FIRST + "Port: 1\r\n",
                FIRST + "Infohash: d0d30cfc0d61a4f993546c0e8b336bd3579aaaa2\r\n",
                FIRST + "Port: 0\r\nInfohash: d0d30cfc0d61a4f993546c0e8b336bd3579aaaa2\r\n",
                FIRST + "Port: 65536\r\nInfohash: d0d30cfc0d61a4f993546c0e8b336bd3579aaaa2\r\n",
                FIRST + "Port: -1\r\nInfohash: d0d30cfc0d61a4f993546c0e8b336bd3579aaaa2\r\n",
                FIRST + "Port: 99999999999\r\nInfohash: d0d30cfc0d61a4f993546c0e8b336bd3579aaaa2\r\n",
                FIRST + "Port: 1\r\nInfohash: d0d30cfc0d61a4f993546c0e8b336bd3579aaaa\r\n",
                FIRST + "Port: 1\r\nInfohash: g0d30cfc0d61a4f993546c0e8b336bd3579aaaa2\r\n",
                FIRST + "Port: 1\r\nInfohash: MFRGCYTBMJQWEYLCMFRGCYTBMJQWEYLC\r\n",
            })
    void whatIsNoAnnounceIsNone(String text) {
        assertThat(decode(text)).isEmpty();
    }

    @Test
    void anyBytesAreReadOrNot() {
        var random = new java.util.Random(1);
        var sound = new LocalAnnounce(1, List.of(TORRENT), "c").encode("h");
        for (int i = 0; i < 20_000; i++) {
            var damaged = sound.clone();
            for (int j = 0; j <= i % 4; j++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }

            LocalAnnounce.decode(damaged)
                    .ifPresent(read -> assertThat(read.torrents()).hasSize(1));
        }
    }

    @Test
    void aPortIsAPort() {
        assertThatIllegalArgumentException().isThrownBy(() -> new LocalAnnounce(0, List.of(TORRENT), ""));
    }

    @Test
    void digitsAreSentInLowerCase() {
        var bytes = new LocalAnnounce(1, List.of(InfoHash.parse("AB".repeat(20))), "").encode("h");

        assertThat(new String(bytes, ISO_8859_1))
                .contains("ab".repeat(20).toLowerCase(Locale.ROOT))
                .doesNotContain("cookie");
    }
}
