package weft.interop;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Files to share, every byte given by their names and lengths; and whether two trees of them are the same. */
final class Content {
    /** Names that other programs change, all or some, before they use them. */
    private static final List<String> NAMES_NOT_EVERYBODYS = List.of(
            "star * question ? colon : pipe | less < greater >.txt",
            "quotes \" ' ` \u201cand\u201d \u2018curly\u2019.txt",
            " blank in front",
            "blank at the end ",
            "dot at the end.",
            "...",
            "COM1.txt");

    private static final List<String> AWKWARD_NAMES = List.of(
            "it's %20 + & # ; = @ ~ ! $HOME (1) [2] {3}.txt",
            "-dash in front --help",
            ".hidden",
            "..two dots",
            ".dots/..in/...front/....file",
            "caf\u00e9 composed.txt",
            "cafe\u0301 decomposed.txt",
            "\u65e5\u672c\u8a9e/\u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac/\u043a\u0438\u0440\u0438\u043b\u043b\u0438\u0446\u0430/\ud83d\ude00 \ud83d\udc69\u200d\ud83d\ude80.bin",
            "\u0645\u0631\u062d\u0628\u0627.txt",
            "long/" + "n".repeat(180) + ".txt",
            "deep/" + "d/".repeat(40) + "down");

    private Content() {}

    /** A file of bytes that its name and length determine. */
    static Path file(Path directory, String name, long length) {
        var file = directory.resolve(name);
        var random = new SplittableRandom(name.hashCode() * 31L + length);
        try {
            Files.createDirectories(file.getParent());
            try (var out = Files.newByteChannel(file, CREATE_NEW, WRITE)) {
                var chunk = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
                for (long left = length; left > 0; left -= chunk.limit()) {
                    chunk.clear();
                    while (chunk.hasRemaining()) {
                        chunk.putLong(random.nextLong());
                    }
                    chunk.flip().limit((int) Math.min(chunk.capacity(), left));
                    while (chunk.hasRemaining()) {
                        out.write(chunk);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }

    /**
     * A folder of everything that is awkward and that all clients agree on: names, depths, lengths around a block, empty
     * files, many files within a piece.
     */
    static Path awkwardFolder(Path directory) {
        var root = directory.resolve("Weft\u2019s \u201cawkward\u201d na\u00efve f\u00f6lder (v1.0)");
        for (int length : new int[] {0, 1, 16383, 16384, 16385}) {
            file(root, "lengths/" + length + " bytes.bin", length);
        }
        for (String name : AWKWARD_NAMES) {
            file(root, name, 3000 + name.length());
        }
        for (int i = 0; i < 150; i++) {
            file(root, "many/file number " + i, i * 37 % 700);
        }
        file(root, "0 comes first and is empty", 0);
        file(root, "zz comes last and is empty", 0);
        file(root, "large.bin", (3 << 20) + 7);
        return root;
    }

    /** The same, and names that not every client uses as they are. */
    static Path mostAwkwardFolder(Path directory) {
        var root = awkwardFolder(directory);
        for (String name : NAMES_NOT_EVERYBODYS) {
            file(root, "not everybody's/" + name, 2000 + name.length());
        }
        return root;
    }

    /** Fails unless both are the same file, or folders of the same files. */
    static void assertSame(Path expected, Path actual) {
        assertSame(expected, actual, name -> true);
    }

    /** Like {@link #assertSame}, for clients that make no empty files. */
    static void assertSameButEmptyFiles(Path expected, Path actual) {
        assertSame(expected, actual, name -> expected.resolve(name).toFile().length() > 0);
    }

    private static void assertSame(Path expected, Path actual, Predicate<String> isExpected) {
        try {
            var names = filesIn(expected);
            names.removeIf(isExpected.negate());
            var found = filesIn(actual);
            assertThat(minus(names, found)).as("files missing in %s", actual).isEmpty();
            assertThat(minus(found, names)).as("files too many in %s", actual).isEmpty();
            for (String name : names) {
                var file = expected.resolve(name);
                var other = actual.resolve(name);
                assertThat(Files.mismatch(file, other))
                        .as("first byte that differs in %s", other)
                        .isEqualTo(-1);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> minus(Set<String> names, Set<String> others) {
        var rest = new TreeSet<>(names);
        rest.removeAll(others);
        return rest;
    }

    private static Set<String> filesIn(Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            var names = new TreeSet<String>();
            all.filter(Files::isRegularFile)
                    .forEach(file -> names.add(root.relativize(file).toString()));
            return names;
        }
    }
}
