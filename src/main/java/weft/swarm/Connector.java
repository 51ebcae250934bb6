package weft.swarm;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import weft.concurrent.FlightRecording;
import weft.concurrent.TaskScope;
import weft.net.ConnectionLimits;
import weft.net.TcpChannel;

/**
 * Dials candidates, a few at a time, as long as the torrent has room for more peers. One thread per torrent; every dial
 * is a thread of its own, which becomes the peer's reader when somebody answers.
 */
final class Connector {
    private static final System.Logger LOG = System.getLogger("weft.swarm");

    /** libtorrent waits so long for a TCP connection. */
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(15);

    /** How long to wait for a free connection before asking again. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** For whom it dials. */
    interface Host extends Door.Host {
        /** Whether one more may be dialled, beside those that are being dialled already. */
        boolean hasRoomToDial(int beingDialled);

        /** An address was not dialled, as it is that of a banned peer. */
        void refusedBanned(InetAddress address);
    }

    private final String torrent; // in events
    private final Swarm.Shared shared;
    private final Door door;
    private final Host host;
    private final Candidates candidates;
    private final AtomicInteger beingDialled = new AtomicInteger();

    Connector(String torrent, Swarm.Shared shared, Door door, Host host) {
        this.torrent = torrent;
        this.shared = shared;
        this.door = door;
        this.host = host;
        this.candidates = door.candidates();
    }

    /** Dials until interrupted. */
    void run(TaskScope scope) throws InterruptedException {
        while (true) {
            var address = candidates.take();
            if (shared.bans().contains(address.getAddress())) {
                candidates.remove(address);
                host.refusedBanned(address.getAddress());
                continue;
            }
            boolean hasRoom = host.hasRoomToDial(beingDialled.get());
            Optional<ConnectionLimits.Place> place =
                    hasRoom ? shared.limits().dialling(address.getAddress()) : Optional.empty();
            if (place.isEmpty()) {
                candidates.putBack(address, PAUSE);
                if (!hasRoom || !shared.limits().mayDial()) {
                    Thread.sleep(PAUSE); // no other address would find a place
                }
                continue;
            }
            var taken = place.get();
            beingDialled.incrementAndGet();
            if (!scope.tryFork("peer " + Swarm.text(address) + " reader", () -> dial(scope, address, taken))) {
                beingDialled.decrementAndGet();
                taken.close();
                candidates.putBack(address, Duration.ZERO);
                return; // the scope is closing; to try again would keep the thread that closes it from its carrier
            }
        }
    }

    private void dial(TaskScope scope, InetSocketAddress address, ConnectionLimits.Place place) {
        TcpChannel channel;
        var event = FlightRecording.begin(PeerDialEvent::new);
        try {
            channel = TcpChannel.connect(address, CONNECT_TIMEOUT, shared.watchdog(), scope);
        } catch (IOException | RuntimeException e) { // an address of a family that there is none of is unchecked
            place.close();
            var reason = Swarm.message(e);
            LOG.log(System.Logger.Level.DEBUG, "{0}: no connection: {1}", Swarm.text(address), reason);
            candidates.failed(address, reason);
            tell(event, address, reason);
            return;
        } finally {
            beingDialled.decrementAndGet();
        }
        tell(event, address, "");
        place.established();
        door.greet(scope, channel, address, place, host);
    }

    private void tell(PeerDialEvent event, InetSocketAddress address, String failure) {
        if (event != null) {
            event.commit(torrent, Swarm.text(address), failure);
        }
    }
}
