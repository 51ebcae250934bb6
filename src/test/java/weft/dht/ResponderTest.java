package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import weft.TestData;
import weft.bencode.BString;
import weft.fuzz.Seeds;
import weft.net.AddressVotes;

/** What a node answers, byte by byte where it matters. */
class ResponderTest {
    private static final InetSocketAddress ASKER = new InetSocketAddress("203.0.113.9", 6881);
    private static final InetSocketAddress OTHER = new InetSocketAddress("203.0.113.10", 6881);
    private static final NodeId ID = NodeId.parse("f8e966d1e207d02c44511a58dccff2f5429e9a3b");
    private static final NodeId TORRENT = NodeId.parse("f2fc9e17c5ccf2f89869540bd11ef0f28ec278a0");
    private static final BString TRANSACTION = BString.of("aa");

    private final SimulatedNetwork time = new SimulatedNetwork(1);
    private final Random random = new Random(2);
    private final List<byte[]> sent = new ArrayList<>();
    private final Node node = node(Family.IPV4);

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

    private Optional<Message> reaction(byte[] datagram, InetSocketAddress from) {
        sent.clear();
        node.received(datagram, from);
        assertThat(sent).hasSizeLessThanOrEqualTo(1);
        return sent.stream().findFirst().map(ResponderTest::decoded);
    }

    private static Message decoded(byte[] datagram) {
        try {
            return Krpc.decode(datagram);
        } catch (KrpcException e) {
            throw new AssertionError(e);
        }
    }

    private Message ask(Method method, InetSocketAddress from) {
        return reaction(Krpc.encode(new Query(TRANSACTION, ID, true, method)), from)
                .orElseThrow();
    }

    private Answer.Contents answer(Method method, InetSocketAddress from) {
        return ((Answer) ask(method, from)).contents();
    }

    private int refusal(Method method, InetSocketAddress from) {
        return ((Failure) ask(method, from)).code();
    }

    private static Method.GetPeers getPeers(NodeId infoHash) {
        return new Method.GetPeers(infoHash, Set.of(), false, false);
    }

    private BString token(InetSocketAddress asker) {
        return answer(getPeers(TORRENT), asker).token().orElseThrow();
    }

    private void announce(String host, int port, boolean seed) {
        var from = new InetSocketAddress(host, 1);
        answer(new Method.AnnouncePeer(TORRENT, port, false, seed, token(from)), from);
    }

    @Test
    void everyMalformedVectorGetsTheExpectedReaction() {
        for (var row : (Iterable<JsonNode>) Seeds.rows("dht_messages.json", "malformed")::iterator) {
            var reaction = reaction(TestData.hex(row.get("hex").asText()), ASKER);

            var name = row.get("name").asText();
            switch (name) {
                case "no transaction id", "unknown y", "nodes not a multiple of 26", "value entry of 5 bytes" ->
                    assertThat(reaction).as(name).isEmpty();
                case "empty transaction id", "long transaction id", "trailing bytes", "unsorted keys" ->
                    assertThat(reaction.orElseThrow()).as(name).isInstanceOf(Answer.class);
                case "unknown method" ->
                    assertThat(((Failure) reaction.orElseThrow()).code())
                            .as(name)
                            .isEqualTo(204);
                default ->
                    assertThat(((Failure) reaction.orElseThrow()).code())
                            .as(name)
                            .isEqualTo(203);
            }
        }
        assertThat(node.responder().torrents()).isZero();
    }

    @Test
    void theAnswerHasTheTransactionAndTheAskersAddress() {
        var answer = (Answer) ask(new Method.Ping(), ASKER);

        assertThat(answer).isEqualTo(new Answer(TRANSACTION, node.id(), Optional.of(ASKER), Answer.Contents.NONE));
    }

    @Test
    void whoAnnouncedIsFound() {
        announce("203.0.113.1", 7001, false);

        assertThat(answer(getPeers(TORRENT), ASKER).values())
                .containsExactly(new InetSocketAddress("203.0.113.1", 7001));
        assertThat(answer(getPeers(ID), ASKER).values()).isEmpty();
    }

    @Test
    void theImpliedPortIsThatOfTheDatagram() {
        answer(new Method.AnnouncePeer(TORRENT, 1, true, false, token(ASKER)), ASKER);

        assertThat(answer(getPeers(TORRENT), OTHER).values()).containsExactly(ASKER);
    }

    @Test
    void aTokenIsGoodForItsAddressAndTorrentOnlyAndForTenMinutes() {
        var token = token(ASKER);
        var announce = new Method.AnnouncePeer(TORRENT, 7001, false, false, token);

        assertThat(refusal(announce, OTHER)).isEqualTo(203);
        assertThat(refusal(new Method.AnnouncePeer(ID, 7001, false, false, token), ASKER))
                .isEqualTo(203);
        time.pass(Duration.ofMinutes(4).toNanos());
        assertThat(ask(announce, ASKER)).isInstanceOf(Answer.class);
        time.pass(Duration.ofMinutes(7).toNanos());
        assertThat(refusal(announce, ASKER)).isEqualTo(203);
    }

    @Test
    void seedsAreLeftOutAndCountedAsWanted() {
        announce("203.0.113.1", 7001, true);
        announce("203.0.113.2", 7002, false);

        var noSeeds = answer(new Method.GetPeers(TORRENT, Set.of(), true, false), ASKER);
        var scrape = answer(new Method.GetPeers(TORRENT, Set.of(), false, true), ASKER);
        var nobody = answer(new Method.GetPeers(ID, Set.of(), false, true), ASKER);

        assertThat(noSeeds.values()).containsExactly(new InetSocketAddress("203.0.113.2", 7002));
        var filters = scrape.filters().orElseThrow();
        assertThat(new BloomFilter(filters.seeds()).mayContain(new InetSocketAddress("203.0.113.1", 1).getAddress()))
                .isTrue();
        assertThat(new BloomFilter(filters.peers()).estimate()).isBetween(0.5, 1.5);
        assertThat(nobody.filters()).isEmpty();
    }

    @Test
    void samplesAreOfTorrentsThatPeersWereAnnouncedFor() {
        announce("203.0.113.1", 7001, false);

        var samples = answer(new Method.SampleInfohashes(ID, Set.of()), ASKER)
                .samples()
                .orElseThrow();

        assertThat(samples.infoHashes()).containsExactly(TORRENT);
        assertThat(samples.count()).isEqualTo(1);
        assertThat(samples.intervalSeconds()).isBetween(0, 21_600);
    }

    @Test
    void whatIsUnknownAndHasATargetIsAnsweredLikeFindNode() {
        fillTable(node, "20.0.");

        var answer = answer(new Method.Unknown("frobnicate", Optional.of(TORRENT), Set.of()), ASKER);

        assertThat(answer).isEqualTo(answer(new Method.FindNode(TORRENT, Set.of()), ASKER));
        assertThat(answer.allNodes()).hasSize(8);
    }

    private void fillTable(Node of, String network) {
        for (int i = 0; i < 200; i++) {
            of.table()
                    .answered(new Contact(
                            NodeId.random(random),
                            new InetSocketAddress(network + i + (network.contains(":") ? "::" : ".") + "1", 1)));
        }
    }

    @Test
    void nodesOfBothFamiliesAreToldOfOnlyIfWanted() {
        var sibling = node(Family.IPV6);
        Node.pair(node, sibling);
        fillTable(node, "20.0.");
        fillTable(sibling, "2001:db8:");

        var unsaid = answer(new Method.FindNode(TORRENT, Set.of()), ASKER);
        var both = answer(new Method.FindNode(TORRENT, Set.of(Family.IPV4, Family.IPV6)), ASKER);
        var other = answer(new Method.FindNode(TORRENT, Set.of(Family.IPV6)), ASKER);

        assertThat(unsaid.nodes()).containsOnlyKeys(Family.IPV4);
        assertThat(both.nodes()).containsOnlyKeys(Family.IPV4, Family.IPV6);
        assertThat(other.nodes()).containsOnlyKeys(Family.IPV6);
        assertThat(other.nodes().get(Family.IPV6)).hasSize(8);
    }

    @Test
    void theLongestAnswersStayWithinAPacket() {
        var sibling = node(Family.IPV6);
        Node.pair(node, sibling);
        fillTable(node, "20.0.");
        fillTable(sibling, "2001:db8:");
        for (int i = 1; i <= 200; i++) {
            announce("203.0.113." + i, 7000 + i, i % 2 == 0);
        }

        var plain = answer(getPeers(TORRENT), ASKER);
        int plainBytes = sent.getFirst().length;
        var scrape = answer(new Method.GetPeers(TORRENT, Set.of(Family.IPV4, Family.IPV6), false, true), ASKER);
        int scrapeBytes = sent.getFirst().length;

        assertThat(plain.values()).hasSize(50);
        assertThat(plainBytes).isLessThanOrEqualTo(1024);
        assertThat(scrape.filters()).isPresent();
        assertThat(scrapeBytes).isLessThanOrEqualTo(1250);
    }

    @Test
    void aTorrentThatIsFullGivesNoTokens() {
        for (int i = 0; i < 500; i++) {
            announce("20.0." + i / 200 + "." + (i % 200 + 1), 7000, false);
        }

        assertThat(answer(getPeers(TORRENT), ASKER).token()).isEmpty();
    }

    private final ItemKeyPair keys = ItemKeyPair.generate();

    private static Method.Put put(BString token, MutableItem item, OptionalLong cas) {
        var signed = new Method.Put.Signed(
                item.key().asString(), item.salt(), item.sequence(), item.signatureAsString(), cas);
        return new Method.Put(token, item.value(), Optional.of(signed));
    }

    private BString tokenFor(NodeId target, InetSocketAddress asker) {
        return answer(new Method.Get(target, Set.of(), OptionalLong.empty()), asker)
                .token()
                .orElseThrow();
    }

    @Test
    void anImmutableItemIsKept() {
        var item = ImmutableItem.of(BString.of("Hello World!"));
        var get = new Method.Get(item.target(), Set.of(), OptionalLong.empty());
        var token = tokenFor(item.target(), ASKER);

        assertThat(refusal(new Method.Put(BString.of("x"), item.value(), Optional.empty()), ASKER))
                .isEqualTo(203);
        assertThat(answer(get, OTHER).stored()).isEmpty();
        answer(new Method.Put(token, item.value(), Optional.empty()), ASKER);

        assertThat(answer(get, OTHER).stored().orElseThrow().value()).contains(item.value());
        assertThat(node.responder().items()).isEqualTo(1);
    }

    @Test
    void aMutableItemIsReplacedByALaterOneOnly() {
        var first = MutableItem.sign(keys, BString.of("salt"), 1, BString.of("one"));
        var second = MutableItem.sign(keys, BString.of("salt"), 2, BString.of("two"));
        var token = tokenFor(first.target(), ASKER);
        answer(put(token, first, OptionalLong.empty()), ASKER);

        assertThat(refusal(put(token, second, OptionalLong.of(7)), ASKER)).isEqualTo(301);
        answer(put(token, second, OptionalLong.of(1)), ASKER);
        assertThat(refusal(put(token, first, OptionalLong.empty()), ASKER)).isEqualTo(302);

        var all = answer(new Method.Get(first.target(), Set.of(), OptionalLong.empty()), OTHER)
                .stored()
                .orElseThrow();
        var newer = answer(new Method.Get(first.target(), Set.of(), OptionalLong.of(2)), OTHER)
                .stored()
                .orElseThrow();
        assertThat(MutableItem.received(keys.key(), BString.of("salt"), all)).contains(second);
        assertThat(newer.value()).isEmpty();
        assertThat(newer.sequence()).hasValue(2);
    }

    @Test
    void aForgedItemIsRefused() {
        var item = MutableItem.sign(keys, BString.EMPTY, 1, BString.of("one"));
        var signed = new Method.Put.Signed(
                item.key().asString(), item.salt(), 2, item.signatureAsString(), OptionalLong.empty());

        var put = new Method.Put(tokenFor(item.target(), ASKER), item.value(), Optional.of(signed));

        assertThat(refusal(put, ASKER)).isEqualTo(206);
        assertThat(node.responder().items()).isZero();
    }

    @Test
    void aValueThatIsTooLongIsRefused() {
        var put = new Method.Put(BString.of("x"), BString.of("x".repeat(997)), Optional.empty());

        assertThat(refusal(put, ASKER)).isEqualTo(205);
    }

    @Test
    void onlySoManySignaturesAreVerifiedInASecond() {
        var item = MutableItem.sign(keys, BString.EMPTY, 1, BString.of("one"));
        var token = tokenFor(item.target(), ASKER);
        var unsigned = new Method.Put.Signed(
                keys.key().asString(), BString.EMPTY, 1, BString.of(new byte[64]), OptionalLong.empty());
        var forged = new Method.Put(token, item.value(), Optional.of(unsigned));

        for (int i = 0; i < 200; i++) {
            assertThat(refusal(put(BString.of("x"), item, OptionalLong.empty()), ASKER)) // costs nothing
                    .isEqualTo(203);
            assertThat(refusal(forged, ASKER)).isEqualTo(206);
        }

        assertThat(refusal(forged, ASKER)).isEqualTo(202);
    }
}
