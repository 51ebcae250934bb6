package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import weft.bencode.BString;
import weft.bencode.BValue;
import weft.net.AddressVotes;

/** What a node answers to get and put (BEP 44), and what is believed of such answers. */
class ItemAnswersTest {
    private static final InetSocketAddress ASKER = new InetSocketAddress("203.0.113.9", 6881);
    private static final NodeId ID = NodeId.parse("f8e966d1e207d02c44511a58dccff2f5429e9a3b");
    private static final ItemKeyPair KEYS = ItemKeyPair.ofSeed(new byte[32]);
    private static final BString SALT = BString.of("salt");
    private static final BString TRANSACTION = BString.of("aa");

    private final SimulatedNetwork time = new SimulatedNetwork(1);
    private final Random random = new Random(2);
    private final List<byte[]> sent = new ArrayList<>();
    private final Node node = node(Family.IPV6);

    private Node node(Family family) {
        return new Node(
                family,
                NodeId.random(random),
                DhtOptions.loopback().withRates(1_000_000, 1_000_000, 1_000_000),
                new AddressVotes(),
                (datagram, to) -> sent.add(datagram),
                SimulatedNetwork::atOnce,
                time,
                random);
    }

    private Message ask(Method method) throws KrpcException {
        sent.clear();
        node.received(Krpc.encode(new Query(TRANSACTION, ID, true, method)), ASKER);
        return Krpc.decode(sent.getFirst());
    }

    private Answer.Contents get(NodeId target, OptionalLong newerThan) throws KrpcException {
        return ((Answer) ask(new Method.Get(target, EnumSet.allOf(Family.class), newerThan))).contents();
    }

    private Message put(Item item) throws KrpcException {
        var token = get(item.target(), OptionalLong.empty()).token().orElseThrow();
        return ask(Method.Put.of(item, token, OptionalLong.empty()));
    }

    @Test
    void itemAndNodesFitAPacketHoweverLongTheItem() throws KrpcException {
        var sibling = node(Family.IPV4);
        Node.pair(node, sibling);
        for (int i = 0; i < 200; i++) {
            node.table().answered(contact("2001:db8:" + i + "::1"));
            sibling.table().answered(contact("20.0." + i + ".1"));
        }

        for (int length : new int[] {0, 100, 400, 700, 996}) {
            var item = MutableItem.sign(KEYS, SALT, length, BString.of("x".repeat(length)));
            assertThat(put(item)).isInstanceOf(Answer.class);
            var contents = get(item.target(), OptionalLong.empty());

            assertThat(sent.getFirst().length).isLessThanOrEqualTo(1400);
            assertThat(received(contents)).contains(item);
            assertThat(contents.allNodes()).hasSize(length <= 400 ? 16 : length == 700 ? 12 : 4);
        }
    }

    @Test
    void onlyWhatIsNewerIsToldInFull() throws KrpcException {
        var item = MutableItem.sign(KEYS, SALT, 5, BString.of("five"));
        put(item);

        assertThat(received(get(item.target(), OptionalLong.of(4)))).contains(item);
        for (long known : new long[] {5, 6, Long.MAX_VALUE}) {
            assertThat(get(item.target(), OptionalLong.of(known)).stored())
                    .contains(new Answer.Stored(
                            Optional.empty(), Optional.empty(), OptionalLong.of(5), Optional.empty()));
        }
    }

    @Test
    void tokenOfAnotherTargetIsRefused() throws KrpcException {
        var item = MutableItem.sign(KEYS, SALT, 5, BString.of("five"));
        var token = get(ID, OptionalLong.empty()).token().orElseThrow();

        var reaction = ask(Method.Put.of(item, token, OptionalLong.empty()));

        assertThat(((Failure) reaction).code()).isEqualTo(203);
        assertThat(node.responder().items()).isZero();
    }

    @Test
    void refusalsHaveTheCodesOfTheBep() throws KrpcException {
        put(MutableItem.sign(KEYS, SALT, 5, BString.of("five")));
        var target = MutableItem.target(KEYS.key(), SALT);
        var token = get(target, OptionalLong.empty()).token().orElseThrow();
        var four = MutableItem.sign(KEYS, SALT, 4, BString.of("four"));
        var forged =
                new Method.Put.Signed(KEYS.key().asString(), SALT, 6, four.signatureAsString(), OptionalLong.empty());

        assertThat(code(Method.Put.of(four, token, OptionalLong.empty()))).isEqualTo(302);
        assertThat(code(Method.Put.of(four, token, OptionalLong.of(9)))).isEqualTo(301);
        assertThat(code(new Method.Put(token, BString.of("six"), Optional.of(forged))))
                .isEqualTo(206);
        assertThat(code(new Method.Put(token, BString.of("x".repeat(997)), Optional.empty())))
                .isEqualTo(205);
    }

    private int code(Method.Put put) throws KrpcException {
        return ((Failure) ask(put)).code();
    }

    @Test
    void liesAboutAnItemAreNotBelieved() {
        var newest = new NewestItem(KEYS.key(), SALT);
        var honest = MutableItem.sign(KEYS, SALT, 5, BString.of("five"));
        var others = ItemKeyPair.ofSeed(new byte[] {
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
        });
        var liar = MutableItem.sign(others, SALT, 9, BString.of("nine"));
        var old = contact("20.0.1.1");

        hear(newest, contact("20.0.0.1"), honest.value(), honest, 9); // another sequence number than was signed
        hear(newest, contact("20.0.0.2"), liar.value(), liar, 9);
        assertThat(newest.newest()).isEmpty();
        hear(newest, contact("20.0.0.3"), honest.value(), honest, 5);
        var three = MutableItem.sign(KEYS, SALT, 3, BString.of("three"));
        hear(newest, old, three.value(), three, 3);

        assertThat(newest.newest()).contains(honest);
        assertThat(newest.update(new Lookup.Found(old, Optional.of(SALT))))
                .contains(Method.Put.of(honest, SALT, OptionalLong.empty()));
        assertThat(newest.update(new Lookup.Found(old, Optional.empty()))).isEmpty();
        assertThat(newest.update(new Lookup.Found(contact("20.0.2.1"), Optional.of(SALT)))) // has none
                .isEmpty();
    }

    @Test
    void manyWhoLieAboutAnItemDoNotHideIt() {
        var newest = new NewestItem(KEYS.key(), SALT);
        var honest = MutableItem.sign(KEYS, SALT, 5, BString.of("five"));

        for (int i = 1; i <= 100; i++) {
            hear(newest, contact("20.0.0." + i), BString.of("a lie"), honest, 1_000 + i);
        }
        hear(newest, contact("20.0.1.1"), honest.value(), honest, 5);

        assertThat(newest.newest()).contains(honest);
    }

    private static void hear(NewestItem newest, Contact from, BValue value, MutableItem item, long sequence) {
        newest.answered(
                from,
                Answer.Contents.NONE.with(new Answer.Stored(
                        Optional.of(value),
                        Optional.of(item.key().asString()),
                        OptionalLong.of(sequence),
                        Optional.of(item.signatureAsString()))));
    }

    private static Optional<MutableItem> received(Answer.Contents contents) {
        return contents.stored().flatMap(stored -> MutableItem.received(KEYS.key(), SALT, stored));
    }

    private Contact contact(String host) {
        return new Contact(NodeId.random(random), new InetSocketAddress(host, 1));
    }
}
