package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import weft.kit.FakeClock;

class RoutingTableTest {
    private static final NodeId OWN = NodeId.parse("0000000000000000000000000000000000000000");

    private final FakeClock clock = new FakeClock();
    private final RoutingTable table = new RoutingTable(OWN, clock);
    private final Random random = new Random(1);
    private int networks;

    /** A node that shares so many leading bits with us, each in a network of its own, whose id does not fit. */
    private Contact nodeSharing(int bits) {
        while (true) {
            var contact = new Contact(OWN.randomSharing(bits, random), nextAddress());
            if (!contact.id().fits(contact.address().getAddress())) {
                return contact;
            }
        }
    }

    private Contact verifiedSharing(int bits) {
        while (true) {
            var address = nextAddress();
            var id = NodeId.generateFor(address.getAddress(), random);
            if (OWN.commonPrefixLength(id) == bits) {
                return new Contact(id, address);
            }
        }
    }

    private InetSocketAddress nextAddress() {
        networks++;
        return new InetSocketAddress("20." + (networks >> 8 & 255) + "." + (networks & 255) + ".1", 6881);
    }

    private static Contact at(String address, int port, NodeId id) {
        return new Contact(id, new InetSocketAddress(address, port));
    }

    private List<Contact> answered(int count, int bits) {
        var contacts = new ArrayList<Contact>();
        for (int i = 0; i < count; i++) {
            var contact = nodeSharing(bits);
            table.answered(contact);
            contacts.add(contact);
        }
        return contacts;
    }

    private void failed(Contact contact, int times) {
        for (int i = 0; i < times; i++) {
            table.failed(contact.address());
        }
    }

    @Test
    void farBucketsHoldEightAndAsManyWait() {
        answered(3, 5);

        answered(20, 0);

        assertThat(table.size()).isEqualTo(8 + 3);
        assertThat(table.waiting()).isEqualTo(8);
    }

    @Test
    void ourOwnBucketIsSplitAsLongAsItIsFull() {
        for (int bits = 0; bits < 20; bits++) {
            answered(8, bits);
        }

        assertThat(table.size()).isEqualTo(8 * 20);
        assertThat(table.waiting()).isZero();
    }

    @Test
    void closestIsWhatSortingAllWouldGive() {
        for (int i = 0; i < 3000; i++) {
            table.answered(nodeSharing(Math.min(19, Integer.numberOfTrailingZeros(random.nextInt() | 1 << 19))));
        }
        var all = table.contacts();
        assertThat(all.size()).isGreaterThan(50);

        for (int i = 0; i < 500; i++) {
            var target = OWN.randomSharing(i % 25, random);

            assertThat(table.closest(target, 8))
                    .isEqualTo(all.stream()
                            .sorted(Comparator.comparing(Contact::id, target.byDistance()))
                            .limit(8)
                            .toList());
        }
    }

    @Test
    void aBadNodeMakesWayForOneThatWaits() {
        var first = answered(8, 0).getFirst();
        answered(1, 1); // so that there is a bucket behind, and ours is not split
        var waiting = answered(1, 0).getFirst();
        assertThat(table.waiting()).isEqualTo(1);

        failed(first, 2);
        assertThat(table.contacts()).contains(first);
        failed(first, 1);

        assertThat(table.contacts()).doesNotContain(first).contains(waiting);
    }

    @Test
    void aBadNodeIsKeptWhileNobodyWaitsButNotToldOf() {
        var node = answered(1, 0).getFirst();

        failed(node, 3);

        assertThat(table.closest(node.id(), 8)).isEmpty();
        assertThat(table.closestEvenBad(node.id(), 8)).containsExactly(node);
        failed(node, 17);
        assertThat(table.closestEvenBad(node.id(), 8)).isEmpty();
    }

    @Test
    void anAnswerMakesUpForFailures() {
        var node = answered(1, 0).getFirst();

        failed(node, 3);
        table.answered(node);

        assertThat(table.closest(node.id(), 8)).containsExactly(node);
    }

    @Test
    void aNodeThatComesBackWithAnotherIdIsDropped() {
        var node = answered(1, 0).getFirst();
        var changed = new Contact(nodeSharing(3).id(), node.address());

        table.answered(changed);
        assertThat(table.size()).isZero();

        table.answered(changed);
        assertThat(table.contacts()).containsExactly(changed);
    }

    @Test
    void oneNodeOfEachAddress() {
        var first = at("20.1.1.1", 1, nodeSharing(0).id());
        table.answered(first);

        table.answered(at("20.1.1.1", 2, nodeSharing(1).id()));

        assertThat(table.contacts()).containsExactly(first);
    }

    @Test
    void oneNodeOfEachNetworkInABucket() {
        answered(8, 5);
        answered(1, 4); // the bucket of those that share no bit is not the last one now
        table.answered(at("20.1.1.1", 1, nodeSharing(0).id()));

        table.answered(at("20.1.1.2", 1, nodeSharing(0).id()));

        assertThat(table.size()).isEqualTo(10);
        assertThat(table.waiting()).isEqualTo(1);
        table.answered(at("20.1.1.3", 1, nodeSharing(4).id()));
        assertThat(table.size()).as("in another bucket").isEqualTo(11);
    }

    @Test
    void manyNodesOfALocalAddressAreFine() {
        for (int port = 1; port <= 8; port++) {
            table.answered(at("127.0.0.1", port, nodeSharing(0).id()));
        }

        assertThat(table.size()).isEqualTo(8);
    }

    @Test
    void theSameIdElsewhereIsIgnoredUnlessItsHolderIsBad() {
        var node = answered(1, 0).getFirst();
        var elsewhere = new Contact(node.id(), nextAddress());

        table.answered(elsewhere);
        assertThat(table.contacts()).containsExactly(node);

        failed(node, 3);
        table.answered(elsewhere);
        assertThat(table.contacts()).containsExactly(elsewhere);
    }

    @Test
    void ourOwnIdIsNobodyElses() {
        table.answered(new Contact(OWN, nextAddress()));

        assertThat(table.size()).isZero();
    }

    @Test
    void verifiedNodesArePreferred() {
        answered(1, 5);
        var unverified = answered(8, 0);
        var verified = verifiedSharing(0);

        table.answered(verified);

        assertThat(table.contacts()).contains(verified).hasSize(9);
        assertThat(table.contacts().containsAll(unverified)).isFalse();
    }

    @Test
    void newcomersThatFitTakeHalfOfAGoodBucketAndThoseHeardOfLongestAgoMakeWay() {
        answered(1, 5);
        var unverified = new ArrayList<Contact>();
        for (int i = 0; i < 8; i++) {
            unverified.addAll(answered(1, 0));
            clock.advance(Duration.ofSeconds(1));
        }
        table.answered(unverified.getFirst());

        for (int i = 0; i < 8; i++) {
            table.answered(verifiedSharing(0));
        }

        assertThat(table.contacts())
                .hasSize(9)
                .contains(unverified.getFirst())
                .containsAll(unverified.subList(5, 8))
                .doesNotContainAnyElementsOf(unverified.subList(1, 5));
    }

    @Test
    void whoIsSilentAndDoesNotFitMakesWayForOneThatDoes() {
        answered(1, 5);
        var unverified = answered(8, 0);
        clock.advance(Duration.ofMinutes(15));
        table.answered(unverified.getFirst());
        table.answered(unverified.get(1));
        failed(unverified.get(1), 1);

        for (int i = 0; i < 8; i++) {
            table.answered(verifiedSharing(0));
        }

        assertThat(table.contacts())
                .contains(unverified.getFirst())
                .doesNotContainAnyElementsOf(unverified.subList(1, 8));
    }

    @Test
    void whoFitsAndAnswersIsDisplacedByNobody() {
        answered(1, 5);
        var first = new ArrayList<Contact>();
        for (int i = 0; i < 8; i++) {
            first.add(verifiedSharing(0));
        }
        first.forEach(table::answered);

        for (int i = 0; i < 8; i++) {
            table.answered(verifiedSharing(0));
        }
        answered(8, 0);

        assertThat(table.contacts()).containsAll(first).hasSize(9);
        assertThat(table.waiting()).isEqualTo(8);
        first.forEach(node -> failed(node, 3));
        assertThat(table.contacts())
                .as("of those that wait who fit come first")
                .filteredOn(node -> node.id().fits(node.address().getAddress()))
                .hasSize(8);
    }

    @Test
    void whoWasDisplacedComesBackIfTheOtherDoesNotStay() {
        answered(1, 5);
        var unverified = answered(8, 0);
        var newcomer = verifiedSharing(0);
        table.answered(newcomer);
        assertThat(table.contacts().containsAll(unverified)).isFalse();

        failed(newcomer, 3);

        assertThat(table.contacts()).containsAll(unverified).doesNotContain(newcomer);
    }

    @Test
    void ofTwoNodesInANetworkTheOneWhoseIdFitsGetsThePlace() {
        answered(1, 5);
        var sybil = at("20.200.1.1", 1, nodeSharing(0).id());
        table.answered(sybil);
        Contact honest;
        int host = 2;
        do {
            var address = new InetSocketAddress("20.200.1." + host++, 1);
            honest = new Contact(NodeId.generateFor(address.getAddress(), random), address);
        } while (OWN.commonPrefixLength(honest.id()) > 0);

        table.answered(honest);

        assertThat(table.contacts()).contains(honest).doesNotContain(sybil);
        assertThat(table.waiting()).isEqualTo(1);
        assertThat(table.isConsistent()).isTrue();
    }

    @Test
    void onlyWhoHasAPlaceIsToBeAskedBack() {
        answered(8, 0);
        answered(1, 5);
        var known = table.contacts().getFirst();

        assertThat(table.asked(nodeSharing(0))).as("full").isFalse();
        assertThat(table.asked(nodeSharing(6))).as("room").isTrue();
        assertThat(table.asked(known)).as("known").isFalse();
    }

    @Test
    void silentNodesArePingedAfterAQuarterOfAnHourOldestFirst() {
        var first = answered(1, 0).getFirst();
        clock.advance(Duration.ofMinutes(5));
        var second = answered(1, 1).getFirst();
        clock.advance(Duration.ofMinutes(10));

        assertThat(table.questionable()).contains(first);
        assertThat(table.questionable()).as("it was asked just now").isEmpty();
        clock.advance(Duration.ofMinutes(5));
        table.answered(first);
        assertThat(table.questionable()).contains(second);
    }

    @Test
    void whoAskedUsIsGoodForAnotherQuarterOfAnHour() {
        var node = answered(1, 0).getFirst();
        clock.advance(Duration.ofMinutes(14));
        table.asked(node);
        clock.advance(Duration.ofMinutes(14));

        assertThat(table.goodNodes()).isEqualTo(1);
        clock.advance(Duration.ofMinutes(1));
        assertThat(table.goodNodes()).isZero();
    }

    @Test
    void bucketsWhereNothingChangesAreRefreshed() {
        answered(8, 0);
        answered(8, 1);
        assertThat(table.refreshTarget(random)).isEmpty();
        clock.advance(Duration.ofMinutes(14));
        answered(0, 0);
        table.answered(table.contacts().getFirst());
        clock.advance(Duration.ofMinutes(1));

        var target = table.refreshTarget(random).orElseThrow();

        assertThat(OWN.commonPrefixLength(target)).isZero();
        assertThat(table.refreshTarget(random)).as("one is being refreshed").isEmpty();
    }

    @Test
    void movingKeepsWhatIsKnown() {
        for (int bits = 0; bits < 5; bits++) {
            answered(4, bits);
        }
        var before = table.contacts();
        var there = NodeId.parse("0800000000000000000000000000000000000000");

        table.moveTo(there);

        assertThat(table.contacts()).containsExactlyInAnyOrderElementsOf(before);
        assertThat(table.contacts()).isSortedAccordingTo(Comparator.comparing(Contact::id, there.byDistance()));
    }

    @Test
    void whateverHappensTheTableStaysWhole() {
        for (int i = 0; i < 100_000; i++) {
            var address = new InetSocketAddress(
                    "20.0." + random.nextInt(30) + "." + random.nextInt(4), 1 + random.nextInt(2));
            var contact = new Contact(OWN.randomSharing(random.nextInt(6), new Random(random.nextInt(300))), address);
            switch (random.nextInt(5)) {
                case 0 -> table.failed(address);
                case 1 -> table.asked(contact);
                case 2 -> clock.advance(Duration.ofSeconds(random.nextInt(60)));
                default -> table.answered(contact);
            }
            if (i % 10_000 == 0) {
                table.moveTo(NodeId.random(random));
            }
        }

        assertThat(table.isConsistent()).isTrue();
    }
}
