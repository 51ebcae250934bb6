/**
 * The peer protocol as bytes: the {@linkplain weft.wire.Handshake handshake} and the messages of BEP 3 with the Fast
 * Extension of BEP 6. {@link weft.wire.MessageDecoder} turns received bytes into calls of a
 * {@link weft.wire.MessageHandler}, {@link weft.wire.MessageEncoder} turns calls into bytes to send. Nothing here reads
 * a socket or knows what a swarm is, and nothing is believed before it is checked against the torrent's
 * {@linkplain weft.metainfo.Layout layout}.
 *
 * <p>Floor 2: uses {@code weft.metainfo} and what is below.
 */
package weft.wire;
