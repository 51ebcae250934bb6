package weft.tracker;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import weft.concurrent.TaskScope;
import weft.concurrent.WorkerPool;
import weft.metainfo.InfoHash;
import weft.net.LocalAddresses;
import weft.tracker.TrackerException.Kind;

/**
 * Asks trackers over HTTP and HTTPS: announce (BEP 3, 7, 21, 23, 24, 31) and scrape (BEP 48).
 *
 * <p>The client opens one and closes it; all torrents share it. Its methods block and are called by virtual threads; it
 * keeps only a watchdog's thread in a scope of its own and two platform threads for name look-ups.
 *
 * <p>What it guards against (NEEDS, security history): answers without end, redirects without end, and a tracker, or a
 * torrent that names one, that would have us send requests into the local network. A public tracker cannot redirect to
 * a local address, nothing leads from https to http, and a service on this machine is asked only under a path that
 * looks like a tracker's.
 */
@SuppressWarnings("exports")
public final class HttpTracker implements TrackerClient, AutoCloseable {
    private static final int LOOKUP_THREADS = 2;

    /** How long the end of a look-up is waited for. */
    private static final Duration LOOKUP_PATIENCE = Duration.ofSeconds(1);

    /** BEP 3 lets a peer be given by name; nobody does so in earnest, so only a few are looked up. */
    private static final int MAX_NAMED_PEERS = 4;

    private static final int MAX_HASHES_PER_SCRAPE = 60;

    private final TaskScope scope;
    private final WorkerPool lookups = new WorkerPool("weft tracker name look-up", LOOKUP_THREADS);
    private final HostResolver resolver;
    private final HttpConnector connector;
    private final Semaphore inFlight;
    private final int maxRedirects;

    private HttpTracker(TaskScope scope, HttpTrackerOptions options) {
        this.scope = scope;
        this.resolver = options.resolver().orElseGet(() -> HostResolver.system(lookups));
        this.connector = new HttpConnector(scope, options);
        this.inFlight = new Semaphore(options.maxInFlight(), true);
        this.maxRedirects = options.maxRedirects();
        scope.closeFirst(() -> lookups.close(Duration.ZERO));
    }

    /** Opens one below {@code parent}, which must outlive it. */
    public static HttpTracker open(TaskScope parent, HttpTrackerOptions options) {
        return new HttpTracker(parent.childSupervised("http tracker", HttpConnector::logWatchdogFailure), options);
    }

    /** How names are looked up, for other clients to share the threads. It works until this is closed. */
    public HostResolver resolver() {
        return resolver;
    }

    @Override
    public boolean speaks(String scheme) {
        return scheme.equals("http") || scheme.equals("https");
    }

    @Override
    public Set<IpFamily> families(String url) throws TrackerException, InterruptedException {
        var families = EnumSet.noneOf(IpFamily.class);
        resolve(TrackerUrl.parse(url).host()).forEach(address -> families.add(IpFamily.of(address)));
        return families;
    }

    @Override
    public AnnounceResponse announce(String url, IpFamily family, AnnounceRequest request, Duration patience)
            throws TrackerException, InterruptedException {
        var announceUrl = TrackerUrl.parse(url).withParameters(AnnounceParameters.of(request));
        var answer = ask(announceUrl, Optional.of(family), patience);
        return withNamesResolved(HttpAnswers.announce(bodyOf(answer.reply()), answer.from()));
    }

    @Override
    public ScrapeResponse scrape(String url, List<InfoHash> infoHashes, Duration patience)
            throws TrackerException, InterruptedException {
        if (infoHashes.isEmpty() || infoHashes.size() > MAX_HASHES_PER_SCRAPE) {
            throw new IllegalArgumentException(
                    "1 to " + MAX_HASHES_PER_SCRAPE + " info-hashes, not " + infoHashes.size());
        }
        var scrapeUrl = TrackerUrl.parse(url)
                .scrapeUrl()
                .orElseThrow(() -> new TrackerException(Kind.BAD_URL, "this tracker cannot be scraped"));
        var parameters = new ArrayList<String>();
        infoHashes.forEach(hash -> parameters.add("info_hash=" + Percent.encode(hash.truncated())));
        var answer = ask(scrapeUrl.withParameters(String.join("&", parameters)), Optional.empty(), patience);
        return HttpAnswers.scrape(bodyOf(answer.reply()));
    }

    /** Breaks off what is under way and ends all threads, in bounded time. */
    @Override
    public void close() {
        close(TaskScope.PATIENCE);
    }

    /** Like {@link #close()}, waiting at most so long. */
    public void close(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        scope.close(patience);
        // A look-up that hangs cannot be ended; its daemon thread ends with it.
        lookups.close(Duration.ofNanos(Math.clamp(deadline - System.nanoTime(), 1, LOOKUP_PATIENCE.toNanos())));
    }

    private HttpConnector.Answer ask(TrackerUrl url, Optional<IpFamily> family, Duration patience)
            throws TrackerException, InterruptedException {
        long deadlineNanos = System.nanoTime() + patience.toNanos();
        if (!inFlight.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
            throw new TrackerException(Kind.TIMEOUT, "too many other trackers are being asked");
        }
        try {
            return follow(url, family, deadlineNanos);
        } finally {
            inFlight.release();
        }
    }

    private HttpConnector.Answer follow(TrackerUrl start, Optional<IpFamily> family, long deadlineNanos)
            throws TrackerException, InterruptedException {
        var url = start;
        boolean cameFromPublic = false;
        for (int redirects = 0; redirects <= maxRedirects; redirects++) {
            var addresses = permitted(url, addresses(url, family), cameFromPublic);
            var answer = connector.get(url, addresses, deadlineNanos);
            if (!answer.reply().isRedirect()) {
                return answer;
            }
            cameFromPublic |= addresses.stream().anyMatch(address -> !LocalAddresses.isLocal(address));
            url = redirected(url, answer.reply().location());
        }
        throw new TrackerException(Kind.FORBIDDEN, "the tracker redirects more than " + maxRedirects + " times");
    }

    private TrackerUrl redirected(TrackerUrl from, String location) throws TrackerException {
        TrackerUrl to;
        try {
            to = from.resolve(location);
        } catch (TrackerException e) { // not as BAD_URL: the tracker's own address is good, it may do better next time
            throw new TrackerException(Kind.FORBIDDEN, "the tracker redirects to what is no HTTP address", e);
        }
        if (!speaks(to.scheme())) {
            throw new TrackerException(Kind.FORBIDDEN, "the tracker redirects to " + to + ", which is not HTTP");
        }
        if (from.isHttps() && !to.isHttps()) {
            throw new TrackerException(Kind.FORBIDDEN, "the tracker redirects from https to " + to);
        }
        return to;
    }

    /**
     * Those of {@code addresses} to which we may go. They are the very addresses that are then connected to, so a name
     * that resolves differently the next moment (DNS rebinding) changes nothing.
     */
    static List<InetAddress> permitted(TrackerUrl url, List<InetAddress> addresses, boolean cameFromPublic)
            throws TrackerException {
        var permitted = addresses.stream()
                .filter(address -> !cameFromPublic || !LocalAddresses.isLocal(address))
                .filter(address -> !address.isLoopbackAddress() || url.looksLikeTracker())
                .toList();
        if (permitted.isEmpty()) {
            throw new TrackerException(
                    Kind.FORBIDDEN,
                    cameFromPublic
                            ? "the tracker redirects from a public to a local address, " + url
                            : url + " is on this machine and its path is none of a tracker");
        }
        return permitted;
    }

    private List<InetAddress> addresses(TrackerUrl url, Optional<IpFamily> family)
            throws TrackerException, InterruptedException {
        var addresses = resolve(url.host()).stream()
                .filter(address -> family.map(f -> f == IpFamily.of(address)).orElse(true))
                .toList();
        if (addresses.isEmpty()) {
            throw new TrackerException(
                    Kind.UNKNOWN_HOST, "the name " + url.host() + " has no " + family.orElseThrow() + " address");
        }
        return addresses;
    }

    private List<InetAddress> resolve(String host) throws TrackerException, InterruptedException {
        try {
            return resolver.resolve(host);
        } catch (UnknownHostException e) {
            throw new TrackerException(Kind.UNKNOWN_HOST, "the name " + host + " does not resolve", e);
        }
    }

    private static byte[] bodyOf(HttpReply reply) throws TrackerException {
        if (!reply.isOk()) {
            HttpAnswers.throwFailureIn(reply.body());
            throw new TrackerException(Kind.HTTP_STATUS, "the tracker answers " + reply.statusText());
        }
        return reply.body();
    }

    private AnnounceResponse withNamesResolved(AnnounceResponse response) throws InterruptedException {
        var peers = new ArrayList<InetSocketAddress>();
        int names = 0;
        for (var peer : response.peers()) {
            if (!peer.isUnresolved()) {
                peers.add(peer);
            } else if (names++ < MAX_NAMED_PEERS) {
                resolved(peer).ifPresent(peers::add);
            }
        }
        return response.withPeers(peers);
    }

    private Optional<InetSocketAddress> resolved(InetSocketAddress named) throws InterruptedException {
        try {
            var address = resolver.resolve(named.getHostString()).getFirst();
            return Optional.of(new InetSocketAddress(address, named.getPort()));
        } catch (UnknownHostException e) {
            return Optional.empty(); // a peer that cannot be found is none
        }
    }
}
