package weft.tracker;

import java.net.Inet4Address;
import java.net.InetAddress;

/** The two families of addresses, over which a client announces apart (BEP 7). */
public enum IpFamily {
    /** 4 bytes. */
    IPV4("IPv4"),
    /** 16 bytes. */
    IPV6("IPv6");

    private final String text;

    IpFamily(String text) {
        this.text = text;
    }

    /** The family of {@code address}. */
    public static IpFamily of(InetAddress address) {
        return address instanceof Inet4Address ? IPV4 : IPV6;
    }

    @Override
    public String toString() {
        return text;
    }
}
