package weft.tracker;

import java.util.Locale;
import weft.bencode.BString;

/**
 * The query of an HTTP announce (BEP 3), in libtorrent's order, because some private trackers know clients by it:
 *
 * <pre>
 * info_hash peer_id port uploaded downloaded left corrupt key event numwant compact no_peer_id supportcrypto redundant
 * [trackerid]
 * </pre>
 */
final class AnnounceParameters {
    private AnnounceParameters() {}

    static String of(AnnounceRequest request) {
        var totals = request.totals();
        var query = new StringBuilder(300)
                .append("info_hash=")
                .append(Percent.encode(request.infoHash().truncated()))
                .append("&peer_id=")
                .append(Percent.encode(request.peerId().toBytes()))
                .append("&port=")
                .append(request.port())
                .append("&uploaded=")
                .append(totals.uploaded())
                .append("&downloaded=")
                .append(totals.downloaded())
                .append("&left=")
                .append(totals.left())
                .append("&corrupt=")
                .append(totals.corrupt())
                .append("&key=")
                .append(String.format(Locale.ROOT, "%08X", request.key()));
        if (request.event() != AnnounceEvent.NONE) {
            query.append("&event=").append(request.event().parameter());
        }
        query.append("&numwant=").append(request.numWant()).append("&compact=1&no_peer_id=1");
        if (request.supportsCrypto()) {
            query.append("&supportcrypto=1");
        }
        query.append("&redundant=").append(totals.redundant());
        request.trackerId()
                .map(BString::toBytes)
                .ifPresent(id -> query.append("&trackerid=").append(Percent.encode(id)));
        return query.toString();
    }
}
