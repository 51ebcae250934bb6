package weft.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The 20 bytes by which a client names itself to trackers and peers (BEP 3, BEP 20). Ours are Azureus style:
 * {@code -WE010S-} (one digit major, two digits minor, {@code S} for stable or {@code U} for unstable) and twelve random
 * characters. Immutable.
 */
public final class PeerId {
    /** The length of every peer id. */
    public static final int LENGTH = 20;

    /** Our version in words; a test compares it with the build's. */
    public static final String OUR_VERSION = "0.1.0";

    /** Our name and version, for where there is room for them: the extension protocol (BEP 10), torrents that we make. */
    public static final String OUR_CLIENT = "Weft " + OUR_VERSION;

    /** Version 0.1, stable. */
    private static final String OUR_PREFIX = "-WE001S-";

    private static final String RANDOM_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    /** The two letters after the dash, as clients use them today (BEP 20 and what is seen in swarms). */
    private static final Map<String, String> AZUREUS_NAMES = Map.ofEntries(
            Map.entry("AB", "AnyEvent::BitTorrent"),
            Map.entry("A2", "aria2"),
            Map.entry("AZ", "Vuze"),
            Map.entry("BC", "BitComet"),
            Map.entry("BI", "BiglyBT"),
            Map.entry("BT", "BitTorrent"),
            Map.entry("DE", "Deluge"),
            Map.entry("FD", "Free Download Manager"),
            Map.entry("FL", "Folx"),
            Map.entry("GT", "anacrolix/torrent"),
            Map.entry("KT", "KTorrent"),
            Map.entry("LT", "libtorrent"),
            Map.entry("lt", "rTorrent"),
            Map.entry("qB", "qBittorrent"),
            Map.entry("rQ", "rqbit"),
            Map.entry("TL", "Tribler"),
            Map.entry("TR", "Transmission"),
            Map.entry("TT", "TuoTu"),
            Map.entry("UM", "µTorrent Mac"),
            Map.entry("UT", "µTorrent"),
            Map.entry("UW", "µTorrent Web"),
            Map.entry("WD", "WebTorrent Desktop"),
            Map.entry("WE", "Weft"),
            Map.entry("WW", "WebTorrent"),
            Map.entry("XL", "Xunlei"));

    private final byte[] bytes;

    private PeerId(byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new IllegalArgumentException("a peer id has 20 bytes, not " + bytes.length);
        }
        this.bytes = bytes;
    }

    /** The peer id made of these 20 bytes, which are copied. */
    public static PeerId of(byte[] bytes) {
        return new PeerId(bytes.clone());
    }

    /** A new peer id of ours, its tail drawn from {@code random}. */
    public static PeerId generate(RandomGenerator random) {
        var text = new StringBuilder(OUR_PREFIX);
        while (text.length() < LENGTH) {
            text.append(RANDOM_CHARACTERS.charAt(random.nextInt(RANDOM_CHARACTERS.length())));
        }
        return new PeerId(text.toString().getBytes(StandardCharsets.US_ASCII));
    }

    /** A copy of the 20 bytes. */
    public byte[] toBytes() {
        return bytes.clone();
    }

    /**
     * The client's name and version as far as the id tells them, such as {@code libtorrent 2.0.8.0}; the id's printable
     * characters where the style is unknown.
     */
    public String clientName() {
        return azureusName().orElseGet(() -> printable(0, 8));
    }

    // -XXvvvv-<12 random>
    private Optional<String> azureusName() {
        if (bytes[0] != '-' || bytes[7] != '-') {
            // aria2 writes A2-1-36-0-<random>, Mainline M7-10-5--<random>
            if (bytes[0] == 'A' && bytes[1] == '2' && bytes[2] == '-') {
                return Optional.of("aria2 " + dashedVersion(3));
            }
            return bytes[0] == 'M' && bytes[2] == '-'
                    ? Optional.of("BitTorrent " + printable(1, 1) + "." + dashedVersion(3))
                    : Optional.empty();
        }
        var letters = new String(bytes, 1, 2, StandardCharsets.ISO_8859_1);
        var name = AZUREUS_NAMES.getOrDefault(letters, printable(1, 2));
        return Optional.of(name + " " + version(letters));
    }

    private String version(String letters) {
        if (letters.equals("WE")) { // one digit major, two digits minor, S or U
            return printable(3, 1) + "." + Integer.parseInt(digits(4, 2)) + (bytes[6] == 'U' ? " unstable" : "");
        }
        if (letters.equals("TR") && bytes[3] >= '0' && bytes[3] <= '3') { // -TR3000-: major, two digits minor
            return (char) bytes[3] + "." + digits(4, 2);
        }
        var version = new StringBuilder();
        for (int i = 3; i < 7; i++) {
            int value = Character.digit(bytes[i], 36); // libtorrent counts on with letters: A is 10
            version.append(i == 3 ? "" : ".").append(value < 0 ? "?" : String.valueOf(value));
        }
        return version.toString();
    }

    private String digits(int from, int count) {
        var text = new StringBuilder();
        for (int i = from; i < from + count; i++) {
            text.append(bytes[i] >= '0' && bytes[i] <= '9' ? (char) bytes[i] : '0');
        }
        return text.toString();
    }

    private String dashedVersion(int from) {
        var version = new StringBuilder();
        for (int i = from; i < LENGTH; i++) {
            if (bytes[i] >= '0' && bytes[i] <= '9') {
                version.append((char) bytes[i]);
            } else if (bytes[i] == '-'
                    && i + 1 < LENGTH
                    && bytes[i + 1] >= '0'
                    && bytes[i + 1] <= '9'
                    && i < from + 7) {
                version.append('.');
            } else {
                break;
            }
        }
        return version.toString();
    }

    // Control characters must never reach a terminal.
    private String printable(int from, int count) {
        var text = new StringBuilder();
        for (int i = from; i < from + count; i++) {
            text.append(bytes[i] > 0x20 && bytes[i] < 0x7f ? (char) bytes[i] : '?');
        }
        return text.toString();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PeerId that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** The id with everything that is not printable ASCII shown as {@code ?}. */
    @Override
    public String toString() {
        return printable(0, LENGTH);
    }
}
