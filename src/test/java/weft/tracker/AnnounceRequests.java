package weft.tracker;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import weft.bencode.BString;
import weft.metainfo.InfoHash;
import weft.wire.PeerId;

/** Announces for tests. */
final class AnnounceRequests {
    static final InfoHash INFO_HASH = InfoHash.parse("d0d30cfc0d61a4f993546c0e8b336bd357 9aaaa2".replace(" ", ""));
    static final PeerId PEER_ID = peerId("-WE001S-abcdefghijkl");

    private AnnounceRequests() {}

    static PeerId peerId(String text) {
        return PeerId.of(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    static AnnounceRequest of(AnnounceEvent event) {
        return of(event, PEER_ID, 6881, 2_097_152);
    }

    static AnnounceRequest of(AnnounceEvent event, PeerId peerId, int port, long left) {
        return new AnnounceRequest(
                INFO_HASH,
                peerId,
                port,
                AnnounceTotals.of(0, 0, left),
                event,
                event == AnnounceEvent.STOPPED ? 0 : 200,
                0xF4106D0D,
                false,
                Optional.empty());
    }

    static AnnounceRequest withTrackerId(AnnounceRequest request, String trackerId) {
        return new AnnounceRequest(
                request.infoHash(),
                request.peerId(),
                request.port(),
                request.totals(),
                request.event(),
                request.numWant(),
                request.key(),
                true,
                Optional.of(BString.of(trackerId)));
    }
}
