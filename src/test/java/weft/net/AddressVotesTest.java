package weft.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

class AddressVotesTest {
    private static final InetAddress OURS = address("203.0.113.7");
    private static final InetAddress FALSE = address("198.51.100.99");

    private final AddressVotes votes = new AddressVotes();

    @Test
    void tenVotersDecide() {
        vote(1, 9, OURS);
        assertThat(votes.ipv4()).isEmpty();

        vote(10, 10, OURS);

        assertThat(votes.ipv4()).contains(OURS);
        assertThat(votes.ipv6()).isEmpty();
    }

    @Test
    void whoVotesOftenHasOneVote() {
        for (int i = 0; i < 100; i++) {
            vote(1, 9, FALSE);
        }

        assertThat(votes.ipv4()).isEmpty();
    }

    @Test
    void aSubscriberOfIpv6HasOneVoteForAllHisAddresses() {
        for (int i = 0; i < 100; i++) {
            votes.vote(address("2001:db8:1:2::" + i), address("2001:db8::7"));
        }
        assertThat(votes.ipv6()).isEmpty();

        for (int i = 0; i < 10; i++) {
            votes.vote(address("2001:db8:1:" + i + "::1"), address("2001:db8::7"));
        }

        assertThat(votes.ipv6()).contains(address("2001:db8::7"));
    }

    @Test
    void halfIsNoMajority() {
        for (int i = 1; i <= 10; i++) {
            vote(i, i, OURS);
            vote(100 + i, 100 + i, FALSE);
        }
        assertThat(votes.ipv4()).contains(OURS); // 6 of the first 11

        vote(11, 11, FALSE); // 11 of 20: the oldest vote for ours is gone

        assertThat(votes.ipv4()).contains(FALSE);
    }

    @Test
    void aMinorityChangesNothing() {
        vote(1, 20, OURS);

        vote(101, 110, FALSE);

        assertThat(votes.ipv4()).contains(OURS);
    }

    @Test
    void anAddressThatHasChangedIsKnownByElevenVotes() {
        vote(1, 20, OURS);

        vote(1, 11, FALSE); // by the same voters

        assertThat(votes.ipv4()).contains(FALSE);
    }

    @Test
    void addressesOfLocalNetworksNeitherVoteNorWin() {
        vote(1, 20, address("192.168.0.7"));
        assertThat(votes.ipv4()).isEmpty();

        for (int i = 1; i <= 20; i++) {
            votes.vote(address("10.0.0." + i), OURS);
        }

        assertThat(votes.ipv4()).isEmpty();
    }

    @Test
    void whoIsSeenOverTheOtherFamilyIsNotSeen() {
        for (int i = 0; i < 20; i++) {
            votes.vote(address("2001:db8:1:" + i + "::1"), OURS);
        }

        assertThat(votes.ipv4()).isEmpty();
    }

    private void vote(int first, int last, InetAddress seen) {
        for (int voter = first; voter <= last; voter++) {
            votes.vote(address("192.0.2." + voter), seen);
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
