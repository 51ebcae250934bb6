/**
 * Pieces on disk: where a torrent's bytes are kept, how they are checked, and what is remembered between two runs.
 *
 * <p>{@link weft.storage.Storage} is the plug-in point, small enough to write one for a database in an afternoon. Ours are
 * {@link weft.storage.MappedStorage} (files, the default), {@link weft.storage.ChannelStorage} (files on a network) and
 * {@link weft.storage.MemoryStorage}; one contract test holds them all. Somebody else's is called through an
 * {@link weft.storage.OffloadedStorage}, unless it says that it holds nobody up.
 *
 * <p>From the top of a storage in files to the bottom:
 *
 * <ul>
 *   <li>{@code TorrentFiles} finds the place of every byte; {@code WantedFiles} knows which files are wanted, and keeps what
 *       reaches into the others aside, in the {@code PartFile}
 *   <li>a {@code StoredFile} is one file of the torrent, a {@code DataFile} its bytes, an {@code OpenFile} its open channel, of
 *       which a disk has only so many; a {@code FileWatch} notices what others do to it meanwhile
 *   <li>what is lent to be sent is mapped: a {@code MappedFile} has {@code Window}s, of which a disk has only so many bytes;
 *       or it is copied, by {@code CopyBuffers}
 * </ul>
 *
 * <p>{@link weft.storage.PieceVerifier} and {@link weft.storage.HashCheck} compare pieces with their hashes (BEP 3);
 * {@link weft.storage.ResumeData} is what spares the next run from doing so.
 *
 * <p>What the storages of one client share lies in its {@link weft.storage.Disk}: two small sets of platform threads for
 * what would hold a carrier thread, a bounded number of open files, a bounded number of mapped bytes.
 *
 * <p>A fault of the disk is a {@link weft.storage.StorageException} with one clear sentence; it concerns one torrent and
 * leaves the others alone. Floor 2: uses {@code weft.metainfo}, {@code weft.bencode} and {@code weft.concurrent}.
 */
package weft.storage;
