package weft.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import weft.metainfo.Metainfo;
import weft.metainfo.TorrentFile;
import weft.storage.Disk;
import weft.storage.HashCheck;
import weft.storage.MappedStorage;
import weft.storage.PieceVerifier;
import weft.storage.StorageOptions;

/** {@code weft verify}: hashes what lies in a directory and says of each file whether it is whole; changes nothing. */
@Command(
        name = "verify",
        description = "Check every file of a torrent in a directory. Exits with 1 if one is missing or damaged.")
final class VerifyCommand implements Callable<Integer> {
    private final Output output;
    private final StopSignal stop;
    private final Source source;

    @Parameters(index = "0", paramLabel = "TORRENT", description = "A torrent file, or the http(s) address of one.")
    private String torrentSource;

    @Option(
            names = {"-d", "--directory"},
            paramLabel = "DIR",
            required = true,
            description =
                    "Where the content lies: the directory with the file, or with the directory, of the torrent's name.")
    private Path directory;

    VerifyCommand(Output output, StopSignal stop) {
        this.output = output;
        this.stop = stop;
        this.source = new Source(stop);
    }

    @Override
    public Integer call() throws Exception {
        var torrent = source.readUsable(torrentSource);
        if (!Files.isDirectory(directory)) {
            throw new CommandException("there is no directory " + directory);
        }
        long began = System.nanoTime();
        var good = stop.interruptibly(() -> hash(torrent));
        var elapsed = Duration.ofNanos(System.nanoTime() - began);
        var files = new ArrayList<FileResult>();
        for (var file : torrent.files()) {
            if (!file.isPadding()) {
                files.add(result(torrent, file, good));
            }
        }
        files.forEach(file -> output.result(file.line()));
        return conclude(torrent, files, elapsed);
    }

    private BitSet hash(Metainfo torrent) throws Exception {
        try (var disk = Disk.open()) {
            return DiskWatch.during(() -> hash(torrent, disk), disk, output);
        }
    }

    private BitSet hash(Metainfo torrent, Disk disk) throws IOException, InterruptedException {
        var layout = torrent.layout();
        var pieces = new BitSet();
        pieces.set(0, layout.pieceCount());
        var all = new BitSet();
        all.set(0, torrent.files().size());
        var readOnly = StorageOptions.defaults().withReadOnly();
        var bar = new ByteBar(output, "checking", layout.totalLength());
        try (var storage = MappedStorage.open(disk, directory, layout, torrent.infoHash(), all, readOnly)) {
            var verifier = new PieceVerifier(disk, layout, storage, torrent::pieceHashEquals);
            return new HashCheck(
                            verifier,
                            pieces,
                            (piece, isGood, checked) ->
                                    bar.show(Math.min((long) checked * layout.pieceLength(), layout.totalLength())))
                    .run();
        } finally {
            bar.end();
        }
    }

    /** What is to be said about one file. */
    private record FileResult(boolean isGood, String line) {}

    private FileResult result(Metainfo torrent, TorrentFile file, BitSet good) {
        var path = String.join("/", file.path());
        var onDisk = file.in(directory);
        if (!Files.exists(onDisk)) {
            return new FileResult(false, "missing  " + path);
        }
        if (file.symlinkTarget().isPresent()) {
            return new FileResult(true, "ok       " + path);
        }
        var pieces = torrent.layout().piecesOf(file.index());
        int count = file.length() == 0 ? 0 : pieces.end() - pieces.first();
        int bad = count - good.get(pieces.first(), pieces.first() + count).cardinality();
        if (bad > 0) {
            return new FileResult(
                    false, "damaged  " + path + " (" + Units.count(bad, "bad piece") + " of " + count + ")");
        }
        long length = onDisk.toFile().length();
        return length == file.length()
                ? new FileResult(true, "ok       " + path)
                : new FileResult(
                        false,
                        "damaged  " + path + " (" + Units.exactly(length) + " long, not " + Units.exactly(file.length())
                                + ")");
    }

    private int conclude(Metainfo torrent, List<FileResult> files, Duration elapsed) {
        long bad = files.stream().filter(file -> !file.isGood()).count();
        long bytes = torrent.layout().totalLength();
        if (bad == 0) {
            output.result(torrent.name() + " is complete: " + Units.count(files.size(), "file") + ", "
                    + Units.size(bytes) + ", checked in " + Units.elapsed(elapsed) + " ("
                    + Units.rate(bytes, elapsed) + ")");
            return ExitCode.OK;
        }
        output.error(torrent.name() + " is not complete in " + directory + ": " + bad + " of "
                + Units.count(files.size(), "file") + (bad == 1 ? " is" : " are") + " missing or damaged");
        return ExitCode.SOFTWARE;
    }
}
