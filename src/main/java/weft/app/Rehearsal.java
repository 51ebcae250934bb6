package weft.app;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import weft.AddOptions;
import weft.ClientOptions;
import weft.Torrent;
import weft.concurrent.TaskScope;
import weft.metainfo.Magnet;
import weft.metainfo.TorrentCreator;

/**
 * What {@code bin/weft} runs once after a build, for the JVM to see which classes a command needs and to archive them: a
 * magnet link and a small download from a seed in the same process, over loopback. Prints nothing, and leaves nothing behind.
 */
final class Rehearsal {
    private static final long BYTES = 4 << 20;

    /** It takes a second; where there is no loopback it must end all the same. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private Rehearsal() {}

    /** Runs it and ends the process. */
    public static void main(String[] args) throws Exception {
        Main.run(new String[] {"--help"}, silent(), silent());
        try (var content = DemoContent.create(BYTES)) {
            download(content);
        }
        System.exit(0);
    }

    private static void download(DemoContent content) throws Exception {
        var torrentFile = content.directory("rehearsal.torrent");
        var metainfo = TorrentCreator.ofPath(content.original()).create(1, TorrentCreator.Progress.NONE);
        Files.write(torrentFile, metainfo.toBytes());
        var options = AddOptions.into(content.original().getParent());
        var clientOptions = ClientOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress());
        var stop = new StopSignal();
        try (var limit = TaskScope.supervised("weft rehearsal", (task, failure) -> stop.request());
                var seed = Torrent.open(torrentFile, options, clientOptions)) {
            limit.fork("limit", () -> {
                Thread.sleep(LIMIT);
                stop.request();
            });
            if (seed.awaitComplete(LIMIT)) {
                for (List<String> arguments : commands(content, torrentFile.toString(), seed)) {
                    var output = new Output(silent(), silent(), Optional::empty);
                    Main.run(arguments.toArray(String[]::new), output, stop);
                }
            }
        }
    }

    private static List<List<String>> commands(DemoContent content, String torrentFile, Torrent seed)
            throws IOException {
        var peer = InetAddress.getLoopbackAddress().getHostAddress() + ":" + seed.port();
        var magnet = Magnet.of(seed.infoHash()).toString();
        var directory = content.directory("leech").toString();
        // A build talks to nobody outside: the DHT's node is told of one that never answers.
        return List.of(
                List.of("info", magnet, "--peer", peer, "--bootstrap", peer, "--no-lsd"),
                List.of("download", torrentFile, "-d", directory, "--peer", peer, "--bootstrap", peer, "--no-lsd"),
                List.of("verify", torrentFile, "-d", directory));
    }

    private static PrintStream silent() {
        return new PrintStream(OutputStream.nullOutputStream());
    }
}
