package weft.tracker;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads addresses written as numbers without ever asking the name service. (JDK 22 has {@code ofLiteral} for it.) */
final class IpLiteral {
    private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
    private static final Pattern IPV4 = Pattern.compile(OCTET + "(\\." + OCTET + "){3}");
    private static final Pattern IPV6_CHARACTERS = Pattern.compile("[0-9a-fA-F]*:[0-9a-fA-F:.]*");

    private IpLiteral() {}

    /** The address that {@code text} spells, {@code 192.0.2.1} or {@code 2001:db8::1}; empty if it spells none. */
    static Optional<InetAddress> parse(String text) {
        if (!IPV4.matcher(text).matches() && !IPV6_CHARACTERS.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    InetAddress.getByName(text)); // beginning with a digit or a colon, it never looks a name up
        } catch (UnknownHostException e) {
            return Optional.empty(); // colons that make no address
        }
    }
}
