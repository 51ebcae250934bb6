package weft.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import weft.dht.Dht;
import weft.dht.DhtAnnounce;
import weft.dht.DhtOptions;
import weft.dht.DhtState;
import weft.dht.NodeId;
import weft.kit.Await;
import weft.metainfo.InfoHash;

/** {@code weft dht}, on loopback. */
@Timeout(60)
class DhtCommandTest {
    private static final String TORRENT = "9dd66bca00000000000000000000000000000001";

    @TempDir
    private Path temp;

    private static Cli startNode(String... more) {
        var args = new ArrayList<>(List.of("dht", "node", "--port", "0", "--bootstrap", "127.0.0.1:1"));
        args.addAll(List.of(more));
        return Cli.start(args.toArray(String[]::new));
    }

    private static int port(Cli node) {
        return Integer.parseInt(node.awaitOut("UDP port (\\d+)").group(1));
    }

    private static void announce(int port) throws Exception {
        var options = DhtOptions.loopback().withNodes(List.of(new InetSocketAddress("127.0.0.1", port)));
        try (var peer = Dht.open(options)) {
            assertThat(peer.awaitReady(Await.PATIENCE)).isTrue();
            assertThat(peer.announce(InfoHash.parse(TORRENT), new DhtAnnounce(7001, false, true), found -> {})
                            .announcedTo())
                    .isEqualTo(1);
        }
    }

    @Test
    void lookupPrintsThePeersThatANodeKnows() throws Exception {
        try (var node = startNode()) {
            int port = port(node);
            announce(port);

            var result = Cli.run("dht", "lookup", TORRENT, "--bootstrap", "127.0.0.1:" + port);

            assertThat(result.succeeds().out()).isEqualTo("127.0.0.1:7001\n");
            assertThat(result.err()).contains("1 peer;");
        }
    }

    @Test
    void lookupPrintsJson() throws Exception {
        try (var node = startNode()) {
            int port = port(node);
            announce(port);

            var json = Cli.run("dht", "lookup", TORRENT, "--json", "--bootstrap", "127.0.0.1:" + port)
                    .succeeds()
                    .json()
                    .getFirst();

            assertThat(json.get("info_hash").asText()).isEqualTo(TORRENT);
            assertThat(json.get("peers").get(0).asText()).isEqualTo("127.0.0.1:7001");
            assertThat(json.get("nodes_answered").asInt()).isGreaterThanOrEqualTo(1);
        }
    }

    @Test
    void withoutPeersLookupFails() {
        try (var node = startNode()) {
            var result = Cli.run("dht", "lookup", TORRENT, "--bootstrap", "127.0.0.1:" + port(node));

            assertThat(result.status()).isEqualTo(1);
            assertThat(result.err()).contains("no peers;");
        }
    }

    @Test
    void aNodeKeepsItsIdFromRunToRun() {
        var state = temp.resolve("dht.state").toString();
        String first;
        try (var node = startNode("--state", state)) {
            first = node.awaitOut("id ([0-9a-f]{40})").group(1);
        }
        try (var node = startNode("--state", state)) {
            assertThat(node.awaitOut("id ([0-9a-f]{40})").group(1)).isEqualTo(first);
        }
    }

    @Test
    void aNodeThatIsKilledHasItsStateAllTheSame() throws Exception {
        var state = temp.resolve("new").resolve("dht.state");

        try (var node = startNode("--state", state.toString())) {
            var id = node.awaitOut("id ([0-9a-f]{40})").group(1);

            assertThat(DhtState.parse(Files.readAllBytes(state)).ipv4Id())
                    .as("before it ends")
                    .contains(NodeId.parse(id));
        }
        try (var files = Files.list(state.getParent())) {
            assertThat(files).containsExactly(state);
        }
    }

    @Test
    void aFileThatIsNoStateIsNotOverwritten() throws Exception {
        for (var content : List.of("hello", "de", "d5:nodesll9:127.0.0.1i1eeee", "d5:nodesl6:abc")) {
            var file = Files.writeString(temp.resolve("file"), content);

            Cli.run("dht", "node", "--port", "0", "--bootstrap", "127.0.0.1:1", "--state", file.toString())
                    .failsWith(1, "is not, or not any more, the state of a DHT node");

            assertThat(file).hasContent(content);
        }
    }

    @Test
    void thatTheStateCannotBeKeptIsSaidAtTheStart() throws Exception {
        var file = Files.writeString(temp.resolve("file"), "").resolve("state").toString();

        Cli.run("dht", "node", "--port", "0", "--bootstrap", "127.0.0.1:1", "--state", file)
                .failsWith(1, file + ": Not a directory");
        Cli.run("dht", "node", "--port", "0", "--bootstrap", "127.0.0.1:1", "--state", temp.toString())
                .failsWith(1, temp + " is a directory");
    }

    @Test
    void aHostThatDoesNotExistIsSaidAtOnce() {
        var name = "x".repeat(64) + ".invalid"; // too long to be looked up

        Cli.run("dht", "lookup", TORRENT, "--bootstrap", name + ":1")
                .failsWith(1, "--bootstrap: there is no host of the name " + name);
    }

    @Test
    void aNodeTellsAboutItselfInJson() {
        Cli.Result result;
        try (var node = startNode("--json")) {
            node.awaitOut("\"port\"");
            result = node.stop();
        }

        assertThat(result.status()).isEqualTo(130);
        assertThat(result.json())
                .allSatisfy(line -> assertThat(line.get("id").asText()).hasSize(40));
    }

    @Test
    void whatIsNoInfoHashIsWrongUsage() {
        Cli.run("dht", "lookup", "xyz").failsWith(2, "not an info-hash");
    }

    @Test
    void withoutACommandItSaysWhichThereAre() {
        Cli.run("dht").failsWith(2, "One of lookup, get, put, node");
    }
}
