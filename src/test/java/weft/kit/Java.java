package weft.kit;

import java.nio.file.Path;

/** Finds the program that starts a JVM like the one that the test runs in. */
public final class Java {

    private Java() {}

    /** What the build was told by {@code -Djvm}, which may start its JVM by other means, or else the JDK's own. */
    public static String command() {
        return System.getProperty(
                "jvm", Path.of(System.getProperty("java.home"), "bin", "java").toString());
    }
}
