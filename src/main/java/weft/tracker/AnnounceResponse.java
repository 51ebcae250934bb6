package weft.tracker;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import weft.bencode.BString;

/**
 * A tracker's answer to an announce, whatever the protocol that carried it. What the tracker left out or got wrong is
 * put right already: the durations can be used as they are.
 *
 * @param interval when to announce again
 * @param minInterval before that nothing but an event may be announced
 * @param peers addresses of others in the swarm; a few may be unresolved names
 * @param complete how many seeds
 * @param incomplete how many leechers
 * @param downloaded how many downloads were ever completed
 * @param externalIp how the tracker sees us (BEP 24)
 * @param answeredBy the tracker's own address, where it says how it sees us
 * @param warning something a person should read
 * @param trackerId to be sent back with every later announce
 */
@SuppressWarnings("exports")
public record AnnounceResponse(
        Duration interval,
        Duration minInterval,
        List<InetSocketAddress> peers,
        OptionalInt complete,
        OptionalInt incomplete,
        OptionalInt downloaded,
        Optional<InetAddress> externalIp,
        Optional<InetAddress> answeredBy,
        Optional<String> warning,
        Optional<BString> trackerId) {
    /** Copies the list. */
    public AnnounceResponse {
        peers = List.copyOf(peers);
    }

    /** This answer with other peers. */
    AnnounceResponse withPeers(List<InetSocketAddress> otherPeers) {
        return new AnnounceResponse(
                interval,
                minInterval,
                otherPeers,
                complete,
                incomplete,
                downloaded,
                externalIp,
                answeredBy,
                warning,
                trackerId);
    }
}
