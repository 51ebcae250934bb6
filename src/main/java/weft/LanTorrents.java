package weft;

import java.net.InetSocketAddress;
import java.util.Collection;
import weft.lan.LocalTorrents;
import weft.metainfo.InfoHash;

/**
 * A client's torrents as local discovery sees them: those that run, but none that is private, whose peers come from its
 * trackers only (BEP 27).
 */
record LanTorrents(Client client) implements LocalTorrents {
    @Override
    public Collection<InfoHash> announced() {
        return client.torrents().stream()
                .filter(LanTorrents::isAnnounced)
                .map(Torrent::infoHash)
                .toList();
    }

    @Override
    public boolean isAnnounced(InfoHash infoHash) {
        return client.torrent(infoHash).filter(LanTorrents::isAnnounced).isPresent();
    }

    @Override
    public void onPeer(InfoHash infoHash, InetSocketAddress peer) {
        client.torrent(infoHash).filter(LanTorrents::isAnnounced).ifPresent(torrent -> torrent.found(peer));
    }

    private static boolean isAnnounced(Torrent torrent) {
        boolean isPrivate = torrent.hasMetadata() && torrent.metainfo().isPrivate(); // a magnet link does not say so
        return !isPrivate
                && switch (torrent.state()) {
                    case FETCHING_METADATA, DOWNLOADING, SEEDING, PAUSED -> true;
                    case STOPPED, CHECKING, ERROR, CLOSED -> false;
                };
    }
}
