/**
 * One torrent's life among its peers.
 *
 * <p>{@link weft.swarm.Swarm} holds it together, and {@code Conversations} its connections, each from the door to the
 * parting. A connection becomes a {@link weft.swarm.Peer} once hands are shaken, in whichever direction; its reader
 * decodes messages and acts, its writer empties its outbox. Which blocks are asked of whom is the piece picker's to say
 * ({@link weft.picker}) and how many at a time the request pipeline's, who is served is the choker's, whom to dial is the
 * connector's, and who sent wrong data the suspects' book: {@link weft.swarm.Verification} asks it. BEP 3, BEP 6.
 *
 * <p>Where no more is known of the torrent than its info-hash, as from a magnet link, a {@link weft.swarm.MetadataSwarm}
 * comes first: it fetches the info dictionary from its peers (BEP 9), and the swarm takes them over. The door at which
 * peers come in, and the rule of who may join ({@link weft.swarm.ConnectedPeers}), are the same for both. What peers say beyond BEP 3 by the extension
 * protocol (BEP 10) is in a table of extensions: metadata, peer exchange (BEP 11), and those of the library's user.
 *
 * <h2>How a block travels</h2>
 *
 * <pre>
 *   peer socket → receive buffer → decoder → picker.arrived → run of blocks that follow each other
 *     → hashed, storage.write → picker.written
 *     → last block of the piece: verified → picker.verified → HAVE to all, listeners told
 * </pre>
 *
 * <p>All of it in the peer's reader, where the blocks of a piece come in order, as they mostly do: then its hash is known
 * with the last one. What came out of order, and every piece that does not match, is read back by a hashing thread.
 *
 * <h2>Threads</h2>
 *
 * <ul>
 *   <li><em>peer ADDRESS reader</em>: one per connection, blocking reads. Dials first, where we dial.
 *   <li><em>peer ADDRESS writer</em>: one per connection, blocking writes. A thread that did both would stand still as
 *       soon as the peer does nothing but write, too.
 *   <li><em>connector</em>: waits for an address that may be tried, and forks a reader to dial it.
 *   <li><em>keeper</em>: every second rates, snubs and requests that have become free; every ten the choker's round.
 *   <li>the disk's hashing threads, which read back what could not be hashed as it came, and report what became of a piece.
 * </ul>
 *
 * <h2>Locks</h2>
 *
 * All are {@link java.util.concurrent.locks.ReentrantLock}s for memory work; none is held while a socket, a file or a
 * pool is waited for. Where one is taken under another, it is in this order:
 *
 * <ol>
 *   <li>{@code ConnectedPeers.joinLock}: a new peer's first message against HAVEs that go to all
 *   <li>{@code Swarm.completeLock}, {@code Choker.lock}: never both
 *   <li>{@code RequestPipeline.lock}
 *   <li>{@code PiecePicker.lock}
 *   <li>{@code Outbox.lock}, {@code Candidates.lock}, {@code Suspects.lock}, {@code Bans.lock}, {@code PieceHash.lock},
 *       {@code MetadataDownload.lock}, {@code Door.lock}: nothing is taken under them
 * </ol>
 *
 * <p>Floor 4: uses everything below.
 */
package weft.swarm;
