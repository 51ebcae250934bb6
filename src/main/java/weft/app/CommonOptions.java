package weft.app;

import picocli.CommandLine.Option;

/** The options of every command; those that say how much is printed take effect as they are parsed. */
final class CommonOptions {
    private final Output output;

    CommonOptions(Output output) {
        this.output = output;
    }

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this and exit.")
    void help(boolean wanted) {
        // picocli does what is to be done
    }

    @Option(
            names = {"-q", "--quiet"},
            description = "Show errors only.")
    void quiet(boolean wanted) {
        if (wanted) {
            output.beQuiet();
        }
    }

    @Option(
            names = {"-v", "--verbose"},
            description = "Show what happens with every peer and tracker, and where errors come from.")
    void verbose(boolean wanted) {
        if (wanted) {
            output.beVerbose();
        }
    }
}
