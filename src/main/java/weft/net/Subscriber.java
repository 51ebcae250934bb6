package weft.net;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * Who stands behind an address, as far as one can tell: limits and bans that are meant for one party count by it. With
 * IPv4 that is the address, and all who share it. With IPv6 a subscriber is given a /64 at the least (RFC 6177) and can
 * use every address of it, so it is the /64; but for addresses that never leave a site, where a /64 is everybody.
 */
public final class Subscriber {
    private static final int PREFIX_BYTES = 8;

    private Subscriber() {}

    /** The address that stands for all of the subscriber's. */
    public static InetAddress of(InetAddress address) {
        if (!(address instanceof Inet6Address six) || staysWithinASite(six)) {
            return address;
        }
        var prefix = six.getAddress();
        Arrays.fill(prefix, PREFIX_BYTES, prefix.length, (byte) 0);
        try {
            return InetAddress.getByAddress(prefix);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("16 bytes are an address", e);
        }
    }

    // fc00::/7 are the unique local addresses of RFC 4193
    private static boolean staysWithinASite(Inet6Address address) {
        return address.isLoopbackAddress()
                || address.isLinkLocalAddress()
                || address.isSiteLocalAddress()
                || (address.getAddress()[0] & 0xfe) == 0xfc;
    }
}
