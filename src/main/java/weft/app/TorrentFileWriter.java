package weft.app;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import weft.metainfo.Metainfo;

/** Writes torrent files: all of it or nothing, so that whoever looks for the file never finds half of it. */
final class TorrentFileWriter {
    private TorrentFileWriter() {}

    /** Refuses what cannot be a file to write, which {@code option} names. */
    static void check(Path file, String option) throws CommandException {
        if (Files.isDirectory(file)) {
            throw new CommandException(file + " is a directory; " + option + " names the torrent file to write");
        }
    }

    static void write(Metainfo torrent, Path file) throws IOException {
        var folder = file.toAbsolutePath().getParent();
        if (!Files.isDirectory(folder)) {
            throw new IOException("there is no directory " + folder);
        }
        var temporary = folder.resolve(file.getFileName() + ".new");
        try {
            Files.write(temporary, torrent.toBytes());
            try {
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
