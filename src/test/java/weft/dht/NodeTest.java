package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import weft.bencode.BString;
import weft.kit.LogBook;
import weft.net.AddressVotes;

/** A node among others that do not mean well, or not always. */
class NodeTest {
    private static final NodeId TARGET = NodeId.parse("f2fc9e17c5ccf2f89869540bd11ef0f28ec278a0");

    private final SimulatedNetwork network = new SimulatedNetwork(7);
    private final Node node = network.join();
    private final InetSocketAddress address = network.addressOf(node);
    private final Random random = new Random(3);

    /** Somebody whom tests script. */
    private class Stranger {
        final InetSocketAddress here;
        InetSocketAddress asker; // whose datagram came last
        private final NodeId id;
        private final List<Message> heard = new ArrayList<>();

        Stranger(String host, int port) {
            this(new InetSocketAddress(host, port), NodeId.generateFor(address(host), random));
        }

        Stranger(InetSocketAddress here, NodeId id) {
            this.here = here;
            this.id = id;
            network.listen(here, (datagram, from) -> {
                try {
                    asker = from;
                    hear(Krpc.decode(datagram));
                } catch (KrpcException e) {
                    throw new AssertionError(e);
                }
            });
        }

        void hear(Message message) {
            heard.add(message);
        }

        void send(Message message) {
            network.send(Krpc.encode(message), here, address);
        }

        void send(String bytes) {
            network.send(bytes.getBytes(StandardCharsets.ISO_8859_1), here, address);
        }

        Query lastQuery() {
            return heard.stream()
                    .filter(Query.class::isInstance)
                    .map(Query.class::cast)
                    .reduce((first, second) -> second)
                    .orElseThrow();
        }

        Answer answerTo(Query query, Answer.Contents contents) {
            return new Answer(query.transaction(), id, Optional.empty(), contents);
        }
    }

    /** One that answers, in the way that a test says. */
    private class Liar {
        private final Stranger stranger;
        private final Answer.Contents contents;
        private int asked;

        Liar(String host, int port, Answer.Contents contents) {
            this(host, port, NodeId.generateFor(address(host), random), contents);
        }

        Liar(String host, int port, NodeId id, Answer.Contents contents) {
            this.contents = contents;
            stranger = new Stranger(new InetSocketAddress(host, port), id) {
                @Override
                void hear(Message message) {
                    if (message instanceof Query query) {
                        asked++;
                        network.send(Krpc.encode(answerTo(query, contents())), here, asker);
                    }
                }
            };
        }

        Answer.Contents contents() {
            return contents;
        }

        Contact contact() {
            return new Contact(stranger.id, stranger.here);
        }
    }

    private static InetAddress address(String host) {
        return new InetSocketAddress(host, 1).getAddress();
    }

    private void pass(Duration time) {
        network.pass(time.toNanos());
    }

    private void settle() {
        pass(Duration.ofSeconds(1));
    }

    private List<Lookup.Found> lookUp(InetSocketAddress... doors) throws InterruptedException {
        return node.lookup(TARGET, new Method.GetPeers(TARGET, Set.of(), false, false), Lookup.Listener.NONE)
                .run(List.of(doors));
    }

    @Test
    void whereMostAreGoneALookupTakesThreeSecondsAndNotTen() throws InterruptedException {
        var small = new SimulatedNetwork(10);
        small.populate(5);
        var asker = small.nodes().getFirst();
        var left = small.nodes().getLast();
        small.silence(1);
        small.speak(asker);
        small.speak(left);
        long began = small.nanoTime();

        var found = asker.lookup(TARGET, new Method.FindNode(TARGET, Set.of()), Lookup.Listener.NONE)
                .run();

        assertThat(found).extracting(Lookup.Found::node).containsExactly(new Contact(left.id(), small.addressOf(left)));
        assertThat(Duration.ofNanos(small.nanoTime() - began))
                .isBetween(Duration.ofSeconds(2), Duration.ofMillis(3_500));
    }

    @Test
    void anAnswerToAnotherTransactionIsIgnored() {
        var stranger = new Stranger("20.0.0.1", 1);
        node.ping(stranger.here);
        settle();

        stranger.send(new Answer(BString.of("\0\0\0\0"), stranger.id, Optional.empty(), Answer.Contents.NONE));
        stranger.send(new Answer(BString.of("xy"), stranger.id, Optional.empty(), Answer.Contents.NONE));
        settle();

        assertThat(node.table().size()).isZero();
        assertThat(node.counters().unexpected.sum()).isEqualTo(2);
    }

    @Test
    void onlyWhoWasAskedMayAnswer() {
        var asked = new Stranger("20.0.0.1", 1);
        var other = new Stranger("20.0.0.1", 2);
        node.ping(asked.here);
        settle();

        other.send(other.answerTo(asked.lastQuery(), Answer.Contents.NONE));
        settle();
        assertThat(node.table().size()).isZero();
        assertThat(node.counters().unexpected.sum()).isEqualTo(1);

        asked.send(asked.answerTo(asked.lastQuery(), Answer.Contents.NONE));
        settle();
        assertThat(node.table().size())
                .as("the right one is not put off by that")
                .isEqualTo(1);
    }

    @Test
    void anAnswerCountsOnceAndNotTooLate() {
        var stranger = new Stranger("20.0.0.1", 1);
        node.ping(stranger.here);
        pass(Duration.ofSeconds(11));
        node.step();

        stranger.send(stranger.answerTo(stranger.lastQuery(), Answer.Contents.NONE));
        settle();

        assertThat(node.table().size()).isZero();
        assertThat(node.counters().queriesUnanswered.sum()).isEqualTo(1);
    }

    @Test
    void neitherAnswersNorErrorsAreAnswered() {
        var stranger = new Stranger("20.0.0.1", 1);

        stranger.send(new Failure(BString.of("aa"), 201, "Generic Error"));
        stranger.send(new Answer(BString.of("aa"), stranger.id, Optional.empty(), Answer.Contents.NONE));
        stranger.send("d1:t2:aa1:y1:re");
        stranger.send("d1:eli203ee1:t2:aa1:y1:ee");
        stranger.send("rubbish");
        stranger.send("");
        settle();

        assertThat(stranger.heard).isEmpty();
    }

    @Test
    void whatIsMalformedIsCountedAndLoggedOnce() {
        var stranger = new Stranger("20.0.0.1", 1);

        try (var book = LogBook.open()) {
            for (int i = 0; i < 50; i++) {
                stranger.send("d1:t2:aa" + i);
                stranger.send("d1:ade1:q4:ping1:t2:aa1:y1:qe");
            }
            settle();

            assertThat(node.counters().malformed.sum()).isEqualTo(100);
            assertThat(book.lines())
                    .filteredOn(line -> line.contains("20.0.0.1"))
                    .hasSize(1);
        }
    }

    @Test
    void whoAsksIsAskedBackAndThenKnown() {
        var other = network.join();

        other.ping(address);
        settle();
        assertThat(node.table().size()).isZero();
        node.step();
        settle();

        assertThat(node.table().contacts()).containsExactly(new Contact(other.id(), network.addressOf(other)));
    }

    @Test
    void aReadOnlyNodeIsAnsweredAndNotAskedBack() {
        var stranger = new Stranger("20.0.0.1", 1);

        stranger.send(new Query(BString.of("aa"), stranger.id, true, new Method.Ping()));
        settle();
        node.step();
        settle();

        assertThat(stranger.heard).singleElement().isInstanceOf(Answer.class);
    }

    @Test
    void strangersThatAskAreOnlySoManyAskedBackAtATime() {
        var strangers = new ArrayList<Stranger>();
        for (int i = 0; i < 500; i++) {
            var stranger = new Stranger("20.0." + i / 250 + "." + (i % 250 + 1), 1);
            strangers.add(stranger);
            stranger.send(new Query(BString.of("aa"), stranger.id, false, new Method.Ping()));
        }
        settle();

        long before = node.counters().queriesSent.sum();
        node.step();
        assertThat(node.counters().queriesSent.sum() - before).isEqualTo(4);
        for (int i = 0; i < 100; i++) {
            node.step();
        }
        assertThat(node.counters().queriesSent.sum()).as("the rest was dropped").isEqualTo(64);
        assertThat(strangers).hasSize(500);
    }

    @Test
    void localAddressesThatAStrangerTellsOfAreNotAsked() throws InterruptedException {
        var victims = List.of(
                new Stranger("127.0.0.1", 1),
                new Stranger("192.168.1.1", 1),
                new Stranger("10.0.0.1", 1),
                new Stranger("255.255.255.255", 1),
                new Stranger("224.0.0.1", 1),
                new Stranger("0.0.0.0", 1));
        var told = victims.stream()
                .map(victim -> new Contact(NodeId.random(random), victim.here))
                .toList();
        var liar = new Liar("20.0.0.1", 1, Answer.Contents.ofNodes(Answer.nodesOf(Family.IPV4, told)));

        lookUp(liar.contact().address());

        assertThat(liar.asked).isEqualTo(1);
        assertThat(victims).allSatisfy(victim -> assertThat(victim.heard).isEmpty());
    }

    @Test
    void ofManyNodesInOneNetworkFewAreAskedAndAnAddressOnce() throws InterruptedException {
        var victim = new Stranger("20.1.1.1", 1);
        var told = new ArrayList<Contact>();
        for (int i = 1; i <= 8; i++) {
            told.add(new Contact(TARGET.randomSharing(100 + i, random), new InetSocketAddress("20.1.1." + (1 + i), 1)));
        }
        told.addAll(List.of(
                new Contact(TARGET.randomSharing(120, random), victim.here),
                new Contact(TARGET.randomSharing(119, random), victim.here)));
        var first = new Liar("20.0.0.1", 1, Answer.Contents.ofNodes(Answer.nodesOf(Family.IPV4, told.subList(2, 10))));
        var second = new Liar("20.0.1.1", 1, Answer.Contents.ofNodes(Answer.nodesOf(Family.IPV4, told.subList(0, 8))));

        lookUp(first.contact().address(), second.contact().address());

        assertThat(node.counters().queriesSent.sum())
                .as("the liars and four of that network")
                .isEqualTo(2 + 4);
        assertThat(victim.heard).hasSize(1);
    }

    @Test
    void liarsDoNotHideANodeByTellingOfOthersInItsNetwork() throws InterruptedException {
        var honest = new Liar("20.1.1.1", 1, Answer.Contents.NONE);
        var friend = new Liar(
                "20.0.1.1", 1, Answer.Contents.ofNodes(Answer.nodesOf(Family.IPV4, List.of(honest.contact()))));
        var told = List.of(
                new Contact(TARGET.randomSharing(120, random), new InetSocketAddress("20.1.1.2", 1)), // not there
                new Contact(honest.contact().id(), new InetSocketAddress("20.1.1.3", 1)), // its id elsewhere
                friend.contact());
        var liar = new Liar("20.0.0.1", 1, Answer.Contents.ofNodes(Answer.nodesOf(Family.IPV4, told)));

        var found = lookUp(liar.contact().address());

        assertThat(found).extracting(Lookup.Found::node).contains(honest.contact());
    }

    @Test
    void ofTwoNodesInANetworkTheOneCountsWhoseIdFitsItsAddress() throws InterruptedException {
        var honest = new Liar("20.1.1.1", 1, Answer.Contents.NONE);
        assertThat(honest.contact().id().fits(honest.contact().address().getAddress()))
                .isTrue();
        var near = TARGET.randomSharing(120, random);
        var sybil = new Liar("20.1.1.2", 1, near, Answer.Contents.NONE);
        var other = new Liar("20.1.1.3", 1, TARGET.randomSharing(119, random), Answer.Contents.NONE);
        var told = List.of(sybil.contact(), other.contact(), honest.contact());
        var door = new Liar("20.0.0.1", 1, Answer.Contents.ofNodes(Answer.nodesOf(Family.IPV4, told)));

        var found = lookUp(door.contact().address());

        assertThat(found)
                .extracting(Lookup.Found::node)
                .contains(honest.contact())
                .doesNotContain(sybil.contact());
        assertThat(other.asked).as("neither fits, and one of them has answered").isZero();
    }

    @Test
    void aLookupEndsThoughAnAttackerHasNetworksWithoutEnd() throws InterruptedException {
        var attacker = new EndlessNetworks();

        lookUp(attacker.next().contact().address());

        assertThat(node.counters().queriesSent.sum()).isBetween(300L, 400L);
    }

    /** Each tells of three that are nearer still, in networks that nobody has seen yet. */
    private final class EndlessNetworks {
        private static final int BITS = 30;
        private int count;

        Liar next() {
            count++;
            var address = "20." + (count >> 8) + "." + (count & 255) + ".1";
            var bytes = TARGET.toBytes();
            var distance = ByteBuffer.allocate(Integer.BYTES)
                    .putInt((1 << BITS) - count)
                    .array();
            for (int i = 0; i < Integer.BYTES; i++) {
                bytes[NodeId.BYTES - Integer.BYTES + i] ^= distance[i];
            }
            return new Liar(address, 1, NodeId.of(bytes), Answer.Contents.NONE) {
                @Override
                Answer.Contents contents() {
                    var nearer = List.of(next().contact(), next().contact(), next().contact());
                    return Answer.Contents.ofNodes(Answer.nodesOf(Family.IPV4, nearer));
                }
            };
        }
    }

    @Test
    void aLookupEndsThoughLiarsTellOfEverNearerNodes() throws InterruptedException {
        var liars = new ArrayList<Liar>();
        for (int i = 100; i > 0; i--) {
            var next = liars.isEmpty()
                    ? List.<Contact>of()
                    : List.of(new Contact(
                            TARGET.randomSharing(159 - i, random),
                            liars.getLast().contact().address()));
            liars.add(new Liar("20.0." + i + ".1", 1, Answer.Contents.ofNodes(Answer.nodesOf(Family.IPV4, next))));
        }

        var found = lookUp(liars.getLast().contact().address());

        assertThat(found).hasSizeLessThanOrEqualTo(8);
        assertThat(node.counters().queriesSent.sum()).isLessThanOrEqualTo(101);
    }

    @Test
    void theFirstOfAFloodAreAnsweredAndThenNobodyOfThatAddress() {
        var options = DhtOptions.loopback().withRates(100, 1_000, 50);
        var limited = new SimulatedNetwork(8, options);
        var victim = limited.join();
        var flooder = new InetSocketAddress("20.0.0.1", 1);
        var answers = new ArrayList<byte[]>();
        limited.listen(flooder, (datagram, from) -> answers.add(datagram));
        var ping = Krpc.encode(new Query(BString.of("aa"), TARGET, true, new Method.Ping()));

        for (int i = 0; i < 1000; i++) {
            limited.send(ping, flooder, limited.addressOf(victim));
        }
        limited.pass(Duration.ofSeconds(1).toNanos());
        assertThat(answers).as("a fifth of what is taken").hasSize(10);

        limited.pass(Duration.ofSeconds(7).toNanos());
        limited.send(ping, flooder, limited.addressOf(victim));
        limited.pass(Duration.ofSeconds(1).toNanos());
        assertThat(answers).as("no more in ten seconds").hasSize(10);

        limited.pass(Duration.ofSeconds(2).toNanos());
        limited.send(ping, flooder, limited.addressOf(victim));
        limited.pass(Duration.ofSeconds(1).toNanos());
        assertThat(answers).hasSize(11);
    }

    @Test
    void aFloodInTheNameOfAnotherDoesNotKeepOutItsAnswers() throws InterruptedException {
        var limited = new SimulatedNetwork(8, DhtOptions.loopback().withRates(100, 1_000, 50));
        var victim = limited.join();
        var router = limited.join();
        var from = limited.addressOf(router);
        var forged = Krpc.encode(new Query(BString.of("aa"), TARGET, true, new Method.Ping()));
        var guess = Krpc.encode(new Answer(BString.of("abcd"), TARGET, Optional.empty(), Answer.Contents.NONE));
        for (int i = 0; i < 1000; i++) {
            limited.send(forged, from, limited.addressOf(victim));
        }
        limited.pass(Duration.ofSeconds(1).toNanos());
        assertThat(victim.counters().queriesAnswered.sum()).isEqualTo(10);

        for (int i = 0; i < 1000; i++) {
            limited.send(forged, from, limited.addressOf(victim));
            limited.send(guess, from, limited.addressOf(victim));
        }
        var found = victim.bootstrap(List.of(from), Lookup.Listener.NONE);

        assertThat(found).extracting(Lookup.Found::node).containsExactly(new Contact(router.id(), from));
        assertThat(victim.table().contacts()).containsExactly(new Contact(router.id(), from));
        assertThat(victim.counters().queriesAnswered.sum())
                .as("queries in its name are ignored still")
                .isEqualTo(10);
        assertThat(router.counters().ignored.sum())
                .as("our answers to what it never asked are not so many that it ignores us")
                .isZero();
    }

    @Test
    void answersInAllAreLimitedToo() {
        var options = DhtOptions.loopback().withRates(100, 10, 50);
        var limited = new SimulatedNetwork(8, options);
        var victim = limited.join();
        var answers = new ArrayList<byte[]>();
        for (int i = 0; i < 200; i++) {
            var flooder = new InetSocketAddress("20.0.0." + (i + 1), 1);
            limited.listen(flooder, (datagram, from) -> answers.add(datagram));
            var ping = Krpc.encode(new Query(BString.of("aa"), TARGET, true, new Method.Ping()));
            limited.send(ping, flooder, limited.addressOf(victim));
        }

        limited.pass(Duration.ofSeconds(1).toNanos());

        assertThat(answers).hasSizeBetween(20, 22); // two seconds' worth at once, and what grew meanwhile
    }

    @Test
    void whoIsNotAskedForAQuarterOfAnHourTurnsReadOnlyUntilItIs() {
        var other = network.join();
        node.ping(network.addressOf(other));
        settle();
        pass(Duration.ofMinutes(15));

        node.step();
        assertThat(node.isReadOnly()).isTrue();
        var third = network.join();
        node.ping(network.addressOf(third));
        settle();
        third.step();
        settle();
        assertThat(third.table().size()).as("as it says so").isZero();

        third.ping(address);
        settle();
        assertThat(node.isReadOnly()).isFalse();
        assertThat(third.counters().answersReceived.sum())
                .as("the query that shows it is answered")
                .isEqualTo(1);
    }

    @Test
    void whatIsToBeStoredWaitsForItsTurn() throws InterruptedException {
        var slow = new SimulatedNetwork(9, DhtOptions.loopback().withRates(2, 1_000, 1_000)); // four at once
        var writer = slow.join();
        var found = new ArrayList<Lookup.Found>();
        for (int i = 0; i < 8; i++) {
            var other = slow.join();
            var from = slow.addressOf(writer);
            var asked =
                    new Query(BString.of("aa"), writer.id(), true, new Method.GetPeers(TARGET, Set.of(), false, false));
            var contact = new Contact(other.id(), slow.addressOf(other));
            other.responder()
                    .answer(
                            asked,
                            from,
                            answer -> found.add(new Lookup.Found(
                                    contact, ((Answer) answer).contents().token())));
        }

        int stored = writer.store(
                found, at -> at.token().map(token -> new Method.AnnouncePeer(TARGET, 7, false, false, token)));

        assertThat(stored).isEqualTo(8);
        assertThat(slow.nodes())
                .filteredOn(other -> other.responder().peers() == 1)
                .hasSize(8);
    }

    @Test
    void whoeverKnocksAtManyDoorsWaitsForItsTurn() throws InterruptedException {
        var slow = new SimulatedNetwork(9, DhtOptions.loopback().withRates(2, 1_000, 1_000));
        var doors = new ArrayList<InetSocketAddress>();
        for (int i = 0; i < 7; i++) {
            doors.add(slow.addressOf(slow.join()));
        }
        var newcomer = slow.join();

        var found = newcomer.bootstrap(doors, Lookup.Listener.NONE);

        assertThat(found).hasSize(7);
    }

    @Test
    void whoeverHasOurAddressChangeAgainAndAgainDoesNotHaveUsMoveEachTime() {
        var votes = new AddressVotes();
        var moving = new Node(
                Family.IPV4,
                TARGET,
                DhtOptions.loopback(),
                votes,
                (datagram, to) -> {},
                SimulatedNetwork::atOnce,
                network,
                random);
        var first = address("20.1.2.3");
        var second = address("30.1.2.3");

        vote(votes, first);
        moving.step();
        assertThat(moving.id().fits(first)).as("at once").isTrue();

        vote(votes, second);
        moving.step();
        assertThat(moving.id().fits(first)).as("not at once again").isTrue();
        pass(Duration.ofMinutes(5));
        moving.step();
        assertThat(moving.id().fits(second)).isTrue();
    }

    private static void vote(AddressVotes votes, InetAddress seen) {
        for (int i = 1; i <= 20; i++) {
            votes.vote(address("40.0.0." + i), seen);
        }
    }

    @Test
    void aClosedNodeIsSilent() {
        var stranger = new Stranger("20.0.0.1", 1);
        node.close();

        stranger.send("d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe");
        stranger.send("d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:ab1:y1:qe");
        settle();

        assertThat(stranger.heard).isEmpty();
    }

    @Test
    void theClosestNodesAreFoundThoughHalfAreSilent() throws InterruptedException {
        network.populate(200);
        network.silence(0.5);

        var found = new HashSet<>();
        network.anyNode()
                .lookup(TARGET, new Method.FindNode(TARGET, Set.of()), (contact, contents) -> found.add(contact))
                .run();

        var nearest = network.speaking().stream()
                .map(Node::id)
                .sorted(TARGET.byDistance())
                .limit(4)
                .toList();
        assertThat(found.stream().map(contact -> ((Contact) contact).id()).toList())
                .containsAll(nearest);
    }

    @Test
    void aNodeTakesAnIdThatFitsTheAddressByWhichMostSeeIt() throws InterruptedException {
        network.populate(100);
        var misfit = network.join(new InetSocketAddress("20.1.2.3", 6881), TARGET);
        assertThat(misfit.id().fits(new InetSocketAddress("20.1.2.3", 1).getAddress()))
                .isFalse();
        misfit.bootstrap(List.of(address), Lookup.Listener.NONE);
        misfit.lookup(node.id(), new Method.FindNode(node.id(), Set.of()), Lookup.Listener.NONE)
                .run(); // ten have to say so
        int known = misfit.table().size();

        misfit.step();

        assertThat(misfit.id().fits(new InetSocketAddress("20.1.2.3", 1).getAddress()))
                .isTrue();
        assertThat(misfit.externalAddress()).contains(new InetSocketAddress("20.1.2.3", 1).getAddress());
        assertThat(misfit.table().size()).isGreaterThan(known / 2);
    }
}
