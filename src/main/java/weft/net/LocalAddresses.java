package weft.net;

import java.net.InetAddress;

/** Tells addresses of this machine and its network from those of the Internet. */
public final class LocalAddresses {
    private LocalAddresses() {}

    /**
     * Whether {@code address} is loopback, link-local, private, shared (RFC 6598), unspecified or multicast: where nobody
     * outside may make us send requests.
     */
    public static boolean isLocal(InetAddress address) {
        return address.isLoopbackAddress()
                || address.isLinkLocalAddress()
                || address.isSiteLocalAddress()
                || address.isAnyLocalAddress()
                || address.isMulticastAddress()
                || isLocalByPrefix(address.getAddress());
    }

    private static boolean isLocalByPrefix(byte[] bytes) {
        int first = bytes[0] & 0xff;
        int second = bytes[1] & 0xff;
        return bytes.length == 4
                ? first == 0 || (first == 100 && (second & 0xc0) == 64) // 0.0.0.0/8, 100.64.0.0/10
                : (first & 0xfe) == 0xfc; // fc00::/7
    }
}
