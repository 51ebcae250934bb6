package weft.tracker;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import weft.bencode.BString;
import weft.metainfo.InfoHash;

/**
 * All that a tracker knows: its swarms and their peers, bounded in number. Whoever has been silent for two intervals is
 * dropped when his swarm is next asked for, and swarms of which nobody speaks when the next announce comes, so there is
 * no thread that cleans up. Shared by all connections; one lock, held for memory work only.
 */
final class SwarmTable {
    private final TrackerServerOptions options;
    private final Optional<Set<BString>> allowed;
    private final LongSupplier nanoTime;
    private final RandomGenerator random;
    private final long lifetimeNanos;

    private final ReentrantLock lock = new ReentrantLock();
    // all that follows is guarded by lock
    private final Map<BString, Swarm> swarms = new LinkedHashMap<>(); // the one asked for longest ago comes first
    private int peers;
    private long announces;
    private long scrapes;
    private long failures;

    SwarmTable(TrackerServerOptions options, LongSupplier nanoTime, RandomGenerator random) {
        this.options = options;
        this.allowed = options.allowed().map(SwarmTable::truncated);
        this.nanoTime = nanoTime;
        this.random = random;
        this.lifetimeNanos = options.interval().multipliedBy(2).toNanos();
    }

    /** What an announce is answered: a swarm's figures, and some peers with their addresses. */
    record Answer(SwarmCounts counts, List<Listed> peers, boolean full) {}

    /** A peer as it is handed out. */
    record Listed(BString peerId, InetSocketAddress endpoint) {}

    /**
     * Takes note of who announces, and picks peers for him.
     *
     * @throws IllegalArgumentException with a text for the client if the torrent is not tracked
     */
    Answer announce(AnnounceQuery announce) {
        if (allowed.isPresent() && !allowed.get().contains(announce.infoHash())) {
            throw new IllegalArgumentException("unregistered torrent");
        }
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            long oldest = now - lifetimeNanos;
            dropSilentSwarms(oldest);
            var swarm = swarmFor(announce, oldest);
            swarm.touch(now);
            boolean full = !enter(announce, swarm, now);
            announces++;
            return new Answer(counts(swarm), listed(swarm.pick(announce, random, oldest), announce, oldest), full);
        } finally {
            lock.unlock();
        }
    }

    /** The figures of a swarm; empty if it is not known. */
    Optional<SwarmCounts> scrape(BString infoHash) {
        lock.lock();
        try {
            var swarm = Optional.ofNullable(swarms.get(infoHash));
            swarm.ifPresent(s -> peers -= s.expire(nanoTime.getAsLong() - lifetimeNanos));
            return swarm.map(SwarmTable::counts);
        } finally {
            lock.unlock();
        }
    }

    void countScrape() {
        lock.lock();
        try {
            scrapes++;
        } finally {
            lock.unlock();
        }
    }

    void countFailure() {
        lock.lock();
        try {
            failures++;
        } finally {
            lock.unlock();
        }
    }

    TrackerStatistics statistics() {
        lock.lock();
        try {
            long oldest = nanoTime.getAsLong() - lifetimeNanos;
            dropSilentSwarms(oldest);
            int seeds = 0;
            for (var swarm : swarms.values()) {
                peers -= swarm.expire(oldest);
                seeds += swarm.seeds();
            }
            return new TrackerStatistics(swarms.size(), seeds, peers - seeds, announces, scrapes, failures);
        } finally {
            lock.unlock();
        }
    }

    private void dropSilentSwarms(long oldestNanos) {
        var eldestFirst = swarms.values().iterator();
        while (eldestFirst.hasNext()) {
            var swarm = eldestFirst.next();
            if (swarm.lastAnnounceNanos() - oldestNanos >= 0) {
                return;
            }
            peers -= swarm.size();
            eldestFirst.remove();
        }
    }

    private Swarm swarmFor(AnnounceQuery announce, long oldestNanos) {
        var swarm = swarms.remove(announce.infoHash());
        if (swarm == null) {
            if (swarms.size() >= options.maxTorrents()) {
                throw new IllegalArgumentException("this tracker has no room for more torrents");
            }
            swarm = new Swarm();
        }
        swarms.put(announce.infoHash(), swarm); // at the end: asked for just now
        peers -= swarm.expire(oldestNanos);
        return swarm;
    }

    /** Lists who announces, or strikes him off; false if there is no room. */
    private boolean enter(AnnounceQuery announce, Swarm swarm, long nowNanos) {
        int before = swarm.size();
        if (announce.event() == AnnounceEvent.STOPPED) {
            var family =
                    announce.endpoint().map(e -> IpFamily.of(e.getAddress())).orElse(IpFamily.of(announce.from()));
            swarm.remove(announce, family);
        } else if (announce.endpoint().isPresent()) {
            boolean room = before < options.maxPeersPerTorrent() && peers < options.maxPeers();
            if (!room && !swarm.knows(announce)) {
                return false;
            }
            swarm.put(announce, announce.endpoint().get(), nowNanos);
        }
        peers += swarm.size() - before;
        return true;
    }

    private static List<Listed> listed(List<Swarm.Peer> picked, AnnounceQuery announce, long oldestNanos) {
        var listed = new ArrayList<Listed>();
        for (var peer : picked) {
            for (var endpoint : peer.endpoints(announce.only(), oldestNanos)) {
                if (!announce.endpoint().filter(endpoint::equals).isPresent()) {
                    listed.add(new Listed(peer.peerId(), endpoint));
                }
            }
        }
        return listed;
    }

    private static SwarmCounts counts(Swarm swarm) {
        return new SwarmCounts(
                OptionalInt.of(swarm.seeds()),
                OptionalInt.of(swarm.leechers()),
                OptionalInt.of(swarm.downloaded()),
                OptionalInt.empty());
    }

    private static Set<BString> truncated(Set<InfoHash> hashes) {
        return hashes.stream().map(hash -> BString.of(hash.truncated())).collect(Collectors.toUnmodifiableSet());
    }
}
