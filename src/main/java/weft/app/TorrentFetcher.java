package weft.app;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import weft.bencode.BencodeLimits;

/**
 * Gets a torrent file by HTTP, within bounds: of time, of size, of redirects; and a public address cannot redirect us to
 * a local one, where it has no business.
 */
final class TorrentFetcher {
    private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** What browsers and curl allow is 20 to 50; for a file, a few are plenty. */
    private static final int MAX_REDIRECTS = 5;

    private static final int MAX_BYTES = BencodeLimits.METAINFO.maxBytes();

    private TorrentFetcher() {}

    /** Waits for the file, at most as long as patience and redirects allow. */
    static byte[] fetch(URI address) throws IOException, InterruptedException {
        // Closed by its end, as close() would wait for exchanges that we gave up.
        var client = HttpClient.newBuilder()
                .connectTimeout(CONNECT_PATIENCE)
                .followRedirects(Redirect.NEVER)
                .build();
        try {
            var uri = address;
            for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
                var response = get(client, uri);
                switch (response.statusCode()) {
                    case 200 -> {
                        return response.body();
                    }
                    case 301, 302, 303, 307, 308 -> uri = redirected(uri, response);
                    default -> throw new IOException("the server answers with status " + response.statusCode());
                }
            }
            throw new IOException("redirected more than " + MAX_REDIRECTS + " times");
        } finally {
            client.shutdownNow();
        }
    }

    private static HttpResponse<byte[]> get(HttpClient client, URI uri) throws IOException, InterruptedException {
        HttpRequest request;
        try {
            request = HttpRequest.newBuilder(uri)
                    .timeout(PATIENCE)
                    .header("User-Agent", Version.PROGRAM.replace(' ', '/'))
                    .build();
        } catch (IllegalArgumentException e) {
            throw new IOException("not a valid address: " + e.getMessage(), e);
        }
        var answer = client.sendAsync(request, bounded());
        try {
            return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new HttpTimeoutException("not complete after " + PATIENCE.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
        } finally {
            answer.cancel(true);
        }
    }

    private static URI redirected(URI from, HttpResponse<?> response) throws IOException {
        var location = response.headers()
                .firstValue("Location")
                .orElseThrow(() -> new IOException("redirected, but not told where to"));
        URI to;
        try {
            to = from.resolve(location);
        } catch (IllegalArgumentException e) {
            throw new IOException("redirected to no valid address: " + location, e);
        }
        if (!List.of("http", "https").contains(String.valueOf(to.getScheme()))
                || (from.getScheme().equals("https") && !to.getScheme().equals("https"))) {
            throw new IOException("redirected to " + to + ", which is less safe");
        }
        if (isLocal(to) && !isLocal(from)) {
            throw new IOException("redirected from a public address to a local one: " + to);
        }
        return to;
    }

    private static boolean isLocal(URI uri) throws IOException {
        if (uri.getHost() == null) {
            throw new IOException("not a valid address: " + uri);
        }
        for (var address : InetAddress.getAllByName(uri.getHost())) {
            if (address.isLoopbackAddress()
                    || address.isAnyLocalAddress()
                    || address.isLinkLocalAddress()
                    || address.isSiteLocalAddress()
                    || isUniqueLocal(address.getAddress())) {
                return true;
            }
        }
        return false;
    }

    /** RFC 4193: fc00::/7, what private networks use in IPv6. */
    private static boolean isUniqueLocal(byte[] address) {
        return address.length == 16 && (address[0] & 0xfe) == 0xfc;
    }

    private static BodyHandler<byte[]> bounded() {
        return info -> new BoundedBody();
    }

    /** Collects a body that is not larger than a torrent file may be. */
    private static final class BoundedBody implements BodySubscriber<byte[]> {
        private final CompletableFuture<byte[]> body = new CompletableFuture<>();
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private Flow.Subscription subscription;

        @Override
        public CompletionStage<byte[]> getBody() {
            return body;
        }

        @Override
        public void onSubscribe(Flow.Subscription newSubscription) {
            subscription = newSubscription;
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            for (var buffer : buffers) {
                if (received.size() + buffer.remaining() > MAX_BYTES) {
                    subscription.cancel();
                    body.completeExceptionally(
                            new IOException("larger than the " + MAX_BYTES + " bytes that a torrent file may have"));
                    return;
                }
                var bytes = new byte[buffer.remaining()];
                buffer.get(bytes);
                received.writeBytes(bytes);
            }
        }

        @Override
        public void onError(Throwable cause) {
            body.completeExceptionally(cause);
        }

        @Override
        public void onComplete() {
            body.complete(received.toByteArray());
        }
    }
}
