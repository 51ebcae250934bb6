package weft.lan;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import weft.metainfo.InfoHash;

/**
 * The one message there is (BEP 14), a request like those of HTTP:
 *
 * <pre>
 *   BT-SEARCH * HTTP/1.1
 *   Host: 239.192.152.143:6771
 *   Port: 6881
 *   Infohash: 40 hexadecimal digits, and this line again for more torrents
 *   cookie: by which we know our own
 * </pre>
 *
 * @param port where the sender listens
 * @param torrents by the 20 bytes used on the wire
 * @param cookie the sender's own word; empty if there is none
 */
record LocalAnnounce(int port, List<InfoHash> torrents, String cookie) {
    /** BEP 14: "the packet length should not exceed 1400 bytes". */
    static final int MAX_BYTES = 1400;

    /** As many as fit, with the longer host and a cookie. */
    static final int MAX_TORRENTS = 24;

    private static final String REQUEST = "BT-SEARCH * HTTP/1.1";

    LocalAnnounce {
        torrents = List.copyOf(torrents);
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port not in 1..65535: " + port);
        }
    }

    /** The message to a group, named as the BEP does. */
    byte[] encode(String host) {
        var text = new StringBuilder(MAX_BYTES);
        text.append(REQUEST).append("\r\nHost: ").append(host);
        text.append("\r\nPort: ").append(port);
        torrents.forEach(torrent -> text.append("\r\nInfohash: ")
                .append(InfoHash.ofV1(torrent.truncated()).toHex()));
        if (!cookie.isEmpty()) {
            text.append("\r\ncookie: ").append(cookie);
        }
        return text.append("\r\n\r\n\r\n").toString().getBytes(ISO_8859_1);
    }

    /** Reads a message, which may come from anybody; empty if it is no announce. Info-hashes that are none are left out. */
    static Optional<LocalAnnounce> decode(byte[] message) {
        var lines = new String(message, ISO_8859_1).lines().iterator();
        if (!lines.hasNext() || !lines.next().strip().equalsIgnoreCase(REQUEST)) {
            return Optional.empty();
        }
        int port = 0;
        var torrents = new LinkedHashSet<InfoHash>();
        String cookie = "";
        while (lines.hasNext()) {
            String line = lines.next();
            int colon = line.indexOf(':');
            String value = line.substring(colon + 1).strip();
            switch (colon < 0 ? "" : line.substring(0, colon).strip().toLowerCase(Locale.ROOT)) {
                case "port" -> port = portOf(value);
                case "infohash" -> infoHash(value).ifPresent(torrents::add);
                case "cookie" -> cookie = value;
                default -> {} // Host says what we know, and what we do not know we must ignore
            }
        }
        return port == 0 || torrents.isEmpty()
                ? Optional.empty()
                : Optional.of(new LocalAnnounce(port, new ArrayList<>(torrents), cookie));
    }

    /** The port, or 0. */
    private static int portOf(String digits) {
        if (!digits.matches("[0-9]{1,5}")) {
            return 0;
        }
        int port = Integer.parseInt(digits);
        return port > 65535 ? 0 : port;
    }

    private static Optional<InfoHash> infoHash(String digits) {
        return digits.matches("[0-9a-fA-F]{40}") ? Optional.of(InfoHash.parse(digits)) : Optional.empty();
    }
}
