/**
 * The piece picker: which block is asked of which peer.
 *
 * <p>A torrent's content is cut into pieces, each with a hash of its own, and a piece into blocks of 16 KiB, which are what
 * peers ask each other for (BEP 3). A downloader has some room for more requests at one of its peers, over and over, and
 * each time the question is for which blocks. A good answer keeps all peers busy with blocks that nobody else was asked
 * for, finishes pieces soon, since only whole ones can be passed on, keeps no piece rare, and does not wait for the slowest
 * at the end.
 *
 * <p>{@link weft.picker.PiecePicker} is the only door. It holds the lock, and says in the words of the protocol what can
 * be told and asked: a peer has a piece, chokes us, has room for so many requests, has sent a block. Behind it each class
 * has one thing to know or to decide:
 *
 * <ul>
 *   <li>{@code Progress}: which pieces are there and which are wanted
 *   <li>{@code Sources}: which peers there are, and which pieces each has
 *   <li>{@code PieceQueue}: the pieces that are to be fetched, in order
 *   <li>{@code Requests}: which peer was asked for which block
 *   <li>{@code Selection}: the blocks that a peer is asked for
 *   <li>{@code Endgame}: the same, when every block was asked for
 *   <li>{@code Claim}: who alone may send a piece that has failed its hash
 * </ul>
 *
 * <h2>The life of a piece</h2>
 *
 * <pre>
 *   missing and wanted → fresh: in the {@code RarityOrder} of its priority
 *     → begun, when its first block is asked for: a {@code PartialPiece}
 *     → all blocks arrived and written → verified: there
 *                                      → failed: begun again, as a suspect with a {@code Claim}
 * </pre>
 *
 * <p>And of each of its blocks: free, requested (of several peers in endgame), arrived. It falls back to free when its
 * peer goes, chokes us, snubs us or rejects the request, and when the storage does not take it.
 *
 * <h2>The order</h2>
 *
 * <ol>
 *   <li>Higher priority first, strictly.
 *   <li>Pieces that are begun before others.
 *   <li>What the peer suggests (BEP 6); then the rarest piece, ties at random. Or the first, if asked to be sequential.
 *   <li>Endgame: blocks that others were asked for, one at a time.
 * </ol>
 *
 * <p>A peer that chokes us is asked for nothing but the pieces that it allows nevertheless (BEP 6).
 *
 * <h2>What it costs</h2>
 *
 * <p>A block's way through all this takes a fraction of a microsecond, whatever the number of pieces: a HAVE moves a piece
 * by one bucket of the order, the rarest is at its front, and a peer's replies are looked for at the front of its list. What
 * costs the number of pieces is done when priorities change, or a peer comes or goes. Memory is allocated for a piece, when
 * it is begun, and not for each of its blocks.
 *
 * <h2>Threads</h2>
 *
 * <p>{@code PiecePicker.lock} guards everything; the other classes are not thread-safe, and know nothing of it. It is held
 * for memory work only, and nothing is called under it but the {@link weft.picker.RequestWriter}. A
 * {@link weft.picker.Source} and a {@link weft.picker.PartialPiece} that are handed out are names to the caller.
 *
 * <p>Floor 3: uses {@code weft.metainfo} for the layout and {@code weft.storage} for a piece's hash.
 */
package weft.picker;
