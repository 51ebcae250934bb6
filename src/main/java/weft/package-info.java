/**
 * BitTorrent in three lines:
 *
 * <pre>{@code
 * try (var torrent = Torrent.open(Path.of("some.torrent"))) {
 *     torrent.awaitComplete();
 * }
 * }</pre>
 *
 * <p>{@link weft.Torrent} is one torrent, {@link weft.Client} many that share a port, limits and memory. Options are
 * immutable values, everything that can be looked at is an immutable snapshot, and what happens is told to a
 * {@link weft.TorrentListener}.
 *
 * <p>Three promises. <em>Stopping stops</em>: {@code close()} is bounded and leaves no thread, socket or open file
 * behind. <em>It moves, or says why</em>: {@link weft.Torrent#diagnosis}. <em>No call waits for the disk or the network</em> unless its name says so:
 * {@code await…}, {@code close}, {@code hashCheck}.
 *
 * <p>What goes on inside is told to the JDK's flight recorder, as events whose names begin with {@code weft.}, and to
 * {@link System.Logger}, by a logger for each package; the README lists them.
 *
 * <p>Floor 5: uses everything but {@code weft.app}.
 */
package weft;
