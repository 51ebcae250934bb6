package weft.tracker;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import weft.metainfo.InfoHash;
import weft.wire.PeerId;

/**
 * What an {@link Announcer} needs of its torrent. The methods are called from the announcer's threads, several at a
 * time, and must not block.
 */
@SuppressWarnings("exports")
public interface AnnouncingTorrent {
    /** The hash to announce; a hybrid torrent (BEP 52) has two announcers. */
    InfoHash infoHash();

    /** The peer id, the same as long as the torrent lives. */
    PeerId peerId();

    /** The port that other peers can connect to; 0 if there is none. */
    int port();

    /** The figures of this moment; the announcer itself subtracts what was there when it started. */
    AnnounceTotals totals();

    /** Takes peers from a tracker: resolved addresses, none of them known to be our own, none with port 0. */
    void onPeers(List<InetSocketAddress> peers);

    /** The tracker at the address {@code tracker} says that it sees us at {@code seen} (BEP 24). */
    default void onExternalAddress(InetAddress tracker, InetAddress seen) {
        // most torrents have no use for it
    }
}
