package weft.dht;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import weft.net.Subscriber;

/**
 * The peers of one torrent that were announced in one family, each address and port once: there may be several behind one
 * address, and whoever announces last must not displace the others. They lie in arrays, 6 or 18 bytes a peer and 4 for when
 * it was announced and whether as a seed: there may be a hundred thousand.
 *
 * <p>Time is in seconds of the store's, which also guards this.
 */
final class AnnouncedPeers {
    /** The lowest bit of what is in {@link #announced}; the others are the time. */
    private static final int SEED = 1;

    /**
     * Ports cost nothing, nor do addresses to whoever has a /64: so many of his may be in one torrent. A household has not
     * more; on loopback there is nobody to fear.
     */
    private static final int MAX_PER_SUBSCRIBER = 4;

    private final Family family;
    private byte[] packed = new byte[0]; // <address><port> a peer
    private int[] announced = new int[0];
    private int size;

    AnnouncedPeers(Family family) {
        this.family = family;
    }

    int size() {
        return size;
    }

    /**
     * Puts a peer in, or what is new about it. If there is no room for it ({@code mayGrow}), only if it or enough others of
     * the same subscriber are there.
     *
     * @return false if it was not put in
     */
    boolean put(InetSocketAddress peer, boolean seed, int nowSeconds, boolean mayGrow) {
        byte[] entry = ByteBuffer.allocate(family.peerBytes())
                .put(peer.getAddress().getAddress())
                .putShort((short) peer.getPort())
                .array();
        int index = indexFor(entry, peer.getAddress());
        if (index == size) {
            if (!mayGrow) {
                return false;
            }
            grow();
            size++;
        }
        System.arraycopy(entry, 0, packed, index * entry.length, entry.length);
        announced[index] = nowSeconds << 1 | (seed ? SEED : 0);
        return true;
    }

    /** Where this peer is, or whom it displaces, or the end. */
    private int indexFor(byte[] entry, InetAddress address) {
        int addressBytes = family.addressBytes();
        int prefixBytes = Subscriber.of(address).equals(address) ? addressBytes : addressBytes / 2;
        int oldest = size;
        int ofSubscriber = 0;
        for (int i = 0; i < size; i++) {
            if (startsWith(i, entry, prefixBytes)) {
                if (startsWith(i, entry, entry.length)) {
                    return i;
                }
                ofSubscriber++;
                if (oldest == size || announced[i] < announced[oldest]) {
                    oldest = i;
                }
            }
        }
        boolean hasTooMany = ofSubscriber >= MAX_PER_SUBSCRIBER && !address.isLoopbackAddress();
        return hasTooMany ? oldest : size;
    }

    private boolean startsWith(int index, byte[] entry, int length) {
        int at = index * family.peerBytes();
        return Arrays.equals(packed, at, at + length, entry, 0, length);
    }

    private void grow() {
        if (size == announced.length) {
            int capacity = size + Math.max(2, size / 2);
            announced = Arrays.copyOf(announced, capacity);
            packed = Arrays.copyOf(packed, capacity * family.peerBytes());
        }
    }

    /** Drops who was announced before that time; returns how many. */
    int expire(int oldestSeconds) {
        int before = size;
        for (int i = size - 1; i >= 0; i--) {
            if (announced[i] >> 1 < oldestSeconds) {
                move(--size, i);
            }
        }
        if (size < announced.length / 4) {
            announced = Arrays.copyOf(announced, size);
            packed = Arrays.copyOf(packed, size * family.peerBytes());
        }
        return before - size;
    }

    private void move(int from, int to) {
        announced[to] = announced[from];
        int length = family.peerBytes();
        System.arraycopy(packed, from * length, packed, to * length, length);
    }

    /** Hands out at most {@code max} different peers, chosen at random; who has announced as a seed only if wanted. */
    void sample(int max, boolean seedsToo, RandomGenerator random, Consumer<InetSocketAddress> to) {
        var candidates = new int[size];
        int count = 0;
        for (int i = 0; i < size; i++) {
            if (seedsToo || !isSeed(i)) {
                candidates[count++] = i;
            }
        }
        for (int chosen = 0; chosen < Math.min(max, count); chosen++) {
            int at = random.nextInt(chosen, count);
            to.accept(peer(candidates[at]));
            candidates[at] = candidates[chosen];
        }
    }

    /** Puts all addresses into the filter of seeds, or of those who are not (BEP 33). */
    void count(BloomFilter seeds, BloomFilter peers) {
        for (int i = 0; i < size; i++) {
            (isSeed(i) ? seeds : peers).insert(peer(i).getAddress());
        }
    }

    private boolean isSeed(int index) {
        return (announced[index] & SEED) != 0;
    }

    private InetSocketAddress peer(int index) {
        int at = index * family.peerBytes();
        int portAt = at + family.addressBytes();
        int port = (packed[portAt] & 0xff) << 8 | (packed[portAt + 1] & 0xff);
        try {
            return new InetSocketAddress(InetAddress.getByAddress(Arrays.copyOfRange(packed, at, portAt)), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + (portAt - at) + " bytes", e);
        }
    }
}
