package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import weft.kit.FakeClock;

class GateTest {
    private final FakeClock clock = new FakeClock();
    private final Gate gate = new Gate(DhtOptions.loopback().withRates(10, 10, 50), clock);

    @Test
    void ofWhoSendsTooMuchTheRestOfTenSecondsIsIgnored() throws UnknownHostException {
        assertThat(admitted("203.0.113.7", 60)).isEqualTo(50);
        assertThat(admitted("203.0.113.8", 10)).isEqualTo(10);

        clock.advance(Duration.ofSeconds(9));
        assertThat(admitted("203.0.113.7", 1)).isZero();

        clock.advance(Duration.ofSeconds(1)); // it may have been somebody in its name
        assertThat(admitted("203.0.113.7", 60)).isEqualTo(50);
    }

    @Test
    void allAddressesOfASubscriberOfIpv6AreOne() throws UnknownHostException {
        int admitted = 0;
        for (int i = 0; i < 100; i++) {
            admitted += admitted("2001:db8:1:2::" + i, 1);
        }

        assertThat(admitted).isEqualTo(50);
        assertThat(admitted("2001:db8:1:3::1", 1)).isEqualTo(1);
    }

    @Test
    void answersToOurOwnQueriesDoNotCount() throws UnknownHostException {
        for (int i = 0; i < 200; i++) {
            gate.asks(InetAddress.getByName("203.0.113.7"));
            assertThat(admitted("203.0.113.7", 1)).isEqualTo(1);
        }

        assertThat(admitted("203.0.113.7", 60)).isEqualTo(50);
    }

    @Test
    void anAddressGetsFewerAnswersThanWouldHaveItsOwnerIgnoreUs() throws UnknownHostException {
        var roomy = new Gate(DhtOptions.defaults(), clock);
        var victim = InetAddress.getByName("203.0.113.7");
        var neighbour = InetAddress.getByName("127.0.0.1");

        for (int i = 0; i < 40; i++) {
            assertThat(roomy.admits(victim) && roomy.mayAnswer(victim)).isTrue();
        }
        assertThat(roomy.admits(victim) && roomy.mayAnswer(victim)).isFalse();
        for (int i = 0; i < 100; i++) {
            assertThat(roomy.admits(neighbour) && roomy.mayAnswer(neighbour)).isTrue();
        }

        clock.advance(Duration.ofSeconds(10));
        assertThat(roomy.admits(victim) && roomy.mayAnswer(victim)).isTrue();
    }

    private int admitted(String address, int count) throws UnknownHostException {
        int admitted = 0;
        for (int i = 0; i < count; i++) {
            admitted += gate.admits(InetAddress.getByName(address)) ? 1 : 0;
        }
        return admitted;
    }
}
