package weft;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import weft.metainfo.InfoHash;
import weft.tracker.AnnounceTotals;
import weft.tracker.AnnouncingTorrent;
import weft.wire.PeerId;

/** What trackers are told of a torrent, and to whom they tell peers: the same for them before and after its metadata. */
final class Announced implements AnnouncingTorrent {
    private final Client client;
    private final InfoHash infoHash;
    private volatile Supplier<AnnounceTotals> totals;
    private volatile Consumer<List<InetSocketAddress>> peers;

    Announced(
            Client client,
            InfoHash infoHash,
            Supplier<AnnounceTotals> totals,
            Consumer<List<InetSocketAddress>> peers) {
        this.client = client;
        this.infoHash = infoHash;
        this.totals = totals;
        this.peers = peers;
    }

    /** From now on the figures are these, and these take the peers. */
    void become(Supplier<AnnounceTotals> newTotals, Consumer<List<InetSocketAddress>> newPeers) {
        totals = newTotals;
        peers = newPeers;
    }

    @Override
    public InfoHash infoHash() {
        return infoHash;
    }

    @Override
    public PeerId peerId() {
        return client.peerId();
    }

    @Override
    public int port() {
        return client.port();
    }

    @Override
    public AnnounceTotals totals() {
        return totals.get();
    }

    @Override
    public void onPeers(List<InetSocketAddress> addresses) {
        peers.accept(addresses);
    }

    @Override
    public void onExternalAddress(InetAddress tracker, InetAddress seen) {
        client.shared().votes().vote(tracker, seen);
    }
}
