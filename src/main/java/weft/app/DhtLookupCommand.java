package weft.app;

import java.net.InetSocketAddress;
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
    private final Output output;
    private final StopSignal stop;

    @Parameters(
            index = "0",
            paramLabel = "INFOHASH",
            converter = InfoHashConverter.class,
            description = "The torrent's info-hash: 40 or 64 hexadecimal digits, or 32 letters of base 32.")
    private InfoHash infoHash;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Mixin
    private DhtVisit visit;

    DhtLookupCommand(Output output, StopSignal stop) {
        this.output = output;
        this.stop = stop;
    }

    @Override
    public Integer call() throws Exception {
        var found = visit.run(output, stop, this::lookUp);
        conclude(found);
        return found.peers().isEmpty() ? ExitCode.SOFTWARE : ExitCode.OK;
    }

    private DhtPeers lookUp(Dht dht) throws InterruptedException {
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
