package weft.metainfo;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import weft.bencode.BDict;
import weft.bencode.BList;
import weft.bencode.BString;

/** The files that a torrent is to be made of, in its order, and how they were when they were found. Immutable. */
final class Content {

    /** By path, element by element, as bytes: the order that BEP 52 demands of v2, and the same on every machine. */
    private static final Comparator<Source> ORDER = (a, b) -> {
        Iterator<BString> other = b.elements().iterator();
        for (BString element : a.elements()) {
            int order = other.hasNext() ? element.compareTo(other.next()) : 1;
            if (order != 0) {
                return order;
            }
        }
        return other.hasNext() ? -1 : 0;
    };

    private final String name;
    private final List<Source> sources;
    private final long totalLength;

    private Content(String name, List<Source> sources) {
        this.name = name;
        this.sources = List.copyOf(sources);
        this.totalLength = sources.stream().mapToLong(Source::length).sum();
    }

    /** A file as it was found; of a torrent of a single file there are no elements. */
    record Source(Path file, List<BString> elements, long length, FileTime modified) {

        IOException changed() {
            return new IOException(file + " changed while it was hashed");
        }
    }

    /** Finds what is at {@code path}. */
    static Content scan(Path path) throws IOException {
        Path root = path.toAbsolutePath().normalize();
        if (root.getFileName() == null) {
            throw new IOException(root + " has no name that the torrent could have");
        }
        var finder = new Finder(root);
        try {
            Files.walkFileTree(root, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, finder);
        } catch (NoSuchFileException e) {
            throw new IOException("there is no file or directory " + e.getFile(), e);
        } catch (AccessDeniedException e) {
            throw new IOException("no permission to read " + e.getFile(), e);
        } catch (FileSystemLoopException e) {
            throw new IOException(e.getFile() + " is a link to a directory that it lies in", e);
        }
        finder.found.sort(ORDER);
        var content = new Content(root.getFileName().toString(), finder.found);
        if (content.totalLength() == 0) {
            throw new IOException(root + " holds no data to share, only "
                    + (finder.found.isEmpty() ? "empty directories" : "empty files"));
        }
        return content;
    }

    String name() {
        return name;
    }

    long totalLength() {
        return totalLength;
    }

    List<Source> sources() {
        return sources;
    }

    /** Where each file's bytes lie in the pieces, with the indexes of {@link #sources}. */
    Layout layout(int pieceLength) {
        var files = new ArrayList<TorrentFile>();
        long offset = 0;
        for (Source source : sources) {
            files.add(TorrentFile.of(files.size(), List.of(name), offset, source.length()));
            offset += source.length();
        }
        return Layout.of(pieceLength, files);
    }

    /** Puts {@code length}, or {@code files}, into an info dictionary. */
    void describe(BDict.Builder info) {
        if (sources.getFirst().elements().isEmpty()) {
            info.put("length", totalLength);
            return;
        }
        info.put(
                "files",
                BList.of(sources.stream()
                        .map(source -> BDict.builder()
                                .put("length", source.length())
                                .put("path", BList.of(source.elements()))
                                .build())
                        .toList()));
    }

    /** Fails if a file is not as it was found: it may have been hashed half old and half new. */
    void checkUnchanged() throws IOException {
        for (Source source : sources) {
            BasicFileAttributes now;
            try {
                now = Files.readAttributes(source.file(), BasicFileAttributes.class);
            } catch (IOException e) {
                throw new IOException(source.file() + " vanished while it was hashed", e);
            }
            if (now.size() != source.length() || !now.lastModifiedTime().equals(source.modified())) {
                throw source.changed();
            }
        }
    }

    private static final class Finder extends SimpleFileVisitor<Path> {

        private final Path root;
        private final List<Source> found = new ArrayList<>();

        Finder(Path root) {
            this.root = root;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            boolean isOurs = directory.equals(root.resolve(Metainfo.STATE_DIRECTORY));
            return isOurs ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            if (attributes.isSymbolicLink()) {
                throw new IOException(file + " is a link that leads nowhere");
            }
            if (!attributes.isRegularFile()) {
                throw new IOException(file + " is neither a file nor a directory");
            }
            found.add(new Source(file, elements(file), attributes.size(), attributes.lastModifiedTime()));
            return FileVisitResult.CONTINUE;
        }

        private List<BString> elements(Path file) {
            var elements = new ArrayList<BString>();
            if (!file.equals(root)) {
                root.relativize(file).forEach(element -> elements.add(BString.of(element.toString())));
            }
            return elements;
        }
    }
}
