package weft.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import weft.AddOptions;
import weft.Client;
import weft.TorrentListener;
import weft.metainfo.Magnet;
import weft.metainfo.Metainfo;

/** {@code weft download}: gets what torrents hold, and goes on where an earlier run was stopped. */
@Command(
        name = "download",
        description =
                "Download what torrents hold. What is there already is kept, so the same command also goes on with "
                        + "a download that was interrupted.")
final class DownloadCommand implements Callable<Integer> {
    private final Output output;
    private final StopSignal stop;
    private final Source source;

    @Spec
    private CommandSpec spec;

    @Mixin
    private final Transfer transfer;

    @Parameters(
            arity = "1..*",
            paramLabel = "SOURCE",
            description = "Torrent files, the http(s) addresses of torrent files, or magnet links.")
    private List<String> sources;

    @Option(
            names = {"-d", "--directory"},
            paramLabel = "DIR",
            description = "Where the files go; by default the current directory.")
    private Path directory = Path.of("");

    @Option(
            names = {"-f", "--files"},
            paramLabel = "LIST",
            converter = FileSelection.Parser.class,
            description =
                    "Which files to get, by their numbers in 'weft info', such as 0,2-5; the others are not made.")
    private FileSelection selection;

    @Option(
            names = "--allocate",
            paramLabel = "HOW",
            converter = Allocation.Parser.class,
            description =
                    "'full': a file gets all its room on the disk when it is made; 'sparse', the default: as its pieces "
                            + "come.")
    private Allocation allocation = Allocation.SPARSE;

    @Option(names = "--sequential", description = "Get pieces in order instead of the rarest first.")
    private boolean sequential;

    @Option(names = "--seed", description = "Go on serving others when all is there, until interrupted.")
    private boolean seed;

    @Option(
            names = "--fail-if-full",
            description =
                    "End with status 1 if the disk is full; else the download waits, and goes on when there is room.")
    private boolean failIfFull;

    private final Map<TorrentWatch, String> waitingForRoom = new HashMap<>(); // and what the disk said
    private final Set<TorrentWatch> complete = new HashSet<>();
    private final Set<TorrentWatch> failed = new HashSet<>();

    DownloadCommand(Output output, StopSignal stop) {
        this.output = output;
        this.stop = stop;
        this.source = new Source(stop);
        this.transfer = new Transfer(output, stop);
    }

    @Override
    public Integer call() throws Exception {
        if (selection != null && sources.size() > 1) {
            throw new ParameterException(spec.commandLine(), "--files is for one SOURCE, not for " + sources.size());
        }
        var torrents = new ArrayList<Source.Named>();
        for (var torrentSource : sources) {
            var torrent = source.findUsable(torrentSource);
            if (torrents.stream().anyMatch(other -> other.infoHash().equals(torrent.infoHash()))) {
                throw new CommandException(torrentSource + " is the same torrent as another SOURCE");
            }
            torrents.add(torrent);
        }
        if (transfer.ask(directory, () -> Files.exists(directory) && !Files.isDirectory(directory))) {
            throw new CommandException(directory + " is not a directory");
        }
        var storage = transfer.storageOptions();
        var options = AddOptions.into(directory)
                .withSequential(sequential)
                .withStorageOptions(allocation == Allocation.FULL ? storage.withFullAllocation() : storage)
                .withPeers(transfer.peers());
        var watches = new ArrayList<TorrentWatch>();
        try (var client = transfer.openClient();
                var scope = transfer.openScope()) {
            for (var torrent : torrents) {
                var watch = add(client, torrent, options);
                watches.add(watch);
                scope.fork(watch.torrent().name(), () -> {
                    watch.load(!failIfFull);
                    watch.torrent().start();
                });
            }
            transfer.watch(watches, this::isSettled);
            transfer.remember(client);
        }
        if (!stop.isRequested()) {
            return failed.isEmpty() ? ExitCode.OK : ExitCode.SOFTWARE;
        }
        watches.stream().filter(watch -> !failed.contains(watch)).forEach(this::reportInterrupted);
        return Main.INTERRUPTED;
    }

    private TorrentWatch add(Client client, Source.Named torrent, AddOptions options) throws IOException {
        // Nothing is transferred before it is known what is there already: that is not what this command has done.
        var added = switch (torrent) {
            case Source.Named.File(Metainfo metainfo) -> {
                var stopped = options.withInitialState(AddOptions.InitialState.STOPPED);
                yield client.add(metainfo, selection == null ? stopped : withSelection(stopped, metainfo));
            }
            case Source.Named.Link(Magnet magnet) -> {
                var name = magnet.name().orElse(magnet.infoHash().toHex());
                output.note("Fetching the metadata of " + Text.printable(name));
                var paused = options.withInitialState(AddOptions.InitialState.PAUSED)
                        .withListener(new TorrentListener() {
                            @Override
                            public void onMetadata(Metainfo metainfo) {
                                output.note(announcement(metainfo));
                            }
                        });
                yield selection == null
                        ? client.add(magnet, paused)
                        // What a link selects may not be there. What the user does must: so the last of it is said
                        // again.
                        : client.add(
                                magnet.withSelection(selection.ranges()), paused.withPriority(selection.last(), 1));
            }
        };
        var watch = new TorrentWatch(added, System::nanoTime, stop::wake);
        added.addListener(watch);
        if (torrent instanceof Source.Named.File(Metainfo metainfo)) {
            output.note(announcement(metainfo));
        }
        return watch;
    }

    private AddOptions withSelection(AddOptions options, Metainfo torrent) {
        int files = torrent.files().size();
        if (selection.last() >= files) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--files: there is no file " + selection.last() + ", the files of " + torrent.name()
                            + " have the numbers 0 to " + (files - 1));
        }
        return options.withPriorities(IntStream.range(0, files)
                .boxed()
                .collect(
                        Collectors.toMap(file -> file, file -> selection.files().get(file) ? 1 : 0)));
    }

    private String announcement(Metainfo torrent) {
        return "Downloading " + torrent.name() + ", "
                + Units.size(torrent.layout().contentLength()) + " in "
                + Units.count(
                        torrent.files().stream()
                                .filter(file -> !file.isPadding())
                                .count(),
                        "file");
    }

    /** Whether there is no more to be done for a torrent; tells the user once when it is complete, waits, or has failed. */
    private boolean isSettled(TorrentWatch watch) {
        try {
            boolean isComplete = watch.isComplete();
            if (watch.isRunning() && waitingForRoom.remove(watch) != null) {
                output.note(watch.torrent().name() + ": there is room again");
            }
            if (isComplete && complete.add(watch)) {
                reportComplete(watch);
            }
            return complete.contains(watch) && !seed;
        } catch (IOException fault) {
            boolean isFull = Faults.isDiskFull(fault);
            if (isFull && !failIfFull) {
                reportFull(watch, Faults.describe(fault));
                return false;
            }
            failed.add(watch);
            transfer.summarise(watch, "failed", "", Optional.of(Faults.describe(fault)));
            if (isFull) {
                watch.torrent().stop(); // it would go on by itself
            }
            output.trace(fault);
            return true;
        }
    }

    private void reportFull(TorrentWatch watch, String fault) {
        if (waitingForRoom.put(watch, fault) == null) {
            var torrent = watch.torrent();
            boolean isNeedKnown = allocation == Allocation.SPARSE && torrent.left() > 0;
            output.error(torrent.name() + ": " + fault + "; it goes on when there is room"
                    + (isNeedKnown ? " for the missing " + Units.size(torrent.left()) : ""));
        }
    }

    private void reportComplete(TorrentWatch watch) {
        var torrent = watch.torrent();
        long wanted = torrent.snapshot().wantedSize();
        long received = Math.min(watch.downloaded(), wanted);
        var where = torrent.directory().toAbsolutePath().normalize();
        if (received == 0) {
            transfer.summarise(
                    watch,
                    "complete",
                    torrent.name() + " is complete already, " + Units.size(wanted) + " in " + where,
                    Optional.empty());
            return;
        }
        var what = received == wanted
                ? torrent.name() + ", " + Units.size(wanted)
                : "the missing " + Units.size(received) + " of " + torrent.name();
        transfer.summarise(
                watch,
                "complete",
                "Downloaded " + what + " in " + Units.elapsed(watch.elapsed()) + " ("
                        + Units.rate(received, watch.elapsed()) + "), from " + Units.count(watch.givers(), "peer")
                        + ". Saved to " + where,
                Optional.empty());
    }

    private void reportInterrupted(TorrentWatch watch) {
        if (complete.contains(watch)) {
            transfer.summariseSeeding(watch);
            return;
        }
        if (transfer.isJson()) {
            transfer.summarise(watch, "interrupted", "", Optional.ofNullable(waitingForRoom.get(watch)));
        }
        var torrent = watch.torrent();
        if (!torrent.hasMetadata()) {
            output.note("Stopped before the metadata of " + Text.printable(torrent.name())
                    + " had come; the same command tries again.");
            return;
        }
        output.note("Stopped at " + Units.percent(torrent.snapshot().progress()) + " of " + torrent.name()
                + "; the same command goes on from there.");
    }
}
