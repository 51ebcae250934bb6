package weft.swarm;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.OptionalLong;
import weft.net.AddressVotes;

/**
 * How peers see us, with the port that we listen on: what their priorities are reckoned from (BEP 40).
 *
 * @param ipv4 empty if it is not known
 * @param ipv6 empty if it is not known
 */
record OwnAddresses(Optional<InetSocketAddress> ipv4, Optional<InetSocketAddress> ipv6) {
    /** Nobody has said anything yet. */
    static final OwnAddresses UNKNOWN = new OwnAddresses(Optional.empty(), Optional.empty());

    /** What is agreed on. */
    static OwnAddresses of(AddressVotes votes, int port) {
        return new OwnAddresses(
                votes.ipv4().map(address -> new InetSocketAddress(address, port)),
                votes.ipv6().map(address -> new InetSocketAddress(address, port)));
    }

    /** Our address of the same family as a peer's. */
    private Optional<InetSocketAddress> facing(InetAddress peer) {
        return peer instanceof Inet4Address ? ipv4 : ipv6;
    }

    /** The priority of a peer that listens there, if we know how it sees us. */
    OptionalLong priority(InetSocketAddress listening) {
        return facing(listening.getAddress())
                .map(own -> OptionalLong.of(PeerPriority.of(own, listening)))
                .orElse(OptionalLong.empty());
    }

    /** The priority of a peer at this address, wherever it listens: there is none if the address is ours, too. */
    OptionalLong priority(InetAddress peer) {
        return facing(peer)
                .filter(own -> !own.getAddress().equals(peer))
                .map(own -> OptionalLong.of(PeerPriority.of(own.getAddress(), peer)))
                .orElse(OptionalLong.empty());
    }
}
