package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.bencode.BString;
import weft.kit.Await;

/** Items put by one node and got by another, over real sockets of the loopback address. */
@Timeout(60)
class DhtItemsTest {
    private static final ItemKeyPair KEYS = ItemKeyPair.ofSeed(new byte[32]);
    private static final BString SALT = BString.of("salt");

    private final List<Dht> open = new ArrayList<>();
    private Dht first;
    private Dht writer;
    private Dht reader;

    @BeforeEach
    void join() throws Exception {
        first = open(DhtOptions.loopback());
        writer = joined();
        reader = joined();
        Await.until(
                "all know each other",
                () -> open.stream().allMatch(dht -> dht.statistics().nodes() == 2));
    }

    @AfterEach
    void closeAll() {
        open.forEach(Dht::close);
    }

    private Dht joined() throws Exception {
        var dht = open(DhtOptions.loopback()
                .withNodes(List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), first.port()))));
        assertThat(dht.awaitReady(Await.PATIENCE)).isTrue();
        return dht;
    }

    private Dht open(DhtOptions options) throws IOException {
        var dht = Dht.open(options);
        open.add(dht);
        return dht;
    }

    @Test
    void immutableItemIsFoundByItsHash() throws Exception {
        var item = ImmutableItem.of(BString.of("x".repeat(996)));

        assertThat(writer.put(item)).isEqualTo(2);

        assertThat(reader.get(item.target())).contains(item);
        assertThat(reader.get(ImmutableItem.of(BString.of("y")).target())).isEmpty();
        assertThat(first.statistics().items()).isEqualTo(1);
    }

    @Test
    void mutableItemIsFoundByItsKeyAndSalt() throws Exception {
        assertThat(writer.put(item(1, "one"))).isEqualTo(2);

        assertThat(reader.get(KEYS.key(), SALT)).contains(item(1, "one"));
        assertThat(reader.get(KEYS.key(), BString.EMPTY)).isEmpty();
    }

    @Test
    void theNewestIsFoundAndAnOlderOneIsNotTaken() throws Exception {
        writer.put(item(1, "one"));
        assertThat(writer.put(item(2, "two"))).isEqualTo(2);

        assertThat(writer.put(item(1, "one"))).isZero();

        assertThat(reader.get(KEYS.key(), SALT)).contains(item(2, "two"));
    }

    @Test
    void whoGetsAnItemMayKeepItAliveWithoutTheSecretKey() throws Exception {
        writer.put(item(1, "one"));
        var got = reader.get(KEYS.key(), SALT).orElseThrow();

        assertThat(reader.put(got)).isEqualTo(2);
    }

    @Test
    void whatReplacesAnotherIsTakenInItsPlaceOnly() throws Exception {
        writer.put(item(5, "five"));

        assertThat(writer.put(item(7, "seven"), 4)).isZero();
        assertThat(writer.put(item(6, "six"), 5)).isEqualTo(2);

        assertThat(reader.get(KEYS.key(), SALT)).contains(item(6, "six"));
    }

    @Test
    void whoeverHasAnOlderOneIsGivenTheNewOne() throws Exception {
        keep(first, item(1, "one"));
        keep(writer, item(2, "two"));

        assertThat(reader.get(KEYS.key(), SALT)).contains(item(2, "two"));

        assertThat(kept(first)).isEqualTo(item(2, "two"));
        assertThat(first.statistics().queriesRefused()).isZero();
    }

    @Test
    void itemsOfBothFamiliesAreOne() throws Exception {
        var options = DhtOptions.loopback().withPort(0);
        var one = open(options);
        var both = Stream.of("127.0.0.1", "::1")
                .map(host -> new InetSocketAddress(host, one.port()))
                .toList();
        var other = open(options.withNodes(both));
        Await.until("known in both", () -> other.state().nodes().size() == 2);

        assertThat(other.put(item(1, "one"))).isEqualTo(2);
        assertThat(one.nodes())
                .hasSize(2)
                .allSatisfy(node -> assertThat(node.responder().items()).isEqualTo(1));
        assertThat(other.get(KEYS.key(), SALT)).contains(item(1, "one"));
    }

    /** As if somebody had put it. */
    private static void keep(Dht dht, MutableItem item) {
        var node = dht.nodes().getFirst();
        var asker = new InetSocketAddress("127.0.0.1", 1);
        var id = NodeId.parse("0".repeat(40));
        var get = new Query(SALT, id, true, new Method.Get(item.target(), Set.of(), OptionalLong.empty()));
        var token = ((Answer) answer(node, get, asker)).contents().token().orElseThrow();
        var put = new Query(SALT, id, true, Method.Put.of(item, token, OptionalLong.empty()));
        assertThat(answer(node, put, asker)).isInstanceOf(Answer.class);
    }

    private static Message answer(Node node, Query query, InetSocketAddress from) {
        var answer = new CompletableFuture<Message>();
        node.responder().answer(query, from, answer::complete);
        return answer.join(); // of the thread that verifies
    }

    private static Item kept(Dht dht) {
        var get = new Query(
                SALT,
                NodeId.parse("0".repeat(40)),
                true,
                new Method.Get(item(1, "").target(), Set.of(), OptionalLong.empty()));
        var answer = (Answer) answer(dht.nodes().getFirst(), get, new InetSocketAddress("127.0.0.1", 1));
        return MutableItem.received(KEYS.key(), SALT, answer.contents().stored().orElseThrow())
                .orElseThrow();
    }

    private static MutableItem item(long sequence, String value) {
        return MutableItem.sign(KEYS, SALT, sequence, BString.of(value));
    }
}
