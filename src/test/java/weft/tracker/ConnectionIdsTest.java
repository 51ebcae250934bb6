package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ConnectionIdsTest {
    private static final InetAddress HERE = IpLiteral.parse("192.0.2.1").orElseThrow();
    private static final InetAddress THERE = IpLiteral.parse("192.0.2.2").orElseThrow();
    private static final InetAddress IPV6 = IpLiteral.parse("2001:db8::1").orElseThrow();

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1); // a nano-clock may overflow at any time
    private final ConnectionIds ids = new ConnectionIds(new byte[32], now::get);

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void idIsGoodForTwoMinutesWheneverInTheMinuteItWasGivenAndForNoMoreThanThree() {
        for (int second = 0; second < 600; second += 7) {
            long id = ids.idFor(HERE);
            long given = now.get();

            pass(Duration.ofMinutes(2));
            assertThat(ids.isGood(id, HERE)).as("given after %d s", second).isTrue();
            for (int i = 1; i < 10; i++) {
                pass(Duration.ofMinutes(1));
                assertThat(ids.isGood(id, HERE)).as("%d min later", i + 2).isFalse();
            }
            now.set(given + Duration.ofSeconds(7).toNanos());
        }
    }

    @Test
    void idIsGoodForItsAddressAndServerOnly() {
        var others = new ConnectionIds("another key".getBytes(java.nio.charset.StandardCharsets.US_ASCII), now::get);

        assertThat(ids.isGood(ids.idFor(HERE), HERE)).isTrue();
        assertThat(ids.isGood(ids.idFor(IPV6), IPV6)).isTrue();
        assertThat(ids.isGood(ids.idFor(HERE), THERE)).isFalse();
        assertThat(ids.isGood(others.idFor(HERE), HERE)).isFalse();
    }

    @Test
    void idsCannotBeGuessed() {
        var random = new SplittableRandom(1);
        var given = new HashSet<Long>();
        for (int i = 0; i < 1000; i++) {
            assertThat(ids.isGood(random.nextLong(), HERE)).isFalse();
            assertThat(ids.isGood(i, HERE)).isFalse();
            given.add(ids.idFor(HERE));
            pass(Duration.ofMinutes(1));
        }
        assertThat(given).hasSize(1000);
    }
}
