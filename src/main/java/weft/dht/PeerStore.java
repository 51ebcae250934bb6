package weft.dht;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import weft.net.Subscriber;

/**
 * Who has announced himself to us, for which torrent (BEP 5). Announcements are forgotten after half an hour.
 *
 * <p>Bounded in torrents, in peers of one and in peers of all. A torrent that is full takes nobody else, and hands out no
 * tokens (BEP 33). When there are too many torrents, or peers in all, one makes way that has fewest peers, of the
 * {@value #CANDIDATES} to which nobody has been announced for longest: so thousands of made-up torrents with a peer each
 * displace each other first. One subscriber brings {@value #MAX_TORRENTS_PER_SUBSCRIBER} torrents in half an hour at the most.
 *
 * <p>Nothing cleans up by itself: what is too old goes whenever something is done with its torrent, and of the others
 * whenever somebody is announced. One per node or shared by both families; used by any thread; memory work only.
 */
final class PeerStore {
    /** lt and Tr: announcements are repeated after 15 to 28 minutes. */
    private static final int LIFETIME_SECONDS = 30 * 60;

    private static final int CANDIDATES = 16;

    /**
     * How much is kept.
     *
     * @param torrents at most
     * @param peersPerTorrent in one family at most; BEP 33's filters count up to 6000
     * @param peers in all
     */
    record Limits(int torrents, int peersPerTorrent, int peers) {
        /** Some 2 to 5 MB when full. libtorrent has 2000 torrents of 500 peers. */
        static final Limits DEFAULT = new Limits(4000, 500, 100_000);

        Limits {
            if (torrents < 1 || peersPerTorrent < 1 || peers < 1) {
                throw new IllegalArgumentException("limits below 1: " + torrents + " torrents, " + peersPerTorrent
                        + " peers of each, " + peers + " in all");
            }
        }
    }

    /**
     * A torrent has eight nodes of millions, so even whoever has thousands of torrents brings hardly one of them here. In
     * local networks, which may be a DHT of their own, there is nobody to fear.
     */
    static final int MAX_TORRENTS_PER_SUBSCRIBER = 100;

    /** Of so many subscribers it is known how many torrents they have brought. */
    private static final int MAX_SUBSCRIBERS = 1024;

    /** BEP 33: who is in the store for one torrent, seeds and others. */
    record Filters(BloomFilter seeds, BloomFilter peers) {}

    private static final class Torrent {
        private final Map<Family, AnnouncedPeers> peers = new EnumMap<>(Family.class);
        private int announcedSeconds;
        private Filters filters; // or null, if not asked for since somebody came or went

        int size() {
            int size = 0;
            for (var family : peers.values()) {
                size += family.size();
            }
            return size;
        }

        /** Returns how many have gone. */
        int expire(int oldestSeconds) {
            int gone = 0;
            for (var family : peers.values()) {
                gone += family.expire(oldestSeconds);
            }
            if (gone > 0) {
                filters = null;
            }
            return gone;
        }
    }

    /** How many torrents somebody has brought since when. */
    private static final class Brought {
        private int torrents;
        private int sinceSeconds;
    }

    private final Limits limits;
    private final LongSupplier nanoTime;
    private final RandomGenerator random;
    private final long openedNanos;

    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock; the one to which somebody was announced longest ago comes first
    private final LinkedHashMap<NodeId, Torrent> torrents = new LinkedHashMap<>();
    private int peers; // guarded by lock
    private final Map<InetAddress, Brought> brought = new LinkedHashMap<>(16, 0.75f, true) { // guarded by lock
                @Override
                protected boolean removeEldestEntry(Map.Entry<InetAddress, Brought> eldest) {
                    return size() > MAX_SUBSCRIBERS;
                }
            };

    PeerStore(Limits limits, LongSupplier nanoTime, RandomGenerator random) {
        this.limits = limits;
        this.nanoTime = nanoTime;
        this.random = random;
        this.openedNanos = nanoTime.getAsLong();
    }

    /**
     * Takes an announcement: a peer that is known gets the new port, state and time.
     *
     * @return false if there is no room
     */
    boolean announce(NodeId infoHash, InetSocketAddress peer, boolean seed) {
        lock.lock();
        try {
            int now = seconds();
            dropOldTorrents(now);
            var torrent = torrents.remove(infoHash);
            if (torrent == null) {
                if (!mayBringAnother(peer.getAddress(), now)) {
                    return false;
                }
                torrent = new Torrent();
            } else {
                peers -= torrent.expire(oldest(now));
            }
            if (torrents.size() >= limits.torrents() || peers >= limits.peers()) {
                makeRoom();
            }
            var family = torrent.peers.computeIfAbsent(Family.of(peer.getAddress()), AnnouncedPeers::new);
            int before = family.size();
            boolean mayGrow = before < limits.peersPerTorrent() && peers < limits.peers();
            boolean taken = family.put(peer, seed, now, mayGrow);
            if (taken) {
                torrent.filters = null;
                peers += family.size() - before;
            }
            if (torrent.size() > 0) {
                torrent.announcedSeconds = now;
                torrents.put(infoHash, torrent); // at the end
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** Whether this subscriber has not brought too many torrents in as long as one is kept. */
    private boolean mayBringAnother(InetAddress address, int now) {
        if (NodeId.isExempt(address)) {
            return true;
        }
        var by = brought.computeIfAbsent(Subscriber.of(address), unknown -> new Brought());
        if (by.torrents == 0 || now - by.sinceSeconds >= LIFETIME_SECONDS) {
            by.torrents = 0;
            by.sinceSeconds = now;
        }
        return by.torrents++ < MAX_TORRENTS_PER_SUBSCRIBER;
    }

    /** Whether there is room for another peer of this family: if not, it is given no token (BEP 33). */
    boolean hasRoom(NodeId infoHash, Family family) {
        lock.lock();
        try {
            var torrent = current(infoHash);
            var known = torrent == null ? null : torrent.peers.get(family);
            return known == null || known.size() < limits.peersPerTorrent();
        } finally {
            lock.unlock();
        }
    }

    /** At most {@code max} peers of a torrent, chosen at random; with {@code noSeed} none that announced as a seed. */
    List<InetSocketAddress> sample(NodeId infoHash, Family family, boolean noSeed, int max) {
        lock.lock();
        try {
            var torrent = current(infoHash);
            var known = torrent == null ? null : torrent.peers.get(family);
            if (known == null) {
                return List.of();
            }
            var sample = new ArrayList<InetSocketAddress>(Math.min(max, known.size()));
            known.sample(max, !noSeed, random, sample::add);
            return sample;
        } finally {
            lock.unlock();
        }
    }

    /** BEP 33: who is known, of both families; nothing if nobody is. The filters are not to be changed. */
    Optional<Filters> filters(NodeId infoHash) {
        lock.lock();
        try {
            var torrent = current(infoHash);
            if (torrent == null || torrent.size() == 0) {
                return Optional.empty();
            }
            if (torrent.filters == null) {
                var filters = new Filters(new BloomFilter(), new BloomFilter());
                for (var family : torrent.peers.values()) {
                    family.count(filters.seeds(), filters.peers());
                }
                torrent.filters = filters;
            }
            return Optional.of(torrent.filters);
        } finally {
            lock.unlock();
        }
    }

    /** At most {@code max} torrents of which there are peers, chosen at random (BEP 51). */
    List<NodeId> sampleTorrents(int max) {
        lock.lock();
        try {
            dropOldTorrents(seconds());
            var sample = new ArrayList<NodeId>(Math.min(max, torrents.size()));
            int seen = 0;
            for (var infoHash : torrents.keySet()) { // each is as likely to be among those chosen as any other
                seen++;
                if (sample.size() < max) {
                    sample.add(infoHash);
                } else {
                    int at = random.nextInt(seen);
                    if (at < max) {
                        sample.set(at, infoHash);
                    }
                }
            }
            return sample;
        } finally {
            lock.unlock();
        }
    }

    /** How many torrents somebody has been announced to. */
    int torrents() {
        lock.lock();
        try {
            dropOldTorrents(seconds());
            return torrents.size();
        } finally {
            lock.unlock();
        }
    }

    /** How many peers there are, those included that have expired and are not yet dropped. */
    int peers() {
        lock.lock();
        try {
            return peers;
        } finally {
            lock.unlock();
        }
    }

    /** The torrent without those who have expired, or null if there is none. */
    private Torrent current(NodeId infoHash) {
        var torrent = torrents.get(infoHash);
        if (torrent != null) {
            peers -= torrent.expire(oldest(seconds()));
        }
        return torrent;
    }

    private void dropOldTorrents(int now) {
        var eldestFirst = torrents.values().iterator();
        while (eldestFirst.hasNext()) {
            var torrent = eldestFirst.next();
            if (torrent.announcedSeconds >= oldest(now)) {
                return;
            }
            peers -= torrent.size();
            eldestFirst.remove();
        }
    }

    private void makeRoom() {
        NodeId smallest = null;
        int fewest = Integer.MAX_VALUE;
        int looked = 0;
        for (var entry : torrents.entrySet()) {
            int size = entry.getValue().size();
            if (size < fewest) {
                smallest = entry.getKey();
                fewest = size;
            }
            if (++looked == CANDIDATES) {
                break;
            }
        }
        if (smallest != null) {
            peers -= fewest;
            torrents.remove(smallest);
        }
    }

    private int seconds() {
        return (int) TimeUnit.NANOSECONDS.toSeconds(nanoTime.getAsLong() - openedNanos);
    }

    private static int oldest(int nowSeconds) {
        return nowSeconds - LIFETIME_SECONDS;
    }
}
