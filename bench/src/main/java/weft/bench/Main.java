package weft.bench;

import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/** JMH's own command line, followed by the ratios that one wants to know. Run by {@code bench/jmh}. */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
        var options = new CommandLineOptions(args);
        boolean onlyAsks = options.shouldHelp()
                || options.shouldList()
                || options.shouldListWithParams()
                || options.shouldListProfilers()
                || options.shouldListResultFormats();
        if (onlyAsks) {
            org.openjdk.jmh.Main.main(args);
            return;
        }
        var results = new Runner(options).run();
        if (options.getForkCount().orElse(1) > 0) { // what runs in this process is no measurement
            new Ratios(results).print();
        }
        System.out.println(results.size() + " benchmarks ran");
    }
}
