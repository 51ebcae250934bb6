package weft.metainfo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import weft.TestData;

/** Whatever happens to a torrent file, it is read or refused with a {@link MetainfoException}, and its paths are safe. */
class MetainfoPropertiesTest {

    /** Overwrites a byte. */
    record Damage(int where, byte with) {}

    @Property(tries = 3000)
    void damagedTorrentIsReadOrRefused(@ForAll("torrents") byte[] torrent, @ForAll("damages") List<Damage> damages) {
        byte[] damaged = torrent.clone();
        damages.forEach(damage -> damaged[damage.where() % damaged.length] = damage.with());

        isRead(damaged); // and nothing else is thrown
    }

    @Property
    void shortenedTorrentIsRefused(@ForAll("torrents") byte[] torrent, @ForAll @IntRange(min = 1) int cut) {
        int length = torrent.length - 1 - cut % torrent.length;

        assertThat(isRead(Arrays.copyOf(torrent, Math.max(0, length)))).isFalse();
    }

    private static boolean isRead(byte[] bytes) {
        try {
            Metainfo metainfo = Metainfo.parse(bytes);
            Path directory = Path.of("download").toAbsolutePath();
            for (TorrentFile file : metainfo.files()) {
                assertThat(file.in(directory).normalize())
                        .startsWithRaw(directory)
                        .isEqualTo(file.in(directory));
            }
            assertThat(metainfo.layout().pieceCount()).isPositive();
            return true;
        } catch (MetainfoException e) {
            assertThat(e.offset()).isBetween(0L, (long) bytes.length);
            return false;
        }
    }

    @Provide
    Arbitrary<byte[]> torrents() {
        try (var files = Files.list(TestData.path("torrents"))) {
            List<byte[]> torrents = files.filter(file -> file.toString().endsWith(".torrent"))
                    .map(TestData::bytes)
                    .filter(bytes -> bytes.length < 1000 && isRead(bytes))
                    .toList();
            return Arbitraries.of(torrents);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Digits and structure are what hurts; any other byte is one of many. */
    @Provide
    Arbitrary<List<Damage>> damages() {
        Arbitrary<Byte> bytes = Arbitraries.oneOf(
                Arbitraries.of(
                        "0123456789dleix-./:".chars().mapToObj(c -> (byte) c).toList()),
                Arbitraries.bytes());
        return Combinators.combine(Arbitraries.integers().between(0, 1000), bytes)
                .as(Damage::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(8);
    }
}
