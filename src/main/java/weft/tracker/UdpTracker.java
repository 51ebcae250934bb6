package weft.tracker;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import weft.bencode.BString;
import weft.metainfo.InfoHash;
import weft.net.DatagramKind;
import weft.net.UdpSocket;
import weft.tracker.TrackerException.Kind;
import weft.wire.ProtocolException;

/**
 * Asks trackers over UDP: announce, scrape (BEP 15) and the address's path (BEP 41), through the client's one datagram
 * socket. One per client, shared by all torrents, who share connection ids too.
 *
 * <p>A packet that is lost is sent again. BEP 15 would wait 15 s, 30 s, 60 s and so on for over an hour; we wait 5 s, 10 s
 * and 20 s, or in that proportion as long as the caller's patience lasts, and leave what comes after to the
 * {@link Announcer}'s back-off. Each time another of the tracker's addresses is tried, if it has several, and a new
 * transaction id is drawn.
 *
 * <p>The caller's virtual thread asks and waits; the socket's reader brings the answers. What answers no question, comes
 * from another address than was asked or speaks of another action is dropped and counted.
 */
@SuppressWarnings("exports")
public final class UdpTracker implements TrackerClient {
    private static final System.Logger LOG = System.getLogger("weft.tracker");

    /** How long the first answer is waited for, twice as long the second time and so on. */
    private static final Duration FIRST_WAIT = Duration.ofSeconds(5);

    private static final int ATTEMPTS = 3;

    /** 1 + 2 + 4: in how many parts the patience is divided. */
    private static final int WAITS = (1 << ATTEMPTS) - 1;

    /** How many trackers are asked at the same time. Each has one packet out, so that they may be more than with HTTP. */
    private static final int MAX_IN_FLIGHT = 250;

    /** A name with more addresses than this does not need all of them tried. */
    private static final int MAX_ADDRESSES_TRIED = 3;

    private static final int SEND_TRIES = 3;
    private static final Duration SEND_PAUSE = Duration.ofMillis(20);

    private final UdpSocket socket;
    private final HostResolver resolver;
    private final RandomGenerator random;
    private final AnnounceTime time;
    private final UdpConnections connections = new UdpConnections();
    private final Semaphore inFlight = new Semaphore(MAX_IN_FLIGHT, true);
    private final Map<Integer, Question> questions = new ConcurrentHashMap<>(); // by transaction id
    private final LongAdder strays = new LongAdder();

    /** Takes the answers of trackers from {@code socket}, as long as that is open. */
    public UdpTracker(UdpSocket socket, HostResolver resolver, RandomGenerator random) {
        this(socket, resolver, random, AnnounceTime.system());
    }

    UdpTracker(UdpSocket socket, HostResolver resolver, RandomGenerator random, AnnounceTime time) {
        this.socket = socket;
        this.resolver = resolver;
        this.random = random;
        this.time = time;
        socket.handle(DatagramKind.TRACKER, this::onDatagram);
    }

    @Override
    public boolean speaks(String scheme) {
        return scheme.equals("udp");
    }

    @Override
    public Set<IpFamily> families(String url) throws TrackerException, InterruptedException {
        var families = EnumSet.noneOf(IpFamily.class);
        addresses(TrackerUrl.parse(url), Optional.empty())
                .forEach(address -> families.add(IpFamily.of(address.getAddress())));
        return families;
    }

    @Override
    public AnnounceResponse announce(String url, IpFamily family, AnnounceRequest request, Duration patience)
            throws TrackerException, InterruptedException {
        var tracker = TrackerUrl.parse(url);
        var answer = ask(
                tracker,
                Optional.of(family),
                (connectionId, transactionId) -> announce(request, tracker, connectionId, transactionId),
                UdpRequest.ANNOUNCE,
                patience);
        if (!(answer instanceof UdpAnswer.Announced announced)) {
            throw new IllegalStateException("an answer to something else: " + answer);
        }
        var minimum = AnnounceIntervals.minimum(OptionalLong.empty());
        return new AnnounceResponse(
                AnnounceIntervals.regular(OptionalLong.of(announced.interval()), minimum),
                minimum,
                announced.peers(),
                count(announced.seeders()),
                count(announced.leechers()),
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    @Override
    public ScrapeResponse scrape(String url, List<InfoHash> infoHashes, Duration patience)
            throws TrackerException, InterruptedException {
        if (infoHashes.isEmpty() || infoHashes.size() > UdpRequest.MAX_HASHES) {
            throw new IllegalArgumentException(
                    "1 to " + UdpRequest.MAX_HASHES + " info-hashes, not " + infoHashes.size());
        }
        var hashes =
                infoHashes.stream().map(hash -> BString.of(hash.truncated())).toList();
        var answer = ask(
                TrackerUrl.parse(url),
                Optional.empty(),
                (connectionId, transactionId) -> new UdpRequest.Scrape(connectionId, transactionId, hashes),
                UdpRequest.SCRAPE,
                patience);
        if (!(answer instanceof UdpAnswer.Scraped scraped)) {
            throw new IllegalStateException("an answer to something else: " + answer);
        }
        var swarms = new HashMap<BString, SwarmCounts>();
        for (int i = 0; i < Math.min(hashes.size(), scraped.files().size()); i++) {
            var file = scraped.files().get(i);
            swarms.put(
                    hashes.get(i),
                    new SwarmCounts(
                            count(file.seeders()),
                            count(file.leechers()),
                            count(file.completed()),
                            OptionalInt.empty()));
        }
        return new ScrapeResponse(swarms, Optional.empty());
    }

    /** How many datagrams came that looked like a tracker's and answered nothing that was asked. */
    long strays() {
        return strays.sum();
    }

    /** How many questions are out. */
    int outstanding() {
        return questions.size();
    }

    private static UdpRequest announce(
            AnnounceRequest request, TrackerUrl tracker, long connectionId, int transactionId) {
        var totals = request.totals();
        return new UdpRequest.Announce(
                connectionId,
                transactionId,
                BString.of(request.infoHash().truncated()),
                BString.of(request.peerId().toBytes()),
                totals.downloaded(),
                totals.left(),
                totals.uploaded(),
                switch (request.event()) {
                    case NONE, PAUSED -> 0; // BEP 21 is for HTTP only
                    case COMPLETED -> 1;
                    case STARTED -> 2;
                    case STOPPED -> 3;
                },
                0,
                request.key(),
                request.numWant(),
                request.port(),
                Optional.of(tracker.target()).filter(target -> !target.equals("/")));
    }

    private static OptionalInt count(int count) {
        return count >= 0 ? OptionalInt.of(count) : OptionalInt.empty();
    }

    // --- asking

    /** Makes a request of the ids that it is to carry. */
    @FunctionalInterface
    private interface Maker {
        UdpRequest make(long connectionId, int transactionId);
    }

    private UdpAnswer ask(TrackerUrl url, Optional<IpFamily> family, Maker request, int action, Duration patience)
            throws TrackerException, InterruptedException {
        long deadlineNanos = time.nanos() + patience.toNanos();
        if (!inFlight.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
            throw new TrackerException(Kind.TIMEOUT, "too many other trackers are being asked");
        }
        try {
            return new Asking(addresses(url, family), request, action, patience, deadlineNanos).answer();
        } finally {
            inFlight.release();
        }
    }

    /** One request until it is answered, of the thread that asks. */
    private final class Asking {
        private final List<InetSocketAddress> trackers; // those not known to be out of reach
        private final Maker request;
        private final int action;
        private final long firstWaitNanos;
        private final long deadlineNanos;
        private int lost;

        private Asking(
                List<InetSocketAddress> trackers, Maker request, int action, Duration patience, long deadlineNanos) {
            this.trackers = new ArrayList<>(trackers.subList(0, Math.min(trackers.size(), MAX_ADDRESSES_TRIED)));
            this.request = request;
            this.action = action;
            this.firstWaitNanos = Math.min(FIRST_WAIT.toNanos(), patience.toNanos() / WAITS);
            this.deadlineNanos = deadlineNanos;
        }

        private UdpAnswer answer() throws TrackerException, InterruptedException {
            while (lost < ATTEMPTS && deadlineNanos - time.nanos() > 0) {
                var tracker = trackers.get(lost % trackers.size());
                Optional<UdpAnswer> answer;
                try {
                    answer = answerOf(tracker);
                } catch (Unsendable e) {
                    trackers.remove(tracker);
                    if (trackers.isEmpty()) {
                        throw new TrackerException(Kind.UNREACHABLE, e.getMessage(), e);
                    }
                    continue;
                } catch (ProtocolException e) {
                    throw new TrackerException(Kind.BAD_ANSWER, "the answer is none: " + e.getMessage(), e);
                }
                if (answer.isPresent()) {
                    return answer.get();
                }
                lost++;
            }
            throw new TrackerException(Kind.TIMEOUT, "no answer from " + shown(trackers));
        }

        /** Empty if a packet was lost, on the way there or back. */
        private Optional<UdpAnswer> answerOf(InetSocketAddress tracker)
                throws TrackerException, ProtocolException, Unsendable, InterruptedException {
            var known = connections.id(tracker, time.nanos());
            var connectionId = known.isPresent() ? known : connect(tracker);
            if (connectionId.isEmpty()) {
                return Optional.empty();
            }
            var answer = exchange(
                    tracker,
                    action,
                    transactionId -> request.make(connectionId.getAsLong(), transactionId),
                    untilNanos());
            boolean refused = answer.isPresent() && answer.get() instanceof UdpAnswer.Refused;
            if (answer.isEmpty() || (refused && known.isPresent())) {
                // A tracker that was started anew does not know the id, and is silent or refuses.
                connections.forget(tracker, connectionId.getAsLong());
            }
            if (refused && known.isPresent()) {
                return answerOf(tracker); // with an id that is new, so that this is not said twice
            }
            throwRefusal(answer);
            return answer;
        }

        private OptionalLong connect(InetSocketAddress tracker)
                throws TrackerException, ProtocolException, Unsendable, InterruptedException {
            var answer = exchange(tracker, UdpRequest.CONNECT, UdpRequest.Connect::new, untilNanos());
            throwRefusal(answer);
            if (answer.isPresent() && answer.get() instanceof UdpAnswer.Connected connected) {
                connections.put(tracker, connected.connectionId(), time.nanos());
                return OptionalLong.of(connected.connectionId());
            }
            return OptionalLong.empty();
        }

        private long untilNanos() {
            return Math.min(time.nanos() + (firstWaitNanos << lost), deadlineNanos);
        }
    }

    private static void throwRefusal(Optional<UdpAnswer> answer) throws TrackerException {
        if (answer.isPresent() && answer.get() instanceof UdpAnswer.Refused refused) {
            throw TrackerException.refused(
                    refused.message().isBlank() ? "the tracker gives no reason" : refused.message(), Optional.empty());
        }
    }

    /** Sends one packet and waits for what it is answered; empty if that does not come in time. */
    private Optional<UdpAnswer> exchange(
            InetSocketAddress tracker, int action, IntFunction<UdpRequest> request, long untilNanos)
            throws ProtocolException, Unsendable, InterruptedException {
        var question = new Question(tracker, action);
        int transactionId = random.nextInt();
        while (questions.putIfAbsent(transactionId, question) != null) {
            transactionId = random.nextInt();
        }
        try {
            send(request.apply(transactionId).encode(), tracker, question);
            time.awaitUntil(question.answered, untilNanos);
        } finally {
            questions.remove(transactionId);
        }
        byte[] answer = question.answer;
        return answer == null
                ? Optional.empty()
                : Optional.of(UdpAnswer.parse(ByteBuffer.wrap(answer), IpFamily.of(tracker.getAddress())));
    }

    /** Tries more than once: what else goes over the socket may have filled the system's buffer for a moment. */
    private void send(ByteBuffer packet, InetSocketAddress tracker, Question question)
            throws Unsendable, InterruptedException {
        for (int tries = 1; !socket.send(packet.rewind(), tracker); tries++) {
            if (tries == SEND_TRIES) {
                throw new Unsendable(tracker);
            }
            time.awaitUntil(question.answered, time.nanos() + SEND_PAUSE.toNanos());
        }
    }

    /** Called by the socket's reader. */
    private void onDatagram(ByteBuffer datagram, InetSocketAddress sender) {
        int start = datagram.position();
        int action = datagram.getInt(start);
        int transactionId = datagram.getInt(start + Integer.BYTES);
        var question = questions.get(transactionId);
        if (question == null
                || !question.tracker.equals(sender)
                || (action != question.action && action != UdpAnswer.ERROR)
                || !questions.remove(transactionId, question)) { // the first answer is the one that counts
            strays.increment();
            LOG.log(System.Logger.Level.TRACE, "{0}: answers nothing that it was asked", sender);
            return;
        }
        var answer = new byte[datagram.remaining()];
        datagram.get(answer);
        question.answer = answer;
        question.answered.release();
    }

    /** What was asked and is not answered yet. */
    private static final class Question {
        private final InetSocketAddress tracker;
        private final int action;
        private final Semaphore answered = new Semaphore(0);
        private volatile byte[] answer; // or null: none yet

        private Question(InetSocketAddress tracker, int action) {
            this.tracker = tracker;
            this.action = action;
        }
    }

    /** The system did not take a packet. */
    private static final class Unsendable extends Exception {
        private static final long serialVersionUID = 1L;

        private Unsendable(InetSocketAddress tracker) {
            super("nothing can be sent to " + shown(List.of(tracker)));
        }
    }

    // --- addresses

    private List<InetSocketAddress> addresses(TrackerUrl url, Optional<IpFamily> family)
            throws TrackerException, InterruptedException {
        List<InetAddress> all;
        try {
            all = resolver.resolve(url.host());
        } catch (UnknownHostException e) {
            throw new TrackerException(Kind.UNKNOWN_HOST, "the name " + url.host() + " does not resolve", e);
        }
        var addresses = all.stream()
                .filter(address -> family.map(f -> f == IpFamily.of(address)).orElse(true))
                .filter(socket::reaches)
                .toList();
        if (addresses.isEmpty()) {
            throw new TrackerException(
                    Kind.UNREACHABLE, "the name " + url.host() + " has no address that our port can reach");
        }
        if (addresses.stream().anyMatch(a -> a.isMulticastAddress() || a.isAnyLocalAddress())) {
            throw new TrackerException(Kind.FORBIDDEN, url + " is no address of a single machine");
        }
        return addresses.stream()
                .map(address -> new InetSocketAddress(address, url.port()))
                .toList();
    }

    private static String shown(List<InetSocketAddress> trackers) {
        var tracker = trackers.getFirst();
        return tracker.getAddress().getHostAddress() + " port " + tracker.getPort();
    }
}
