package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.kit.FakeChannel;
import weft.kit.SteeredStorage;
import weft.metainfo.InfoHash;
import weft.metainfo.Layout;
import weft.net.AddressVotes;
import weft.net.BufferPool;
import weft.net.ConnectionLimits;
import weft.storage.Disk;
import weft.storage.PieceVerifier;
import weft.wire.Handshake;
import weft.wire.PeerId;
import weft.wire.Reserved;

/** A swarm that downloads, without a client around it: its peers are {@link FakeChannel}s. */
final class BareSwarm implements AutoCloseable {
    static final InfoHash HASH = InfoHash.parse("aa".repeat(20));
    static final Layout LAYOUT = Layout.ofSingleFile(16 * 1024, "x", 1 << 20);
    static final int PORT = 6881;

    private final Random random = new Random(1);
    private final AtomicInteger draws = new AtomicInteger(); // of the swarm
    private final Disk disk = Disk.open();
    private final ConnectionLimits limits = new ConnectionLimits(100, 10, 100);
    private final SteeredStorage storage = new SteeredStorage(LAYOUT);
    private final Watchdog watchdog;
    private final TaskScope scope;
    private final Door door;
    private final Swarm swarm;

    /** One in which every piece is right. */
    BareSwarm(String name, int maxPeers, LongSupplier clock) {
        this(name, maxPeers, clock, (piece, hash) -> true, new Silent());
    }

    /** One in which those pieces are right that {@code hashes} says. */
    BareSwarm(String name, int maxPeers, LongSupplier clock, PieceVerifier.Hashes hashes, Swarm.Listener listener) {
        watchdog = new Watchdog(clock);
        scope = TaskScope.supervised(name, (task, failure) -> {});
        var shared = new Swarm.Shared(
                PeerId.generate(random),
                limits,
                new BufferPool(64 * 1024, 4),
                watchdog,
                new Bans(),
                (RandomGenerator) this::draw,
                clock,
                new AddressVotes(),
                PORT,
                false,
                Optional.empty());
        door = new Door(HASH, Reserved.OURS, shared);
        swarm = new Swarm(
                new Swarm.Subject(HASH, LAYOUT, false, Optional.empty(), List.of()),
                door,
                Optional.empty(),
                shared,
                new Swarm.Limits(maxPeers, 4),
                listener);
        swarm.start(scope, storage, new PieceVerifier(disk, LAYOUT, storage, hashes), false);
    }

    private long draw() {
        draws.incrementAndGet();
        return random.nextLong();
    }

    /** How many numbers the swarm has drawn from the source of chance that a client's torrents share. */
    int draws() {
        return draws.get();
    }

    Swarm swarm() {
        return swarm;
    }

    SteeredStorage storage() {
        return storage;
    }

    Watchdog watchdog() {
        return watchdog;
    }

    /** Any peer's. */
    byte[] newPeerId() {
        return PeerId.generate(random).toBytes();
    }

    /** Dials a peer, which has answered the call and is to shake hands. */
    void dial(FakeChannel channel) {
        var address = channel.remoteAddress();
        var place = limits.dialling(address.getAddress()).orElseThrow();
        scope.fork(
                "dialler",
                () -> door.greet(
                        swarm.session().scope(),
                        channel,
                        address,
                        place,
                        swarm.conversations().entrance()));
    }

    /** A peer has connected, and shakes hands but for its id. */
    void accept(FakeChannel channel, Reserved reserved) {
        var place = limits.accepted(channel.remoteAddress().getAddress(), channel::close)
                .orElseThrow();
        swarm.accept(channel, watchdog.watch(channel), new Handshake.Head(reserved, HASH), place);
    }

    @Override
    public void close() {
        assertThat(swarm.stop(Duration.ofSeconds(10))).isTrue();
        scope.close();
        disk.close();
    }

    /** Listens to nothing. */
    static class Silent implements Swarm.Listener {
        @Override
        public void blocksWritten() {}

        @Override
        public void pieceVerified(int piece) {}

        @Override
        public void pieceFailed(int piece) {}

        @Override
        public void completed(boolean byDownload) {}

        @Override
        public void storageFailed(IOException cause) {}
    }
}
