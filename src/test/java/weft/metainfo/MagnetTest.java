package weft.metainfo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.TestData;

@Timeout(60)
class MagnetTest {

    private static final String V1 = "000102030405060708090a0b0c0d0e0f10111213";
    private static final String V2 = V1 + "1415161718191a1b1c1d1e1f";
    private static final String LINK = "magnet:?xt=urn:btih:" + V1;

    private static Magnet magnet(String link) {
        try {
            return Magnet.parse(link);
        } catch (MetainfoException e) {
            throw new IllegalArgumentException(link, e);
        }
    }

    @Test
    void aLinkSaysAllThatItHas() {
        var magnet = magnet("magnet:?xt=urn:btmh:1220" + V2 + "&xt=urn:btih:" + V1 + "&dn=a+b%26c&tr=udp://t.example:1"
                + "&tr.2=http%3A%2F%2Fu.example%2Fannounce%3Fkey%3D1%26x&ws=http://w.example/&xs=http://s.example/f.torrent"
                + "&as=http://a.example/f&x.pe=[2001:DB8::1]:6881&x.pe=seed.example:1&dht=r.example:6881&so=0,4-6");

        assertThat(magnet.infoHash()).hasToString(V1);
        assertThat(magnet.infoHashV1()).contains(InfoHash.parse(V1));
        assertThat(magnet.infoHashV2()).contains(InfoHash.parse(V2));
        assertThat(magnet.name()).contains("a b&c");
        assertThat(magnet.trackers()).containsExactly("udp://t.example:1", "http://u.example/announce?key=1&x");
        assertThat(magnet.webSeeds()).containsExactly("http://w.example/");
        assertThat(magnet.exactSources()).containsExactly("http://s.example/f.torrent");
        assertThat(magnet.acceptableSources()).containsExactly("http://a.example/f");
        assertThat(magnet.peers()).containsExactly(unresolved("2001:db8::1", 6881), unresolved("seed.example", 1));
        assertThat(magnet.nodes()).containsExactly(unresolved("r.example", 6881));
        assertThat(magnet.selection()).containsExactly(new FileRange(0, 0), new FileRange(4, 6));
        assertThat(magnet)
                .hasToString("magnet:?xt=urn:btih:" + V1 + "&xt=urn:btmh:1220" + V2
                        + "&dn=a%20b%26c&tr=udp%3A%2F%2Ft.example%3A1&tr=http%3A%2F%2Fu.example%2Fannounce%3Fkey%3D1%26x"
                        + "&ws=http%3A%2F%2Fw.example%2F&xs=http%3A%2F%2Fs.example%2Ff.torrent&as=http%3A%2F%2Fa.example%2Ff"
                        + "&x.pe=[2001:db8::1]:6881&x.pe=seed.example:1&dht=r.example:6881&so=0,4-6");
    }

    private static InetSocketAddress unresolved(String host, int port) {
        return InetSocketAddress.createUnresolved(host, port);
    }

    @Test
    void oneInfoHashIsALink() {
        assertThat(Magnet.of(InfoHash.parse(V1))).hasToString(LINK).isEqualTo(magnet(V1));
        assertThat(Magnet.of(InfoHash.parse(V2)))
                .hasToString("magnet:?xt=urn:btmh:1220" + V2)
                .isEqualTo(magnet(V2));
        assertThat(Magnet.of(InfoHash.parse(V2)).infoHash()).hasToString(V2);
        assertThat(magnet("  MFRGCYTBMJQWEYLCMFRGCYTBMJQWEYLC\n"))
                .isEqualTo(magnet("magnet:?xt=urn:btih:MFRGCYTBMJQWEYLCMFRGCYTBMJQWEYLC"));
    }

    @Test
    void aTorrentHasALink() throws MetainfoException {
        var torrent = Metainfo.parse(TestData.bytes(TestData.path("vectors/bep52/hybrid_multi.torrent")));

        var magnet = Magnet.of(torrent);

        assertThat(magnet.infoHashV1()).isEqualTo(torrent.infoHashV1()).isPresent();
        assertThat(magnet.infoHashV2()).isEqualTo(torrent.infoHashV2()).isPresent();
        assertThat(magnet.name()).contains(torrent.name());
        assertThat(Magnet.parse(magnet.toString())).isEqualTo(magnet);
    }

    @Test
    void linksCanBeToldFromFiles() {
        assertThat(List.of(LINK, " MAGNET:?xt=", "magnet:")).allMatch(Magnet::isLink);
        assertThat(List.of("magnet", "a.torrent", V1, "http://a/magnet:?")).noneMatch(Magnet::isLink);
    }

    @Test
    void anErrorSaysWhatAndWhere() {
        assertThatExceptionOfType(MetainfoException.class)
                .isThrownBy(() -> Magnet.parse("magnet:?dn=x&xt=urn:btih:" + V1 + "ff"))
                .withMessage(
                        "not a usable magnet link: xt at character 16: expected 40 hexadecimal digits or 32 letters"
                                + " of base 32 after urn:btih:, found \"" + V1 + "ff\"")
                .matches(e -> e.offset() == 16 && e.keyPath().equals("xt"));
        assertThatExceptionOfType(MetainfoException.class)
                .isThrownBy(() -> Magnet.parse("magnet:?xt=urn:btmh:1220" + "x".repeat(1000)))
                .matches(e -> e.getMessage().length() < 250)
                .withMessageContaining("expected 1220 and 64 hexadecimal digits");
        assertThatExceptionOfType(MetainfoException.class)
                .isThrownBy(() -> Magnet.parse("magnet:xt=urn:btih:" + V1))
                .withMessageStartingWith(
                        "not a usable magnet link: the beginning at character 0: expected \"magnet:?\"");
    }

    @Test
    void aHugeSelectionCostsNothing() {
        assertThat(magnet(LINK + "&so=3-2147483647").selection()).containsExactly(new FileRange(3, Integer.MAX_VALUE));
        assertThat(magnet(LINK + "&so=3-99999999999999999999").selectedFiles(5).stream())
                .containsExactly(3, 4);
        assertThat(magnet(LINK + "&so=2147483648").selectedFiles(1000).isEmpty())
                .isTrue();
        assertThat(magnet(LINK + "&so=0-2147483647,5-2147483648").selection())
                .containsExactly(new FileRange(0, Integer.MAX_VALUE));
    }

    @Test
    void aSelectionIsInOrderAndApart() {
        assertThat(magnet(LINK + "&so=7,3-5,0-1,2,4-9&so=1,0000000000000012")).hasToString(LINK + "&so=0-9,12");
        assertThat(magnet(LINK).selectedFiles(3).stream()).containsExactly(0, 1, 2);
        assertThat(magnet(LINK + "&so=1").selectedFiles(1).isEmpty()).isTrue();
        assertThat(magnet(LINK + "&so=").selection()).isEmpty();
    }

    @Test
    void whatIsNoAddressIsLeftOut() {
        var peers = "&x.pe=[1.2.3.4]:1&x.pe=[::1&x.pe=[::g]:1&x.pe=::1:80&x.pe=a:0&x.pe=a:65536&x.pe=a b:1&x.pe=%zz:1";

        assertThat(magnet(LINK + peers + "&tr=%20&tr=a%00b&tr=%e&ws=&dht=x")).hasToString(LINK);
    }

    @Test
    void thereIsALimitForEverything() {
        String trackers = IntStream.range(0, 5000)
                .mapToObj(i -> "&tr=udp://" + i + "&ws=http://" + i + "&x.pe=h:" + (1 + i) + "&dht=h:" + (1 + i)
                        + "&xs=" + i + "&as=" + i + "&so=" + 2 * i + "," + (20_000 + 2 * i))
                .collect(Collectors.joining());

        var magnet = magnet(LINK + "&tr=http://" + "x".repeat(2000) + trackers + "&dn=" + "%F0%9F%A7%B6".repeat(5000));

        assertThat(magnet.trackers()).hasSize(100).startsWith("udp://0").endsWith("udp://99");
        assertThat(magnet.webSeeds()).hasSize(100);
        assertThat(magnet.exactSources()).hasSize(100);
        assertThat(magnet.acceptableSources()).hasSize(100);
        assertThat(magnet.peers()).hasSize(100);
        assertThat(magnet.nodes()).hasSize(100);
        assertThat(magnet.selection()).hasSize(10_000);
        assertThat(magnet.name().orElseThrow()).isEqualTo("🧶".repeat(500));
        assertThat(magnet(magnet.toString())).isEqualTo(magnet);
        assertThatExceptionOfType(MetainfoException.class)
                .isThrownBy(() -> Magnet.parse(LINK + "&" + "x".repeat(MagnetParser.MAX_LENGTH)))
                .withMessageContaining("expected at most 2097152 characters");
    }

    @Test
    void theLongestLinkThatWeMakeCanBeRead() {
        String filling = "é".repeat(Magnet.MAX_ADDRESS_LENGTH / 6 - 5);
        var urls = IntStream.range(0, Magnet.MAX_ADDRESSES)
                .mapToObj(i -> "a" + i + filling)
                .toList();
        var endpoints = IntStream.range(0, Magnet.MAX_ADDRESSES)
                .mapToObj(i -> unresolved("a".repeat(253), 60_000 + i))
                .toList();
        var ranges = IntStream.range(0, Magnet.MAX_RANGES)
                .mapToObj(i -> new FileRange(2_000_000_000 + 4 * i, 2_000_000_001 + 4 * i))
                .toList();

        var magnet = Magnet.of(InfoHash.parse(V1))
                .withName("日".repeat(2000))
                .withTrackers(urls)
                .withWebSeeds(urls)
                .withSources(urls, urls)
                .withPeers(endpoints)
                .withNodes(endpoints)
                .withSelection(ranges);

        assertThat(magnet.trackers()).hasSize(Magnet.MAX_ADDRESSES);
        assertThat(magnet(magnet.toString())).isEqualTo(magnet);
    }

    @Test
    void resolvedPeersGoAsTheyWereNamed() throws Exception {
        var peers = List.of(
                new InetSocketAddress("192.0.2.7", 6881),
                new InetSocketAddress("2001:db8::7", 6881),
                new InetSocketAddress("fe80::1%1", 6881));

        assertThat(Magnet.of(InfoHash.parse(V1)).withPeers(peers))
                .hasToString(LINK + "&x.pe=192.0.2.7:6881&x.pe=[2001:db8:0:0:0:0:0:7]:6881"
                        + "&x.pe=[fe80:0:0:0:0:0:0:1]:6881");
    }

    @Test
    void aRangeCannotEndBeforeItBegins() {
        assertThatIllegalArgumentException().isThrownBy(() -> new FileRange(2, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new FileRange(-1, 1));
        assertThat(new FileRange(2, 4).contains(4)).isTrue();
        assertThat(new FileRange(2, 4).contains(5)).isFalse();
    }
}
