package weft.app;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import weft.metainfo.Metainfo;
import weft.metainfo.MetainfoException;

/** What a user names as a torrent: a torrent file or the http(s) address of one. */
final class Source {
    private final StopSignal stop;

    Source(StopSignal stop) {
        this.stop = stop;
    }

    /** Reads or fetches it. */
    Metainfo read(String source) throws Exception {
        var lower = source.toLowerCase(Locale.ROOT);
        if (lower.startsWith("magnet:")) {
            throw new CommandException("magnet links are not supported yet, only torrent files and their addresses");
        }
        if (lower.startsWith("http://") || lower.startsWith("https://")) {
            return fetch(source);
        }
        return readFile(Path.of(source));
    }

    /** Like {@link #read}, but only what can be downloaded and seeded. */
    Metainfo readUsable(String source) throws Exception {
        var torrent = read(source);
        if (!torrent.isV1()) {
            throw new CommandException(
                    source + " is a v2-only torrent (BEP 52), which this version can show but not transfer");
        }
        return torrent;
    }

    private static Metainfo readFile(Path file) throws CommandException, IOException {
        if (Files.isDirectory(file)) {
            throw new CommandException(file + " is a directory, not a torrent file");
        }
        return Metainfo.read(file);
    }

    private Metainfo fetch(String address) throws Exception {
        byte[] bytes;
        try {
            var uri = new URI(address);
            bytes = stop.interruptibly(() -> TorrentFetcher.fetch(uri));
        } catch (URISyntaxException e) {
            throw new CommandException(address + " is no valid address: " + e.getReason(), e);
        } catch (IOException e) {
            throw new CommandException(address + ": " + Faults.describe(e), e);
        }
        try {
            return Metainfo.parse(bytes);
        } catch (MetainfoException e) {
            throw new CommandException(address + " is " + e.getMessage(), e);
        }
    }
}
