package weft.metainfo;

import java.security.MessageDigest;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.codec.digest.DigestUtils;
import weft.bencode.BDict;
import weft.bencode.BString;

/**
 * Checks the {@code piece layers} of a v2 torrent (BEP 52): for each file longer than a piece the hashes of its pieces,
 * which are a layer of the file's hash tree, so that the root follows from them.
 */
final class PieceLayers {

    private static final int HASH_BYTES = 32;

    private final Fields torrent;
    private final int pieceLength;
    private final Warnings warnings;

    PieceLayers(Fields torrent, int pieceLength, Warnings warnings) {
        this.torrent = torrent;
        this.pieceLength = pieceLength;
        this.warnings = warnings;
    }

    /** Refuses layers that are wrong. Those that are missing can be had from peers, and are only warned of. */
    void check(List<RawFile> files) throws MetainfoException {
        BDict layers =
                torrent.has("piece layers") ? torrent.dict("piece layers").dict() : BDict.EMPTY;
        Set<BString> known = new HashSet<>();
        int missing = 0;
        for (RawFile file : files) {
            if (file.length() <= pieceLength || !known.add(file.piecesRoot())) {
                continue;
            }
            switch (layers.get(file.piecesRoot()).orElse(null)) {
                case null -> missing++;
                case BString layer when isRight(layer, file) -> {}
                default ->
                    throw torrent.error(
                            "piece layers",
                            "expected the hashes of the pieces of file "
                                    + file.path().getLast() + ", found others, or another number of them");
            }
        }
        if (missing > 0) {
            warnings.add("the piece layers of " + missing + " files are missing");
        }
        checkUnknown(layers, known);
    }

    private void checkUnknown(BDict layers, Set<BString> known) throws MetainfoException {
        for (BString root : layers.entries().keySet()) {
            if (root.length() != HASH_BYTES) {
                throw torrent.error("piece layers", "expected keys of " + HASH_BYTES + " bytes, found " + root);
            }
            if (!known.contains(root)) {
                warnings.add("a piece layer that belongs to no file");
            }
        }
    }

    private boolean isRight(BString layer, RawFile file) {
        long pieces = (file.length() - 1) / pieceLength + 1;
        return layer.length() == pieces * HASH_BYTES && file.piecesRoot().equals(root(layer));
    }

    /** The root above a layer, which is filled up to a power of two with hashes of pieces past the end of the file. */
    private BString root(BString layer) {
        MessageDigest sha256 = DigestUtils.getSha256Digest();
        byte[] filler = new byte[HASH_BYTES]; // of a block past the end: zeros, not a hash of zeros
        for (int length = Layout.BLOCK_LENGTH; length < pieceLength; length *= 2) {
            filler = parent(sha256, filler, 0, filler, 0);
        }
        byte[] level = layer.toBytes();
        while (level.length > HASH_BYTES) {
            int nodes = level.length / HASH_BYTES;
            var above = new byte[(nodes + 1) / 2 * HASH_BYTES];
            for (int node = 0; node < nodes; node += 2) {
                boolean hasSibling = node + 1 < nodes;
                byte[] hash = parent(sha256, level, node, hasSibling ? level : filler, hasSibling ? node + 1 : 0);
                System.arraycopy(hash, 0, above, node / 2 * HASH_BYTES, HASH_BYTES);
            }
            filler = parent(sha256, filler, 0, filler, 0);
            level = above;
        }
        return BString.of(level);
    }

    private static byte[] parent(MessageDigest sha256, byte[] left, int leftNode, byte[] right, int rightNode) {
        sha256.update(left, leftNode * HASH_BYTES, HASH_BYTES);
        sha256.update(right, rightNode * HASH_BYTES, HASH_BYTES);
        return sha256.digest();
    }
}
