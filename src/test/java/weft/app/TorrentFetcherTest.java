package weft.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Torrents by address. */
@Timeout(60)
class TorrentFetcherTest {
    private HttpServer server;

    @TempDir
    private Path directory;

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
    }

    private URI answering(String path, int status, byte[] body) {
        server.createContext(path, exchange -> answer(exchange, status, body));
        return uri(path);
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private URI redirecting(String path, String location) {
        server.createContext(path, exchange -> {
            exchange.getResponseHeaders().set("Location", location);
            answer(exchange, 302, new byte[0]);
        });
        return uri(path);
    }

    @Test
    void fileComesAsItIs() throws Exception {
        assertThat(TorrentFetcher.fetch(answering("/a", 200, new byte[] {1, 2, 3})))
                .containsExactly(1, 2, 3);
    }

    @Test
    void redirectsAreFollowedToTheFile() throws Exception {
        answering("/c", 200, new byte[] {7});
        redirecting("/b", uri("/c").toString());

        assertThat(TorrentFetcher.fetch(redirecting("/a", "/b"))).containsExactly(7);
    }

    @Test
    void redirectsAreNotFollowedForEver() {
        assertThatThrownBy(() -> TorrentFetcher.fetch(redirecting("/a", "/a")))
                .hasMessage("redirected more than 5 times");
    }

    @Test
    void redirectsLeadToTheWebOnly() {
        assertThatThrownBy(() -> TorrentFetcher.fetch(redirecting("/a", "file:///etc/passwd")))
                .hasMessage("redirected to file:///etc/passwd, which is less safe");
    }

    @Test
    void statusIsSaid() {
        assertThatThrownBy(() -> TorrentFetcher.fetch(answering("/a", 404, new byte[0])))
                .hasMessage("the server answers with status 404");
    }

    @Test
    void fileThatIsTooLargeIsGivenUp() {
        assertThatThrownBy(() -> TorrentFetcher.fetch(answering("/a", 200, new byte[10_000_001])))
                .hasMessageContaining("larger than the 10000000 bytes that a torrent file may have");
    }

    @Test
    void commandsTakeAnAddress() throws Exception {
        var file = Files.writeString(directory.resolve("a.txt"), "hello");
        var torrent = directory.resolve("a.torrent");
        Cli.run("create", file.toString(), "-o", torrent.toString()).succeeds();

        assertThat(Cli.run(
                                "info",
                                answering("/a.torrent", 200, Files.readAllBytes(torrent))
                                        .toString())
                        .succeeds()
                        .out())
                .contains("name          a.txt");
        Cli.run("info", answering("/b", 200, new byte[] {'x'}).toString())
                .failsWith(1, "weft: " + uri("/b") + " is not a torrent file");
        Cli.run("info", uri("/none").toString()).failsWith(1, ": the server answers with status 404");
        Cli.run("info", "http://127.0.0.1:1/").failsWith(1, "weft: http://127.0.0.1:1/: nobody answers there");
        Cli.run("info", "http://no-such-host.invalid/").failsWith(1, ": there is no host of that name");
        Cli.run("info", "http://a b/").failsWith(1, "weft: http://a b/ is no valid address");
    }
}
