package weft.tracker;

import java.net.IDN;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A tracker's address, taken apart. It is kinder than {@link java.net.URI}: private trackers keep keys in the path and
 * the query that hold characters which no URI may have, and they must be sent back exactly as given.
 *
 * @param scheme in lower case
 * @param userInfo {@code name:password}, percent-encoded
 * @param host a name or an address, in lower case, without brackets
 * @param port the one given, or the scheme's own
 * @param path as given, but for what cannot be sent; {@code /} if there is none
 * @param query as given, but for what cannot be sent
 */
record TrackerUrl(
        String scheme, Optional<String> userInfo, String host, int port, String path, Optional<String> query) {
    /** Longer ones are refused: no server takes them. */
    private static final int MAX_LENGTH = 8000;

    // scheme://authority/path?query#fragment
    private static final Pattern URL =
            Pattern.compile("([a-zA-Z][a-zA-Z0-9+.-]*)://([^/?#]*)([^?#]*)(?:\\?([^#]*))?(?:#.*)?", Pattern.DOTALL);

    // user@[2001:db8::1]:6969 or user@tracker.example:6969
    private static final Pattern AUTHORITY =
            Pattern.compile("(?:(.*)@)?(?:\\[([0-9a-fA-F:.]+)\\]|([^\\[\\]:@]+))(?::([0-9]{0,5}))?", Pattern.DOTALL);

    private static final Pattern HOST_NAME = Pattern.compile("[a-z0-9_]([a-z0-9._-]*[a-z0-9_.])?");

    /** Reads an address. The message of the exception does not repeat it, because it may hold a key. */
    static TrackerUrl parse(String text) throws TrackerException {
        if (text.length() > MAX_LENGTH) {
            throw bad("is " + text.length() + " characters long");
        }
        var url = URL.matcher(text.strip());
        if (!url.matches()) {
            throw bad("is not of the form scheme://host/path");
        }
        var authority = AUTHORITY.matcher(url.group(2));
        if (!authority.matches()) {
            throw bad("names no host");
        }
        var scheme = url.group(1).toLowerCase(Locale.ROOT);
        return new TrackerUrl(
                scheme,
                userInfo(authority.group(1)),
                host(authority.group(2), authority.group(3)),
                port(scheme, authority.group(4)),
                url.group(3).isEmpty() ? "/" : Percent.encodeUnsendable(url.group(3)),
                Optional.ofNullable(url.group(4)).map(Percent::encodeUnsendable));
    }

    /** Whether there is TLS. */
    boolean isHttps() {
        return scheme.equals("https");
    }

    /** Path and query: what goes into the request line. */
    String target() {
        return path + query.map(q -> "?" + q).orElse("");
    }

    /** This address with more parameters behind those that it has. */
    TrackerUrl withParameters(String parameters) {
        var all = query.filter(q -> !q.isEmpty())
                .map(q -> q.endsWith("&") ? q + parameters : q + "&" + parameters)
                .orElse(parameters);
        return new TrackerUrl(scheme, userInfo, host, port, path, Optional.of(all));
    }

    /**
     * Where to scrape: BEP 48 and the older convention, by the stricter rule of the convention, that the text right after
     * the last slash must begin with {@code announce}; empty if the tracker cannot be scraped. A query that holds a slash
     * counts, as it does in Transmission.
     */
    Optional<TrackerUrl> scrapeUrl() {
        if (!announcesAfterLastSlash() || query.map(q -> q.contains("/")).orElse(false)) {
            return Optional.empty();
        }
        int name = path.lastIndexOf('/') + 1;
        var scrapePath = path.substring(0, name) + "scrape" + path.substring(name + "announce".length());
        return Optional.of(new TrackerUrl(scheme, userInfo, host, port, scrapePath, query));
    }

    /** Whether this looks like a tracker's address at all: a torrent must not make us call other local services. */
    boolean looksLikeTracker() {
        return path.startsWith("/announce")
                || announcesAfterLastSlash()
                || path.startsWith("scrape", path.lastIndexOf('/') + 1);
    }

    /** Where a redirect leads: an absolute address, or one relative to this (RFC 3986 section 5.2, without dots). */
    TrackerUrl resolve(String location) throws TrackerException {
        if (URL.matcher(location.strip()).matches()) {
            return parse(location);
        }
        if (location.startsWith("//")) {
            return parse(scheme + ":" + location);
        }
        var origin = scheme + "://" + hostHeader();
        if (location.startsWith("/")) {
            return parse(origin + location);
        }
        return location.startsWith("?")
                ? parse(origin + path + location)
                : parse(origin + path.substring(0, path.lastIndexOf('/') + 1) + location);
    }

    /** The value of the {@code Host} header: the port only where it is not the scheme's own. */
    String hostHeader() {
        var name = host.contains(":") ? "[" + host + "]" : host;
        return port == defaultPort(scheme) ? name : name + ":" + port;
    }

    /** Scheme, host and port: without the parts that may hold a key. For logs and messages. */
    @Override
    public String toString() {
        return scheme + "://" + hostHeader();
    }

    private boolean announcesAfterLastSlash() {
        return path.startsWith("announce", path.lastIndexOf('/') + 1);
    }

    private static Optional<String> userInfo(String text) throws TrackerException {
        var userInfo = Optional.ofNullable(text).map(Percent::encodeUnsendable);
        try {
            userInfo.ifPresent(Percent::decode);
        } catch (IllegalArgumentException e) {
            throw bad("has a user name with a " + e.getMessage());
        }
        return userInfo;
    }

    private static String host(String inBrackets, String name) throws TrackerException {
        if (inBrackets != null) {
            if (!inBrackets.contains(":") || IpLiteral.parse(inBrackets).isEmpty()) {
                throw bad("has no IPv6 address in its brackets");
            }
            return inBrackets.toLowerCase(Locale.ROOT);
        }
        String ascii;
        try {
            ascii = IDN.toASCII(name, IDN.ALLOW_UNASSIGNED).toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException e) {
            throw bad("has a host name that cannot be: " + e.getMessage());
        }
        if (ascii.length() > 253 || !HOST_NAME.matcher(ascii).matches()) {
            throw bad("has a host name that cannot be");
        }
        return ascii;
    }

    private static int port(String scheme, String digits) throws TrackerException {
        int port = digits == null || digits.isEmpty() ? defaultPort(scheme) : Integer.parseInt(digits);
        if (port < 1 || port > 0xffff) {
            throw bad(port < 0 ? "names no port" : "has a port out of range: " + port);
        }
        return port;
    }

    private static int defaultPort(String scheme) {
        return switch (scheme) {
            case "http", "ws" -> 80;
            case "https", "wss" -> 443;
            default -> -1;
        };
    }

    private static TrackerException bad(String what) {
        return new TrackerException(TrackerException.Kind.BAD_URL, "the tracker's address " + what);
    }
}
