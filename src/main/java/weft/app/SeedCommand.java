package weft.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import weft.AddOptions;
import weft.Client;
import weft.Torrent;

/** {@code weft seed}: serves what is there already, until interrupted; fetches nothing and changes no file. */
@Command(name = "seed", description = "Serve a torrent's content that is complete in a directory, until interrupted.")
final class SeedCommand implements Callable<Integer> {
    private final Output output;
    private final StopSignal stop;
    private final Source source;

    @Mixin
    private final Transfer transfer;

    @Parameters(index = "0", paramLabel = "TORRENT", description = "A torrent file, or the http(s) address of one.")
    private String torrentSource;

    @Option(
            names = {"-d", "--directory"},
            paramLabel = "DIR",
            required = true,
            description =
                    "Where the content lies: the directory with the file, or with the directory, of the torrent's name.")
    private Path directory;

    SeedCommand(Output output, StopSignal stop) {
        this.output = output;
        this.stop = stop;
        this.source = new Source(stop);
        this.transfer = new Transfer(output, stop);
    }

    @Override
    public Integer call() throws Exception {
        var metainfo = source.readUsable(torrentSource);
        if (!transfer.ask(directory, () -> Files.isDirectory(directory))) {
            throw new CommandException("there is no directory " + directory);
        }
        var options = AddOptions.into(directory)
                .withInitialState(AddOptions.InitialState.STOPPED)
                .withStorageOptions(transfer.storageOptions())
                .withPeers(transfer.peers());
        TorrentWatch watch;
        try (var client = transfer.openClient()) {
            var torrent = client.add(metainfo, options);
            watch = new TorrentWatch(torrent, System::nanoTime, stop::wake);
            torrent.addListener(watch);
            check(torrent, watch);
            if (!stop.isRequested()) {
                serve(client, torrent, watch);
            }
        }
        if (!stop.isRequested()) {
            return ExitCode.SOFTWARE; // nothing but an error ends it otherwise
        }
        transfer.summariseSeeding(watch);
        return Main.INTERRUPTED;
    }

    private void check(Torrent torrent, TorrentWatch watch) throws CommandException {
        try (var scope = transfer.openScope()) {
            scope.fork(torrent.name(), () -> watch.load(true));
            transfer.watch(
                    List.of(watch),
                    checked -> checked.isLoaded() || torrent.error().isPresent());
        }
        var fault = torrent.error();
        if (fault.isPresent()) {
            throw new CommandException(torrent.name() + ": " + Faults.describe(fault.get()), fault.get());
        }
        if (!torrent.isSeed() && !stop.isRequested()) {
            int missing = torrent.pieceCount() - torrent.pieces().cardinality();
            throw new CommandException(torrent.name() + " is not complete in " + directory + ": "
                    + Units.count(missing, "piece") + " of " + torrent.pieceCount()
                    + " missing or damaged; 'weft download --seed' gets them and goes on seeding");
        }
    }

    private void serve(Client client, Torrent torrent, TorrentWatch watch) {
        output.note("Seeding " + torrent.name() + ", " + Units.size(torrent.size()) + ", on port " + client.port()
                + ", until interrupted");
        torrent.start();
        transfer.watch(List.of(watch), this::hasFailed);
        transfer.remember(client);
    }

    private boolean hasFailed(TorrentWatch watch) {
        try {
            watch.isComplete();
            return false;
        } catch (IOException fault) {
            transfer.summarise(watch, "failed", "", Optional.of(Faults.describe(fault)));
            output.trace(fault);
            return true;
        }
    }
}
