package weft.app;

import java.net.BindException;
import java.time.Duration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import weft.dht.Dht;

/** The options of commands that ask the DHT for something and leave it again. */
final class DhtVisit {
    /** Public nodes answer within a second or two, or not at all. */
    private static final Duration SOON = Duration.ofSeconds(4);

    /** The datagrams of the first attempt may have been lost; there are two more in this time. */
    private static final Duration JOIN_PATIENCE = Duration.ofSeconds(20);

    @Option(
            names = {"-p", "--port"},
            paramLabel = "N",
            converter = Port.class,
            description = "The UDP port to ask from, by default any free one.")
    private int port;

    @Mixin
    private DhtReach reach;

    /** What is to be done in the DHT. */
    @FunctionalInterface
    interface Errand<T> {
        /** Ends early if its thread is interrupted. */
        T run(Dht dht) throws Exception;
    }

    /** Joins the DHT, does what there is to do, and leaves. */
    <T> T run(Output output, StopSignal stop, Errand<T> errand) throws Exception {
        reach.requireHost();
        // For so short a time nobody should put us into his table: BEP 43.
        try (var dht = Dht.open(reach.options(port).withReadOnly(true))) {
            return stop.interruptibly(() -> {
                join(dht, output);
                return errand.run(dht);
            });
        } catch (BindException e) {
            throw new CommandException("port " + port + " is in use, or not ours to use; --port picks another", e);
        }
    }

    private void join(Dht dht, Output output) throws InterruptedException, CommandException {
        if (dht.awaitReady(SOON)) {
            return;
        }
        output.note("No node of the DHT has answered yet.");
        if (!dht.awaitReady(JOIN_PATIENCE)) {
            throw new CommandException("no node of the DHT has answered: " + reach.advice());
        }
    }
}
