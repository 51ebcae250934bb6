package weft.tracker;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.zip.ZipException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.net.TcpChannel;
import weft.tracker.TrackerException.Kind;

/**
 * Sends one GET over a connection of its own (HTTP/1.1, RFC 9112) and reads the reply, in plain blocking code.
 *
 * <p>Why not {@code java.net.http.HttpClient}: it takes a name and connects to the first address that it resolves to
 * (through JDK 25; its {@code localAddress} is bound but does not steer that choice), so one can neither announce over
 * IPv4 and IPv6 apart, nor be sure that the address connected to is the one that was checked; and it looks the name up
 * on the caller's thread, where a silent name server holds a carrier thread.
 *
 * <p>Belongs to {@link HttpTracker}. Any number of virtual threads call {@link #get}; closing the scope, or interrupting
 * the caller, closes the socket and so ends the call. The deadline is kept by a watchdog that closes the socket, because
 * a socket's own time-out starts again with every byte.
 */
final class HttpConnector {
    private static final System.Logger LOG = System.getLogger("weft.tracker");

    /** A name with more addresses than this does not need all of them tried. */
    private static final int MAX_ADDRESSES_TRIED = 3;

    private final TaskScope scope;
    private final Watchdog watchdog = new Watchdog(System::nanoTime);
    private final HttpTrackerOptions options;

    HttpConnector(TaskScope scope, HttpTrackerOptions options) {
        this.scope = scope;
        this.options = options;
        scope.fork("watchdog", watchdog::run);
    }

    static void logWatchdogFailure(String task, Throwable e) {
        LOG.log(System.Logger.Level.ERROR, () -> task + " failed", e);
    }

    /** What a server has replied, and which of its addresses it was. */
    record Answer(HttpReply reply, InetAddress from) {}

    /** Gets {@code url} from the first of {@code addresses} that takes a connection. */
    Answer get(TrackerUrl url, List<InetAddress> addresses, long deadlineNanos)
            throws TrackerException, InterruptedException {
        TrackerException failure = null;
        for (var address : addresses.subList(0, Math.min(addresses.size(), MAX_ADDRESSES_TRIED))) {
            var socket = new Socket();
            try {
                return new Answer(get(url, new InetSocketAddress(address, url.port()), socket, deadlineNanos), address);
            } catch (TrackerException e) {
                failure = e;
                if (socket.isConnected()) { // stays true when it is closed: the tracker may have got the request
                    break;
                }
            }
        }
        throw failure;
    }

    private HttpReply get(TrackerUrl url, InetSocketAddress remote, Socket socket, long deadlineNanos)
            throws TrackerException, InterruptedException {
        long nanosLeft = Math.max(1, deadlineNanos - System.nanoTime());
        try (socket;
                var guard = watchdog.watch(socket)) {
            guard.expect("the tracker's answer", Duration.ofNanos(nanosLeft));
            scope.closeFirst(socket);
            try {
                return exchange(url, remote, socket);
            } catch (IOException e) {
                throw guard.hasExpired() ? timeout("no answer in time", e) : explain(e, remote);
            }
        } catch (TrackerException e) {
            if (Thread.interrupted()) { // an interrupt closes the socket of the virtual thread that it hits
                throw new InterruptedException();
            }
            throw e;
        } catch (IOException e) {
            throw explain(e, remote); // of closing the socket
        } finally {
            scope.forget(socket);
        }
    }

    private HttpReply exchange(TrackerUrl url, InetSocketAddress remote, Socket socket) throws IOException {
        int progressMillis = Math.clamp(options.progressTimeout().toMillis(), 1, Integer.MAX_VALUE);
        socket.connect(remote, progressMillis);
        socket.setSoTimeout(progressMillis);
        var stream = url.isHttps() ? secured(socket, url) : socket;
        stream.getOutputStream().write(request(url));
        return HttpReply.read(stream.getInputStream(), options.maxAnswerBytes());
    }

    private byte[] request(TrackerUrl url) {
        var authorization = url.userInfo()
                .map(user -> Base64.getEncoder().encodeToString(Percent.decode(user)))
                .map(encoded -> "Authorization: Basic " + encoded + "\r\n")
                .orElse("");
        var request = "GET " + url.target() + " HTTP/1.1\r\n"
                + "Host: " + url.hostHeader() + "\r\n"
                + "User-Agent: " + options.userAgent() + "\r\n"
                + "Accept-Encoding: gzip\r\n"
                + authorization
                + "Connection: close\r\n\r\n";
        return request.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** TLS over {@code socket}; the certificate must be good for the host's name (RFC 2818). */
    private SSLSocket secured(Socket socket, TrackerUrl url) throws IOException {
        var secured = (SSLSocket) tls().getSocketFactory().createSocket(socket, url.host(), url.port(), false);
        var parameters = secured.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        secured.setSSLParameters(parameters);
        secured.startHandshake();
        return secured;
    }

    private SSLContext tls() throws IOException {
        if (options.tls().isPresent()) {
            return options.tls().get();
        }
        try {
            return SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            throw new IOException("this Java has no TLS", e);
        }
    }

    private static TrackerException explain(IOException e, InetSocketAddress remote) {
        var where = remote.getAddress().getHostAddress() + " port " + remote.getPort();
        return switch (e) {
            case SocketTimeoutException timeout -> timeout("no answer from " + where, timeout);
            case HttpFormatException format -> new TrackerException(Kind.BAD_ANSWER, format.getMessage(), format);
            case ZipException zip ->
                new TrackerException(Kind.BAD_ANSWER, "the answer does not unpack: " + zip.getMessage(), zip);
            case SSLException tls ->
                new TrackerException(Kind.UNREACHABLE, "no safe connection to " + where + ": " + tls.getMessage(), tls);
            case ConnectException refused ->
                new TrackerException(Kind.UNREACHABLE, where + ": " + TcpChannel.reason(refused), refused);
            default -> new TrackerException(Kind.UNREACHABLE, where + ": " + e.getMessage(), e);
        };
    }

    private static TrackerException timeout(String message, IOException cause) {
        return new TrackerException(Kind.TIMEOUT, message, cause);
    }
}
