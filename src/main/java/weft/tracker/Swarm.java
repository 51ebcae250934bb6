package weft.tracker;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import weft.bencode.BString;

/**
 * The peers of one torrent, as a tracker knows them. Every operation takes time in proportion to what it is asked for or
 * drops, not to the size of the swarm. No locking of its own: guarded by the lock of its {@link SwarmTable}.
 */
final class Swarm {
    /** So many peers are looked at for each one wanted, where those of one family of addresses alone are. */
    private static final int LOOKS_PER_PEER = 4;

    private final Map<BString, Peer> byIdentity = new LinkedHashMap<>(); // the one silent for longest comes first
    private final Map<InetSocketAddress, Peer> byEndpoint = new HashMap<>(); // the last one that announced it
    private final List<Peer> leechers = new ArrayList<>(); // each peer is in exactly one of these two,
    private final List<Peer> seeds = new ArrayList<>(); // at peer.index
    private long lastAnnounceNanos;
    private int downloaded;

    /** One client, which may have an address of each family (BEP 7). */
    static final class Peer {
        private final BString peerId;
        private BString identity;
        private InetSocketAddress ipv4; // or null
        private InetSocketAddress ipv6; // or null
        private long ipv4SeenNanos;
        private long ipv6SeenNanos;
        private boolean seed;
        private boolean completed;
        private int index;

        private Peer(BString peerId) {
            this.peerId = peerId;
        }

        BString peerId() {
            return peerId;
        }

        /** Its addresses, of one family or both, that it announced after {@code oldestNanos}. */
        List<InetSocketAddress> endpoints(Optional<IpFamily> only, long oldestNanos) {
            var endpoints = new ArrayList<InetSocketAddress>(2);
            if (ipv4 != null && ipv4SeenNanos - oldestNanos >= 0 && only.orElse(IpFamily.IPV4) == IpFamily.IPV4) {
                endpoints.add(ipv4);
            }
            if (ipv6 != null && ipv6SeenNanos - oldestNanos >= 0 && only.orElse(IpFamily.IPV6) == IpFamily.IPV6) {
                endpoints.add(ipv6);
            }
            return endpoints;
        }

        private boolean isSilentSince(long oldestNanos) {
            return endpoints(Optional.empty(), oldestNanos).isEmpty();
        }

        /** Or null. */
        private InetSocketAddress endpoint(IpFamily family) {
            return family == IpFamily.IPV4 ? ipv4 : ipv6;
        }

        /** {@code endpoint} may be null: gone. */
        private void setEndpoint(IpFamily family, InetSocketAddress endpoint, long nowNanos) {
            if (family == IpFamily.IPV4) {
                ipv4 = endpoint;
                ipv4SeenNanos = nowNanos;
            } else {
                ipv6 = endpoint;
                ipv6SeenNanos = nowNanos;
            }
        }
    }

    int size() {
        return byIdentity.size();
    }

    int seeds() {
        return seeds.size();
    }

    int leechers() {
        return leechers.size();
    }

    int downloaded() {
        return downloaded;
    }

    long lastAnnounceNanos() {
        return lastAnnounceNanos;
    }

    boolean knows(AnnounceQuery announce) {
        return find(announce) != null;
    }

    void touch(long nowNanos) {
        lastAnnounceNanos = nowNanos;
    }

    /** Adds a peer, or takes note of what has changed. */
    void put(AnnounceQuery announce, InetSocketAddress endpoint, long nowNanos) {
        var peer = find(announce);
        if (peer == null) {
            peer = new Peer(announce.peerId());
        } else {
            byIdentity.remove(peer.identity);
            removeFrom(listOf(peer), peer);
        }
        peer.identity = announce.identity();
        move(peer, IpFamily.of(endpoint.getAddress()), endpoint, nowNanos);
        peer.seed = announce.seed();
        if (announce.event() == AnnounceEvent.COMPLETED && !peer.completed) {
            peer.completed = true; // once, however often and over however many families it is said
            downloaded++;
        }
        byIdentity.put(peer.identity, peer);
        var list = listOf(peer);
        peer.index = list.size();
        list.add(peer);
    }

    /** A peer says that it leaves, over one family; it is gone when it has no address left. */
    void remove(AnnounceQuery announce, IpFamily family) {
        var peer = find(announce);
        if (peer != null) {
            move(peer, family, null, 0);
            if (peer.ipv4 == null && peer.ipv6 == null) {
                byIdentity.remove(peer.identity);
                removeFrom(listOf(peer), peer);
            }
        }
    }

    /**
     * The peer that announces, or null: by its identity, or else by its peer id and the address that it listens on, as
     * aria2 draws a new key for every announce over UDP.
     */
    private Peer find(AnnounceQuery announce) {
        var peer = byIdentity.get(announce.identity());
        if (peer != null || announce.endpoint().isEmpty()) {
            return peer;
        }
        var there = byEndpoint.get(announce.endpoint().get());
        return there != null && there.peerId.equals(announce.peerId()) ? there : null;
    }

    /** Has the peer listen elsewhere, or nowhere if {@code endpoint} is null, as far as one family is concerned. */
    private void move(Peer peer, IpFamily family, InetSocketAddress endpoint, long nowNanos) {
        var before = peer.endpoint(family);
        if (before != null) {
            byEndpoint.remove(before, peer);
        }
        peer.setEndpoint(family, endpoint, nowNanos);
        if (endpoint != null) {
            byEndpoint.put(endpoint, peer);
        }
    }

    /** Drops who has been silent since before {@code oldestNanos}; returns how many. */
    int expire(long oldestNanos) {
        int expired = 0;
        var eldestFirst = byIdentity.values().iterator();
        while (eldestFirst.hasNext()) {
            var peer = eldestFirst.next();
            if (!peer.isSilentSince(oldestNanos)) {
                break;
            }
            eldestFirst.remove();
            move(peer, IpFamily.IPV4, null, 0);
            move(peer, IpFamily.IPV6, null, 0);
            removeFrom(listOf(peer), peer);
            expired++;
        }
        return expired;
    }

    /**
     * Peers for {@code asker}: at random, never itself, and no seeds for a seed, which could do nothing with them; but
     * for one that starts, which may have no more than a magnet link and not know what is left, as aria2 has it. Each has
     * announced an address that the asker can use after {@code oldestNanos}.
     */
    List<Peer> pick(AnnounceQuery asker, RandomGenerator random, long oldestNanos) {
        boolean seedsToo = !asker.seed() || asker.event() == AnnounceEvent.STARTED;
        int candidates = leechers.size() + (seedsToo ? seeds.size() : 0);
        var picked = new ArrayList<Peer>(Math.min(candidates, asker.numWant()));
        if (candidates == 0) {
            return picked;
        }
        int start = random.nextInt(candidates); // who comes next to whom in the lists is chance enough
        int looks = Math.min(candidates, LOOKS_PER_PEER * asker.numWant());
        for (int i = 0; i < looks && picked.size() < asker.numWant(); i++) {
            int at = (start + i) % candidates;
            var peer = at < leechers.size() ? leechers.get(at) : seeds.get(at - leechers.size());
            if (!peer.peerId.equals(asker.peerId())
                    && !peer.endpoints(asker.only(), oldestNanos).isEmpty()) {
                picked.add(peer);
            }
        }
        return picked;
    }

    private List<Peer> listOf(Peer peer) {
        return peer.seed ? seeds : leechers;
    }

    /** The last one takes the place of the one that goes. */
    private static void removeFrom(List<Peer> list, Peer peer) {
        var last = list.removeLast();
        if (last != peer) {
            list.set(peer.index, last);
            last.index = peer.index;
        }
    }
}
