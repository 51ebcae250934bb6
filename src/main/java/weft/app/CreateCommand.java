package weft.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import weft.metainfo.Magnet;
import weft.metainfo.Metainfo;
import weft.metainfo.TorrentCreator;

/** {@code weft create}: makes a torrent file of a file or a directory. */
@Command(
        name = "create",
        description = "Make a torrent of a file or a directory. The same content and options make the same bytes.")
final class CreateCommand implements Callable<Integer> {
    private final Output output;
    private final StopSignal stop;

    @Parameters(index = "0", paramLabel = "PATH", description = "The file or directory.")
    private Path path;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description = "The torrent file to write.")
    private Path torrentFile;

    @Option(
            names = {"-t", "--tracker"},
            paramLabel = "TRACKER",
            description =
                    "A tracker's announce address. May be repeated: the first is asked first, the others if it fails.")
    private List<String> trackers = List.of();

    @Option(
            names = {"-w", "--web-seed"},
            paramLabel = "WEBSEED",
            description = "An http(s) address that has the content, too. May be repeated.")
    private List<String> webSeeds = List.of();

    @Option(
            names = "--piece-length",
            paramLabel = "SIZE",
            converter = PieceLength.class,
            description = "A power of two such as 256KiB or 1MiB; chosen by the content's size if not given.")
    private Integer pieceLength; // or null

    @Option(names = "--private", description = "Let peers come from its trackers only.")
    private boolean isPrivate;

    @Option(names = "--comment", paramLabel = "TEXT", description = "A comment for people.")
    private String comment; // or null

    CreateCommand(Output output, StopSignal stop) {
        this.output = output;
        this.stop = stop;
    }

    @Override
    public Integer call() throws Exception {
        if (!Files.exists(path)) {
            throw new CommandException("there is no file or directory " + path);
        }
        TorrentFileWriter.check(torrentFile, "-o");
        var torrent = stop.interruptibly(this::hash);
        TorrentFileWriter.write(torrent, torrentFile);
        var layout = torrent.layout();
        output.result("Created " + torrentFile + ": " + torrent.name() + ", " + Units.size(layout.totalLength())
                + " in " + Units.count(torrent.files().size(), "file") + ", "
                + Units.count(layout.pieceCount(), "piece") + " of " + Units.size(layout.pieceLength())
                + ", info-hash " + torrent.infoHash());
        if (!torrent.isPrivate()) {
            output.result(Magnet.of(torrent).toString());
        }
        return ExitCode.OK;
    }

    private Metainfo hash() throws IOException, InterruptedException {
        var creator = TorrentCreator.ofPath(path)
                .withTrackers(trackers.stream().map(List::of).toList())
                .withWebSeeds(webSeeds)
                .withCreatedBy(Version.PROGRAM);
        creator = isPrivate ? creator.withPrivate() : creator;
        creator = comment == null ? creator : creator.withComment(comment);
        creator = pieceLength == null ? creator : creator.withPieceLength(pieceLength);
        var progress = new HashProgress();
        try {
            return creator.create(Runtime.getRuntime().availableProcessors(), progress);
        } finally {
            progress.end();
        }
    }

    /** A bar that is made when it is known how much there is to hash. */
    private final class HashProgress implements TorrentCreator.Progress {
        private Optional<ByteBar> bar = Optional.empty();

        @Override
        public void hashed(long hashedBytes, long totalBytes) {
            if (bar.isEmpty()) {
                bar = Optional.of(new ByteBar(output, "hashing", totalBytes));
            }
            bar.get().show(hashedBytes);
        }

        void end() {
            bar.ifPresent(ByteBar::end);
        }
    }
}
