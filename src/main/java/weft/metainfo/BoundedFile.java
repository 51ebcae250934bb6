package weft.metainfo;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads a small file whole, and says in a sentence why it cannot. */
final class BoundedFile {

    private BoundedFile() {}

    /** Never holds more than {@code maxBytes} and one, whatever the file is or claims to be. */
    static byte[] read(Path path, int maxBytes) throws IOException {
        if (Files.isDirectory(path)) {
            throw new IOException(path + " is a directory, not a torrent file");
        }
        byte[] bytes;
        try (var in = Files.newInputStream(path)) {
            bytes = in.readNBytes(maxBytes + 1);
        } catch (NoSuchFileException e) {
            throw new IOException("there is no file " + path, e);
        } catch (AccessDeniedException e) {
            throw new IOException("no permission to read " + path, e);
        } catch (IOException e) {
            throw new IOException("cannot read " + path + ": " + e.getMessage(), e);
        }
        if (bytes.length == 0) {
            throw new IOException(path + " is empty, not a torrent file");
        }
        if (bytes.length > maxBytes) {
            throw new IOException(path + " is larger than the " + maxBytes + " bytes that a torrent file may have");
        }
        return bytes;
    }
}
