package weft.dht;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import weft.bencode.BString;

/**
 * Finds the nodes nearest to a target, and what they have to say (BEP 5): of all nodes that it has heard of, it asks the
 * nearest ones that it has not asked yet, a few at a time; each answer tells of nodes that are nearer still. It ends when
 * the eight nearest have answered. Who does not answer soon holds nobody up: one more is asked in its place, and its
 * answer is welcome as long as there are others to wait for.
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

    /** When a query that the limits did not allow is tried again. */
    private static final long RETRY_NANOS = 20_000_000L;

    /** Hears every answer. */
    @FunctionalInterface
    interface Listener {
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
        ANSWERED,
        SILENT
    }

    /** A node that has been heard of. */
    private static final class Candidate {
        private final Contact contact;
        private final int hops;
        private State state = State.UNASKED;
        private long slowNanos;
        private Optional<BString> token = Optional.empty();

        Candidate(Contact contact, int hops) {
            this.contact = contact;
            this.hops = hops;
        }
    }

    private final Node node;
    private final Pace pace;
    private final NodeId target;
    private final Method method;
    private final Listener listener;

    private final List<Candidate> candidates = new ArrayList<>(); // nearest first
    private final Set<NodeId> ids = new HashSet<>();
    private final Set<Object> places = new HashSet<>(); // networks, or where they are exempt addresses
    private int doors; // asked without knowing their ids, and not heard of yet
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
        try (var exchange = node.exchange()) {
            for (var contact : node.table().closestEvenBad(target, 2 * WIDTH)) {
                add(contact, 1);
            }
            for (var address : unknown) {
                knock(exchange, address);
            }
            while (!isDone()) {
                boolean held = false;
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

    private void knock(Exchange exchange, InetSocketAddress address) {
        if (exchange.ask(address, method, address)) {
            queries++;
            doors++;
        }
    }

    /** The eight nearest of those who are still hoped for have answered, or there is nobody left. */
    private boolean isDone() {
        int answered = 0;
        boolean anybodyOut = doors > 0;
        for (var candidate : candidates) {
            switch (candidate.state) {
                case ANSWERED -> {
                    if (++answered == WIDTH) {
                        return true;
                    }
                }
                case UNASKED, ASKED -> {
                    return false;
                }
                case SLOW -> anybodyOut = true;
                case SILENT -> {}
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
                    if (nearest == null && answered < WIDTH) {
                        nearest = candidate;
                    }
                }
                case SLOW, SILENT -> {}
            }
        }
        return out < PARALLEL ? Optional.ofNullable(nearest) : Optional.empty();
    }

    private boolean ask(Exchange exchange, Candidate candidate) {
        if (!exchange.ask(candidate.contact.address(), method, candidate)) {
            return false;
        }
        queries++;
        candidate.state = State.ASKED;
        candidate.slowNanos = pace.nanoTime() + node.slowAfterNanos();
        return true;
    }

    /** When something is to be done even if nobody answers. */
    private long deadlineNanos(boolean held) {
        long now = pace.nanoTime();
        long deadline = now + (held ? RETRY_NANOS : Transactions.GIVE_UP_NANOS);
        for (var candidate : candidates) {
            if (candidate.state == State.ASKED && candidate.slowNanos - deadline < 0) {
                deadline = candidate.slowNanos;
            }
        }
        return deadline;
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
                candidate.state = State.SILENT;
            }
        } else if (outcome.subject() instanceof InetSocketAddress door) {
            doors--;
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
        // It has taken another id since somebody told us of it, as BEP 42 has nodes do. Where it is now is what counts.
        candidate.state = State.SILENT;
        place(new Candidate(new Contact(answer.id(), candidate.contact.address()), candidate.hops))
                .ifPresent(moved -> answered(moved, answer));
    }

    private void hear(InetSocketAddress door, Answer answer) {
        var contact = new Contact(answer.id(), door);
        if (!node.isRouter(door) && places.add(place(contact))) {
            place(new Candidate(contact, 1)).ifPresent(candidate -> answered(candidate, answer));
        } else {
            learn(contact, answer.contents(), 1);
        }
    }

    private void answered(Candidate candidate, Answer answer) {
        candidate.state = State.ANSWERED;
        candidate.token = answer.contents().token();
        hops = Math.max(hops, candidate.hops);
        learn(candidate.contact, answer.contents(), candidate.hops);
        listener.answered(candidate.contact, answer.contents());
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

    /** Notes a node that was told of, unless one of its network is noted. */
    private void add(Contact contact, int hopsOfContact) {
        if (!ids.contains(contact.id()) && !contact.id().equals(node.id()) && places.add(place(contact))) {
            place(new Candidate(contact, hopsOfContact));
        }
    }

    private static Object place(Contact contact) {
        var address = contact.address().getAddress();
        return NodeId.isExempt(address) ? contact.address() : Neighbour.network(address);
    }

    /** Puts a candidate where its distance belongs; nothing if there is one of that id, or too many are nearer. */
    private Optional<Candidate> place(Candidate candidate) {
        if (!ids.add(candidate.contact.id())) {
            return Optional.empty();
        }
        int at = Collections.binarySearch(
                candidates, candidate, (a, b) -> target.compareDistances(a.contact.id(), b.contact.id()));
        candidates.add(-at - 1, candidate);
        if (candidates.size() > MAX_CANDIDATES && candidates.getLast().state == State.UNASKED) {
            return candidates.removeLast() == candidate ? Optional.empty() : Optional.of(candidate);
        }
        return Optional.of(candidate);
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
