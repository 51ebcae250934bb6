package weft.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

class ConnectionLimitsTest {
    private static InetAddress address(int last) {
        try {
            return InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) last});
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void noMoreConnectionsThanAllowedInAll() {
        var limits = new ConnectionLimits(3, 3, 3);
        var first = limits.accepted(address(1)).orElseThrow();
        assertThat(limits.dialling(address(2))).isPresent();
        assertThat(limits.accepted(address(3))).isPresent();

        assertThat(limits.accepted(address(4))).isEmpty();
        assertThat(limits.dialling(address(4))).isEmpty();
        assertThat(limits.connections()).isEqualTo(3);

        first.close();
        assertThat(limits.accepted(address(4))).isPresent();
    }

    @Test
    void noMoreConnectionsThanAllowedPerAddressInBothDirections() {
        var limits = new ConnectionLimits(10, 2, 10);
        var first = limits.accepted(address(1)).orElseThrow();
        assertThat(limits.dialling(address(1))).isPresent();

        assertThat(limits.accepted(address(1))).isEmpty();
        assertThat(limits.dialling(address(1))).isEmpty();
        assertThat(limits.accepted(address(2))).isPresent();

        first.close();
        assertThat(limits.dialling(address(1))).isPresent();
    }

    @Test
    void noMoreHalfOpenThanAllowed() {
        var limits = new ConnectionLimits(10, 10, 2);
        var first = limits.dialling(address(1)).orElseThrow();
        var second = limits.dialling(address(2)).orElseThrow();

        assertThat(limits.dialling(address(3))).isEmpty();
        assertThat(limits.accepted(address(3)))
                .as("accepted connections are not half-open")
                .isPresent();

        first.established();
        assertThat(limits.dialling(address(4))).isPresent();
        second.close();
        assertThat(limits.dialling(address(5))).isPresent();
        assertThat(limits.dialling(address(6))).isEmpty();
    }

    @Test
    void placeIsGivenBackOnce() {
        var limits = new ConnectionLimits(2, 2, 2);
        var place = limits.dialling(address(1)).orElseThrow();
        assertThat(limits.accepted(address(1))).isPresent();

        place.established();
        place.established();
        place.close();
        place.close();

        assertThat(limits.connections()).isOne();
        assertThat(limits.accepted(address(2))).isPresent();
        assertThat(limits.accepted(address(3))).isEmpty();
    }

    @Test
    void limitsBelowOneAreRefused() {
        assertThatThrownBy(() -> new ConnectionLimits(0, 1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ConnectionLimits(1, 0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ConnectionLimits(1, 1, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
