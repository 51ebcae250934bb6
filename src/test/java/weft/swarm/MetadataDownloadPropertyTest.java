package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.commons.codec.digest.DigestUtils;
import weft.kit.FakeClock;
import weft.metainfo.InfoHash;
import weft.wire.MetadataMessage;
import weft.wire.ProtocolException;

/**
 * Whoever lies, and however: as long as one honest peer is there the metadata is found, within a time that grows with the
 * number of liars and of slowness, and no honest peer is accused or cut off.
 */
class MetadataDownloadPropertyTest {
    private static final int PIECE = MetadataMessage.PIECE_LENGTH;

    private static final List<Kind> KINDS = List.of(Kind.values());

    /**
     * Turns of 30 s that double until there is one of the four minutes that the slowest takes, and a little more: 31 times 30 s
     * for each of twenty liars.
     */
    private static final Duration LONGEST = Duration.ofHours(6);

    @Property(tries = 150)
    void honestPeersAlwaysWin(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 60) int pieces,
            @ForAll @IntRange(min = 0, max = 12) int liars,
            @ForAll @IntRange(min = 1, max = 3) int honest)
            throws ProtocolException {
        var world = new World(new Random(seed), pieces);
        for (int i = 0; i < liars; i++) {
            world.add(world.liar());
        }
        for (int i = 0; i < honest; i++) {
            world.add(world.honest());
        }

        world.run();

        assertThat(world.found).hasValueSatisfying(bytes -> assertThat(bytes).isEqualTo(world.metadata));
        assertThat(world.accused).allMatch(peer -> !peer.honest);
    }

    /** One kind of liar at a time, many of it, all there before the honest peer: the worst that each kind can do. */
    @Property(tries = 60)
    void manyLiarsOfOneKindDoNotKeepAnHonestPeerFromWinning(
            @ForAll long seed, @ForAll Kind kind, @ForAll @IntRange(min = 1, max = 20) int liars)
            throws ProtocolException {
        var world = new World(new Random(seed), 20);
        for (int i = 0; i < liars; i++) {
            world.add(world.liar(kind));
        }
        world.add(world.honest());

        world.run();

        assertThat(world.found).hasValueSatisfying(bytes -> assertThat(bytes).isEqualTo(world.metadata));
        assertThat(world.accused).allMatch(peer -> !peer.honest);
    }

    /** How to lie. */
    enum Kind {
        SILENT,
        REFUSING,
        WRONG_PIECES,
        ONE_WRONG_PIECE,
        TRICKLING,
        TRICKLING_ANOTHER_SIZE,
        EVER_NEW_SIZES,
        COMING_AND_GOING
    }

    private static final class Peer {
        private final boolean honest;
        private final Kind kind; // null if honest
        private final long millisPerPiece;
        private MetadataDownload.Source source;
        private int size;
        private long busyUntilMillis;
        private boolean gone;

        private Peer(boolean honest, Kind kind, long millisPerPiece, int size) {
            this.honest = honest;
            this.kind = kind;
            this.millisPerPiece = millisPerPiece;
            this.size = size;
        }
    }

    private record Sending(long millis, Peer peer, MetadataDownload.Source to, int piece) {}

    private static final class World {
        private final Random random;
        private final byte[] metadata;
        private final FakeClock clock = new FakeClock();
        private final MetadataDownload download;
        private final List<Peer> peers = new ArrayList<>();
        private final PriorityQueue<Sending> underway = new PriorityQueue<>((a, b) -> Long.compare(a.millis, b.millis));
        private final List<Peer> accused = new ArrayList<>();
        private Optional<byte[]> found = Optional.empty();
        private long millis;

        private World(Random random, int pieces) {
            this.random = random;
            this.metadata = new byte[pieces * PIECE - random.nextInt(PIECE)];
            random.nextBytes(metadata);
            this.download = new MetadataDownload(InfoHash.ofV1(DigestUtils.sha1(metadata)), clock);
        }

        /** One that takes at most four minutes for it all. */
        private Peer honest() {
            long slowest = 240_000 / MetadataMessage.pieceCount(metadata.length);
            return new Peer(true, null, 1 + random.nextLong(Math.min(8_000, slowest)), metadata.length);
        }

        private Peer liar() {
            return liar(KINDS.get(random.nextInt(KINDS.size())));
        }

        private Peer liar(Kind kind) {
            boolean slow = kind == Kind.TRICKLING || kind == Kind.TRICKLING_ANOTHER_SIZE || kind == Kind.EVER_NEW_SIZES;
            return new Peer(false, kind, slow ? 9_000 : 1 + random.nextInt(100), sizeClaimedBy(kind));
        }

        private int sizeClaimedBy(Kind kind) {
            return switch (kind) {
                case TRICKLING_ANOTHER_SIZE, EVER_NEW_SIZES -> 100 * PIECE + random.nextInt(500 * PIECE);
                case WRONG_PIECES -> random.nextBoolean() ? metadata.length : 1 + random.nextInt(10 * PIECE);
                default -> metadata.length;
            };
        }

        private void add(Peer peer) throws ProtocolException {
            peers.add(peer);
            connect(peer);
        }

        private void connect(Peer peer) throws ProtocolException {
            peer.source = download.connect(peer);
            download.claims(peer.source, peer.size);
        }

        private void run() throws ProtocolException {
            while (found.isEmpty() && millis < LONGEST.toMillis()) {
                for (Peer peer : peers) {
                    act(peer);
                    ask(peer);
                }
                long tickEnds = millis + 500;
                while (!underway.isEmpty() && underway.peek().millis <= tickEnds && found.isEmpty()) {
                    var sending = underway.poll();
                    moveTo(Math.max(millis, sending.millis));
                    deliver(sending);
                }
                moveTo(tickEnds);
            }
        }

        private void moveTo(long time) {
            clock.advance(Duration.ofMillis(time - millis));
            millis = time;
        }

        private void act(Peer peer) throws ProtocolException {
            if (peer.gone) {
                return;
            }
            if (peer.kind == Kind.EVER_NEW_SIZES && random.nextInt(10) == 0) {
                peer.size = sizeClaimedBy(peer.kind);
                download.claims(peer.source, peer.size);
            }
            if (peer.kind == Kind.COMING_AND_GOING && random.nextInt(20) == 0) {
                download.disconnect(peer.source);
                connect(peer);
            }
        }

        private void ask(Peer peer) {
            if (peer.gone) {
                return;
            }
            for (int piece : download.ask(peer.source)) {
                if (peer.kind == Kind.REFUSING) {
                    download.refused(peer.source);
                    return;
                }
                if (peer.kind != Kind.SILENT) {
                    peer.busyUntilMillis = Math.max(millis, peer.busyUntilMillis) + peer.millisPerPiece;
                    underway.add(new Sending(peer.busyUntilMillis, peer, peer.source, piece));
                }
            }
        }

        private void deliver(Sending sending) throws ProtocolException {
            var peer = sending.peer;
            if (peer.gone || peer.source != sending.to) {
                return;
            }
            if (sending.piece >= MetadataMessage.pieceCount(peer.size)) {
                return; // of a size that it claims no more
            }
            MetadataDownload.Outcome outcome;
            try {
                outcome = download.arrived(peer.source, piece(peer, sending.piece));
            } catch (ProtocolException e) {
                assertThat(peer.honest)
                        .as("an honest peer is cut off: %s", e.getMessage())
                        .isFalse();
                leave(peer);
                return;
            }
            if (outcome.metadata().isPresent()) {
                found = outcome.metadata();
            }
            for (Object liar : outcome.liars()) {
                accused.add((Peer) liar);
                leave((Peer) liar);
            }
            ask(peer);
        }

        private void leave(Peer peer) {
            peer.gone = true;
            download.disconnect(peer.source);
        }

        private MetadataMessage.Data piece(Peer peer, int piece) {
            int length = MetadataMessage.pieceLength(piece, peer.size);
            var bytes = new byte[length];
            if (peer.size == metadata.length) {
                System.arraycopy(metadata, piece * PIECE, bytes, 0, length);
            }
            boolean lies = !peer.honest && (peer.kind != Kind.ONE_WRONG_PIECE || piece == 0);
            bytes[0] ^= (byte) (lies ? 1 : 0);
            return new MetadataMessage.Data(piece, peer.size, ByteBuffer.wrap(bytes));
        }
    }
}
