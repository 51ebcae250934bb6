package weft.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.TestData;
import weft.bencode.BString;
import weft.dht.Dht;
import weft.dht.DhtAnnounce;
import weft.dht.DhtOptions;
import weft.dht.ImmutableItem;
import weft.dht.ItemKeyPair;
import weft.dht.MutableItem;
import weft.kit.Await;
import weft.metainfo.InfoHash;

/**
 * Three nodes of libtorrent's and one of ours are a network. That Weft finds what libtorrent announces is
 * {@link MagnetLinkTest}'s part: among nodes of one address libtorrent's announces come when they like.
 */
@Requires(Program.LIBTORRENT)
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class LibtorrentDhtTest {
    private static final InfoHash TORRENT = InfoHash.parse("9dd66bca00000000000000000000000000000001");
    private static final int OTHERS = 3;

    @RegisterExtension
    private final Lab lab = new Lab();

    private final List<LibtorrentDht> others = new ArrayList<>();
    private Dht weft;

    @BeforeEach
    void formANetwork() throws Exception {
        for (int i = 0; i < OTHERS; i++) {
            others.add(lab.libtorrentDht("libtorrent " + i));
        }
        for (var one : others) {
            for (var other : others) {
                if (one != other) {
                    one.tell("node", Lab.text(other.address()));
                }
            }
        }
        weft = lab.open(Dht.open(
                DhtOptions.loopback().withNodes(List.of(others.getFirst().address()))));
        assertThat(weft.awaitReady(ProgramProcess.PATIENCE)).isTrue();
        for (var other : others) {
            other.awaitNodes(OTHERS);
        }
        Await.until(() -> weft.statistics().toString(), () -> weft.statistics().nodes() == OTHERS);
    }

    private LibtorrentDht last() {
        return others.getLast();
    }

    @Test
    void libtorrentFindsWhatWeftAnnounced() throws Exception {
        var announced = weft.announce(TORRENT, new DhtAnnounce(7001, false, true), peer -> {});
        assertThat(announced.announcedTo()).isEqualTo(OTHERS);

        last().tell("get_peers", TORRENT);

        last().awaitEvent("peers", event -> event.get("peers").toString().contains("127.0.0.1:7001"));
    }

    @Test
    void anImmutableItemOfEitherIsGotByTheOther() throws Exception {
        var item = ImmutableItem.of(BString.of("from-weft"));
        assertThat(weft.put(item)).isEqualTo(OTHERS);
        last().tell("get_immutable", item.target());
        last().awaitEvent("immutable", event -> event.get("item").asText().equals("from-weft"));

        last().tell("put_immutable", "from-libtorrent");
        last().awaitEvent("put", event -> event.get("stored").asInt() >= OTHERS);
        var theirs = ImmutableItem.of(BString.of("from-libtorrent"));
        assertThat(weft.get(theirs.target())).contains(theirs);
        assertThat(weft.statistics().items()).as("it was put here, too").isEqualTo(1);
    }

    @Test
    void aMutableItemOfWeftsIsGotByLibtorrent() throws Exception {
        var keys = ItemKeyPair.generate();
        assertThat(weft.put(MutableItem.sign(keys, BString.of("salt"), 7, BString.of("from-weft"))))
                .isEqualTo(OTHERS);

        last().tell("get_mutable", keys.key(), "salt");

        var got =
                last().awaitEvent("mutable", event -> event.get("item").asText().equals("from-weft"));
        assertThat(got.get("seq").asInt()).isEqualTo(7);
    }

    @Test
    void aMutableItemOfLibtorrentsIsGotByWeft() throws Exception {
        // libtorrent's form of a private key does not lead back to the seed, so the vectors have both.
        var row = TestData.json("vectors/bep44_items.json").get("rows").get(3);
        var keys = ItemKeyPair.ofSeed(TestData.hex(row.get("seed").asText()));

        last().tell("put_mutable", row.get("expanded_private_key").asText(), keys.key(), "salt", "from-libtorrent");
        last().awaitEvent("put", event -> event.get("stored").asInt() >= OTHERS - 1);

        var got = weft.get(keys.key(), BString.of("salt")).orElseThrow();
        assertThat(got.value()).isEqualTo(BString.of("from-libtorrent"));
    }
}
