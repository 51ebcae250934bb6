package weft;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import weft.concurrent.Watchdog;
import weft.net.ConnectionLimits;
import weft.net.PeerChannel;
import weft.swarm.Swarm;
import weft.tracker.TrackerSnapshot;
import weft.wire.Handshake;

/**
 * What a torrent is asked for, whether or not its metadata is known: a {@link TorrentLife} if its metainfo was at hand when it
 * was added, a {@link MetadataLife} if it was a magnet link, which passes on to its successor what it is asked when the
 * metadata is known. All methods may be called from any thread; those that wait say so by their names.
 */
sealed interface Life permits TorrentLife, MetadataLife {
    /** Starts the torrent's threads. Called once, by the client. */
    void begin();

    /** A peer has connected to us and named this torrent. The connection is taken over, or closed. */
    void accept(PeerChannel channel, Watchdog.Guard deadline, Handshake.Head head, ConnectionLimits.Place place);

    /** Asks for the end, which {@link #awaitEnd} waits for. */
    void close();

    /** Waits for the end until the deadline, then ends what is left by force. */
    void awaitEnd(long deadlineNanos);

    // --- wishes

    /** Wishes it to run; after an error it is tried anew. */
    void start();

    /** Wishes it to keep its connections, and transfer nothing. */
    void pause();

    /** Wishes it to have no connections. */
    void stop();

    /** Wishes pieces to be fetched in order, or rarest first. */
    void setSequential(boolean sequential);

    /** Adds an address that the user has told. */
    void addPeer(InetSocketAddress address);

    /** Adds an address that was found in the local network. */
    void found(InetSocketAddress address);

    /** Asks the trackers for more peers, as soon as they allow. */
    void announce();

    // --- looking

    /**
     * Waits until the metadata is known; false if the deadline passes before.
     *
     * @throws IOException why it cannot be used
     * @throws IllegalStateException if the torrent is closed before
     */
    boolean awaitMetadata(long deadlineNanos) throws IOException, InterruptedException;

    /** The life of the torrent with its metadata; empty while that is not known. */
    Optional<TorrentLife> known();

    /** The torrent's name, or the best that is known of it. */
    String name();

    /** Where it is, what stopped it, and whether it is wished to run. */
    TorrentBoard.Standing standing();

    /** The connected peers. */
    List<PeerSnapshot> peers();

    /** The addresses at which peers may be. */
    Swarm.Addresses addresses();

    /** Why the last connections ended, oldest first. */
    List<Swarm.Disconnect> disconnects();

    /** The tracker tiers. */
    List<TrackerSnapshot> trackers();

    /** Why it moves or does not. */
    Diagnosis diagnosis();

    /** Where listeners are told what happens. */
    Events events();
}
