package weft.metainfo;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Addresses in magnet links: {@code seed.example:6881}, {@code 192.0.2.7:6881}, {@code [2001:db8::7]:6881} (BEP 9). */
final class HostPort {

    private static final int MAX_PORT = 65535;

    /** RFC 1035: the longest name of a host. */
    private static final int MAX_NAME = 253;

    private static final Pattern FORM = Pattern.compile("(?:\\[([0-9a-fA-F:.]+)]|([a-zA-Z0-9._-]+)):([0-9]{1,5})");

    private HostPort() {}

    /** The address, by its name or number and never looked up; empty if {@code text} is none. */
    static Optional<InetSocketAddress> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String host = matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
        int port = Integer.parseInt(matcher.group(3));
        boolean isHost = matcher.group(1) != null ? isIpv6(host) : host.length() <= MAX_NAME;
        return isHost && port > 0 && port <= MAX_PORT
                ? Optional.of(InetSocketAddress.createUnresolved(host.toLowerCase(Locale.ROOT), port))
                : Optional.empty();
    }

    /** The same address without a zone, which means nothing on another machine; empty if a link cannot have it. */
    static Optional<InetSocketAddress> unresolved(InetSocketAddress address) {
        String host = address.getHostString();
        int zone = host.indexOf('%');
        return parse(toString(zone < 0 ? host : host.substring(0, zone), address.getPort()));
    }

    /** As in a link: an IPv6 address in brackets. */
    static String toString(InetSocketAddress address) {
        return toString(address.getHostString(), address.getPort());
    }

    private static String toString(String host, int port) {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    private static boolean isIpv6(String text) {
        if (!text.contains(":")) {
            return false;
        }
        try {
            InetAddress.getByName("[" + text + "]"); // in brackets, it never looks a name up
            return true;
        } catch (UnknownHostException notAnAddress) {
            return false;
        }
    }
}
