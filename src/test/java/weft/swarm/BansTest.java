package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class BansTest {
    private final Bans bans = new Bans();

    private static InetAddress address(int number) {
        try {
            return InetAddress.getByAddress(
                    ByteBuffer.allocate(4).putInt(number).array());
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void onlyWhoWasAddedIsBanned() {
        bans.add(address(1));

        assertThat(bans.contains(address(1))).isTrue();
        assertThat(bans.contains(address(2))).isFalse();
    }

    @Test
    void boundedAndTheOldestGoFirst() {
        for (int i = 0; i <= 10_000; i++) {
            bans.add(address(i));
        }

        assertThat(bans.contains(address(0))).isFalse();
        assertThat(bans.contains(address(1))).isTrue();
        assertThat(bans.contains(address(10_000))).isTrue();
    }

    @Test
    void liarDoesNotGetAwayWithAnotherAddressOfItsOwn() throws UnknownHostException {
        bans.add(InetAddress.getByName("2001:db8:1:2::3"));

        assertThat(bans.contains(InetAddress.getByName("2001:db8:1:2:ffff::4"))).isTrue();
        assertThat(bans.contains(InetAddress.getByName("2001:db8:1:3::3"))).isFalse();
    }
}
