package weft.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import weft.metainfo.InfoHash;

class HandshakeTest {
    private static final InfoHash HASH = InfoHash.parse("00112233445566778899aabbccddeeff01234567");

    @Test
    void hasTheBytesOfBep3() throws Exception {
        var id = PeerId.of("-WE001S-abcdefghijkl".getBytes(StandardCharsets.US_ASCII));

        var bytes = new Handshake(Reserved.OURS, HASH, id).encode();

        assertThat(hex(bytes))
                .isEqualTo("13" + HexFormat.of().formatHex("BitTorrent protocol".getBytes(StandardCharsets.US_ASCII))
                        + "0000000000100004" + HASH.toHex() + HexFormat.of().formatHex(id.toBytes()));
        assertThat(Handshake.decodeHead(bytes)).isEqualTo(new Handshake.Head(Reserved.OURS, HASH));
        assertThat(Handshake.decodePeerId(bytes)).isEqualTo(id);
    }

    private static String hex(ByteBuffer buffer) {
        var bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    @Test
    void anotherProtocolIsRefused() {
        var http = ByteBuffer.wrap(
                "GET / HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\n\r\n".getBytes(StandardCharsets.US_ASCII));

        assertThatThrownBy(() -> Handshake.decodeHead(http))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("handshake: not the BitTorrent protocol");
    }

    @Test
    void reservedBitsSayWhatAPeerCanDo() {
        var libtorrent = new Reserved(0x0000_0000_0010_0005L);

        assertThat(libtorrent.fast()).isTrue();
        assertThat(libtorrent.extensionProtocol()).isTrue();
        assertThat(libtorrent.dht()).isTrue();
        assertThat(libtorrent.and(Reserved.OURS)).isEqualTo(Reserved.OURS);
        assertThat(Reserved.OURS.extensionProtocol()).isTrue();
    }

    @Test
    void ourPeerIdNamesUs() {
        var id = PeerId.generate(new Random(1));

        assertThat(new String(id.toBytes(), StandardCharsets.US_ASCII)).matches("-WE001S-[0-9a-zA-Z]{12}");
        assertThat(id.clientName()).isEqualTo("Weft 0.1");
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            -LT2080-Le-!z_rbcKh!, libtorrent 2.0.8.0
            -TR3000-abcdefghijkl, Transmission 3.00
            -TR400Z-abcdefghijkl, Transmission 4.0.0.35
            -qB4520-wthLN)z)0E9b, qBittorrent 4.5.2.0
            A2-1-36-0-abcdefghij, aria2 1.36.0
            M7-10-5--abcdefghijk, BitTorrent 7.10.5
            -XY1234-abcdefghijkl, XY 1.2.3.4
            exbc0001234567890123, exbc0001
            """)
    void clientsAreKnownByTheirPeerIds(String id, String name) {
        assertThat(PeerId.of(id.getBytes(StandardCharsets.US_ASCII)).clientName())
                .isEqualTo(name);
    }

    @Test
    void controlCharactersOfAPeerIdAreNotShown() {
        assertThat(PeerId.of(new byte[20]).clientName()).isEqualTo("????????");
        assertThat(PeerId.of(new byte[20])).hasToString("????????????????????");
        for (String id : List.of("-WE\u001b01S-", "M\u001b1-2---", "-\u001b\u001b0123-")) {
            byte[] bytes = Arrays.copyOf(id.getBytes(StandardCharsets.US_ASCII), PeerId.LENGTH);
            assertThat(PeerId.of(bytes).clientName()).matches("[ -~]+");
        }
    }
}
