package weft.wire;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import weft.bencode.BDict;
import weft.bencode.BInteger;
import weft.bencode.Bencode;
import weft.bencode.BencodeException;
import weft.bencode.BencodeLimits;

/**
 * What the sides of the extension protocol tell each other first, and again when something changes (BEP 10). Every key
 * may be missing; one of the wrong kind, or out of range, counts as missing.
 *
 * @param messages {@code m}: by the name of an extension, the id under which the sender wants to receive its messages;
 *     0 if not any more. A later handshake changes only what it names
 * @param client {@code v}: name and version, at most {@value #LONGEST_CLIENT} characters of it
 * @param port {@code p}: the TCP port at which the sender can be reached
 * @param externalIp {@code yourip}: the receiver's address as the sender sees it
 * @param requestQueue {@code reqq}: how many requests the sender lets wait
 * @param metadataSize {@code metadata_size}: bytes of the info dictionary (BEP 9), as claimed: positive, and no more
 * @param uploadOnly {@code upload_only}: whether the sender wants nothing any more (BEP 21); empty if it does not say
 */
public record ExtensionHandshake(
        Map<String, Integer> messages,
        Optional<String> client,
        OptionalInt port,
        Optional<InetAddress> externalIp,
        OptionalInt requestQueue,
        OptionalLong metadataSize,
        Optional<Boolean> uploadOnly) {
    /** Of a client's name so much is kept, and shown. */
    private static final int LONGEST_CLIENT = 64;

    /** Extensions that a peer may name; the others are passed over. The most that any known client names is a dozen. */
    public static final int MOST_MESSAGES = 64;

    /** An extension of a longer name, in bytes, is passed over too: peers are many, and this is kept of each. */
    private static final int LONGEST_NAME = 64;

    /** An extension message's id is one byte. */
    private static final int LARGEST_ID = 255;

    /** A handshake in which nothing is said. */
    public static final ExtensionHandshake EMPTY = new ExtensionHandshake(
            Map.of(),
            Optional.empty(),
            OptionalInt.empty(),
            Optional.empty(),
            OptionalInt.empty(),
            OptionalLong.empty(),
            Optional.empty());

    /** Copies the map. */
    public ExtensionHandshake {
        messages = Map.copyOf(messages);
    }

    /** Decodes the payload of an extended message of id 0. */
    public static ExtensionHandshake decode(ByteBuffer payload) throws ProtocolException {
        var bytes = new byte[payload.remaining()];
        payload.get(bytes);
        try {
            if (!(Bencode.decode(bytes, BencodeLimits.EXTENSION).value() instanceof BDict dict)) {
                throw new ProtocolException("extension handshake: not a dictionary");
            }
            return new ExtensionHandshake(
                    messages(dict),
                    dict.string("v").map(text -> text.utf8()).map(ExtensionHandshake::shown),
                    number(dict.integer("p"), 1, 0xffff),
                    dict.string("yourip").flatMap(ip -> address(ip.toBytes())),
                    number(dict.integer("reqq"), 1, Integer.MAX_VALUE),
                    dict.integer("metadata_size").orElse(0) > 0 ? dict.integer("metadata_size") : OptionalLong.empty(),
                    dict.integer("upload_only").isPresent()
                            ? Optional.of(dict.integer("upload_only").getAsLong() != 0)
                            : Optional.empty());
        } catch (BencodeException e) {
            throw new ProtocolException("extension handshake: " + e.getMessage());
        }
    }

    private static Map<String, Integer> messages(BDict dict) {
        var messages = new LinkedHashMap<String, Integer>();
        dict.dict("m").orElse(BDict.EMPTY).entries().forEach((name, value) -> {
            if (value instanceof BInteger(long id)
                    && id >= 0
                    && id <= LARGEST_ID
                    && name.length() <= LONGEST_NAME
                    && messages.size() < MOST_MESSAGES) {
                messages.put(name.utf8(), (int) id);
            }
        });
        return messages;
    }

    private static String shown(String client) {
        var cut = client.codePointCount(0, client.length()) <= LONGEST_CLIENT
                ? client
                : client.substring(0, client.offsetByCodePoints(0, LONGEST_CLIENT));
        return cut.replaceAll("\\p{Cntrl}", " ");
    }

    private static OptionalInt number(OptionalLong number, int least, int most) {
        return number.isPresent() && number.getAsLong() >= least && number.getAsLong() <= most
                ? OptionalInt.of((int) number.getAsLong())
                : OptionalInt.empty();
    }

    private static Optional<InetAddress> address(byte[] bytes) {
        try {
            return Optional.of(InetAddress.getByAddress(bytes)); // an IPv4 address in IPv6 clothes becomes IPv4
        } catch (UnknownHostException ofAnotherLength) {
            return Optional.empty();
        }
    }

    /** Encodes the payload of an extended message of id 0. */
    public byte[] encode() {
        var names = BDict.builder();
        messages.forEach(names::put);
        var dict = BDict.builder().put("m", names.build());
        client.ifPresent(text -> dict.put("v", text));
        port.ifPresent(number -> dict.put("p", number));
        externalIp.ifPresent(address -> dict.put("yourip", address.getAddress()));
        requestQueue.ifPresent(number -> dict.put("reqq", number));
        metadataSize.ifPresent(number -> dict.put("metadata_size", number));
        uploadOnly.ifPresent(yes -> dict.put("upload_only", yes ? 1 : 0));
        return Bencode.encode(dict.build());
    }
}
