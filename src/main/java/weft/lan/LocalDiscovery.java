package weft.lan;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import weft.concurrent.TaskScope;
import weft.metainfo.InfoHash;

/**
 * Local service discovery (BEP 14): tells the machines near which torrents we have, and hears of theirs. One announcer for
 * all torrents; one listener for each family of addresses. Begun by a client, whose scope ends it.
 *
 * <p>Nothing that is the matter with a network ends it: what fails is tried again after a minute, and interfaces that
 * have come meanwhile are used.
 */
public final class LocalDiscovery {
    private static final System.Logger LOG = System.getLogger("weft.lan");

    /** How often we look which networks there are. */
    static final Duration REFRESH = Duration.ofMinutes(1);

    /** Torrents that start together are announced together. */
    private static final Duration GATHER = Duration.ofMillis(200);

    /** After a fault of the network, before it is asked again. */
    private static final Duration FAULT_PAUSE = Duration.ofSeconds(1);

    /** Twice what is allowed; what is longer comes cut short. */
    private static final int RECEIVE_BYTES = 2 * LocalAnnounce.MAX_BYTES;

    private final int port;
    private final LocalTorrents torrents;
    private final List<LocalNetwork> networks;
    private final String cookie;
    private final LongSupplier nanoTime;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition woken = lock.newCondition();
    private boolean hasNews; // guarded by lock

    LocalDiscovery(
            int port,
            LocalTorrents torrents,
            List<? extends LocalNetwork> networks,
            RandomGenerator random,
            LongSupplier nanoTime) {
        this.port = port;
        this.torrents = torrents;
        this.networks = List.copyOf(networks);
        this.cookie = HexFormat.of().toHexDigits(random.nextLong());
        this.nanoTime = nanoTime;
    }

    /**
     * Begins to announce and to listen, in a scope that ends it.
     *
     * @param bindAddress where we listen for peers; only the networks of that address are used, all if it is the wildcard
     * @param port where we listen for peers
     */
    public static LocalDiscovery start(
            TaskScope scope,
            Optional<InetAddress> bindAddress,
            int port,
            LocalTorrents torrents,
            RandomGenerator random,
            LongSupplier nanoTime) {
        var networks = new ArrayList<LocalNetwork>();
        boolean isAny = bindAddress.map(InetAddress::isAnyLocalAddress).orElse(true);
        if (isAny || bindAddress.get() instanceof Inet4Address) {
            networks.add(MulticastGroup.ipv4(bindAddress));
        }
        if (isAny || !(bindAddress.get() instanceof Inet4Address)) {
            networks.add(MulticastGroup.ipv6(bindAddress));
        }
        var discovery = new LocalDiscovery(port, torrents, networks, random, nanoTime);
        discovery.start(scope);
        return discovery;
    }

    void start(TaskScope scope) {
        networks.forEach(scope::closeFirst);
        scope.fork("lan announcer", this::announce);
        networks.forEach(network -> scope.fork("lan listener " + network.host(), () -> listen(network)));
    }

    /** A torrent has started: it is announced now, or as soon as may be. */
    public void wake() {
        lock.lock();
        try {
            hasNews = true;
            woken.signal();
        } finally {
            lock.unlock();
        }
    }

    // --- we tell

    private void announce() throws InterruptedException {
        var schedule = new AnnounceSchedule(nanoTime.getAsLong());
        long refreshedNanos = nanoTime.getAsLong() - REFRESH.toNanos();
        while (true) {
            long now = nanoTime.getAsLong();
            if (now - refreshedNanos >= REFRESH.toNanos()) {
                refreshedNanos = now;
                if (refresh()) {
                    schedule.again(now);
                }
            }
            schedule.update(torrents.announced(), now);
            for (var next = schedule.next(now); !next.isEmpty(); next = schedule.next(now)) {
                send(next);
            }
            await(Math.min(schedule.nanosUntilNext(now), REFRESH.toNanos() - (now - refreshedNanos)));
        }
    }

    private boolean refresh() {
        boolean changed = false;
        for (LocalNetwork network : networks) {
            try {
                changed |= network.refresh();
            } catch (IOException e) {
                LOG.log(
                        System.Logger.Level.DEBUG,
                        "no local discovery through {0} for now: {1}",
                        network.host(),
                        e.getMessage());
            }
        }
        return changed;
    }

    private void send(List<InfoHash> next) {
        LOG.log(System.Logger.Level.DEBUG, "announcing {0} torrents to the local network", next.size());
        for (LocalNetwork network : networks) {
            network.send(ByteBuffer.wrap(new LocalAnnounce(port, next, cookie).encode(network.host())));
        }
    }

    /** Waits so long, or until a torrent has started and others may have followed it. */
    private void await(long nanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = nanos;
            while (!hasNews && left > 0) {
                left = woken.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
        if (takeNews()) {
            Thread.sleep(GATHER);
            takeNews();
        }
    }

    private boolean takeNews() {
        lock.lock();
        try {
            boolean news = hasNews;
            hasNews = false;
            return news;
        } finally {
            lock.unlock();
        }
    }

    // --- we hear

    private void listen(LocalNetwork network) throws InterruptedException {
        var neighbours = new Neighbours(nanoTime.getAsLong());
        var buffer = ByteBuffer.allocateDirect(RECEIVE_BYTES);
        while (true) {
            try {
                var source = network.receive(buffer.clear());
                if (neighbours.mayBeHeard(nanoTime.getAsLong())) {
                    heard(network, neighbours, source, buffer.flip());
                }
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "{0}: {1}", network.host(), e.getMessage());
                Thread.sleep(FAULT_PAUSE);
            } catch (RuntimeException e) { // what one message brings to light must not keep us from the others
                LOG.log(System.Logger.Level.ERROR, () -> network.host() + ": a bug of ours", e);
                Thread.sleep(FAULT_PAUSE);
            }
        }
    }

    private void heard(LocalNetwork network, Neighbours neighbours, InetSocketAddress source, ByteBuffer message) {
        var bytes = new byte[message.remaining()];
        message.get(bytes);
        var announce = LocalAnnounce.decode(bytes);
        if (announce.isEmpty() || announce.get().cookie().equals(cookie) || !network.isNear(source.getAddress())) {
            return;
        }
        var peer = new InetSocketAddress(source.getAddress(), announce.get().port());
        for (InfoHash torrent : announce.get().torrents()) {
            if (torrents.isAnnounced(torrent) && neighbours.isBelieved(peer)) {
                LOG.log(System.Logger.Level.DEBUG, "{0} is near and has {1}", peer, torrent);
                torrents.onPeer(torrent, peer);
            }
        }
    }
}
