package weft.app;

import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;
import weft.dht.Dht;
import weft.dht.DhtPeers;
import weft.metainfo.InfoHash;

/** {@code weft dht lookup}: prints the peers of a torrent that the DHT knows of. */
@Command(
        name = "lookup",
        description =
                "Print the peers of a torrent that the distributed hash table knows. Exits with 1 if there are none.")
final class DhtLookupCommand implements Callable<Integer> {
    /** Public nodes answer within a second or two, or not at all. */
    private static final Duration JOIN_PATIENCE = Duration.ofSeconds(30);

    private final Output output;
    private final StopSignal stop;

    @Parameters(
            index = "0",
            paramLabel = "INFOHASH",
            converter = InfoHashConverter.class,
            description = "The torrent's info-hash: 40 or 64 hexadecimal digits, or 32 letters of base 32.")
    private InfoHash infoHash;

    @Option(
            names = {"-p", "--port"},
            paramLabel = "N",
            converter = Port.class,
            description = "The UDP port to ask from, by default any free one.")
    private int port;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Mixin
    private DhtReach reach;

    DhtLookupCommand(Output output, StopSignal stop) {
        this.output = output;
        this.stop = stop;
    }

    @Override
    public Integer call() throws Exception {
        // For so short a time nobody should put us into his table: BEP 43.
        try (var dht = Dht.open(reach.options(port).withReadOnly(true))) {
            var found = stop.interruptibly(() -> lookUp(dht));
            conclude(found);
            return found.peers().isEmpty() ? ExitCode.SOFTWARE : ExitCode.OK;
        } catch (BindException e) {
            throw new CommandException("port " + port + " is in use, or not ours to use; --port picks another", e);
        }
    }

    private DhtPeers lookUp(Dht dht) throws InterruptedException, CommandException {
        if (!dht.awaitReady(JOIN_PATIENCE)) {
            throw new CommandException("no node of the DHT has answered; --bootstrap names one to begin with");
        }
        return dht.getPeers(infoHash, peer -> {
            if (!json) {
                output.answer(text(peer));
            }
        });
    }

    private void conclude(DhtPeers found) {
        if (json) {
            output.json(new Json()
                    .put("info_hash", infoHash.toHex())
                    .put(
                            "peers",
                            found.peers().stream().map(DhtLookupCommand::text).toList())
                    .put("nodes_asked", found.nodesAsked())
                    .put("nodes_answered", found.nodesAnswered()));
        } else {
            output.note(Units.count(found.peers().size(), "peer") + "; " + Units.count(found.nodesAsked(), "node")
                    + " asked, " + found.nodesAnswered() + " answered");
        }
    }

    /** HOST:PORT, an IPv6 address in brackets, as --peer takes it. */
    private static String text(InetSocketAddress peer) {
        var address = peer.getAddress().getHostAddress();
        return (address.contains(":") ? "[" + address + "]" : address) + ":" + peer.getPort();
    }

    /** As users write it. */
    static final class InfoHashConverter implements ITypeConverter<InfoHash> {
        @Override
        public InfoHash convert(String text) {
            try {
                return InfoHash.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
