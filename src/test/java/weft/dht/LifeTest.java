package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import weft.kit.LogBook;

/** How a node finds the network, and stays in it. */
class LifeTest {
    private final SimulatedNetwork network = new SimulatedNetwork(5);
    private final CountDownLatch ready = new CountDownLatch(1);
    private Node router;
    private Node node;
    private int routersWanted;

    @BeforeEach
    void populate() throws InterruptedException {
        network.populate(100);
        router = network.anyNode();
        node = network.join();
    }

    private Life life(InetSocketAddress... known) {
        return new Life(node, network, new Random(1), () -> List.of(known), this::routers, ready);
    }

    private List<InetSocketAddress> routers() {
        routersWanted++;
        var addresses = List.of(network.addressOf(router));
        node.routers(Set.copyOf(addresses));
        return addresses;
    }

    private void live(Life life, Duration time) {
        network.interruptAfter(time.toNanos());
        assertThatThrownBy(life::run).isInstanceOf(InterruptedException.class);
        network.interruptAfter(Long.MAX_VALUE / 2);
    }

    @Test
    void nodesOfAnEarlierRunAreEnough() {
        live(life(network.addressOf(router)), Duration.ofSeconds(20));

        assertThat(node.table().size()).isGreaterThan(8);
        assertThat(ready.getCount()).isZero();
        assertThat(routersWanted).isZero();
    }

    @Test
    void theFirstThatAnswersIsEnoughToBeginWithThoughOthersAreSilent() {
        network.silence(1);
        network.speak(node);
        var friend = network.join();

        live(life(new InetSocketAddress("20.9.9.9", 1), network.addressOf(friend)), Duration.ofSeconds(2));

        assertThat(ready.getCount()).isZero();
    }

    @Test
    void whoKnowsNobodyAsksTheRoutersAndKeepsThemOutOfItsTable() {
        live(life(), Duration.ofSeconds(20));

        assertThat(node.table().size()).isGreaterThan(8);
        assertThat(routersWanted).isEqualTo(1);
        assertThat(node.table().contacts()).extracting(Contact::id).doesNotContain(router.id());
    }

    @Test
    void ifNodesOfAnEarlierRunAreGoneTheRoutersAreAsked() {
        live(life(new InetSocketAddress("20.9.9.9", 1)), Duration.ofSeconds(6)); // three are for waiting in vain

        assertThat(node.table().size()).isGreaterThan(8);
        assertThat(routersWanted).isEqualTo(1);
    }

    @Test
    void routersThatAreSilentAreAskedEverMoreSeldom() {
        network.silence(1);

        live(life(), Duration.ofHours(1));

        assertThat(routersWanted).isBetween(10, 25);
        assertThat(ready.getCount()).isEqualTo(1);
    }

    @Test
    void anAddressThatSomebodyTellsIsTriedAtOnce() {
        network.silence(1);
        network.speak(node);
        var friend = network.join();
        var life = life();
        life.tell(network.addressOf(friend));

        live(life, Duration.ofSeconds(40));

        assertThat(node.table().contacts()).extracting(Contact::id).containsExactly(friend.id());
        assertThat(ready.getCount()).isZero();
    }

    @Test
    void whoTellsOfManyThatAreSilentDoesNotHoldUpWhoTellsOfOne() {
        network.silence(1);
        network.speak(node);
        var friend = network.join();
        var life = life();
        for (int i = 1; i <= 25; i++) {
            life.tell(new InetSocketAddress("20.9.9." + i, 1));
        }
        life.tell(network.addressOf(friend));

        live(life, Duration.ofSeconds(13)); // in which four can be waited for one after the other

        assertThat(node.table().contacts()).extracting(Contact::id).containsExactly(friend.id());
    }

    @Test
    void aBugInOneRoundEndsNothingAndIsSaidOnce() {
        Life.Addresses broken = () -> {
            routersWanted++;
            throw new IllegalArgumentException("a bug");
        };
        var life = new Life(node, network, new Random(1), broken, broken, ready);

        try (var book = LogBook.open()) {
            live(life, Duration.ofMinutes(2));
            assertThat(routersWanted).isGreaterThan(2);
            assertThat(book.lines()).filteredOn(line -> line.contains("a bug")).hasSize(1);
        }
        life.tell(network.addressOf(router));
        live(life, Duration.ofSeconds(20));
        assertThat(node.table().size()).isGreaterThan(8);
        assertThat(ready.getCount()).isZero();
    }

    @Test
    void itEndsWhenTheNodeIsClosed() throws InterruptedException {
        node.close();

        life(network.addressOf(router)).run();

        assertThat(routersWanted).isZero();
    }

    @Test
    void aTableStaysGoodForHours() {
        var life = life(network.addressOf(router));

        live(life, Duration.ofHours(3));

        assertThat(node.table().goodNodes()).isGreaterThan(8);
        assertThat(node.table().size() - node.table().goodNodes()).isLessThan(5);
    }

    @Test
    void nodesThatDieAreReplaced() {
        var life = life(network.addressOf(router));
        live(life, Duration.ofMinutes(1));
        var before = new ArrayList<>(node.table().contacts());
        network.silence(0.3);
        network.speak(node);

        live(life, Duration.ofHours(1));

        assertThat(node.table().goodNodes()).isGreaterThan(8);
        assertThat(network.silentAmong(node.table().contacts())).isLessThan(network.silentAmong(before));
    }
}
