package weft.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import weft.Client;
import weft.concurrent.TaskScope;
import weft.concurrent.WorkerPool;
import weft.storage.StorageOptions;
import weft.storage.StorageOptions.Access;

/** What {@code download} and {@code seed} have in common: a client on a port, peers to begin with, and the watching. */
final class Transfer {
    private final Output output;
    private final StopSignal stop;

    @Mixin
    private final Network network = new Network();

    @Option(
            names = "--io",
            paramLabel = "HOW",
            converter = FileAccess.class,
            description =
                    "How files are read for others: 'mapped' into memory, or by 'channel', as is done by itself on a "
                            + "network's file systems.")
    private Access access = Access.AUTOMATIC;

    @Option(
            names = "--json",
            description = "Print one JSON object for every torrent and second, and one in the end, on standard output.")
    private boolean json;

    Transfer(Output output, StopSignal stop) {
        this.output = output;
        this.stop = stop;
    }

    boolean isJson() {
        return json;
    }

    StorageOptions storageOptions() {
        return StorageOptions.defaults().withAccess(access);
    }

    /** The peers that the user named, looked up. */
    List<InetSocketAddress> peers() throws CommandException {
        return network.peers();
    }

    /** Opens the client; the caller closes it. */
    Client openClient() throws IOException, CommandException {
        return network.openClient();
    }

    /** What the next run is to begin with; while the client is open. */
    void remember(Client client) {
        network.remember(client);
    }

    /**
     * Asks the disk about a directory before there is a torrent that can say why it does not move: on a thread for the
     * purpose, as one of a server that is gone holds whoever looks at it.
     *
     * @throws InterruptedException if we shall stop before there is an answer
     */
    boolean ask(Path directory, BooleanSupplier question) throws InterruptedException {
        return ask(directory, question, TorrentWatch.PATIENCE);
    }

    /** Like {@link #ask(Path, BooleanSupplier)}; after {@code patience} it is complained of. */
    boolean ask(Path directory, BooleanSupplier question, Duration patience) throws InterruptedException {
        var answer = new FutureTask<>(question::getAsBoolean);
        var disk = new WorkerPool("weft disk", 1);
        try {
            disk.submit(() -> {
                answer.run();
                stop.wake();
            });
            if (!stop.await(patience) && !answer.isDone()) {
                output.note(directory + ": nothing moves: the disk does not get on");
            }
            while (!answer.isDone()) {
                if (stop.await(patience)) {
                    throw new InterruptedException();
                }
            }
            return answer.resultNow();
        } finally {
            disk.close(Duration.ZERO); // a thread that hangs is nobody's any more
        }
    }

    /** The scope of threads that load torrents; its faults are the torrents' own, which say so when they are looked at. */
    TaskScope openScope() {
        return TaskScope.supervised("weft load", (task, fault) -> stop.wake());
    }

    /** Shows the torrents until none is left to wait for, or until we shall stop. */
    void watch(List<TorrentWatch> watches, Predicate<TorrentWatch> isSettled) {
        var report = new ProgressReport(output, json, System::nanoTime);
        var pending = new ArrayList<>(watches);
        try {
            do {
                pending.removeIf(isSettled);
                report.show(watches);
            } while (!pending.isEmpty() && !stop.await(report.untilNext()));
        } finally {
            report.end();
        }
    }

    /** Says how it ended: a line, or an object for programs. */
    void summarise(TorrentWatch watch, String status, String line, Optional<String> error) {
        if (json) {
            var torrent = watch.torrent();
            output.json(ProgressReport.toJson("summary", torrent, watch.look())
                    .put("status", status)
                    .put("directory", torrent.directory().toAbsolutePath().normalize())
                    .put("seconds", watch.elapsed().toMillis() / 1e3)
                    .put("bytes_received", watch.downloaded())
                    .put("bytes_sent", watch.uploaded())
                    .put("peers_received_from", watch.givers())
                    .putIfPresent("error", error));
        } else if (error.isEmpty()) {
            output.result(line);
        }
        error.ifPresent(text -> output.error(watch.torrent().name() + ": " + text));
    }

    /** Says how it was when a torrent that is complete has been seeded and was stopped. */
    void summariseSeeding(TorrentWatch watch) {
        if (json) {
            summarise(watch, "stopped", "", Optional.empty());
        }
        output.note("Stopped. " + Units.size(watch.uploaded()) + " of "
                + watch.torrent().name() + " were sent; the same command seeds it again.");
    }
}
