/**
 * Torrent files: reading them ({@link weft.metainfo.Metainfo}), making them ({@link weft.metainfo.TorrentCreator}), and
 * computing with pieces, blocks and files ({@link weft.metainfo.Layout}). Magnet links ({@link weft.metainfo.Magnet}).
 *
 * <p>Implements BEP 3 (metainfo), BEP 9 and 53 (magnet links), BEP 12 (tracker tiers), BEP 19 and 17 (web seeds, reading the addresses), BEP 27
 * (private), BEP 47 (padding files and attributes), and of BEP 52 (v2) as much as it takes to describe such a torrent
 * and to use a hybrid one by its v1 half.
 *
 * <p>Floor 1: uses {@code weft.bencode} and {@code weft.concurrent}.
 */
package weft.metainfo;
