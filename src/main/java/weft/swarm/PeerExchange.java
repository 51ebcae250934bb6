package weft.swarm;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import weft.extension.Extension;
import weft.extension.ExtensionPeer;
import weft.net.LocalAddresses;
import weft.wire.PexMessage;
import weft.wire.ProtocolException;

/**
 * Tells peers of the peers that we are connected to, and hears of theirs (BEP 11). What is told are connections that stand,
 * at addresses that can be dialled; what is heard is a stranger's word, of which a little is believed.
 *
 * <p>One per torrent, from the fetching of the metadata on. What a peer says is heard by its reader, {@link #tick} is called
 * by the keeper, of whom there is one at a time, and only there peers are told; so what has been told needs no lock.
 */
final class PeerExchange implements Extension {
    /** BEP 11: no more than one message a minute. */
    private static final Duration EVERY = Duration.ofMinutes(1);

    /** BEP 11: no more than fifty added, and fifty dropped. */
    private static final int MOST = 50;

    /** What we read of either family in one message: libtorrent sends so many. */
    private static final int MOST_READ = 100;

    /** Messages within {@link #EVERY} at which libtorrent closes the connection, and so do we. */
    private static final int TOO_MANY = 6;

    /** No peer listens on a port below; to have a swarm dial web servers is an attack on these. */
    private static final int FIRST_UNPRIVILEGED_PORT = 1024;

    /** The torrent, as far as peers are told of it. */
    interface Host {
        /** The peers that are connected and where they can be dialled, with the flags of {@link PexMessage}. */
        Map<InetSocketAddress, Integer> contacts();

        /** Whether a peer that only uploads is of any use. */
        boolean wantsUploadOnly();
    }

    private final Candidates candidates;
    private final LongSupplier nanoTime;
    private final Set<Talk> talks = ConcurrentHashMap.newKeySet();
    private final Map<InetSocketAddress, Talk> handedOver = new ConcurrentHashMap<>();
    private volatile Host host;

    PeerExchange(Host host, Candidates candidates, LongSupplier nanoTime) {
        this.host = host;
        this.candidates = candidates;
        this.nanoTime = nanoTime;
    }

    @Override
    public String name() {
        return PexMessage.NAME;
    }

    /** From now on it is this one's peers that are told, and of whom they are told. */
    void become(Host successor) {
        host = successor;
    }

    /** The conversation with the peer at this address ends, and another one on the same connection takes it up. */
    void handOver(InetSocketAddress address) {
        talks.stream()
                .filter(talk -> talk.peer.address().equals(address))
                .forEach(talk -> handedOver.put(address, talk));
    }

    @Override
    public Conversation connected(ExtensionPeer peer) {
        var before = handedOver.remove(peer.address());
        boolean goesOn = before != null && peer.knows(); // who has only just connected has said nothing yet
        var talk = goesOn ? before.with(peer) : new Talk(peer);
        talks.add(talk);
        return talk;
    }

    /** Tells those peers whose turn it is what has changed. */
    void tick() {
        long now = nanoTime.getAsLong();
        var due = talks.stream().filter(talk -> talk.isDue(now)).toList();
        if (!due.isEmpty()) {
            var contacts = host.contacts();
            due.forEach(talk -> talk.tell(contacts, now));
        }
    }

    /** A peer may be told of where anybody can be; but of our own network's addresses only one who is in it himself. */
    private static boolean concerns(InetSocketAddress contact, ExtensionPeer peer) {
        var address = contact.getAddress();
        if (address.isAnyLocalAddress() || address.isMulticastAddress()) {
            return false;
        }
        var with = peer.address().getAddress();
        return !LocalAddresses.isLocal(address)
                || (LocalAddresses.isLocal(with) && (!address.isLoopbackAddress() || with.isLoopbackAddress()));
    }

    private final class Talk implements Conversation {
        private volatile ExtensionPeer peer;
        private final ArrayDeque<Long> heardNanos = new ArrayDeque<>(); // of the reader; the last few messages
        private final Set<InetSocketAddress> told = new LinkedHashSet<>(); // of the keeper
        private boolean everTold; // of the keeper
        private long toldNanos; // of the keeper

        private Talk(ExtensionPeer peer) {
            this.peer = peer;
        }

        /** Goes on with the same peer in another conversation: neither is it told all again, nor before its minute is over. */
        private Talk with(ExtensionPeer successor) {
            peer = successor;
            return this;
        }

        // --- telling

        private boolean isDue(long now) {
            return peer.knows() && (!everTold || now - toldNanos >= EVERY.toNanos());
        }

        private void tell(Map<InetSocketAddress, Integer> contacts, long now) {
            var self = peer.listenAddress();
            var added = new ArrayList<PexMessage.Contact>();
            contacts.forEach((address, flags) -> {
                boolean isNews = !told.contains(address) && concerns(address, peer);
                boolean isItself = address.equals(peer.address())
                        || self.filter(address::equals).isPresent();
                if (isNews && !isItself && added.size() < MOST) {
                    added.add(new PexMessage.Contact(address, flags));
                }
            });
            var dropped = told.stream()
                    .filter(address -> !contacts.containsKey(address))
                    .limit(MOST)
                    .toList();
            if (added.isEmpty() && dropped.isEmpty()) {
                return;
            }
            if (peer.send(ByteBuffer.wrap(new PexMessage(added, dropped).encode()))) {
                added.forEach(contact -> told.add(contact.address()));
                dropped.forEach(told::remove);
                everTold = true;
                toldNanos = now;
            }
        }

        // --- hearing

        @Override
        public void message(ByteBuffer payload) throws IOException {
            long now = nanoTime.getAsLong();
            if (heardNanos.size() == TOO_MANY - 1 && now - heardNanos.removeFirst() < EVERY.toNanos()) {
                throw new ProtocolException(PexMessage.NAME + ": " + TOO_MANY + " messages within a minute");
            }
            heardNanos.addLast(now);
            var connected = host.contacts().keySet();
            var hosts = new HashSet<InetAddress>();
            for (PexMessage.Contact contact :
                    PexMessage.decode(payload, MOST_READ).added()) {
                if (!connected.contains(contact.address()) && isWorthATry(contact, hosts)) {
                    candidates.addExchanged(contact.address(), peer.address().getAddress());
                }
            }
        }

        /** One port of a host is enough, or many peers could be made up at one victim; in our own network that is no matter. */
        private boolean isWorthATry(PexMessage.Contact contact, Set<InetAddress> hosts) {
            var address = contact.address();
            return concerns(address, peer)
                    && address.getPort() >= FIRST_UNPRIVILEGED_PORT
                    && ((contact.flags() & PexMessage.UPLOAD_ONLY) == 0 || host.wantsUploadOnly())
                    && (LocalAddresses.isLocal(address.getAddress()) || hosts.add(address.getAddress()));
        }

        @Override
        public void closed() {
            talks.remove(this);
        }
    }
}
