/**
 * Peers in the same house: local service discovery (BEP 14), on IPv4 and IPv6. {@link weft.lan.LocalDiscovery} announces a
 * client's torrents to the multicast groups that the BEP names, and hears who else does.
 *
 * <p>Floor 3: uses {@code weft.net}, {@code weft.metainfo} and {@code weft.concurrent}.
 */
package weft.lan;
