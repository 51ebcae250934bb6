/**
 * Blocking byte channels between peers: TCP in both directions, who may connect and how often, deadlines, and the
 * direct buffers that data is received into. What the bytes mean is the business of {@code weft.wire}.
 *
 * <p>And the one datagram socket of a client, {@link weft.net.UdpSocket}, shared by all that goes over UDP.
 *
 * <p>Floor 2: uses {@code weft.concurrent}.
 */
package weft.net;
