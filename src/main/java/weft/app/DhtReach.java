package weft.app;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
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

    /** Whether the user has named nodes to begin with. */
    boolean isNamed() {
        return !bootstrap.isEmpty();
    }

    /**
     * Looks up the hosts that the user named.
     *
     * @throws CommandException if none of them exists, as then nothing will ever be heard of them
     */
    void requireHost() throws CommandException {
        for (var node : bootstrap) {
            try {
                InetAddress.getByName(node.host());
                return;
            } catch (UnknownHostException e) {
                if (node.equals(bootstrap.getLast())) {
                    throw new CommandException("--bootstrap: there is no host of the name " + node.host(), e);
                }
            }
        }
    }

    /** Where to look if nobody answers. */
    String advice() {
        return bootstrap.isEmpty()
                ? "is there a network that lets UDP through? --bootstrap names a node to begin with"
                : "is there one at "
                        + bootstrap.stream()
                                .map(node -> node.host() + " port " + node.port())
                                .collect(Collectors.joining(" or "))
                        + "?";
    }
}
