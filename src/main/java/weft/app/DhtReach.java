package weft.app;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;
import weft.dht.DhtOptions;

/** The options of commands that join the DHT. */
final class DhtReach {
    @Option(
            names = {"-b", "--bootstrap"},
            paramLabel = "HOST:PORT",
            converter = Addresses.class,
            description = "A node to begin with, in place of the public ones; several may be given.")
    private List<Addresses.HostPort> bootstrap = new ArrayList<>();

    /** A node on {@code port} that finds its way as the user wants. */
    DhtOptions options(int port) {
        var options = DhtOptions.defaults().withPort(port);
        return bootstrap.isEmpty()
                ? options
                : options.withRouters(List.of())
                        .withNodes(bootstrap.stream()
                                .map(node -> InetSocketAddress.createUnresolved(node.host(), node.port()))
                                .toList());
    }
}
