/**
 * Pieces on disk: where a torrent's bytes are kept, how they are checked, and what is remembered between two runs.
 *
 * <p>{@link weft.storage.Storage} is the plug-in point, small enough to write one for a database in an afternoon. Ours
 * are {@link weft.storage.MappedStorage} (files, the default), {@link weft.storage.ChannelStorage} (files on a network) and
 * {@link weft.storage.MemoryStorage}; one contract test holds them all. A storage of somebody else's is called
 * through an {@link weft.storage.OffloadedStorage}, unless it says that it holds nobody up. {@link weft.storage.PieceVerifier} and {@link weft.storage.HashCheck} compare pieces with their hashes
 * (BEP 3), {@link weft.storage.ResumeData} is what spares the next run from doing so.
 *
 * <p>What the storages of one client share lies in its {@link weft.storage.Disk}: two small sets of platform threads for
 * what would hold a carrier thread, a bounded number of open files, a bounded number of mapped bytes.
 *
 * <p>A fault of the disk is a {@link weft.storage.StorageException} with one clear sentence; it concerns one torrent and
 * leaves the others alone. Floor 2: uses {@code weft.metainfo}, {@code weft.bencode} and {@code weft.concurrent}.
 */
package weft.storage;
