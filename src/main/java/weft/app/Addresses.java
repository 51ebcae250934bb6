package weft.app;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** HOST:PORT as users write it: a name or an address, one of IPv6 in brackets. */
final class Addresses implements ITypeConverter<Addresses.HostPort> {
    private static final Pattern HOST_PORT =
            Pattern.compile("(?:\\[([0-9a-fA-F:.%\\w]+)]|([^:\\[\\]\\s/]+)):(\\d{1,5})");

    /** Not looked up yet: that may take time, and fail for reasons that have nothing to do with usage. */
    record HostPort(String host, int port) {
        InetSocketAddress resolve() throws CommandException {
            try {
                return new InetSocketAddress(InetAddress.getByName(host), port);
            } catch (UnknownHostException e) {
                throw new CommandException("peer " + host + ":" + port + ": there is no host of that name", e);
            }
        }
    }

    @Override
    public HostPort convert(String text) {
        Matcher matcher = HOST_PORT.matcher(text);
        if (matcher.matches()) {
            int port = Integer.parseInt(matcher.group(3));
            if (port < 1 || port > 65535) {
                throw new TypeConversionException("'" + text + "': a port is a number from 1 to 65535");
            }
            return new HostPort(matcher.group(1) != null ? matcher.group(1) : matcher.group(2), port);
        }
        throw new TypeConversionException(
                "'" + text + "' is not HOST:PORT, such as 192.0.2.7:6881, seed.example:6881 or [2001:db8::7]:6881");
    }
}
