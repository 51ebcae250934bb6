package weft.wire;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import weft.bencode.BDict;
import weft.bencode.BString;
import weft.bencode.Bencode;
import weft.bencode.BencodeException;
import weft.bencode.BencodeLimits;

/**
 * A message by which peers tell of peers: to whom they have been connected since the last one, and to whom they are not
 * any more (BEP 11, {@code ut_pex}).
 *
 * <pre>{@code
 * d5:added<6 bytes each> 7:added.f<a byte of flags each> 6:added6<18 bytes each> 8:added6.f<…>
 *  7:dropped<6 bytes each> 8:dropped6<18 bytes each> e
 * }</pre>
 */
public record PexMessage(List<Contact> added, List<InetSocketAddress> dropped) {
    /** The name of the extension. */
    public static final String NAME = "ut_pex";

    /** A flag: the peer is a seed, or wants nothing any more. */
    public static final int UPLOAD_ONLY = 0x02;

    /** A flag: it can help others through a NAT (BEP 55). */
    public static final int HOLEPUNCH = 0x08;

    /** A flag: whoever tells of it has dialled it. */
    public static final int REACHABLE = 0x10;

    private static final int PORT_BYTES = 2;

    private static final int IPV4_BYTES = 4;

    private static final int IPV6_BYTES = 16;

    /** A peer, and what is said of it. */
    public record Contact(InetSocketAddress address, int flags) {}

    /** Copies the lists. */
    public PexMessage {
        added = List.copyOf(added);
        dropped = List.copyOf(dropped);
    }

    /**
     * Decodes the payload of an extended message. What is not of the right kind counts as missing, port 0 as nobody, and
     * flags that are missing as 0.
     *
     * @param most so many are read of each of the lists, the others passed over
     */
    public static PexMessage decode(ByteBuffer payload, int most) throws ProtocolException {
        var bytes = new byte[payload.remaining()];
        payload.get(bytes);
        try {
            if (!(Bencode.decode(bytes, BencodeLimits.EXTENSION).value() instanceof BDict dict)) {
                throw new ProtocolException(NAME + ": not a dictionary");
            }
            var added = contacts(dict, "added", IPV4_BYTES, most);
            added.addAll(contacts(dict, "added6", IPV6_BYTES, most));
            var dropped = contacts(dict, "dropped", IPV4_BYTES, most);
            dropped.addAll(contacts(dict, "dropped6", IPV6_BYTES, most));
            return new PexMessage(added, dropped.stream().map(Contact::address).toList());
        } catch (BencodeException e) {
            throw new ProtocolException(NAME + ": " + e.getMessage());
        }
    }

    private static List<Contact> contacts(BDict dict, String key, int addressBytes, int most) {
        var packed = dict.string(key).orElse(BString.EMPTY).asByteBuffer();
        var flags = dict.string(key + ".f").orElse(BString.EMPTY);
        var contacts = new ArrayList<Contact>();
        for (int i = 0; i < most && packed.remaining() >= addressBytes + PORT_BYTES; i++) {
            var address = new byte[addressBytes];
            packed.get(address);
            int port = packed.getShort() & 0xffff;
            if (port != 0) {
                contacts.add(new Contact(
                        new InetSocketAddress(address(address), port),
                        i < flags.length() ? flags.byteAt(i) & 0xff : 0));
            }
        }
        return contacts;
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are an address", e);
        }
    }

    /** The payload of the message. */
    public byte[] encode() {
        var dict = BDict.builder();
        put(dict, "added", added, true, PexMessage::isIpv4);
        put(dict, "added6", added, true, contact -> !isIpv4(contact));
        var gone = dropped.stream().map(address -> new Contact(address, 0)).toList();
        put(dict, "dropped", gone, false, PexMessage::isIpv4);
        put(dict, "dropped6", gone, false, contact -> !isIpv4(contact));
        return Bencode.encode(dict.build());
    }

    private static boolean isIpv4(Contact contact) {
        return contact.address().getAddress() instanceof Inet4Address;
    }

    private static void put(
            BDict.Builder dict, String key, List<Contact> all, boolean withFlags, Predicate<Contact> family) {
        var contacts = all.stream().filter(family).toList();
        if (contacts.isEmpty()) {
            return;
        }
        var packed = ByteBuffer.allocate(contacts.size() * (IPV6_BYTES + PORT_BYTES));
        var flags = new byte[contacts.size()];
        for (int i = 0; i < flags.length; i++) {
            var address = contacts.get(i).address();
            packed.put(address.getAddress().getAddress()).putShort((short) address.getPort());
            flags[i] = (byte) contacts.get(i).flags();
        }
        var bytes = new byte[packed.flip().remaining()];
        packed.get(bytes);
        dict.put(key, bytes);
        if (withFlags) {
            dict.put(key + ".f", flags);
        }
    }
}
