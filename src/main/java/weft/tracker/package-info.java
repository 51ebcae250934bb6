/**
 * Asking trackers, and being one.
 *
 * <p>Asking: a torrent owns an {@link weft.tracker.Announcer}, which walks the torrent's tiers (BEP 12) and asks each
 * tracker through a {@link weft.tracker.TrackerClient}; {@link weft.tracker.HttpTracker} is the one for {@code http} and
 * {@code https} (BEP 3, 7, 21, 23, 24, 31, 48), {@link weft.tracker.UdpTracker} the one for {@code udp} (BEP 15, 41).
 *
 * <p>Being one: {@link weft.tracker.TrackerServer} stands by itself and knows nothing of torrents.
 *
 * <p>Floor 3: uses {@code weft.wire} (peer ids), {@code weft.net} (sockets), {@code weft.metainfo} (info-hashes),
 * {@code weft.bencode} and {@code weft.concurrent}.
 */
package weft.tracker;
