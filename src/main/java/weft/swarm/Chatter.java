package weft.swarm;

/**
 * How much a peer says that changes nothing: keep-alives without need, haves of what it has told before, flips to and
 * fro, cancels of nothing, messages nobody knows. A little of it is normal, and more where much is exchanged, for then
 * interest and requests change their mind, too. A peer that does little else costs us a processor for nothing and is
 * dropped. It is a bucket that leaks.
 *
 * <p>One per connection, used by its reader only.
 */
final class Chatter {
    /** A choke or unchoke: makes us take back what we asked for, and ask again. Honest peers do it every ten seconds. */
    static final int FLIP = 10;

    /** All of its pieces once more, with little or no news, in a torrent of many pieces. */
    static final int WHOLE_STORY = 100;

    /** So much may come at once: more than any client that we know says without need, in its first minute. */
    private static final int MOST = 2_000;

    private static final int LEAKS_PER_SECOND = 20;

    /** For every have that we sent it and every block in either direction. */
    private static final int LEAKS_PER_EXCHANGE = 4;

    private final double most;
    private double level;
    private long lastNanos;
    private long lastExchanges;

    /** A peer of a torrent of many pieces may tell them all twice. */
    Chatter(int pieceCount, long nowNanos) {
        this.most = Math.max(MOST, pieceCount);
        this.lastNanos = nowNanos;
    }

    /**
     * The peer has said something of this weight that changes nothing.
     *
     * @param exchanges how much has been exchanged with it so far
     * @return false if that is too much by now
     */
    boolean allows(int weight, long exchanges, long nowNanos) {
        double leaked = (nowNanos - lastNanos) / 1e9 * LEAKS_PER_SECOND
                + (double) (exchanges - lastExchanges) * LEAKS_PER_EXCHANGE;
        level = Math.max(0, level - leaked) + weight;
        lastNanos = nowNanos;
        lastExchanges = exchanges;
        return level <= most;
    }
}
