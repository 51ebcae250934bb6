package weft.app;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;
import weft.concurrent.ExitHook;

/**
 * The command {@code weft}. Parses the arguments, runs the command, and turns what goes wrong into one line on standard
 * error and an exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted (SIGINT), 143 terminated (SIGTERM): 128 and
 * the signal's number, as shells count.
 *
 * <p>SIGINT and SIGTERM ask the command to stop and wait, for a bounded time, until it has: it tells the trackers, writes
 * what the next run needs, and says how to go on.
 */
@Command(
        name = "weft",
        versionProvider = Version.class,
        mixinStandardHelpOptions = true,
        description = "Downloads, seeds and makes torrents.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "'weft COMMAND --help' explains a command. 'weft demo' shows all of it at work, without a network."
        })
public final class Main implements Runnable {
    /** 128 and the number of SIGINT, as shells count. */
    static final int INTERRUPTED = 130;

    /** NEEDS: SIGTERM writes resume data and exits within five seconds. */
    private static final Duration STOP_PATIENCE = Duration.ofMillis(4900);

    @Spec
    private CommandSpec spec;

    private Main() {}

    /** Runs a command and ends the process with its exit status. */
    public static void main(String[] args) {
        var stop = new StopSignal();
        var finished = new CountDownLatch(1);
        ExitHook.add("weft stop", () -> {
            stop.request();
            awaitQuietly(finished);
        });
        var output = new Output(System.out, System.err, () -> Terminal.ofStandardError(System.getenv()));
        if (ModuleLayer.boot().findModule("java.logging").isPresent()) { // as a module, Weft does without if it must
            Logs.to(output);
        }
        int status = run(args, output, stop);
        boolean isEnding = stop.isRequested();
        finished.countDown();
        if (!isEnding) {
            System.exit(status); // not before: our own hook would ask to stop
        }
    }

    private static void awaitQuietly(CountDownLatch finished) {
        try {
            if (!finished.await(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                System.err.println("weft: did not stop in time; what is doubtful is checked again next time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Runs a command and returns its exit status; without a live display. */
    static int run(String[] args, PrintStream out, PrintStream err) {
        return run(args, new Output(out, err, Optional::empty), new StopSignal());
    }

    /** Runs a command that prints to {@code output}, until it is done or {@code stop} is requested. */
    static int run(String[] args, Output output, StopSignal stop) {
        try {
            return commandLine(args, output, stop).execute(args);
        } catch (OutOfMemoryError | StackOverflowError e) {
            return fail(output, Faults.describe(e), e);
        }
    }

    // Building a command takes time for each of its options. So only the one that is asked for is built, unless help
    // or an unknown name wants all of them.
    private static CommandLine commandLine(String[] args, Output output, StopSignal stop) {
        var weft = new CommandLine(new Main());
        var commands = commands(output, stop);
        var wanted = args.length > 0 && commands.containsKey(args[0]) ? List.of(args[0]) : commands.keySet();
        for (String name : wanted) {
            var command = commands.get(name).get();
            weft.addSubcommand(command);
            addCommonOptions(command, output);
        }
        return weft.setOut(output.writer())
                .setParameterExceptionHandler((e, arguments) -> wrongUsage(output, e))
                .setExecutionExceptionHandler((e, command, arguments) -> failed(output, stop, e));
    }

    private static Map<String, Supplier<CommandLine>> commands(Output output, StopSignal stop) {
        var commands = new LinkedHashMap<String, Supplier<CommandLine>>();
        commands.put("download", () -> new CommandLine(new DownloadCommand(output, stop)));
        commands.put("seed", () -> new CommandLine(new SeedCommand(output, stop)));
        commands.put("create", () -> new CommandLine(new CreateCommand(output, stop)));
        commands.put("verify", () -> new CommandLine(new VerifyCommand(output, stop)));
        commands.put("info", () -> new CommandLine(new InfoCommand(output, stop)));
        commands.put("tracker", () -> new CommandLine(new TrackerCommand(output, stop)));
        commands.put("dht", () -> DhtCommand.with(output, stop));
        commands.put("demo", () -> new CommandLine(new DemoCommand(output, stop)));
        return commands;
    }

    private static void addCommonOptions(CommandLine command, Output output) {
        command.getCommandSpec().addMixin("common", CommandSpec.forAnnotatedObject(new CommonOptions(output)));
        command.getSubcommands().values().forEach(below -> addCommonOptions(below, output));
    }

    /** Without a command there is nothing to do. */
    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "which command? One of " + String.join(", ", spec.subcommands().keySet()));
    }

    private static int wrongUsage(Output output, ParameterException e) {
        var command = e.getCommandLine().getCommandSpec().qualifiedName();
        output.error(e instanceof UnmatchedArgumentException unmatched ? describe(unmatched) : e.getMessage());
        output.note("See '" + command + " --help'.");
        output.trace(e);
        return ExitCode.USAGE;
    }

    private static String describe(UnmatchedArgumentException e) {
        var unmatched = e.getUnmatched().getFirst();
        boolean isCommand = !e.getCommandLine().getSubcommands().isEmpty();
        var message = unmatched.startsWith("-")
                ? "there is no option '" + unmatched + "'"
                : isCommand
                        ? "there is no command '" + unmatched + "'"
                        : "'" + unmatched + "' is one argument too many";
        var suggestions = e.getSuggestions();
        return suggestions.isEmpty() ? message : message + "; did you mean '" + suggestions.getFirst() + "'?";
    }

    private static int failed(Output output, StopSignal stop, Exception e) {
        if (e instanceof InterruptedException || stop.isRequested()) {
            output.note("Interrupted.");
            output.trace(e);
            return INTERRUPTED;
        }
        if (e instanceof CommandException || e instanceof IOException) {
            return fail(output, Faults.describe(e), e);
        }
        return fail(output, "a mistake of ours: " + e + "; --verbose shows where", e);
    }

    private static int fail(Output output, String message, Throwable cause) {
        output.error(message);
        output.trace(cause);
        return ExitCode.SOFTWARE;
    }
}
