package weft.dht;

import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import weft.bencode.BString;

/**
 * Finds the nodes nearest to a target, and what they have to say (BEP 5): of all nodes that it has heard of, it asks the
 * nearest ones that it has not asked yet, a few at a time; each answer tells of nodes that are nearer still. It ends when
 * the eight nearest have answered. Who does not answer soon holds nobody up: one more is asked in its place, and its
 * answer is welcome as long as there are others to wait for, and for two seconds when there are not: in a network of a few
 * nodes one of which is gone, each lookup would take ten seconds otherwise.
 *
 * <p>Anybody may tell of any node, so nothing is decided by who was named first; what counts is who answers. Of each network
 * ({@link Neighbour#network}), and of each id, one node counts: the first that answers, unless a later one's id fits its
 * address and the first one's does not (BEP 42) &ndash; whoever has one address can choose an id beside the target, but not
 * one that fits. While one is asked, others of its network wait, but only until it is slow: so a liar who tells of nodes
 * that are not there, in the networks of those that are, costs time and does not hide them. He could have us ask a
 * network for ever; therefore only {@value #MAX_ASKED_IN_NETWORK} times. (libtorrent's {@code restrict_search_ips} takes
 * the first of a network that it hears of, whether it is there or not.)
 *
 * <p>Used once, by one thread.
 */
final class Lookup {
    /** BEP 5: K, so many nodes keep what is announced. */
    static final int WIDTH = 8;

    /** How many are asked at a time. Kademlia's alpha is 3; more find the way sooner, at the price of more queries. */
    static final int PARALLEL = 5;

    /** Nodes that are farther away than so many others will not be asked anyway. */
    private static final int MAX_CANDIDATES = 64;

    /** In one network so many are asked at the most, of which one can count. */
    private static final int MAX_ASKED_IN_NETWORK = 4;

    /** Some twenty are enough if all mean well, and ten times as many if most are silent. Liars would never end. */
    private static final int MAX_QUERIES = 400;

    /** So long who is slow is waited for when there is nobody else. */
    private static final long LATE_NANOS = 2_000_000_000L;

    /** When a query that the limits did not allow is tried again. */
    static final long RETRY_NANOS = 20_000_000L;

    /** Hears every answer. */
    @FunctionalInterface
    interface Listener {
        /** Does not care. */
        Listener NONE = (node, contents) -> {};

        /** On the thread that looks up. */
        void answered(Contact node, Answer.Contents contents);
    }

    /**
     * A node that answered.
     *
     * @param token by which it lets us store something
     */
    record Found(Contact node, Optional<BString> token) {}

    private enum State {
        UNASKED,
        ASKED,
        SLOW,
        ANSWERED
    }

    /** A node that has been heard of. */
    private static final class Candidate {
        private final Contact contact;
        private final Object network; // where addresses are exempt, the address itself with its port
        private final boolean fits;
        private final int hops;
        private State state = State.UNASKED;
        private long slowNanos;
        private Optional<BString> token = Optional.empty();

        Candidate(Contact contact, int hops) {
            var address = contact.address().getAddress();
            this.contact = contact;
            this.network = NodeId.isExempt(address) ? contact.address() : Neighbour.network(address);
            this.fits = contact.id().fits(address);
            this.hops = hops;
        }

        /** When it is not waited for any more. */
        long goneNanos() {
            return slowNanos + LATE_NANOS;
        }

        /** Whether only one of the two can count. */
        boolean isRivalOf(Candidate other) {
            return this != other
                    && (network.equals(other.network) || contact.id().equals(other.contact.id()));
        }

        /** Whether it counts in the place of {@code other} (BEP 42). */
        boolean isPreferredTo(Candidate other) {
            return fits && !other.fits;
        }
    }

    private final Node node;
    private final Pace pace;
    private final NodeId target;
    private final Method method;
    private final Listener listener;

    private final List<Candidate> candidates = new ArrayList<>(); // nearest first, without those that are out of it
    private final Set<Contact> known = new HashSet<>(); // all that were ever candidates
    private final Set<InetSocketAddress> asked = new HashSet<>();
    private final Map<Object, Integer> askedInNetwork = new HashMap<>();
    private final ArrayDeque<InetSocketAddress> doors = new ArrayDeque<>(); // to be asked without knowing their ids
    private int doorsOut; // asked so, and not heard of yet
    private long doorsGoneNanos; // when those are not waited for any more
    private int queries;
    private int answers;
    private int hops;

    Lookup(Node node, Pace pace, NodeId target, Method method, Listener listener) {
        this.node = node;
        this.pace = pace;
        this.target = target;
        this.method = method;
        this.listener = listener;
    }

    /** Looks up from what the routing table has. */
    List<Found> run() throws InterruptedException {
        return run(List.of());
    }

    /**
     * Looks up, and asks also at addresses of which nothing else is known.
     *
     * @return the nodes nearest to the target that answered, nearest first
     */
    List<Found> run(List<InetSocketAddress> unknown) throws InterruptedException {
        doors.addAll(unknown);
        try (var exchange = node.exchange()) {
            for (var contact : node.table().closestEvenBad(target, 2 * WIDTH)) {
                add(contact, 1);
            }
            while (!isDone()) {
                boolean held = !knock(exchange);
                var next = next();
                while (next.isPresent() && !held) {
                    held = !ask(exchange, next.orElseThrow());
                    next = next();
                }
                hear(exchange.await(deadlineNanos(held)));
            }
        }
        return found();
    }

    /** Asks at the addresses of which only that is known; false if the limits do not allow it yet. */
    private boolean knock(Exchange exchange) {
        while (!doors.isEmpty()) {
            var address = doors.peek();
            if (!asked.contains(address)) {
                if (!exchange.ask(address, method, address)) {
                    return false;
                }
                asked.add(address);
                queries++;
                doorsOut++;
                doorsGoneNanos = pace.nanoTime() + node.slowAfterNanos() + LATE_NANOS;
            }
            doors.poll();
        }
        return true;
    }

    /** The eight nearest of those who are still hoped for have answered, or there is nobody left. */
    private boolean isDone() {
        int answered = 0;
        boolean anybodyOut = !doors.isEmpty() || (doorsOut > 0 && pace.nanoTime() - doorsGoneNanos < 0);
        for (var candidate : candidates) {
            switch (candidate.state) {
                case ANSWERED -> {
                    if (++answered == WIDTH) {
                        return true;
                    }
                }
                case UNASKED -> {
                    if (mayAsk(candidate)) {
                        return false;
                    }
                }
                case ASKED -> {
                    return false;
                }
                case SLOW -> anybodyOut |= pace.nanoTime() - candidate.goneNanos() < 0;
            }
        }
        return !anybodyOut;
    }

    /** Who is to be asked now: the nearest unasked one, if few enough are out and it is among the eight that count. */
    private Optional<Candidate> next() {
        int out = 0;
        int answered = 0;
        Candidate nearest = null;
        for (var candidate : candidates) {
            switch (candidate.state) {
                case ANSWERED -> answered++;
                case ASKED -> out++;
                case UNASKED -> {
                    if (nearest == null && answered < WIDTH && mayAsk(candidate)) {
                        nearest = candidate;
                    }
                }
                case SLOW -> {}
            }
        }
        return out < PARALLEL ? Optional.ofNullable(nearest) : Optional.empty();
    }

    /** Whether its answer could count, and it was not tried often enough already. */
    private boolean mayAsk(Candidate candidate) {
        return queries < MAX_QUERIES
                && !asked.contains(candidate.contact.address())
                && askedInNetwork.getOrDefault(candidate.network, 0) < MAX_ASKED_IN_NETWORK
                && candidates.stream()
                        .filter(other -> other.state == State.ASKED || other.state == State.ANSWERED)
                        .noneMatch(other -> candidate.isRivalOf(other) && !candidate.isPreferredTo(other));
    }

    private boolean ask(Exchange exchange, Candidate candidate) {
        if (!exchange.ask(candidate.contact.address(), method, candidate)) {
            return false;
        }
        queries++;
        asked.add(candidate.contact.address());
        askedInNetwork.merge(candidate.network, 1, Integer::sum);
        candidate.state = State.ASKED;
        candidate.slowNanos = pace.nanoTime() + node.slowAfterNanos();
        return true;
    }

    /** When something is to be done even if nobody answers. */
    private long deadlineNanos(boolean held) {
        long now = pace.nanoTime();
        long deadline = now + (held ? RETRY_NANOS : Transactions.GIVE_UP_NANOS);
        if (doorsOut > 0) {
            deadline = sooner(doorsGoneNanos, deadline, now);
        }
        for (var candidate : candidates) {
            if (candidate.state == State.ASKED && candidate.slowNanos - deadline < 0) {
                deadline = candidate.slowNanos;
            } else if (candidate.state == State.SLOW) {
                deadline = sooner(candidate.goneNanos(), deadline, now);
            }
        }
        return deadline;
    }

    /** {@code nanos}, if that is still to come and sooner than the deadline. */
    private static long sooner(long nanos, long deadline, long now) {
        return nanos - now > 0 && nanos - deadline < 0 ? nanos : deadline;
    }

    private void hear(Exchange.Outcome outcome) {
        if (outcome == null) {
            long now = pace.nanoTime();
            for (var candidate : candidates) {
                if (candidate.state == State.ASKED && now - candidate.slowNanos >= 0) {
                    candidate.state = State.SLOW;
                }
            }
        } else if (outcome.subject() instanceof Candidate candidate) {
            if (outcome.message() instanceof Answer answer) {
                hear(candidate, answer);
            } else {
                candidates.remove(candidate);
            }
        } else if (outcome.subject() instanceof InetSocketAddress door) {
            doorsOut--;
            if (outcome.message() instanceof Answer answer) {
                hear(door, answer);
            }
        }
    }

    private void hear(Candidate candidate, Answer answer) {
        if (answer.id().equals(candidate.contact.id())) {
            answered(candidate, answer);
            return;
        }
        // It has taken another id since somebody told us of it, as BEP 42 has nodes do, or that was a lie. Where it
        // is now is what counts.
        candidates.remove(candidate);
        answered(candidateOf(new Contact(answer.id(), candidate.contact.address()), candidate.hops), answer);
    }

    private void hear(InetSocketAddress door, Answer answer) {
        var contact = new Contact(answer.id(), door);
        if (node.isRouter(door)) {
            learn(contact, answer.contents(), 1);
        } else {
            answered(candidateOf(contact, 1), answer);
        }
    }

    /** The one that somebody told of already, or a new one. */
    private Candidate candidateOf(Contact contact, int hopsOfContact) {
        return candidates.stream()
                .filter(candidate -> candidate.contact.equals(contact))
                .findFirst()
                .orElseGet(() -> place(new Candidate(contact, hopsOfContact)));
    }

    private void answered(Candidate candidate, Answer answer) {
        hops = Math.max(hops, candidate.hops);
        if (counts(candidate)) {
            candidate.state = State.ANSWERED;
            candidate.token = answer.contents().token();
        } else {
            candidates.remove(candidate);
        }
        learn(candidate.contact, answer.contents(), candidate.hops);
        listener.answered(candidate.contact, answer.contents());
    }

    /** Whether it is the one of its network and id that does, after this; then no other one does. */
    private boolean counts(Candidate candidate) {
        var rivals = candidates.stream()
                .filter(other -> other.state == State.ANSWERED && candidate.isRivalOf(other))
                .toList();
        if (candidate.contact.id().equals(node.id()) || !rivals.stream().allMatch(candidate::isPreferredTo)) {
            return false;
        }
        candidates.removeAll(rivals);
        return true;
    }

    private void learn(Contact from, Answer.Contents contents, int hopsOfFrom) {
        answers++;
        for (var contact : contents.nodes().getOrDefault(node.family(), List.of())) {
            if (node.mayAsk(contact.address(), from.address())) {
                add(contact, hopsOfFrom + 1);
            }
        }
        node.heardOf(from, contents);
    }

    /** Notes a node that was told of. */
    private void add(Contact contact, int hopsOfContact) {
        if (!contact.id().equals(node.id()) && !known.contains(contact)) {
            place(new Candidate(contact, hopsOfContact));
            if (candidates.size() > MAX_CANDIDATES && candidates.getLast().state == State.UNASKED) {
                candidates.removeLast();
            }
        }
    }

    /** Puts a candidate where its distance belongs. */
    private Candidate place(Candidate candidate) {
        known.add(candidate.contact);
        int at = Collections.binarySearch(
                candidates, candidate, (a, b) -> target.compareDistances(a.contact.id(), b.contact.id()));
        candidates.add(at < 0 ? -at - 1 : at, candidate);
        return candidate;
    }

    private List<Found> found() {
        return candidates.stream()
                .filter(candidate -> candidate.state == State.ANSWERED)
                .limit(WIDTH)
                .map(candidate -> new Found(candidate.contact, candidate.token))
                .toList();
    }

    /** How many nodes were asked. */
    int queries() {
        return queries;
    }

    /** How many of them answered. */
    int answers() {
        return answers;
    }

    /** How long the longest chain was of nodes that each were told of by the one before. */
    int hops() {
        return hops;
    }
}
