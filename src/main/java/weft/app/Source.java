package weft.app;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import weft.metainfo.InfoHash;
import weft.metainfo.Magnet;
import weft.metainfo.Metainfo;
import weft.metainfo.MetainfoException;

/** What a user names as a torrent: a torrent file, the http(s) address of one, or a magnet link. */
final class Source {
    private final StopSignal stop;

    Source(StopSignal stop) {
        this.stop = stop;
    }

    /** What a user has named. */
    sealed interface Named {
        /** A torrent file, here or elsewhere. */
        record File(Metainfo metainfo) implements Named {}

        /** A magnet link. */
        record Link(Magnet magnet) implements Named {}

        /** What it is known by. */
        default InfoHash infoHash() {
            return switch (this) {
                case File(Metainfo metainfo) -> metainfo.infoHash();
                case Link(Magnet magnet) -> magnet.infoHash();
            };
        }
    }

    /** Reads or fetches a torrent file, or reads a magnet link. */
    Named find(String source) throws Exception {
        return Magnet.isLink(source) ? new Named.Link(link(source)) : new Named.File(read(source));
    }

    /** Like {@link #find}, but only what can be downloaded and seeded. */
    Named findUsable(String source) throws Exception {
        return Magnet.isLink(source) ? new Named.Link(link(source)) : new Named.File(readUsable(source));
    }

    private static Magnet link(String source) throws CommandException {
        try {
            return Magnet.parse(source);
        } catch (MetainfoException e) {
            throw new CommandException(Text.printable(e.getMessage()), e);
        }
    }

    /** Reads or fetches a torrent file. */
    Metainfo read(String source) throws Exception {
        if (Magnet.isLink(source)) {
            throw new CommandException(
                    "this is a magnet link, and a torrent file is needed; 'weft info --save FILE' makes one of it");
        }
        var lower = source.toLowerCase(Locale.ROOT);
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
