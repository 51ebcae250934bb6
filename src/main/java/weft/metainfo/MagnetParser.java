package weft.metainfo;

import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads one magnet link: see {@link Magnet#parse}. */
final class MagnetParser {

    /** Twice what our own longest link may have; one without trackers has 60. */
    static final int MAX_LENGTH = 1 << 21;

    /** Transmission takes links with slashes, too. */
    private static final Pattern BEGINNING = Pattern.compile("magnet:(?://?/?)?\\?", Pattern.CASE_INSENSITIVE);

    private static final Pattern BARE_INFO_HASH = Pattern.compile("[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[a-zA-Z2-7]{32}");

    private static final Pattern NUMBERED = Pattern.compile("(.+)\\.[0-9]+"); // tr.1

    private static final Pattern BTIH = Pattern.compile("urn:btih:(.*)", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern BTMH = Pattern.compile("urn:btmh:(.*)", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private static final Pattern SELECTION = Pattern.compile("[0-9,-]*");
    private static final Pattern SELECTED = Pattern.compile("([0-9]+)(?:-([0-9]+))?");

    private final String link;
    private Optional<InfoHash> infoHashV1 = Optional.empty();
    private Optional<InfoHash> infoHashV2 = Optional.empty();
    private String name = "";
    private final List<String> trackers = new ArrayList<>();
    private final List<String> webSeeds = new ArrayList<>();
    private final List<String> exactSources = new ArrayList<>();
    private final List<String> acceptableSources = new ArrayList<>();
    private final List<InetSocketAddress> peers = new ArrayList<>();
    private final List<InetSocketAddress> nodes = new ArrayList<>();
    private final List<FileRange> selection = new ArrayList<>();

    MagnetParser(String link) {
        this.link = link.strip();
    }

    Magnet parse() throws MetainfoException {
        if (link.length() > MAX_LENGTH) {
            throw bad("the whole", 0, "expected at most " + MAX_LENGTH + " characters, found " + link.length());
        }
        if (BARE_INFO_HASH.matcher(link).matches()) {
            return Magnet.of(InfoHash.parse(link));
        }
        Matcher beginning = BEGINNING.matcher(link);
        if (!beginning.lookingAt()) {
            throw bad("the beginning", 0, "expected \"magnet:?\", found " + shown(link));
        }
        readParameters(beginning.end());
        if (infoHashV1.isEmpty() && infoHashV2.isEmpty()) {
            throw bad("xt", beginning.end(), "expected xt=urn:btih: or xt=urn:btmh: and an info-hash, found none");
        }
        return Magnet.of(infoHashV1, infoHashV2)
                .withName(name)
                .withTrackers(trackers)
                .withWebSeeds(webSeeds)
                .withSources(exactSources, acceptableSources)
                .withPeers(peers)
                .withNodes(nodes)
                .withSelection(selection);
    }

    // name=value&name=value
    private void readParameters(int begin) throws MetainfoException {
        int end;
        for (int at = begin; at < link.length(); at = end + 1) {
            int ampersand = link.indexOf('&', at);
            end = ampersand < 0 ? link.length() : ampersand;
            int equals = link.indexOf('=', at);
            if (equals > at && equals < end) {
                readParameter(parameterName(link.substring(at, equals)), link.substring(equals + 1, end), equals + 1);
            }
        }
    }

    private static String parameterName(String written) {
        Matcher numbered = NUMBERED.matcher(written);
        return (numbered.matches() ? numbered.group(1) : written).toLowerCase(Locale.ROOT);
    }

    private void readParameter(String parameter, String value, int at) throws MetainfoException {
        switch (parameter) {
            case "xt" -> readTopic(value, at);
            // A form's blank; and what stands before a bad escape may be all that is left of a link cut short.
            case "dn" -> name = decode(value.replace('+', ' ')).text();
            case "tr" -> addTo(trackers, value);
            case "ws" -> addTo(webSeeds, value);
            case "xs" -> addTo(exactSources, value);
            case "as" -> addTo(acceptableSources, value);
            case "x.pe" -> whole(value).flatMap(HostPort::parse).ifPresent(peers::add);
            case "dht" -> whole(value).flatMap(HostPort::parse).ifPresent(nodes::add);
            case "so" -> whole(value).ifPresent(this::select);
            default -> {} // kt, mt, xl and what else there may be
        }
    }

    private static void addTo(List<String> addresses, String value) {
        whole(value).ifPresent(addresses::add);
    }

    /** Of several of a kind the last counts, as in libtorrent; those of other networks do not. */
    private void readTopic(String value, int at) throws MetainfoException {
        String topic = whole(value)
                .orElseThrow(
                        () -> bad("xt", at, "expected two hexadecimal digits after each %, found " + shown(value)));
        Matcher btih = BTIH.matcher(topic);
        Matcher btmh = BTMH.matcher(topic);
        if (btih.matches()) {
            infoHashV1 = Optional.of(v1(btih.group(1), at));
        } else if (btmh.matches()) {
            infoHashV2 = Optional.of(v2(btmh.group(1), at));
        }
    }

    private InfoHash v1(String digits, int at) throws MetainfoException {
        if (digits.length() == 40 || digits.length() == 32) {
            try {
                return InfoHash.parse(digits);
            } catch (IllegalArgumentException notAnInfoHash) {
                // told below
            }
        }
        throw bad(
                "xt",
                at,
                "expected 40 hexadecimal digits or 32 letters of base 32 after urn:btih:, found " + shown(digits));
    }

    private InfoHash v2(String digits, int at) throws MetainfoException {
        String hash = digits.startsWith(Magnet.SHA_256_TAG) ? digits.substring(Magnet.SHA_256_TAG.length()) : "";
        if (hash.length() == 64) {
            try {
                return InfoHash.parse(hash);
            } catch (IllegalArgumentException notAnInfoHash) {
                // told below
            }
        }
        throw bad(
                "xt",
                at,
                "expected " + Magnet.SHA_256_TAG + " and 64 hexadecimal digits after urn:btmh:, found "
                        + shown(digits));
    }

    /** BEP 53: {@code 0,2,4-6}. As in libtorrent, what is no number or range is skipped, and what is no list at all, too. */
    private void select(String list) {
        if (!SELECTION.matcher(list).matches()) {
            return;
        }
        for (String item : list.split(",")) {
            Matcher matcher = SELECTED.matcher(item);
            if (matcher.matches()) {
                int first = index(matcher.group(1));
                int last = matcher.group(2) == null ? first : index(matcher.group(2));
                if (first <= last) {
                    selection.add(new FileRange(first, last));
                }
            }
        }
    }

    /** No torrent has as many files as an {@code int} can count, so the highest stands for all that are higher. */
    private static int index(String digits) {
        String significant = digits.replaceFirst("^0+(?=.)", "");
        return significant.length() > 10
                ? Integer.MAX_VALUE
                : (int) Math.min(Integer.MAX_VALUE, Long.parseLong(significant));
    }

    /** The text that is meant, unless an escape is bad. */
    private static Optional<String> whole(String value) {
        Unescaped unescaped = decode(value);
        return unescaped.isWhole() ? Optional.of(unescaped.text()) : Optional.empty();
    }

    /** What an escaped text stands for, up to its end or its first bad escape. */
    private record Unescaped(String text, boolean isWhole) {}

    private static Unescaped decode(String escaped) {
        byte[] from = escaped.getBytes(StandardCharsets.UTF_8);
        var to = new ByteArrayOutputStream(from.length);
        for (int i = 0; i < from.length; i++) {
            if (from[i] != '%') {
                to.write(from[i]);
            } else if (i + 2 < from.length && HexFormat.isHexDigit(from[i + 1]) && HexFormat.isHexDigit(from[i + 2])) {
                to.write(HexFormat.fromHexDigit(from[i + 1]) << 4 | HexFormat.fromHexDigit(from[i + 2]));
                i += 2;
            } else {
                return new Unescaped(to.toString(StandardCharsets.UTF_8), false);
            }
        }
        return new Unescaped(to.toString(StandardCharsets.UTF_8), true);
    }

    private static String shown(String text) {
        return text.length() > 80 ? "\"" + text.substring(0, 80) + "…\"" : "\"" + text + "\"";
    }

    private static MetainfoException bad(String parameter, int at, String reason) {
        return MetainfoException.inLink(parameter, at, reason);
    }
}
