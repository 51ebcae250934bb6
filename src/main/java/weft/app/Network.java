package weft.app;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import weft.Client;
import weft.ClientOptions;

/** The options of all commands that talk to peers: a client on a port, and how it finds peers. */
final class Network {
    @Option(
            names = {"-p", "--port"},
            paramLabel = "N",
            converter = Port.class,
            description = "The TCP and UDP port to listen on; without it the system picks one.")
    private int port;

    @Option(
            names = "--peer",
            paramLabel = "HOST:PORT",
            converter = Addresses.class,
            description = "A peer to connect to, besides those that trackers know. May be repeated.")
    private List<Addresses.HostPort> peers = List.of();

    @Option(names = "--no-lsd", description = "Do not look for peers in the local network.")
    private boolean noLocalDiscovery;

    @Option(names = "--no-dht", description = "Do not look for peers in the DHT.")
    private boolean noDht;

    @Mixin
    private final DhtReach dhtReach = new DhtReach();

    /** Keeps what the next run's DHT node is to begin with. */
    void remember(Client client) {
        client.dhtState().ifPresent(dhtState()::writeIfPossible);
    }

    // Who names nodes to begin with may mean another network: it is not to hear of the usual one, nor to be remembered.
    private DhtStateFile dhtState() {
        return dhtReach.isNamed() ? DhtStateFile.none() : DhtStateFile.ofUser();
    }

    /** The peers that the user named, looked up. */
    List<InetSocketAddress> peers() throws CommandException {
        var addresses = new ArrayList<InetSocketAddress>();
        for (var peer : peers) {
            addresses.add(peer.resolve());
        }
        return addresses;
    }

    /** Opens the client; the caller closes it. */
    Client openClient() throws IOException, CommandException {
        try {
            var options = ClientOptions.defaults().withPort(port).withLocalDiscovery(!noLocalDiscovery);
            return Client.open(
                    noDht
                            ? options
                            : options.withDht(
                                    dhtReach.options(port).withState(dhtState().readIfPossible())));
        } catch (BindException e) {
            throw new CommandException(
                    "port " + port + " is in use, or not ours to use; --port picks another, no --port a free one", e);
        }
    }
}
