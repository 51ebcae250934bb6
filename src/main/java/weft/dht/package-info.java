/**
 * The distributed hash table of BEP 5: some millions of nodes that between them know who has which torrent, with nobody in
 * charge.
 *
 * <p>Every node has a {@link weft.dht.NodeId} of 160 bits, and info-hashes are numbers of the same kind. How far a node is
 * from a torrent is the two XORed, read as one unsigned number. Whoever has a torrent announces himself to the eight nodes
 * that are nearest to it; whoever looks for peers asks those. Nobody knows which these are, but everybody knows many nodes
 * near himself and a few far away, so that each answer leads to nodes that share at least one bit more with what is sought,
 * and after some twenty answers there are no nearer ones.
 *
 * <p>BEP 5, on IPv4 and IPv6 (BEP 32); ids that fit the address, so that nobody can choose whose neighbour to be (BEP 42);
 * read-only nodes (BEP 43); counting seeds and peers by bloom filters (BEP 33); small values, fixed or signed by whoever may
 * change them (BEP 44); and samples of what a node stores (BEP 51).
 *
 * <p>Floor 3: uses {@code weft.net} (sockets), {@code weft.metainfo} (info-hashes), {@code weft.bencode} and
 * {@code weft.concurrent}.
 */
package weft.dht;
