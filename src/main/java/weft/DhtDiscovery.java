package weft;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import weft.concurrent.TaskScope;
import weft.dht.Dht;
import weft.dht.DhtAnnounce;
import weft.metainfo.InfoHash;

/**
 * Looks for a torrent's peers in the DHT and has the torrent found there (BEP 5), as long as it runs: soon again while
 * nobody is connected, and every quarter of an hour then. The same one before and after the metadata of a magnet link is known.
 *
 * <p>{@link #start} and {@link #stop} are called by the torrent's own thread, the rest by any.
 */
final class DhtDiscovery {
    private static final System.Logger LOG = System.getLogger("weft");

    /** libtorrent's figure; announces are forgotten after half an hour. */
    private static final Duration EVERY = Duration.ofMinutes(15);

    /** The first wait while nobody is connected; each one twice as long. */
    private static final Duration AGAIN = Duration.ofSeconds(5);

    /** How long to wait for a node that can be asked, before that is looked at again. */
    private static final Duration READY_PATIENCE = Duration.ofSeconds(5);

    /**
     * What is known of the search.
     *
     * @param ready whether there is a node that can be asked
     * @param hasSearched whether a search has come to its end
     * @param nodesAsked how many nodes the last search has asked
     * @param nodesAnswered how many of these have answered
     * @param peersFound how many peers it has found
     */
    record Standing(boolean ready, boolean hasSearched, int nodesAsked, int nodesAnswered, int peersFound) {}

    private volatile Optional<Dht> dht;
    private final InfoHash infoHash;
    private final int port;
    private volatile BooleanSupplier isSeed;
    private volatile IntSupplier connected;
    private final Consumer<List<InetSocketAddress>> onPeers;

    private final ReentrantLock lock = new ReentrantLock();
    private Standing standing = new Standing(false, false, 0, 0, 0); // guarded by lock; of the last search
    private TaskScope running; // or null; of the torrent's own thread

    /** Finds nobody if {@code dht} is empty. {@code connected} says how many peers the torrent has. */
    DhtDiscovery(
            Optional<Dht> dht,
            InfoHash infoHash,
            int port,
            IntSupplier connected,
            Consumer<List<InetSocketAddress>> onPeers) {
        this.dht = dht;
        this.infoHash = infoHash;
        this.port = port;
        this.isSeed = () -> false;
        this.connected = connected;
        this.onPeers = onPeers;
    }

    /** The metadata is known: from now on these say whether we have everything (BEP 33), and how many peers there are. */
    void become(BooleanSupplier everythingIsThere, IntSupplier peers) {
        isSeed = everythingIsThere;
        connected = peers;
    }

    /** Starts to search, in a scope below {@code parent}. Does nothing if it does so already. */
    void start(TaskScope parent) {
        if (dht.isPresent() && running == null) {
            running = parent.childSupervised("", (task, failure) -> {
                if (!(failure instanceof IllegalStateException)) { // the node is closed before its torrents are
                    LOG.log(System.Logger.Level.ERROR, () -> infoHash + ": " + task + " failed", failure);
                }
            });
            running.fork("dht", () -> search(dht.get()));
        }
    }

    /** Ends the search. */
    void stop() {
        if (running != null) {
            running.close();
            running = null;
        }
    }

    /** Ends the search, and any that is wished from now on; does not wait. Called by the torrent's thread. */
    void endForGood() {
        dht = Optional.empty();
        if (running != null) {
            running.shutdown();
        }
    }

    /** How it stands; empty if there is no DHT for this torrent. */
    Optional<Standing> standing() {
        lock.lock();
        try {
            return dht.map(node -> new Standing(
                    node.isReady(),
                    standing.hasSearched(),
                    standing.nodesAsked(),
                    standing.nodesAnswered(),
                    standing.peersFound()));
        } finally {
            lock.unlock();
        }
    }

    private void search(Dht node) throws InterruptedException {
        var wait = AGAIN;
        while (true) {
            if (!node.awaitReady(READY_PATIENCE)) {
                continue; // no node is known: a peer may still tell of one
            }
            var found = node.announce(
                    infoHash,
                    new DhtAnnounce(port, true, isSeed.getAsBoolean()),
                    peer -> onPeers.accept(List.of(peer)));
            note(new Standing(
                    true,
                    true,
                    found.nodesAsked(),
                    found.nodesAnswered(),
                    found.peers().size()));
            LOG.log(
                    System.Logger.Level.DEBUG,
                    "{0}: {1} peers by {2} nodes of the DHT, announced to {3}",
                    infoHash,
                    found.peers().size(),
                    found.nodesAnswered(),
                    found.announcedTo());
            boolean isAlone = connected.getAsInt() == 0 || found.announcedTo() == 0; // who was found may be us
            Thread.sleep(isAlone ? wait : EVERY);
            wait = wait.multipliedBy(2).compareTo(EVERY) < 0 ? wait.multipliedBy(2) : EVERY;
        }
    }

    private void note(Standing now) {
        lock.lock();
        try {
            standing = now;
        } finally {
            lock.unlock();
        }
    }
}
