package weft.lan;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.TaskScope;
import weft.kit.Await;

/** On the loopback interface, where multicast stays in the machine. What others send there meanwhile is ignored. */
@Timeout(60)
class MulticastGroupTest {
    private static final Optional<InetAddress> LOOPBACK = Optional.of(address("127.0.0.1"));

    private final String word = "weft test " + ThreadLocalRandom.current().nextLong();

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (java.net.UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private ByteBuffer message() {
        return ByteBuffer.wrap(word.getBytes(UTF_8));
    }

    /** Receives until our own word comes, and says from where. */
    private InetAddress awaitWord(MulticastGroup group) throws Exception {
        var buffer = ByteBuffer.allocate(2000);
        while (true) {
            var source = group.receive(buffer.clear());
            if (UTF_8.decode(buffer.flip()).toString().equals(word)) {
                return source.getAddress();
            }
        }
    }

    @Test
    void everyClientOfTheMachineHearsWhatOneSends() throws Exception {
        try (var one = MulticastGroup.ipv4(LOOPBACK);
                var other = MulticastGroup.ipv4(LOOPBACK)) {
            assertThat(one.refresh()).isTrue();
            assertThat(other.refresh()).isTrue();

            one.send(message());

            assertThat(awaitWord(other)).isEqualTo(LOOPBACK.get());
            assertThat(awaitWord(one)).isEqualTo(LOOPBACK.get());
            assertThat(one.refresh()).isFalse();
        }
    }

    @Test
    void closingEndsTheWaiting() throws Exception {
        var group = MulticastGroup.ipv4(LOOPBACK);
        var unopened = MulticastGroup.ipv4(LOOPBACK); // no channel yet
        group.refresh();
        var ended = new CompletableFuture<Exception>();
        var endedUnopened = new CompletableFuture<Exception>();
        try (var scope = TaskScope.supervised("test", (task, failure) -> {})) {
            scope.fork("one", () -> ended.complete(failureOfReceive(group)));
            scope.fork("other", () -> endedUnopened.complete(failureOfReceive(unopened)));

            group.close();
            unopened.close();

            assertThat(ended.get(20, TimeUnit.SECONDS)).isInstanceOf(ClosedChannelException.class);
            assertThat(endedUnopened.get(20, TimeUnit.SECONDS)).isInstanceOf(ClosedChannelException.class);
        }
        assertThat(group.refresh()).isFalse();
        group.send(message()); // nothing, and no fault
    }

    private static Exception failureOfReceive(MulticastGroup group) {
        try {
            while (true) {
                group.receive(ByteBuffer.allocate(2000));
            }
        } catch (Exception e) {
            return e;
        }
    }

    @Test
    void anInterfaceThatComesIsUsedByWhoWaitsAlready() throws Exception {
        try (var group = MulticastGroup.ipv4(LOOPBACK);
                var other = MulticastGroup.ipv4(LOOPBACK);
                var scope = TaskScope.supervised("test", (task, failure) -> {})) {
            other.refresh();
            var heard = new CompletableFuture<InetAddress>();
            scope.closeFirst(group);
            scope.fork("waits", () -> {
                try {
                    heard.complete(awaitWord(group));
                } catch (Exception e) {
                    heard.completeExceptionally(e);
                }
            });

            assertThat(group.refresh()).isTrue();

            Await.until("heard", () -> {
                other.send(message());
                return heard.isDone();
            });
            assertThat(heard.get()).isEqualTo(LOOPBACK.get());
        }
    }

    @Test
    void addressesOfOurNetworksAndPrivateOnesAreNear() throws Exception {
        try (var group = MulticastGroup.ipv4(LOOPBACK)) {
            assertThat(java.util.stream.Stream.of(
                                    "127.0.0.1",
                                    "10.1.2.3",
                                    "192.168.0.1",
                                    "172.16.0.1",
                                    "169.254.1.1",
                                    "fe80::1",
                                    "fd00::1",
                                    "::1")
                            .map(MulticastGroupTest::address))
                    .allMatch(group::isNear);
            assertThat(java.util.stream.Stream.of("8.8.8.8", "172.32.0.1", "192.169.0.1", "2001:db8::1")
                            .map(MulticastGroupTest::address))
                    .noneMatch(group::isNear);
        }
    }

    @Test
    void prefixesAreComparedBitByBit() {
        byte[] own = {10, 1, (byte) 0xf0, 1};

        assertThat(MulticastGroup.isSamePrefix(own, new byte[] {10, 1, (byte) 0xff, 9}, 20))
                .isTrue();
        assertThat(MulticastGroup.isSamePrefix(own, new byte[] {10, 1, (byte) 0xff, 9}, 21))
                .isFalse();
        assertThat(MulticastGroup.isSamePrefix(own, own, 32)).isTrue();
        assertThat(MulticastGroup.isSamePrefix(own, new byte[] {0, 0, 0, 0}, 0)).isTrue();
        assertThat(MulticastGroup.isSamePrefix(own, new byte[16], 0)).isFalse();
    }

    @Test
    void bothFamiliesCanBeOpenedAtTheSameTime() throws Exception {
        assumeThat(NetworkInterface.getByInetAddress(address("::1")))
                .as("this machine has IPv6")
                .isNotNull();
        try (var ipv4 = MulticastGroup.ipv4(LOOPBACK);
                var ipv6 = MulticastGroup.ipv6(Optional.of(address("::1")))) {
            assertThat(ipv4.refresh()).isTrue();
            assertThat(ipv6.refresh()).isTrue();
        }
    }

    @Test
    void anAddressThatIsNoneOfOursHasNoInterface() throws Exception {
        try (var group = MulticastGroup.ipv4(Optional.of(address("192.0.2.254")))) {
            group.refresh();

            group.send(message());

            assertThat(group.refresh()).isFalse();
        }
    }
}
