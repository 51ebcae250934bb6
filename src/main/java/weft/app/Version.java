package weft.app;

import picocli.CommandLine.IVersionProvider;
import weft.wire.PeerId;

/** What {@code weft --version} says. A test compares it with the build's version. */
final class Version implements IVersionProvider {
    static final String NUMBER = PeerId.OUR_VERSION;

    /** How we name ourselves to web servers and in the torrents that we make. */
    static final String PROGRAM = PeerId.OUR_CLIENT;

    @Override
    public String[] getVersion() {
        return new String[] {
            PROGRAM + " (Java " + Runtime.version() + ", " + System.getProperty("os.name") + " "
                    + System.getProperty("os.arch") + ")"
        };
    }
}
