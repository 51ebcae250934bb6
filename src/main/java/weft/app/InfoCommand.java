package weft.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import weft.AddOptions;
import weft.TorrentListener;
import weft.bencode.BString;
import weft.metainfo.InfoHash;
import weft.metainfo.Magnet;
import weft.metainfo.Metainfo;
import weft.metainfo.TorrentFile;

/** {@code weft info}: shows what a torrent file says, or what a magnet link comes to, and writes that to a file. */
@Command(
        name = "info",
        description =
                "Show what a torrent holds. Of a magnet link, peers are asked for it: --peer names one to begin with.")
final class InfoCommand implements Callable<Integer> {
    private final Output output;
    private final StopSignal stop;
    private final Source source;

    @Mixin
    private final Network network = new Network();

    @Parameters(
            index = "0",
            paramLabel = "SOURCE",
            description = "A torrent file, the http(s) address of one, or a magnet link.")
    private String torrentSource;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Option(names = "--save", paramLabel = "FILE", description = "Write the torrent file, too.")
    private Path torrentFile; // or null

    InfoCommand(Output output, StopSignal stop) {
        this.output = output;
        this.stop = stop;
        this.source = new Source(stop);
    }

    @Override
    public Integer call() throws Exception {
        if (torrentFile != null) {
            TorrentFileWriter.check(torrentFile, "--save");
        }
        var torrent = switch (source.find(torrentSource)) {
            case Source.Named.File(Metainfo metainfo) -> Optional.of(metainfo);
            case Source.Named.Link(Magnet magnet) -> fetch(magnet);
        };
        if (torrent.isEmpty()) {
            return Main.INTERRUPTED;
        }
        show(torrent.get());
        if (torrentFile != null) {
            TorrentFileWriter.write(torrent.get(), torrentFile);
            output.note("Saved to " + torrentFile);
        }
        return ExitCode.OK;
    }

    private void show(Metainfo torrent) {
        if (json) {
            output.json(toJson(torrent));
        } else {
            toLines(torrent).forEach(output::answer);
        }
    }

    /** What peers say that the link means; empty if we were told to stop before. Nothing is written. */
    private Optional<Metainfo> fetch(Magnet magnet) throws Exception {
        var nowhere = Path.of(System.getProperty("java.io.tmpdir"), "weft-" + magnet.infoHash());
        var options = AddOptions.into(nowhere)
                .withInitialState(AddOptions.InitialState.METADATA_ONLY)
                .withResume(false)
                .withPeers(network.peers())
                .withListener(new TorrentListener() {
                    @Override
                    public void onMetadata(Metainfo metainfo) {
                        stop.wake();
                    }

                    @Override
                    public void onError(IOException cause) {
                        stop.wake();
                    }
                });
        try (var client = network.openClient()) {
            var torrent = client.add(magnet, options);
            var watch = new TorrentWatch(torrent, System::nanoTime, stop::wake);
            new Transfer(output, stop)
                    .watch(
                            List.of(watch),
                            w -> torrent.hasMetadata() || torrent.error().isPresent());
            network.remember(client);
            if (torrent.error().isPresent()) {
                var fault = torrent.error().get();
                throw new CommandException(Text.printable(torrent.name()) + ": " + Faults.describe(fault), fault);
            }
            return torrent.hasMetadata() ? Optional.of(torrent.metainfo()) : Optional.empty();
        }
    }

    private static Json toJson(Metainfo torrent) {
        var layout = torrent.layout();
        return new Json()
                .put("info_hash_v1", torrent.infoHashV1())
                .put("info_hash_v2", torrent.infoHashV2())
                .put("name", torrent.name())
                .put("piece_length", layout.pieceLength())
                .put("num_pieces", layout.pieceCount())
                .put("total_size", layout.totalLength())
                .put("content_size", layout.contentLength())
                .put("num_files", torrent.files().size())
                .put("private", torrent.isPrivate())
                .put("files", torrent.files().stream().map(InfoCommand::toJson).toList())
                .put("trackers", trackers(torrent))
                .put("web_seeds", webSeeds(torrent))
                .put(
                        "dht_nodes",
                        torrent.nodes().stream()
                                .map(node -> List.of(node.getHostString(), node.getPort()))
                                .toList())
                .putIfPresent("comment", torrent.comment())
                .putIfPresent("created_by", torrent.createdBy())
                .putIfPresent("creation_date", torrent.creationDate().map(date -> date.getEpochSecond()))
                .putIfPresent("magnet", magnet(torrent))
                .put("warnings", torrent.warnings());
    }

    /** None of a private torrent (BEP 27): with its tracker's address, it would pass on the user's own key. */
    private static Optional<Magnet> magnet(Metainfo torrent) {
        return torrent.isPrivate() ? Optional.empty() : Optional.of(Magnet.of(torrent));
    }

    private static Json toJson(TorrentFile file) {
        return new Json()
                .put("path", String.join("/", file.path()))
                .put("size", file.length())
                .put("offset", file.offset())
                .putIfTrue("pad", file.isPadding())
                .putIfTrue("executable", file.isExecutable())
                .putIfTrue("hidden", file.isHidden())
                .putIfPresent("symlink", file.symlinkTarget().map(target -> String.join("/", target)))
                .putIfPresent("pieces_root", file.piecesRoot().map(InfoCommand::hex));
    }

    private static String hex(BString root) {
        return InfoHash.ofV2(root.toBytes()).toHex(); // also 32 bytes of SHA-256
    }

    private static List<Json> trackers(Metainfo torrent) {
        var trackers = new ArrayList<Json>();
        for (int tier = 0; tier < torrent.trackers().size(); tier++) {
            for (var url : torrent.trackers().get(tier)) {
                trackers.add(new Json().put("url", url).put("tier", tier));
            }
        }
        return trackers;
    }

    private static List<Json> webSeeds(Metainfo torrent) {
        var seeds = new ArrayList<Json>();
        torrent.webSeeds().forEach(url -> seeds.add(new Json().put("url", url).put("type", "url-list")));
        torrent.httpSeeds().forEach(url -> seeds.add(new Json().put("url", url).put("type", "httpseeds")));
        return seeds;
    }

    private static List<String> toLines(Metainfo torrent) {
        var layout = torrent.layout();
        var shown = torrent.files().stream().filter(file -> !file.isPadding()).toList();
        var facts = new LinkedHashMap<String, List<String>>();
        facts.put("name", List.of(torrent.name()));
        facts.put(
                "info-hash", torrent.infoHashV1().map(InfoHash::toHex).stream().toList());
        facts.put(
                "info-hash v2",
                torrent.infoHashV2().map(InfoHash::toHex).stream().toList());
        facts.put(
                "size",
                List.of(Units.size(layout.contentLength()) + " (" + Units.exactly(layout.contentLength()) + ") in "
                        + Units.count(shown.size(), "file")));
        facts.put(
                "pieces",
                List.of(String.format(Locale.ROOT, "%,d of ", layout.pieceCount()) + Units.size(layout.pieceLength())));
        facts.put("private", torrent.isPrivate() ? List.of("yes: peers come from its trackers only") : List.of());
        facts.put("made", made(torrent).stream().toList());
        facts.put("comment", torrent.comment().stream().toList());
        facts.put(
                "trackers",
                torrent.trackers().stream().map(tier -> String.join(", ", tier)).toList());
        facts.put("web seeds", torrent.webSeeds());
        facts.put("http seeds", torrent.httpSeeds());
        facts.put(
                "DHT nodes",
                torrent.nodes().stream()
                        .map(node -> node.getHostString() + ":" + node.getPort())
                        .toList());
        facts.put("magnet link", magnet(torrent).map(Magnet::toString).stream().toList());
        facts.put("odd", torrent.warnings());
        var lines = new ArrayList<>(table(facts));
        lines.add("files");
        int columns = String.valueOf(torrent.files().size() - 1).length();
        shown.forEach(file -> lines.add(line(file, columns)));
        return lines;
    }

    private static Optional<String> made(Metainfo torrent) {
        var made = new ArrayList<String>();
        torrent.creationDate()
                .ifPresent(date -> made.add(date.toString().replace('T', ' ').replace("Z", " UTC")));
        torrent.createdBy().ifPresent(program -> made.add("by " + program));
        return made.isEmpty() ? Optional.empty() : Optional.of(String.join(" ", made));
    }

    private static List<String> table(Map<String, List<String>> facts) {
        var lines = new ArrayList<String>();
        facts.forEach((name, values) -> {
            for (int i = 0; i < values.size(); i++) {
                lines.add(Text.padRight(i == 0 ? name : "", 14) + values.get(i));
            }
        });
        return lines;
    }

    private static String line(TorrentFile file, int columns) {
        var flags = (file.isExecutable() ? "  (executable)" : "")
                + (file.isHidden() ? "  (hidden)" : "")
                + file.symlinkTarget()
                        .map(target -> "  -> " + String.join("/", target))
                        .orElse("");
        return "  " + Text.padLeft(String.valueOf(file.index()), columns) + "  "
                + Text.padLeft(Units.size(file.length()), 8) + "  " + String.join("/", file.path()) + flags;
    }
}
