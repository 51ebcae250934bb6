package weft.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import weft.net.ConnectionLimits.Place;

class ConnectionLimitsTest {
    private static InetAddress address(int last) {
        try {
            return InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) last});
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    /** A peer that shakes hands at once. */
    private static Optional<Place> accept(ConnectionLimits limits, InetAddress address) {
        var place = limits.accepted(address, () -> {});
        place.ifPresent(Place::established);
        return place;
    }

    @Test
    void noMoreConnectionsThanAllowedInAll() {
        var limits = new ConnectionLimits(3, 3, 3);
        var first = accept(limits, address(1)).orElseThrow();
        assertThat(limits.dialling(address(2))).isPresent();
        assertThat(accept(limits, address(3))).isPresent();

        assertThat(accept(limits, address(4))).isEmpty();
        assertThat(limits.dialling(address(4))).isEmpty();
        assertThat(limits.connections()).isEqualTo(3);

        first.close();
        assertThat(accept(limits, address(4))).isPresent();
    }

    @Test
    void noMoreConnectionsThanAllowedPerAddressInBothDirections() {
        var limits = new ConnectionLimits(10, 2, 10);
        var first = accept(limits, address(1)).orElseThrow();
        assertThat(limits.dialling(address(1))).isPresent();

        assertThat(accept(limits, address(1))).isEmpty();
        assertThat(limits.dialling(address(1))).isEmpty();
        assertThat(accept(limits, address(2))).isPresent();

        first.close();
        assertThat(limits.dialling(address(1))).isPresent();
    }

    @Test
    void noMoreHalfOpenThanAllowed() {
        var limits = new ConnectionLimits(10, 10, 2);
        var first = limits.dialling(address(1)).orElseThrow();
        var second = limits.dialling(address(2)).orElseThrow();

        assertThat(limits.dialling(address(3))).isEmpty();
        assertThat(accept(limits, address(3)))
                .as("accepted connections are not half-open")
                .isPresent();

        first.established();
        assertThat(limits.dialling(address(4))).isPresent();
        second.close();
        assertThat(limits.dialling(address(5))).isPresent();
        assertThat(limits.dialling(address(6))).isEmpty();
    }

    @Test
    void nobodyMayBeDialledWhereThereIsNoPlaceForAnybody() {
        var inAll = new ConnectionLimits(1, 1, 2);
        assertThat(inAll.mayDial()).isTrue();
        var stranger = inAll.accepted(address(1), () -> {}).orElseThrow();
        assertThat(inAll.mayDial()).as("a stranger makes way").isTrue();
        stranger.established();
        assertThat(inAll.mayDial()).isFalse();

        var halfOpen = new ConnectionLimits(10, 10, 1);
        var dialling = halfOpen.dialling(address(1)).orElseThrow();
        assertThat(halfOpen.mayDial()).isFalse();
        dialling.established();
        assertThat(halfOpen.mayDial()).isTrue();
    }

    @Test
    void whoHasAllThatOneMayHaveKeepsNobodyElseFromBeingDialled() {
        var limits = new ConnectionLimits(10, 1, 10);
        assertThat(limits.dialling(address(1))).isPresent();

        assertThat(limits.dialling(address(1))).isEmpty();
        assertThat(limits.mayDial()).isTrue();
    }

    @Test
    void placeIsGivenBackOnce() {
        var limits = new ConnectionLimits(2, 2, 2);
        var place = limits.dialling(address(1)).orElseThrow();
        assertThat(accept(limits, address(1))).isPresent();

        place.established();
        place.established();
        place.close();
        place.close();

        assertThat(limits.connections()).isOne();
        assertThat(accept(limits, address(2))).isPresent();
        assertThat(accept(limits, address(3))).isEmpty();
    }

    @Test
    void limitsBelowOneAreRefused() {
        assertThatThrownBy(() -> new ConnectionLimits(0, 1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ConnectionLimits(1, 0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ConnectionLimits(1, 1, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whoHasBeenSilentLongestMakesWay() {
        var limits = new ConnectionLimits(3, 3, 3);
        var closed = new ArrayList<String>();
        limits.accepted(address(1), () -> closed.add("shook hands"))
                .orElseThrow()
                .established();
        var first = limits.accepted(address(2), () -> closed.add("first")).orElseThrow();
        assertThat(limits.accepted(address(3), () -> closed.add("second"))).isPresent();

        assertThat(limits.accepted(address(4), () -> closed.add("third"))).isPresent();
        assertThat(closed).containsExactly("first");
        first.close(); // its thread ends, too
        assertThat(limits.connections()).isEqualTo(3);

        assertThat(limits.dialling(address(5))).as("we want to dial").isPresent();
        assertThat(closed).containsExactly("first", "second");
        assertThat(limits.connections()).isEqualTo(3);
    }

    @Test
    void ofOneAddressItsOwnSilentOnesMakeWay() {
        var limits = new ConnectionLimits(10, 2, 10);
        var closed = new ArrayList<String>();
        assertThat(limits.accepted(address(1), () -> closed.add("another's"))).isPresent();
        assertThat(limits.accepted(address(2), () -> closed.add("first"))).isPresent();
        limits.accepted(address(2), () -> closed.add("second")).orElseThrow().established();

        assertThat(limits.accepted(address(2), () -> {})).isPresent();

        assertThat(closed).containsExactly("first");
        assertThat(limits.connections()).isEqualTo(3);
    }

    @Test
    void nobodyWhoHasShakenHandsMakesWay() {
        var limits = new ConnectionLimits(1, 1, 1);
        accept(limits, address(1));

        assertThat(limits.accepted(address(2), () -> {})).isEmpty();
        assertThat(limits.accepted(address(1), () -> {})).isEmpty();
        assertThat(limits.dialling(address(2))).isEmpty();
    }

    @Test
    void addressesOfOneSubscriberCountAsOne() throws UnknownHostException {
        var limits = new ConnectionLimits(10, 1, 10);
        for (var one : List.of("2001:db8::1", "2001:db8:0:1::1", "fd00::1", "fd00::2", "fe80::1", "fe80::2")) {
            assertThat(accept(limits, InetAddress.getByName(one))).as(one).isPresent();
        }

        assertThat(accept(limits, InetAddress.getByName("2001:db8::ffff:2"))).isEmpty();
        assertThat(accept(limits, InetAddress.getByName("fd00::1"))).isEmpty();
    }

    @Test
    void whoHasMostConnectionsMakesWayFirst() {
        var limits = new ConnectionLimits(4, 4, 4);
        var closed = new ArrayList<String>();
        assertThat(limits.accepted(address(1), () -> closed.add("alone"))).isPresent();
        for (int i = 0; i < 3; i++) {
            assertThat(limits.accepted(address(2), () -> closed.add("of many"))).isPresent();
        }

        assertThat(limits.makeWay()).isTrue();
        assertThat(limits.accepted(address(3), () -> closed.add("next"))).isPresent();
        assertThat(limits.accepted(address(4), () -> closed.add("last"))).isPresent();

        assertThat(closed).containsExactly("of many", "of many");
    }
}
