package weft.swarm;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import weft.net.PeerChannel;
import weft.wire.PeerId;

/**
 * The peers that are connected to a torrent, and the rule of who may join them: each peer once, and no more than there is
 * {@link Room} for. The same rule while the torrent's metadata is fetched and after.
 *
 * <p>One of each swarm; all methods from any thread; memory work only.
 */
final class ConnectedPeers<P extends ConnectedPeer> implements Iterable<P> {
    private static final String DUPLICATE = "is connected already";

    private static final String CONNECTED_ELSEWHERE = "a peer of this id is connected from another address";

    private static final String BANNED = "is banned";

    private static final String NO_ROOM = "no room for more peers";

    private final Swarm.Shared shared;
    private final Candidates candidates;
    private final Room room;
    private final Set<P> peers = ConcurrentHashMap.newKeySet();
    private final Set<PeerChannel> expected = ConcurrentHashMap.newKeySet();
    private final ReentrantLock joinLock = new ReentrantLock(); // a peer's first message against what all are told
    private volatile OwnAddresses ownAddresses = OwnAddresses.UNKNOWN;

    /** Nobody yet. {@code elsewhere} says how many of the {@code max} places are taken by others. */
    ConnectedPeers(Swarm.Shared shared, Candidates candidates, int max, IntSupplier elsewhere) {
        this.shared = shared;
        this.candidates = candidates;
        this.room = new Room(
                max, this::all, () -> elsewhere.getAsInt() + expected.size(), () -> ownAddresses, shared.nanoTime());
    }

    // --- coming and going

    /** Whether there is room for this many more. */
    boolean isFree(int more) {
        return room.isFree(more);
    }

    /** Whether a peer that we dial would be let in now. */
    boolean mayBeDialled() {
        return room.mayBeDialled();
    }

    /** Whether a peer that comes to us from this address would be let in now. */
    boolean mayCome(InetAddress from) {
        return room.mayCome(from);
    }

    /** A peer is about to join over this connection: its place is kept for it. */
    void expect(PeerChannel channel) {
        expected.add(channel);
    }

    /** Whoever was expected over this connection has come, or does not come any more. */
    void expectNoLonger(PeerChannel channel) {
        expected.remove(channel);
    }

    /**
     * Counts the peer in and has it greeted, unless there is a reason why not. Nothing is told to {@linkplain #tellAll
     * all} meanwhile: the greeting says what was true before.
     */
    Optional<String> join(P peer, PeerChannel channel, Runnable greeting) {
        joinLock.lock();
        try {
            boolean hasPlace = expected.remove(channel);
            if (isBanned(peer)) { // since it was let in
                return Optional.of(BANNED);
            }
            for (P other : peers) {
                if (other.peerId().equals(peer.peerId()) && !other.isClosing()) {
                    boolean sameAddress =
                            other.address().getAddress().equals(peer.address().getAddress());
                    boolean idle = other.idleNanos(shared.nanoTime().getAsLong()) >= Room.IDLE.toNanos();
                    if (!idle && !(sameAddress && isToReplace(peer, other))) {
                        return Optional.of(sameAddress ? DUPLICATE : CONNECTED_ELSEWHERE);
                    }
                    other.close(DUPLICATE);
                }
            }
            if (!hasPlace && !room.make(peer.address().getAddress(), peer.isOutgoing())) {
                return Optional.of(NO_ROOM);
            }
            greeting.run();
            peers.add(peer);
            return Optional.empty();
        } finally {
            joinLock.unlock();
        }
    }

    // A peer id is a claim that anybody can make. So who is at work is not closed for another who says that he is the
    // same from elsewhere. But who is idle is: somebody may have taken an honest peer's id in order to keep it out, and
    // a connection that seems to stand here may be one that the peer has lost.
    //
    // Two that dial each other at the same time must agree on which connection stays, or both would go. As in
    // libtorrent it is the one that was dialled by the side with the greater peer id.
    private boolean isToReplace(P later, P earlier) {
        boolean weAreGreater =
                Arrays.compareUnsigned(shared.peerId().toBytes(), later.peerId().toBytes()) > 0;
        return later.isOutgoing() != earlier.isOutgoing() && later.isOutgoing() == weAreGreater;
    }

    /** When to try the address again of a peer that was turned away for this reason, or sent away for another's sake. */
    Optional<Parting.Again> again(P peer, String reason) {
        if (reason.equals(CONNECTED_ELSEWHERE)) {
            return Optional.of(Parting.Again.AS_AFTER_A_FAILURE); // whose id it is cannot be known
        }
        return reason.equals(DUPLICATE) && isConnected(peer.peerId())
                ? Optional.of(Parting.Again.LATE)
                : Optional.empty();
    }

    private boolean isConnected(PeerId id) {
        return peers.stream().anyMatch(peer -> peer.peerId().equals(id) && !peer.isClosing());
    }

    /**
     * The peer's connection has ended. Says whether it had joined.
     *
     * @param useless whether there is nothing that we still want of anybody
     */
    boolean leave(P peer, boolean useless) {
        if (!peers.remove(peer)) {
            return false;
        }
        if (!peer.isOutgoing()) {
            peer.listenAddress().ifPresent(address -> candidates.came(address, useless)); // it may be of use again
        }
        if (!useless && !peer.closeReason().equals(Optional.of(DUPLICATE))) {
            candidates.noLongerDuplicates(peer.address().getAddress(), DUPLICATE);
        }
        return true;
    }

    /** The peer's connection stands, but others have taken it over. */
    void remove(P peer) {
        peers.remove(peer);
    }

    // --- all of them

    /** Ends the connections to those who are banned, for this reason: a ban is of an address, and who has one may have more. */
    void closeBanned(String reason) {
        peers.stream().filter(this::isBanned).forEach(peer -> peer.close(reason));
    }

    private boolean isBanned(P peer) {
        return shared.bans().contains(peer.address().getAddress());
    }

    /** Tells something to all that have joined; who joins is greeted before that, or after. */
    void tellAll(Consumer<P> message) {
        joinLock.lock();
        try {
            peers.forEach(message);
        } finally {
            joinLock.unlock();
        }
    }

    @Override
    public Iterator<P> iterator() {
        return peers.iterator();
    }

    Stream<P> stream() {
        return peers.stream();
    }

    /** A view of them. */
    Collection<P> all() {
        return Collections.unmodifiableCollection(peers);
    }

    /** Where those can be dialled who are connected, with what {@code flags} says of each (BEP 11). */
    Map<InetSocketAddress, Integer> contacts(ToIntFunction<P> flags) {
        var contacts = new HashMap<InetSocketAddress, Integer>();
        for (P peer : peers) {
            if (!peer.isClosing()) {
                peer.listenAddress()
                        .ifPresent(address -> contacts.merge(address, flags.applyAsInt(peer), (a, b) -> a | b));
            }
        }
        return contacts;
    }

    /** A peer has said something of itself; and how it sees us, perhaps (BEP 10). */
    void introduced(P peer) {
        peer.seenAs().ifPresent(seen -> shared.votes().vote(peer.address().getAddress(), seen));
    }

    /** By what all say, by which address of ours do peers reckon priorities (BEP 40)? */
    void learnOwnAddresses() {
        ownAddresses = OwnAddresses.of(shared.votes(), shared.port());
        candidates.weAre(ownAddresses);
    }
}
