package weft.metainfo;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What is printed is read as what was meant, and nothing that is read can do harm. */
class MagnetPropertiesTest {

    @Property
    void printedLinksAreReadBack(@ForAll("magnets") Magnet magnet) throws MetainfoException {
        Magnet read = Magnet.parse(magnet.toString());

        assertThat(read).isEqualTo(magnet);
        assertThat(read.infoHashV1()).isEqualTo(magnet.infoHashV1());
        assertThat(read.infoHashV2()).isEqualTo(magnet.infoHashV2());
        assertThat(read.name()).isEqualTo(magnet.name());
        assertThat(read.trackers()).isEqualTo(magnet.trackers());
        assertThat(read.webSeeds()).isEqualTo(magnet.webSeeds());
        assertThat(read.exactSources()).isEqualTo(magnet.exactSources());
        assertThat(read.acceptableSources()).isEqualTo(magnet.acceptableSources());
        assertThat(read.peers()).isEqualTo(magnet.peers());
        assertThat(read.nodes()).isEqualTo(magnet.nodes());
        assertThat(read.selection()).isEqualTo(magnet.selection());
        assertThat(magnet.toString()).matches("[!-~]+");
    }

    @Property
    void anyTextIsReadOrRefused(@ForAll("texts") String text) {
        MagnetFuzz.readOrRefuse(text);
    }

    @Provide
    Arbitrary<Magnet> magnets() {
        Arbitrary<byte[]> hash = Arbitraries.bytes().array(byte[].class).ofSize(32);
        Arbitrary<String> name =
                text().map(text -> text.replaceAll("[\\ud800-\\udfff]", "")); // no halves of characters
        Arbitrary<List<String>> urls =
                name.map(url -> url.replaceAll("\\p{Cntrl}", "")).list().ofMaxSize(3);
        Arbitrary<List<InetSocketAddress>> endpoints = Combinators.combine(
                        Arbitraries.of("192.0.2.7", "2001:db8::7", "::1", "seed.example", "x"),
                        Arbitraries.integers().between(1, 65535))
                .as(InetSocketAddress::createUnresolved)
                .list()
                .ofMaxSize(3);
        Arbitrary<List<FileRange>> selection = Combinators.combine(
                        Arbitraries.integers().greaterOrEqual(0),
                        Arbitraries.integers().greaterOrEqual(0))
                .as((a, b) -> new FileRange(Math.min(a, b), Math.max(a, b)))
                .list()
                .ofMaxSize(5);
        Arbitrary<Magnet> plain = Combinators.combine(
                        hash, Arbitraries.integers().between(1, 3))
                .as((bytes, kinds) -> Magnet.of(
                        (kinds & 1) == 0 ? Optional.empty() : Optional.of(InfoHash.ofV1(Arrays.copyOf(bytes, 20))),
                        (kinds & 2) == 0 ? Optional.empty() : Optional.of(InfoHash.ofV2(bytes))));
        return Combinators.combine(plain, name, urls, urls, urls, endpoints, endpoints, selection)
                .as((magnet, dn, tr, ws, xs, pe, dht, so) -> magnet.withName(dn)
                        .withTrackers(tr)
                        .withWebSeeds(ws)
                        .withSources(xs, ws)
                        .withPeers(pe)
                        .withNodes(dht)
                        .withSelection(so));
    }

    @Provide
    Arbitrary<String> texts() {
        Arbitrary<String> parts = Arbitraries.of(
                "magnet:?",
                "magnet:",
                "xt=urn:btih:",
                "xt=urn:btmh:1220",
                "00".repeat(20),
                "00".repeat(32),
                "&",
                "=",
                "%",
                "%4",
                "%26",
                "so=",
                "0-",
                "-",
                ",",
                "99999999999",
                "x.pe=",
                "[",
                "]",
                ":",
                "::1",
                "1",
                "tr.1=",
                "dn=",
                "é",
                "\ud83e");
        return Arbitraries.oneOf(text(), parts.list().ofMaxSize(20).map(list -> "magnet:?" + String.join("", list)));
    }

    private static Arbitrary<String> text() {
        return Arbitraries.strings()
                .withChars(" +&=%#?/:\"'<>\\é日\u0000\n")
                .ascii()
                .all()
                .ofMaxLength(30);
    }
}
