package weft.metainfo;

import java.util.ArrayList;
import java.util.List;
import weft.bencode.BString;
import weft.bencode.BencodeLimits;

/**
 * Reads the {@code file tree} of a v2 info dictionary (BEP 52, "info dictionary"): directories are dictionaries by name,
 * and a file is a dictionary whose only key is the empty string.
 *
 * <pre>
 * file tree: { "dir": { "file": { "": { length, pieces root, attr } } } }
 * </pre>
 */
final class FileTree {

    private static final BString FILE = BString.EMPTY;
    private static final int ROOT_BYTES = 32;

    /**
     * The most bytes that the paths of all files may have together. The tree names a directory once, but it is part of the
     * path of every file below it, so that a few megabytes of a stranger's could stand for as many gigabytes.
     */
    private static final long MAX_BYTES_OF_PATHS = 4L * BencodeLimits.METAINFO.maxBytes();

    private final List<RawFile> files = new ArrayList<>();
    private long bytesOfPaths;

    private FileTree() {}

    /** The files in the order of the tree, which is the order of their pieces. */
    static List<RawFile> read(Fields info) throws MetainfoException {
        var tree = new FileTree();
        Fields root = info.dict("file tree");
        if (root.dict().get(FILE).isPresent()) {
            throw info.error("file tree", "expected names, found a file without a name");
        }
        tree.readDirectory(root, List.of(), 0);
        if (tree.files.isEmpty()) {
            throw info.unexpected("file tree", "at least one file");
        }
        return tree.files;
    }

    // Recursion is no deeper than the decoder's limit allows.
    private void readDirectory(Fields directory, List<BString> path, long pathBytes) throws MetainfoException {
        for (BString name : directory.dict().entries().keySet()) {
            Fields node = directory.dict(name);
            long nodePathBytes = pathBytes + name.length() + 1;
            var nodePath = new ArrayList<>(path);
            nodePath.add(name);
            if (node.dict().get(FILE).isEmpty()) {
                readDirectory(node, nodePath, nodePathBytes);
            } else if (node.dict().size() == 1) {
                bytesOfPaths += nodePathBytes;
                if (bytesOfPaths > MAX_BYTES_OF_PATHS) {
                    throw directory.error(
                            name.utf8(),
                            "expected paths of at most " + MAX_BYTES_OF_PATHS + " bytes together, found more");
                }
                files.add(readFile(node.dict(FILE), nodePath));
            } else {
                throw directory.error(name.utf8(), "expected a file or a directory, found both at once");
            }
        }
    }

    private static RawFile readFile(Fields file, List<BString> path) throws MetainfoException {
        var attributes = V1Files.attributes(file);
        if (attributes.padding()) {
            throw file.error("attr", "expected no padding, which v2 has no use for, found a padding file");
        }
        if (attributes.symlink()) {
            return new RawFile(path, 0, attributes, file.strings("symlink path"), null);
        }
        long length = file.integer("length", 0, Long.MAX_VALUE);
        return new RawFile(path, length, attributes, List.of(), length == 0 ? null : piecesRoot(file));
    }

    private static BString piecesRoot(Fields file) throws MetainfoException {
        BString root = file.string("pieces root");
        if (root.length() != ROOT_BYTES || root.equals(BString.of(new byte[ROOT_BYTES]))) {
            throw file.unexpected("pieces root", "the " + ROOT_BYTES + " bytes of a hash");
        }
        return root;
    }
}
