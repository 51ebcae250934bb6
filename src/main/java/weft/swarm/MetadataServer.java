package weft.swarm;

import java.io.IOException;
import java.nio.ByteBuffer;
import weft.extension.Extension;
import weft.extension.ExtensionPeer;
import weft.wire.MetadataMessage;

/**
 * Serves the info dictionary to peers that know no more than the info-hash (BEP 9). What is sent is a view of the metainfo;
 * no more pieces wait for a peer than its outbox takes, and what is beyond that is rejected, as long as that can be told.
 */
final class MetadataServer implements Extension {
    private final ByteBuffer info; // never changed, nor its position

    /** Serves these bytes. */
    MetadataServer(ByteBuffer info) {
        this.info = info.asReadOnlyBuffer();
    }

    @Override
    public String name() {
        return MetadataMessage.NAME;
    }

    int size() {
        return info.remaining();
    }

    @Override
    public Conversation connected(ExtensionPeer peer) {
        return payload -> answer(peer, payload);
    }

    private void answer(ExtensionPeer peer, ByteBuffer payload) throws IOException {
        if (MetadataMessage.decode(payload).orElse(null) instanceof MetadataMessage.Request(int piece)) {
            if (piece >= MetadataMessage.pieceCount(size()) || !sendPiece(peer, piece)) {
                peer.send(ByteBuffer.wrap(new MetadataMessage.Reject(piece).encode()));
            }
        } // data and rejects answer what was asked before the metadata was complete
    }

    private boolean sendPiece(ExtensionPeer peer, int piece) {
        int begin = piece * MetadataMessage.PIECE_LENGTH;
        var bytes = info.slice(info.position() + begin, MetadataMessage.pieceLength(piece, size()));
        return peer.send(ByteBuffer.wrap(new MetadataMessage.Data(piece, size(), bytes).encode()), bytes);
    }
}
