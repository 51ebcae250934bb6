package weft.bench;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.openjdk.jmh.results.RunResult;

/** The figures of one run that are to be read beside each other. What was not run is left out. */
final class Ratios {
    private static final List<String> STORAGES = List.of("MAPPED", "CHANNEL", "MEMORY");

    private final Map<String, Double> scores = new LinkedHashMap<>(); // by class, method, parameters

    Ratios(Collection<RunResult> results) {
        for (RunResult result : results) {
            var parameters = result.getParams();
            var name = parameters.getBenchmark();
            var shortName = name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1);
            var values = parameters.getParamsKeys().stream().map(parameters::getParam);
            var key = shortName + values.map(value -> " " + value).collect(Collectors.joining());
            scores.put(key, result.getPrimaryResult().getScore());
            var cpu = result.getSecondaryResults().get(CpuTime.LABEL);
            if (cpu != null) {
                scores.put(CpuTime.LABEL + " " + key, cpu.getScore());
            }
        }
    }

    void print() {
        System.out.println();
        bencode();
        hashCheck();
        storage();
    }

    private void bencode() {
        for (String what : List.of("decode", "encode")) {
            for (String document : List.of("SMALL_TORRENT", "LARGE_TORRENT", "TRACKER_ANSWER")) {
                for (String other : List.of("Bt", "Ttorrent")) {
                    var weft = score("BencodeBenchmark." + what + "Weft " + document);
                    var others = score("BencodeBenchmark." + what + other + " " + document);
                    if (weft.isPresent() && others.isPresent()) {
                        System.out.printf(
                                "%s %s: Weft takes %.2f of the time of %s%n",
                                what, document, weft.get() / others.get(), other.toLowerCase(Locale.ROOT));
                    }
                }
            }
        }
    }

    private void hashCheck() {
        int processors = Runtime.getRuntime().availableProcessors();
        var one = score("Sha1Benchmark.inCache");
        var all = score("Sha1Benchmark.inCacheOnAllProcessors");
        for (String storage : STORAGES) {
            var check = score("HashCheckBenchmark.allPieces " + storage);
            if (check.isPresent() && one.isPresent() && all.isPresent()) {
                System.out.printf(
                        "hash check %s: %.2f of %d × SHA-1 in cache by one thread, %.2f of SHA-1 in cache by %d threads%n",
                        storage,
                        check.get() / (processors * one.get()),
                        processors,
                        check.get() / all.get(),
                        processors);
            }
            var cpuOfCheck = score(CpuTime.LABEL + " HashCheckBenchmark.allPieces " + storage);
            var cpuOfSha1 = score(CpuTime.LABEL + " Sha1Benchmark.inCacheOnAllProcessors");
            if (cpuOfCheck.isPresent() && cpuOfSha1.isPresent()) {
                System.out.printf(
                        "hash check %s: SHA-1 in cache by %d threads takes %.2f of its processor time%n",
                        storage, processors, cpuOfSha1.get() / cpuOfCheck.get());
            }
        }
    }

    private void storage() {
        for (String method : List.of("write", "read", "lend")) {
            for (String order : List.of("SEQUENTIAL", "RANDOM")) {
                var mapped = score("StorageBenchmark." + method + " " + order + " MAPPED");
                var channel = score("StorageBenchmark." + method + " " + order + " CHANNEL");
                if (mapped.isPresent() && channel.isPresent()) {
                    System.out.printf(
                            "%s %s: mapped %.0f MiB/s, channel %.0f MiB/s, %.2f of it%n",
                            method, order, mapped.get(), channel.get(), channel.get() / mapped.get());
                }
            }
        }
    }

    private Optional<Double> score(String name) {
        return Optional.ofNullable(scores.get(name));
    }
}
