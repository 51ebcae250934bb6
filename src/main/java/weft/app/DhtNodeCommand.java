package weft.app;

import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import weft.dht.Dht;
import weft.dht.DhtOptions;
import weft.dht.DhtStatistics;

/** {@code weft dht node}: a node that serves whoever asks, until interrupted. */
@Command(name = "node", description = "Run a node of the distributed hash table, until interrupted.")
final class DhtNodeCommand implements Callable<Integer> {
    private static final Duration LIVE = Duration.ofSeconds(1);
    private static final Duration PLAIN = Duration.ofSeconds(10);

    /** So much is lost at the most if the process is killed. */
    private static final Duration KEEP = Duration.ofMinutes(5);

    private final Output output;
    private final StopSignal stop;

    @Option(
            names = {"-p", "--port"},
            paramLabel = "N",
            converter = Port.class,
            description = "The UDP port to listen on, by default ${DEFAULT-VALUE}; 0 for any free one.")
    private int port = DhtOptions.DEFAULT_PORT;

    @Option(
            names = {"-s", "--state"},
            paramLabel = "FILE",
            converter = StateConverter.class,
            description = "Where the node's id and the nodes that it knows are kept from run to run.")
    private DhtStateFile stateFile = DhtStateFile.none();

    @Option(names = "--json", description = "Print a JSON object for each line about how it goes, on standard output.")
    private boolean json;

    @Mixin
    private DhtReach reach;

    DhtNodeCommand(Output output, StopSignal stop) {
        this.output = output;
        this.stop = stop;
    }

    @Override
    public Integer call() throws Exception {
        try (var dht = Dht.open(reach.options(port).withState(stateFile.read()))) {
            writeState(dht); // if that cannot be done it is better known now than when all is over
            tell(dht, "DHT node on UDP port " + dht.port() + "; id " + id(dht));
            serve(dht);
            writeState(dht);
            tell(dht, "Stopped. " + describe(dht.statistics()));
            return Main.INTERRUPTED;
        } catch (BindException e) {
            throw new CommandException("port " + port + " is in use, or not ours to use; --port picks another", e);
        }
    }

    private static String id(Dht dht) {
        var state = dht.state();
        return state.ipv4Id().or(state::ipv6Id).orElseThrow().toHex();
    }

    private void tell(Dht dht, String line) {
        if (json) {
            output.json(toJson(dht));
        } else {
            output.result(line);
        }
    }

    private void serve(Dht dht) {
        long keptNanos = System.nanoTime();
        boolean live = !json && output.terminal().isPresent();
        var shown = "";
        try {
            while (!stop.await(live ? LIVE : PLAIN)) {
                var now = describe(dht.statistics());
                if (live) {
                    int width = output.terminal().orElseThrow().size().columns() - 1;
                    output.live(
                            List.of(Text.shortened(now, width, output.glyphs().ellipsis())));
                } else if (!now.equals(shown)) {
                    tell(dht, now);
                }
                shown = now;
                if (System.nanoTime() - keptNanos >= KEEP.toNanos()) {
                    keepState(dht);
                    keptNanos = System.nanoTime();
                }
            }
        } finally {
            output.endLive();
        }
    }

    private void writeState(Dht dht) throws CommandException {
        try {
            stateFile.write(dht.state());
        } catch (IOException e) {
            throw new CommandException("the state cannot be kept in " + stateFile + ": " + Faults.describe(e), e);
        }
    }

    /** On the way that is no reason to stop: the node would be gone, too. */
    private void keepState(Dht dht) {
        try {
            writeState(dht);
        } catch (CommandException e) {
            output.error(e.getMessage());
        }
    }

    private static String describe(DhtStatistics now) {
        return Units.count(now.goodNodes(), "good node") + " of " + now.nodes() + "; "
                + Units.count(now.torrents(), "torrent") + ", " + Units.count(now.peers(), "peer") + ", "
                + Units.count(now.items(), "item") + "; " + now.queriesReceived() + " queries in, "
                + now.queriesSent() + " out" + (now.readOnly() ? "; nobody reaches us" : "");
    }

    private static Json toJson(Dht dht) {
        var now = dht.statistics();
        return new Json()
                .put("port", dht.port())
                .put("id", id(dht))
                .put("nodes", now.nodes())
                .put("good_nodes", now.goodNodes())
                .put("external_ipv4", now.externalIpv4().map(address -> address.getHostAddress()))
                .put("external_ipv6", now.externalIpv6().map(address -> address.getHostAddress()))
                .put("read_only", now.readOnly())
                .put("torrents", now.torrents())
                .put("peers", now.peers())
                .put("items", now.items())
                .put("queries_received", now.queriesReceived())
                .put("queries_answered", now.queriesAnswered())
                .put("queries_sent", now.queriesSent())
                .put("answers_received", now.answersReceived());
    }

    /** As users write it. */
    static final class StateConverter implements ITypeConverter<DhtStateFile> {
        @Override
        public DhtStateFile convert(String text) {
            return DhtStateFile.at(Path.of(text));
        }
    }
}
