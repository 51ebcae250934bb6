package weft.app;

import picocli.CommandLine.IVersionProvider;

/** What {@code weft --version} says. A test compares it with the build's version. */
final class Version implements IVersionProvider {
    static final String NUMBER = "0.1.0";

    /** How we name ourselves to web servers and in the torrents that we make. */
    static final String PROGRAM = "Weft " + NUMBER;

    @Override
    public String[] getVersion() {
        return new String[] {
            PROGRAM + " (Java " + Runtime.version() + ", " + System.getProperty("os.name") + " "
                    + System.getProperty("os.arch") + ")"
        };
    }
}
