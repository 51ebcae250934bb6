package weft.net;

/**
 * What has gone through a {@link UdpSocket} since it was opened.
 *
 * @param received datagrams, the unknown ones among them
 * @param receivedBytes their payload
 * @param sent datagrams that the system took
 * @param sentBytes their payload
 * @param unsent datagrams that it did not take: no room, or no way to that address
 * @param unknown datagrams received that nobody here takes
 * @param handlerFailures datagrams that brought a bug of ours to light
 * @param errors times that the system failed to hand a datagram over
 */
public record UdpStatistics(
        long received,
        long receivedBytes,
        long sent,
        long sentBytes,
        long unsent,
        long unknown,
        long handlerFailures,
        long errors) {}
