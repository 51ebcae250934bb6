package weft.app;

import java.net.BindException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import weft.tracker.TrackerServer;
import weft.tracker.TrackerServerOptions;
import weft.tracker.TrackerStatistics;

/** {@code weft tracker}: a small tracker for whoever asks, until interrupted. */
@Command(name = "tracker", description = "Run a tracker that serves any torrent, until interrupted.")
final class TrackerCommand implements Callable<Integer> {
    private static final Duration LIVE = Duration.ofSeconds(1);
    private static final Duration PLAIN = Duration.ofSeconds(10);

    private final Output output;
    private final StopSignal stop;

    @Option(
            names = {"-p", "--port"},
            paramLabel = "N",
            converter = Port.class,
            description = "The TCP and UDP port to listen on, by default ${DEFAULT-VALUE}; 0 for any free one.")
    private int port = TrackerServerOptions.DEFAULT_PORT;

    TrackerCommand(Output output, StopSignal stop) {
        this.output = output;
        this.stop = stop;
    }

    @Override
    public Integer call() throws Exception {
        try (var server = TrackerServer.open(TrackerServerOptions.defaults().withPort(port))) {
            output.result("Tracker at " + server.announceUri());
            output.result("   also at " + server.udpAnnounceUri());
            for (var address : reachableAddresses()) {
                output.result("   also at " + server.announceUri(address));
                output.result("   also at " + server.udpAnnounceUri(address));
            }
            serve(server);
            output.note("Stopped. " + describe(server.statistics()));
            return Main.INTERRUPTED;
        } catch (BindException e) {
            throw new CommandException("port " + port + " is in use, or not ours to use; --port picks another", e);
        }
    }

    private void serve(TrackerServer server) {
        boolean live = output.terminal().isPresent();
        var shown = "";
        try {
            while (!stop.await(live ? LIVE : PLAIN)) {
                var now = describe(server.statistics());
                if (live) {
                    int width = output.terminal().orElseThrow().size().columns() - 1;
                    output.live(
                            List.of(Text.shortened(now, width, output.glyphs().ellipsis())));
                } else if (!now.equals(shown)) {
                    output.note(now);
                }
                shown = now;
            }
        } finally {
            output.endLive();
        }
    }

    private static String describe(TrackerStatistics now) {
        return Units.count(now.torrents(), "torrent") + ", " + Units.count(now.seeds(), "seed") + ", "
                + Units.count(now.leechers(), "leecher") + "; " + Units.count(now.announces(), "announce") + ", "
                + Units.count(now.scrapes(), "scrape") + ", " + Units.count(now.failures(), "bad request");
    }

    /** The addresses by which others may reach this machine. */
    private static List<InetAddress> reachableAddresses() throws SocketException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
                .toList();
    }
}
