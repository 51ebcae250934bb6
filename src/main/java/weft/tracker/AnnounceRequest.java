package weft.tracker;

import java.util.Objects;
import java.util.Optional;
import weft.bencode.BString;
import weft.metainfo.InfoHash;
import weft.wire.PeerId;

/**
 * One announce, whatever the protocol that carries it (BEP 3, BEP 15).
 *
 * @param port where this client listens for peers; 0 if nowhere
 * @param numWant how many peers are wished for; 0 with {@link AnnounceEvent#STOPPED}
 * @param key 32 random bits, the same for a torrent's whole life, by which a tracker knows a client whose address has
 *     changed (BEP 7)
 * @param supportsCrypto whether encrypted connections are accepted
 * @param trackerId what the tracker gave last time and wants back
 */
@SuppressWarnings("exports") // PeerId: for Weft's own packages
public record AnnounceRequest(
        InfoHash infoHash,
        PeerId peerId,
        int port,
        AnnounceTotals totals,
        AnnounceEvent event,
        int numWant,
        int key,
        boolean supportsCrypto,
        Optional<BString> trackerId) {
    /** Checks the port and the number of peers. */
    public AnnounceRequest {
        Objects.requireNonNull(infoHash, "infoHash");
        Objects.requireNonNull(peerId, "peerId");
        Objects.requireNonNull(totals, "totals");
        Objects.requireNonNull(event, "event");
        Objects.requireNonNull(trackerId, "trackerId");
        if (port < 0 || port > 0xffff) {
            throw new IllegalArgumentException("port out of range: " + port);
        }
        if (numWant < 0) {
            throw new IllegalArgumentException("numWant < 0: " + numWant);
        }
    }
}
