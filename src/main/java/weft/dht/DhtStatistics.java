package weft.dht;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * How a node is, and what it has done since it was opened, in both families together. The counts only grow.
 *
 * @param nodes in the routing tables
 * @param goodNodes those of them that were heard of within 15 minutes, and do not fail
 * @param externalIpv4 how others see us, if enough have said so (BEP 42)
 * @param externalIpv6 the same over IPv6
 * @param readOnly whether queries are left unanswered (BEP 43)
 * @param torrents of which peers are kept for others
 * @param peers that are kept
 * @param items that are kept (BEP 44)
 * @param received datagrams
 * @param malformed those that are no messages of the DHT
 * @param unexpected answers that nobody had asked for, or that came too late, or from elsewhere
 * @param ignored datagrams beyond the limits
 * @param unverified items that were refused as there were too many signatures to verify (BEP 44)
 * @param queriesReceived queries of others
 * @param queriesAnswered those that were answered
 * @param queriesRefused those that got an error
 * @param queriesSent our queries
 * @param answersReceived those of them that were answered
 * @param queriesUnanswered those that were not
 */
public record DhtStatistics(
        int nodes,
        int goodNodes,
        Optional<InetAddress> externalIpv4,
        Optional<InetAddress> externalIpv6,
        boolean readOnly,
        int torrents,
        int peers,
        int items,
        long received,
        long malformed,
        long unexpected,
        long ignored,
        long unverified,
        long queriesReceived,
        long queriesAnswered,
        long queriesRefused,
        long queriesSent,
        long answersReceived,
        long queriesUnanswered) {
    static DhtStatistics of(List<Node> nodes) {
        return new DhtStatistics(
                sum(nodes, node -> node.table().size()),
                sum(nodes, node -> node.table().goodNodes()),
                external(nodes, Family.IPV4),
                external(nodes, Family.IPV6),
                nodes.stream().allMatch(Node::isReadOnly),
                sum(nodes, node -> node.responder().torrents()),
                sum(nodes, node -> node.responder().peers()),
                sum(nodes, node -> node.responder().items()),
                count(nodes, counters -> counters.received),
                count(nodes, counters -> counters.malformed),
                count(nodes, counters -> counters.unexpected),
                count(nodes, counters -> counters.ignored),
                count(nodes, counters -> counters.unverified),
                count(nodes, counters -> counters.queriesReceived),
                count(nodes, counters -> counters.queriesAnswered),
                count(nodes, counters -> counters.queriesRefused),
                count(nodes, counters -> counters.queriesSent),
                count(nodes, counters -> counters.answersReceived),
                count(nodes, counters -> counters.queriesUnanswered));
    }

    private static int sum(List<Node> nodes, ToIntFunction<Node> figure) {
        return nodes.stream().mapToInt(figure).sum();
    }

    private static long count(List<Node> nodes, Function<Counters, LongAdder> counter) {
        return nodes.stream()
                .mapToLong(node -> counter.apply(node.counters()).sum())
                .sum();
    }

    private static Optional<InetAddress> external(List<Node> nodes, Family family) {
        return nodes.stream()
                .filter(node -> node.family() == family)
                .findFirst()
                .flatMap(Node::externalAddress);
    }
}
