package weft.app;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code weft dht}: the distributed hash table by itself. */
@Command(
        name = "dht",
        description = "Look for peers and items in the distributed hash table, or take part in it.",
        synopsisSubcommandLabel = "lookup|get|put|node")
final class DhtCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    /** The command with those below it. */
    static CommandLine with(Output output, StopSignal stop) {
        return new CommandLine(new DhtCommand())
                .addSubcommand(new DhtLookupCommand(output, stop))
                .addSubcommand(new DhtGetCommand(output, stop))
                .addSubcommand(new DhtPutCommand(output, stop, DhtPutCommand.INTERVAL))
                .addSubcommand(new DhtNodeCommand(output, stop));
    }

    /** Without a command there is nothing to do. */
    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "which command? One of " + String.join(", ", spec.subcommands().keySet()));
    }
}
