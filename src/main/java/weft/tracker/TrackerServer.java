package weft.tracker;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import weft.bencode.BDict;
import weft.bencode.BList;
import weft.bencode.BString;
import weft.bencode.BValue;
import weft.bencode.Bencode;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.net.ConnectionLimits;
import weft.net.PortPair;
import weft.net.UdpSocket;

/**
 * A small tracker: announce (BEP 3, 7, 23, 24) and scrape (BEP 48) over HTTP, and both over UDP (BEP 15) on the same port
 * number, on IPv4 and IPv6. For {@code weft tracker}, the demonstration and tests; it keeps everything in memory.
 *
 * <pre>{@code
 * try (var tracker = TrackerServer.open(TrackerServerOptions.defaults().withPort(0))) {
 *     System.out.println(tracker.announceUri());
 * }
 * }</pre>
 *
 * <p>Whoever opens it closes it. One virtual thread accepts connections and each connection has one, which reads one
 * request, answers and closes; another thread answers each datagram as it comes. Every client is a stranger: the length of a request, the time it takes, the number of
 * connections in all and from one address, of torrents and of peers are bounded, and the address that is handed to
 * others is the one that the connection came from. Where there is no place left, whoever has been silent for longest
 * makes way.
 *
 * <p>Of a machine with several addresses a client must ask the one that answers come from, which for datagrams the system
 * picks by its routes: a server that listens on one address is always right.
 */
public final class TrackerServer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("weft.tracker");

    /** Room for a scrape of 74 info-hashes with every byte encoded. */
    private static final int MAX_REQUEST = 16 * 1024;

    private static final Duration PAUSE_AFTER_FAILED_ACCEPT = Duration.ofMillis(100);

    private final TrackerServerOptions options;
    private final ServerSocket listener;
    private final SwarmTable swarms;
    private final ConnectionLimits connections;
    private final TaskScope scope;
    private final Watchdog watchdog = new Watchdog(System::nanoTime);

    private TrackerServer(TrackerServerOptions options, TaskScope scope, ServerSocket listener, SwarmTable swarms) {
        this.options = options;
        this.scope = scope;
        this.listener = listener;
        this.swarms = swarms;
        this.connections = new ConnectionLimits(
                options.maxConnections(), options.maxConnectionsPerAddress(), options.maxConnections());
    }

    /**
     * Starts listening.
     *
     * @throws IOException if the address or the port cannot be had; the message says which
     */
    public static TrackerServer open(TrackerServerOptions options) throws IOException {
        return open(options, System::nanoTime, RandomGenerator.getDefault());
    }

    static TrackerServer open(TrackerServerOptions options, LongSupplier nanoTime, RandomGenerator random)
            throws IOException {
        var swarms = new SwarmTable(options, nanoTime, random);
        var udp = new UdpService(options, swarms, nanoTime);
        var scope = TaskScope.supervised("weft tracker server", TrackerServer::logFailure);
        ServerSocket listener;
        try {
            var pair = PortPair.open(
                    options.bind().getPort(),
                    port -> listen(options, port),
                    ServerSocket::getLocalPort,
                    port -> UdpSocket.open(scope, options.bind().getAddress(), port));
            listener = pair.tcp();
            pair.udp()
                    .handleAll((request, sender) -> udp.answer(request, sender)
                            .ifPresent(answer -> pair.udp().send(answer.encode(), sender)));
        } catch (IOException e) {
            scope.close();
            throw e;
        }
        var server = new TrackerServer(options, scope, listener, swarms);
        scope.closeFirst(listener);
        scope.fork("watchdog", server.watchdog::run);
        scope.fork("acceptor", server::acceptAll);
        return server;
    }

    private static ServerSocket listen(TrackerServerOptions options, int port) throws IOException {
        var listener = new ServerSocket();
        try {
            listener.setReuseAddress(true);
            listener.bind(new InetSocketAddress(options.bind().getAddress(), port), options.maxConnections());
            return listener;
        } catch (IOException e) {
            listener.close();
            var refused = new BindException("cannot listen on "
                    + options.bind().getAddress().getHostAddress() + " port " + port + ": " + e.getMessage());
            refused.initCause(e);
            throw refused;
        }
    }

    /** Where it listens; with the port that the system picked, if it did. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    /** The address to put into torrents on this machine: the loopback address if the server listens on all. */
    public URI announceUri() {
        return announceUri(ownAddress());
    }

    /** The address to put into torrents of those who reach this machine by {@code host}. */
    public URI announceUri(InetAddress host) {
        return announceUri("http", host);
    }

    /** Like {@link #announceUri()}, over UDP. */
    public URI udpAnnounceUri() {
        return announceUri("udp", ownAddress());
    }

    /** Like {@link #announceUri(InetAddress)}, over UDP. */
    public URI udpAnnounceUri(InetAddress host) {
        return announceUri("udp", host);
    }

    private InetAddress ownAddress() {
        var address = address().getAddress();
        return address.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : address;
    }

    private URI announceUri(String scheme, InetAddress host) {
        var text = host.getHostAddress().replaceFirst("%.*", "");
        return URI.create(scheme + "://" + (text.contains(":") ? "[" + text + "]" : text) + ":"
                + address().getPort() + "/announce");
    }

    /** What it holds now and has done so far. */
    public TrackerStatistics statistics() {
        return swarms.statistics();
    }

    /** Stops listening, closes all connections and ends all threads, in bounded time. May be called twice. */
    @Override
    public void close() {
        scope.close();
    }

    private void acceptAll() throws InterruptedException {
        while (!listener.isClosed()) {
            try {
                admit(listener.accept());
            } catch (IOException e) {
                if (!listener.isClosed()) {
                    LOG.log(System.Logger.Level.WARNING, () -> "tracker cannot accept: " + e.getMessage());
                    Thread.sleep(PAUSE_AFTER_FAILED_ACCEPT); // too many open files, say: others must close some first
                }
            }
        }
    }

    private void admit(Socket socket) throws IOException {
        var place = connections.accepted(socket.getInetAddress(), () -> closeQuietly(socket));
        if (place.isEmpty()) {
            swarms.countFailure();
            socket.close();
            return;
        }
        if (!scope.tryFork("connection " + socket.getRemoteSocketAddress(), () -> serve(socket, place.get()))) {
            place.get().close();
            socket.close();
        }
    }

    private void serve(Socket socket, ConnectionLimits.Place place) {
        try (place;
                socket;
                var guard = watchdog.watch(socket)) {
            guard.expect("request", options.requestTimeout());
            scope.closeFirst(socket);
            socket.getOutputStream().write(answer(socket, place));
            socket.shutdownOutput();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> socket.getRemoteSocketAddress() + ": " + e.getMessage());
        } finally {
            scope.forget(socket);
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> socket.getRemoteSocketAddress() + ": " + e.getMessage());
        }
    }

    private byte[] answer(Socket socket, ConnectionLimits.Place place) throws IOException {
        HttpHead head;
        try {
            head = HttpHead.read(new BufferedInputStream(socket.getInputStream()), MAX_REQUEST);
        } catch (HttpFormatException e) {
            return httpError("400 Bad Request");
        }
        place.established();
        // GET /announce?info_hash=... HTTP/1.1
        var words = head.startLine().split(" ", -1);
        if (words.length != 3 || !words[2].startsWith("HTTP/1.")) {
            return httpError("400 Bad Request");
        }
        if (!words[0].equals("GET")) {
            return httpError("405 Method Not Allowed");
        }
        var target = words[1].split("\\?", 2);
        var query = target.length == 2 ? target[1] : "";
        return switch (target[0]) {
            case "/announce" -> bencoded(() -> announce(new QueryString(query), socket.getInetAddress()));
            case "/scrape" -> bencoded(() -> scrape(new QueryString(query)));
            default -> httpError("404 Not Found");
        };
    }

    private BDict announce(QueryString query, InetAddress from) {
        var announce = AnnounceQuery.parse(query, from, options.trustIpParameter());
        var answer = swarms.announce(announce);
        var counts = answer.counts();
        var dict = BDict.builder()
                .put("interval", options.interval().toSeconds())
                .put("min interval", options.minInterval().toSeconds())
                .put("complete", counts.complete().orElseThrow())
                .put("incomplete", counts.incomplete().orElseThrow())
                .put("downloaded", counts.downloaded().orElseThrow())
                .put("external ip", from.getAddress());
        if (answer.full()) {
            dict.put("warning message", "this tracker has no room for more peers of this torrent");
        }
        if (announce.compact()) {
            putCompact(answer, dict);
        } else {
            dict.put("peers", peerList(answer, announce.noPeerId()));
        }
        return dict.build();
    }

    // BEP 23 and BEP 7: two byte strings
    private static void putCompact(SwarmTable.Answer answer, BDict.Builder dict) {
        var ipv4 = new ByteArrayOutputStream();
        var ipv6 = new ByteArrayOutputStream();
        for (var peer : answer.peers()) {
            boolean isIpv4 = IpFamily.of(peer.endpoint().getAddress()) == IpFamily.IPV4;
            CompactPeers.encode(peer.endpoint(), isIpv4 ? ipv4 : ipv6);
        }
        dict.put("peers", ipv4.toByteArray());
        if (ipv6.size() > 0) {
            dict.put("peers6", ipv6.toByteArray());
        }
    }

    // BEP 3: a list of dictionaries, both families in one
    private static BList peerList(SwarmTable.Answer answer, boolean noPeerId) {
        var list = new ArrayList<BValue>();
        for (var peer : answer.peers()) {
            var entry = BDict.builder()
                    .put("ip", peer.endpoint().getAddress().getHostAddress().replaceFirst("%.*", ""))
                    .put("port", peer.endpoint().getPort());
            list.add(
                    noPeerId
                            ? entry.build()
                            : entry.put("peer id", peer.peerId()).build());
        }
        return BList.of(list);
    }

    private BDict scrape(QueryString query) {
        var hashes = query.all("info_hash");
        if (hashes.isEmpty()) {
            throw new IllegalArgumentException("info_hash is missing");
        }
        var files = BDict.builder();
        for (var encoded : hashes) {
            BString hash = QueryString.twentyBytes(encoded, "info_hash");
            swarms.scrape(hash)
                    .ifPresent(counts -> files.put(
                            hash,
                            BDict.builder()
                                    .put("complete", counts.complete().orElseThrow())
                                    .put("incomplete", counts.incomplete().orElseThrow())
                                    .put("downloaded", counts.downloaded().orElseThrow())
                                    .build()));
        }
        swarms.countScrape();
        var flags = BDict.builder()
                .put("min_request_interval", options.interval().toSeconds())
                .build();
        return BDict.builder().put("files", files.build()).put("flags", flags).build();
    }

    /** What a tracker refuses it refuses in its own language, with status 200. */
    private byte[] bencoded(Supplier<BDict> answer) {
        BDict dict;
        try {
            dict = answer.get();
        } catch (IllegalArgumentException e) {
            swarms.countFailure();
            dict = BDict.builder().put("failure reason", e.getMessage()).build();
        }
        return http("200 OK", Bencode.encode(dict));
    }

    private byte[] httpError(String status) {
        swarms.countFailure();
        return http(status, (status + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] http(String status, byte[] body) {
        var reply = new ByteArrayOutputStream();
        var head = "HTTP/1.1 " + status + "\r\nContent-Type: text/plain\r\nContent-Length: " + body.length
                + "\r\nConnection: close\r\n\r\n";
        reply.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
        reply.writeBytes(body);
        return reply.toByteArray();
    }

    private static void logFailure(String task, Throwable e) {
        LOG.log(System.Logger.Level.ERROR, () -> "tracker " + task + " failed", e);
    }
}
