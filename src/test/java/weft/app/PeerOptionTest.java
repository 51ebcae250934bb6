package weft.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.net.InetAddress;
import java.net.NetworkInterface;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import weft.AddOptions;
import weft.Client;
import weft.ClientOptions;
import weft.kit.Content;
import weft.kit.SwarmExtension;

/** {@code --peer} on the command line, with an address of IPv6, and with what is no address. */
@Timeout(60)
class PeerOptionTest {
    private static final Content CONTENT = Content.ofLength(100_000);

    @RegisterExtension
    private final SwarmExtension swarm = new SwarmExtension();

    @Test
    void aPeerOfIpv6IsNamedInBrackets() throws Exception {
        var loopback = InetAddress.getByName("::1");
        assumeThat(NetworkInterface.getByInetAddress(loopback))
                .as("this machine has IPv6")
                .isNotNull();
        var shared = swarm.share(CONTENT);
        var there = swarm.directory();
        CONTENT.writeInto(there);
        var here = swarm.directory();
        try (var seed = Client.open(ClientOptions.defaults().withBindAddress(loopback))) {
            seed.add(shared.torrentFile(), AddOptions.into(there)).awaitComplete();

            Cli.run(
                            "download",
                            shared.torrentFile().toString(),
                            "-d",
                            here.toString(),
                            "--peer",
                            "[::1]:" + seed.port())
                    .succeeds();
        }

        CONTENT.assertLiesIn(here);
    }

    @ParameterizedTest
    @CsvSource({
        "::1:6881, is not HOST:PORT",
        "[::1], is not HOST:PORT",
        "::1, is not HOST:PORT",
        "[::1]:0, a port is a number from 1 to 65535",
        "[::1]:70000, a port is a number from 1 to 65535"
    })
    void whatIsNoPeerIsWrongUsage(String peer, String message) throws Exception {
        var result = Cli.run("download", swarm.share(CONTENT).torrentFile().toString(), "--peer", peer);

        result.failsWith(2, message);
        assertThat(result.err()).contains("'" + peer + "'").endsWith("See 'weft download --help'.\n");
    }
}
