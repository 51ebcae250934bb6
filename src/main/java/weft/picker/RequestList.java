package weft.picker;

import java.util.Arrays;

/**
 * Blocks asked of one peer, in the order of asking. Replies mostly come in that order too, so a search from the front is
 * short. Not thread-safe: guarded by the picker's lock.
 */
final class RequestList {
    private long[] requests = new long[8];
    private int first;
    private int end;

    int size() {
        return end - first;
    }

    void add(int piece, int block) {
        if (end == requests.length) {
            var target = size() > requests.length / 2 ? new long[requests.length * 2] : requests;
            System.arraycopy(requests, first, target, 0, size());
            end = size();
            first = 0;
            requests = target;
        }
        requests[end++] = key(piece, block);
    }

    /** The request that was asked for after this many others. */
    long get(int index) {
        return requests[first + index];
    }

    boolean contains(int piece, int block) {
        return find(key(piece, block)) >= 0;
    }

    /** Takes a request out; false if it is not in. */
    boolean remove(int piece, int block) {
        int at = find(key(piece, block));
        if (at < 0) {
            return false;
        }
        System.arraycopy(requests, first, requests, first + 1, at - first);
        first++;
        return true;
    }

    /** Takes the oldest requests out until at most {@code size} are left. */
    void trimTo(int size) {
        first = Math.max(first, end - size);
    }

    /** Takes everything out and returns it, for {@link #piece} and {@link #block}. */
    long[] drain() {
        var all = Arrays.copyOfRange(requests, first, end);
        first = 0;
        end = 0;
        return all;
    }

    static int piece(long request) {
        return (int) (request >>> 32);
    }

    static int block(long request) {
        return (int) request;
    }

    private static long key(int piece, int block) {
        return ((long) piece << 32) | block;
    }

    private int find(long key) {
        for (int i = first; i < end; i++) {
            if (requests[i] == key) {
                return i;
            }
        }
        return -1;
    }
}
