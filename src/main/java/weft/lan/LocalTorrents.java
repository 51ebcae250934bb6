package weft.lan;

import java.net.InetSocketAddress;
import java.util.Collection;
import weft.metainfo.InfoHash;

/** A client, as local discovery sees it. Called by the threads of local discovery; nothing here may wait. */
public interface LocalTorrents {
    /** The torrents to look for peers for: those that run and are not private (BEP 27). */
    Collection<InfoHash> announced();

    /** Whether this is one of them, by its 20 bytes on the wire. */
    boolean isAnnounced(InfoHash torrent);

    /** Somebody near has announced a torrent that {@link #isAnnounced}, or was a moment ago. */
    void onPeer(InfoHash torrent, InetSocketAddress peer);
}
