package weft.interop;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A program that tests talk to, and how to see whether it is there. */
enum Program {
    LIBTORRENT("python3-libtorrent") {
        @Override
        Optional<List<String>> find() {
            // The python that has Debian's libtorrent need not be the first one on the PATH.
            return onPath("python3")
                    .filter(python -> succeeds(python, "-c", "import libtorrent; libtorrent.torrent_info.info_hashes"))
                    .findFirst()
                    .map(python -> List.of(python.toString()));
        }
    },
    PYTHON("python3") {
        @Override
        Optional<List<String>> find() {
            return first("python3");
        }
    },
    TRANSMISSION("transmission-daemon") {
        @Override
        Optional<List<String>> find() {
            return first("transmission-daemon");
        }
    },
    ARIA2("aria2") {
        @Override
        Optional<List<String>> find() {
            return first("aria2c");
        }
    },
    OPENTRACKER("opentracker") {
        @Override
        Optional<List<String>> find() {
            return first("opentracker");
        }
    },
    /** A second opinion on trackers, which not every machine has the means for: never required. */
    BITTORRENT_TRACKER("") {
        // Where .ci/run has npm put it.
        private static final Path SCRIPT = Path.of("target/npm/node_modules/bittorrent-tracker/bin/cmd.js");

        @Override
        Optional<List<String>> find() {
            return Files.exists(SCRIPT)
                    ? first("node")
                            .map(node -> List.of(
                                    node.getFirst(), SCRIPT.toAbsolutePath().toString()))
                    : Optional.empty();
        }

        @Override
        boolean isRequirable() {
            return false;
        }

        @Override
        String whyMissing() {
            return name()
                    + " is not installed: it takes node, and npm install --prefix target/npm bittorrent-tracker@10.0.12";
        }
    };

    private static final Map<Program, Optional<List<String>>> FOUND = new ConcurrentHashMap<>();

    private final String debianPackage;

    Program(String debianPackage) {
        this.debianPackage = debianPackage;
    }

    /** The command that starts it, if it is installed. */
    abstract Optional<List<String>> find();

    private Optional<List<String>> found() {
        return FOUND.computeIfAbsent(this, Program::find);
    }

    boolean isInstalled() {
        return found().isPresent();
    }

    /** Whether {@code -Dweft.interop=required} means this one too. */
    boolean isRequirable() {
        return true;
    }

    /** The beginning of its command line. */
    List<String> command() {
        return found().orElseThrow(() -> new IllegalStateException(whyMissing()));
    }

    String whyMissing() {
        return name() + " is not installed: on Debian, it is in the package " + debianPackage;
    }

    private static Optional<List<String>> first(String program) {
        return onPath(program).findFirst().map(path -> List.of(path.toString()));
    }

    private static Stream<Path> onPath(String program) {
        return Arrays.stream((System.getenv("PATH") + File.pathSeparator + "/usr/bin").split(File.pathSeparator))
                .distinct()
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable);
    }

    private static boolean succeeds(Path program, String... arguments) {
        try {
            var command = new ProcessBuilder(program.toString());
            command.command().addAll(List.of(arguments));
            var process = command.redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
