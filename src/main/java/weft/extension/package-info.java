/**
 * The place where extensions of the peer protocol plug in (BEP 10).
 *
 * <p>Peers that both set the bit for it in their handshake tell each other which extensions they know and by which number
 * they want to be sent messages of each. What travels in such a message is the extension's own affair. Here is only what an
 * extension is and what it sees of a peer; the numbers and the wire are {@code weft.swarm}'s.
 *
 * <p>Floor 2.
 */
package weft.extension;
