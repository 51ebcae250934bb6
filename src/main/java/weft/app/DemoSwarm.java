package weft.app;

import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import weft.AddOptions;
import weft.Client;
import weft.ClientOptions;
import weft.Torrent;
import weft.metainfo.Metainfo;
import weft.storage.Disk;
import weft.storage.MappedStorage;
import weft.storage.StorageOptions;

/** The peers of the demonstration: each a client of its own, as if it were on a machine of its own. */
final class DemoSwarm implements AutoCloseable {
    private final Metainfo metainfo;
    private final DemoContent content;
    private final Disk seedsDisk = Disk.open();
    private final List<Client> clients = new ArrayList<>();
    private final List<Torrent> leechers = new ArrayList<>();
    private PacedStorage seedsStorage; // from addSeed on
    private Torrent seed; // from addSeed on

    DemoSwarm(Metainfo metainfo, DemoContent content) {
        this.metainfo = metainfo;
        this.content = content;
    }

    /** Adds the one that has everything; it begins by checking that. */
    void addSeed() throws IOException {
        var all = new BitSet();
        all.set(0, metainfo.files().size());
        seedsStorage = new PacedStorage(MappedStorage.open(
                seedsDisk,
                content.original().getParent(),
                metainfo.layout(),
                metainfo.infoHash(),
                all,
                StorageOptions.defaults().withReadOnly()));
        seed = openClient()
                .add(metainfo, AddOptions.defaults().withStorage(seedsStorage).withResume(false));
    }

    /** From now on the seed serves no faster than this. */
    void paceSeed(long bytesPerSecond) {
        seedsStorage.pace(bytesPerSecond);
    }

    /** Adds one that has nothing. */
    void addLeecher() throws IOException {
        var options = AddOptions.into(content.directory(name(leechers.size()))).withResume(false);
        leechers.add(openClient().add(metainfo, options));
    }

    private Client openClient() throws IOException {
        var client = Client.open(ClientOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress()));
        clients.add(client);
        return client;
    }

    Torrent seed() {
        return seed;
    }

    List<Torrent> leechers() {
        return leechers;
    }

    /** What the leecher of this index is called, and its directory. */
    static String name(int leecher) {
        return "leecher " + (leecher + 1);
    }

    /**
     * Whether every leecher has everything.
     *
     * @throws IOException the fault that stopped one of them
     */
    boolean isComplete() throws IOException {
        for (var torrent : leechers) {
            if (torrent.error().isPresent()) {
                throw torrent.error().get();
            }
        }
        if (seed.error().isPresent()) {
            throw seed.error().get();
        }
        return leechers.stream().allMatch(Torrent::isSeed);
    }

    /** Ends all clients. */
    @Override
    public void close() {
        clients.forEach(Client::close);
        seedsDisk.close();
    }
}
