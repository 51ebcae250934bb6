package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import weft.bencode.BString;
import weft.kit.FakeClock;

class TokensTest {
    private static final NodeId TARGET = NodeId.parse("0123456789abcdef0123456789abcdef01234567");
    private static final InetAddress ASKER = address("203.0.113.7");

    private final FakeClock clock = new FakeClock();
    private final Tokens tokens = new Tokens(clock, new SplittableRandom(42));

    @Test
    void tokenIsGoodForItsAddressAndTargetOnly() {
        var token = tokens.issue(ASKER, TARGET);
        var other = NodeId.parse("0123456789abcdef0123456789abcdef01234568");

        assertThat(token.length()).isEqualTo(8);
        assertThat(tokens.accepts(token, ASKER, TARGET)).isTrue();
        assertThat(tokens.accepts(token, address("203.0.113.8"), TARGET)).isFalse();
        assertThat(tokens.accepts(token, address("2001:db8::7"), TARGET)).isFalse();
        assertThat(tokens.accepts(token, ASKER, other)).isFalse();
        assertThat(new Tokens(clock, new SplittableRandom(43)).accepts(token, ASKER, TARGET))
                .isFalse();
    }

    @Test
    void anythingElseIsNotAccepted() {
        byte[] token = tokens.issue(ASKER, TARGET).toBytes();

        for (int length = 0; length <= 200; length++) {
            assertThat(tokens.accepts(BString.of(new byte[length]), ASKER, TARGET))
                    .isFalse();
        }
        for (int i = 0; i < token.length; i++) {
            byte[] forged = token.clone();
            forged[i] ^= 1;
            assertThat(tokens.accepts(BString.of(forged), ASKER, TARGET)).isFalse();
        }
    }

    @Test
    void tokenIsGoodForFiveToTenMinutes() {
        for (int secondsBefore = 0; secondsBefore < 300; secondsBefore += 60) {
            var fresh = new Tokens(clock, new SplittableRandom(42));
            clock.advance(Duration.ofSeconds(secondsBefore));
            var token = fresh.issue(ASKER, TARGET);

            clock.advance(Duration.ofMinutes(5));
            assertThat(fresh.accepts(token, ASKER, TARGET)).isTrue();
            clock.advance(Duration.ofMinutes(5));
            assertThat(fresh.accepts(token, ASKER, TARGET)).isFalse();
        }
    }

    @Test
    void tokenOfLongAgoIsForgottenEvenIfNobodyAskedMeanwhile() {
        var token = tokens.issue(ASKER, TARGET);

        clock.advance(Duration.ofMinutes(10));

        assertThat(tokens.accepts(token, ASKER, TARGET)).isFalse();
    }

    @Test
    void tokensOfAnAddressChangeWithTheSecret() {
        var seen = new HashSet<BString>();
        for (int i = 0; i < 10; i++) {
            assertThat(seen.add(tokens.issue(ASKER, TARGET))).isTrue();
            clock.advance(Duration.ofMinutes(5));
        }
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
