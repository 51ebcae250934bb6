package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import weft.ClientOptions;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.Hostile;
import weft.kit.Hostile.Fate;
import weft.kit.Hostile.Victim;
import weft.kit.Message.Choke;
import weft.kit.Message.HaveAll;
import weft.kit.Message.Interested;
import weft.kit.Message.RejectRequest;
import weft.kit.Message.Request;
import weft.kit.Message.Unchoke;
import weft.kit.Node;
import weft.kit.Scripts;
import weft.kit.SharedTorrent;
import weft.kit.SilentCrowd;
import weft.kit.SwarmExtension;
import weft.kit.WeftThreads;

/** Honest transfers among hostile peers: they complete, and who lies is found out. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HostileSwarmTest {
    /** A hostile peer has an address of its own, so that a ban hits nobody else. */
    private static final String HOSTILE = "127.0.0.66";

    /** And so has one that Weft dials. */
    private static final String DIALLED = "127.0.0.67";

    private static final int BORNE_AT_MOST = ClientOptions.defaults().maxConnections();

    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension().withoutFaults();

    /** Weft dials one and is dialled by another, while a seed and a leecher of its own kind are at work. */
    @ParameterizedTest
    @EnumSource
    void honestTransferCompletes(Hostile hostile) throws Exception {
        var shared = swarm.share(Content.ofLength(1_000_000));
        var server = shared.listen(DIALLED).serve(hostile.script());
        var seed = shared.seed(options -> options.withPeers(List.of(server.address())));
        var leecher = shared.leecher(options -> options.withPeers(List.of(server.address())));
        swarm.play(shared.dial(leecher, HOSTILE), hostile.script());
        swarm.play(shared.dial(seed, HOSTILE), hostile.script());
        Await.until("Weft has met it", () -> server.accepted() > 0);

        leecher.connectTo(seed).awaitComplete();

        leecher.assertHasContent();
        assertThat(leecher.torrent().error()).isEmpty();
        assertThat(seed.torrent().error()).isEmpty();
    }

    /** Alone with whom it is after it meets its fate, for a reason that can be read, and then others complete. */
    @ParameterizedTest
    @EnumSource
    void hostilePeerIsDealtWith(Hostile hostile) throws Exception {
        var shared = swarm.share(Content.ofLength(1_000_000));
        var server = shared.listen(DIALLED).serve(hostile.script());
        var victim = hostile.victim() == Victim.SEED ? shared.seed() : shared.leecher();

        victim.connectTo(server);
        swarm.play(shared.dial(victim, HOSTILE), hostile.script());
        Await.until("Weft has met it", () -> server.accepted() > 0);
        assertMeetsItsFate(hostile, shared, victim, DIALLED);
        assertMeetsItsFate(hostile, shared, victim, HOSTILE);
        var other = hostile.victim() == Victim.SEED ? shared.leecher() : shared.seed();
        victim.connectTo(other).awaitComplete();
        other.awaitComplete();

        victim.assertHasContent();
        other.assertHasContent();
    }

    private void assertMeetsItsFate(Hostile hostile, SharedTorrent shared, Node victim, String address)
            throws IOException {
        switch (hostile.fate()) {
            case BANNED -> {
                awaitReason(victim.torrent()::disconnects, address, "banned: .*" + hostile.reason());
                assertThat(shared.dial(victim, address).untilClosed()).isEmpty();
            }
            case DROPPED -> awaitReason(victim.torrent()::disconnects, address, hostile.reason());
            case TURNED_AWAY -> awaitReason(swarm.log()::lines, address, hostile.reason());
            case OVERDUE, BORNE -> {} // the one takes its time, of the other there is nothing to see
        }
    }

    /** All of them at once, since each takes its ten seconds. */
    @Test
    void whoDoesNotShakeHandsInTenSecondsIsTurnedAway() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var victim = shared.leecher();
        var overdue = Arrays.stream(Hostile.values())
                .filter(h -> h.fate() == Fate.OVERDUE)
                .toList();

        for (int i = 0; i < overdue.size(); i++) {
            var script = overdue.get(i).script();
            victim.connectTo(shared.listen("127.0.127." + (i + 1)).serve(script));
            swarm.play(shared.dial(victim, "127.0.128." + (i + 1)), script);
        }

        assertThat(overdue).isNotEmpty();
        for (int i = 0; i < overdue.size(); i++) {
            var reason = overdue.get(i).reason();
            awaitReason(victim.torrent()::disconnects, "127.0.127." + (i + 1), reason);
            awaitReason(swarm.log()::lines, "127.0.128." + (i + 1), reason);
        }
    }

    private static void awaitReason(Supplier<List<String>> lines, String address, String reason) {
        var line = Pattern.compile(Pattern.quote(address) + ":\\d+: .*(" + reason + ")");
        Await.until(
                () -> line + ", but " + lines.get(), () -> lines.get().stream().anyMatch(line.asPredicate()));
    }

    @Test
    void liarIsBannedAndTheHonestPeerIsNot() throws Exception {
        var shared = swarm.share(Content.ofLength(2_000_000));
        var honest = shared.listen("127.0.0.2").serve(Scripts.honestSeed());
        var liar = shared.listen(HOSTILE).serve(Hostile.CORRUPT_BLOCKS.script());

        var leecher = shared.leecher(options -> options.withPeers(List.of(liar.address(), honest.address())));
        leecher.awaitDisconnect("banned");
        leecher.awaitComplete();

        leecher.assertHasContent();
        assertThat(leecher.torrent().disconnects())
                .anyMatch(line -> line.startsWith(HOSTILE) && line.contains("banned: sent wrong data of piece"))
                .noneMatch(line -> line.startsWith("127.0.0.2") && line.contains("banned"));
        assertThat(shared.dial(leecher, HOSTILE).untilClosed())
                .as("a banned address is turned away")
                .isEmpty();
        shared.dial(leecher, "127.0.0.2").shakeHands();
    }

    /** One piece of four blocks, two from each of two peers, one of which lies. */
    @Test
    void ofTwoWhoSentAPieceTheLiarIsFound() throws Exception {
        var shared = swarm.share(Content.ofLength(64 * 1024), 64 * 1024);
        var leecher = shared.leecher();
        var failed = new CountDownLatch(1);
        leecher.torrent().onPieceFailed(piece -> failed.countDown());
        var honest = shared.dial(leecher, "127.0.0.2").shakeHands();
        honest.send(new HaveAll(), new Unchoke());
        honest.expectPieces();
        honest.expect(Interested.class);
        var asked = honest.await(4, Request.class);
        honest.serve(asked.get(0));
        honest.serve(asked.get(1));
        honest.send(new Choke(), RejectRequest.of(asked.get(2)), RejectRequest.of(asked.get(3)));
        var liar = shared.dial(leecher, HOSTILE).shakeHands();
        liar.send(new HaveAll(), new Unchoke());
        var askedOfLiar = liar.await(2, Request.class);

        liar.serve(askedOfLiar.get(0));
        liar.send(liar.lieTo(askedOfLiar.get(1)), new Choke()); // no second chance to be caught alone
        failed.await();
        honest.send(new Unchoke());
        for (Request request : honest.await(4, Request.class)) {
            honest.serve(request);
        }

        leecher.awaitComplete();
        leecher.awaitDisconnect("banned");
        leecher.assertHasContent();
        assertThat(leecher.torrent().disconnects())
                .noneMatch(line -> line.startsWith("127.0.0.2") && line.contains("banned"))
                .anyMatch(line -> line.startsWith(HOSTILE) && line.contains("banned"));
    }

    @Test
    void pieceThatFailedIsToldToListenersAndFetchedAgain() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var lied = new AtomicBoolean();
        var leecher = shared.leecher();
        var failed = new ConcurrentLinkedQueue<Integer>();
        leecher.torrent().onPieceFailed(failed::add);
        var server = shared.listen(HOSTILE)
                .serve(Scripts.seed((request, peer) ->
                        peer.send(lied.compareAndSet(false, true) ? peer.lieTo(request) : peer.answerTo(request))));

        leecher.connectTo(server);
        Await.until("a piece fails", () -> !failed.isEmpty());
        leecher.connectTo(shared.seed()).awaitComplete();

        assertThat(failed).hasSize(1);
        leecher.assertHasContent();
    }

    @Test
    void noMoreConnectionsFromOneAddressThanAllowed() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var node = shared.open(
                swarm.directory(), ClientOptions.defaults().withMaxConnectionsPerAddress(2), options -> options);
        shared.dial(node, "127.0.0.2").shakeHands();
        shared.dial(node, "127.0.0.2").shakeHands();
        node.awaitPeers(2); // whose handshake is still being read makes room for who comes next

        assertThat(shared.dial(node, "127.0.0.2").untilClosed()).isEmpty();

        shared.dial(node, "127.0.0.3").shakeHands();
        node.awaitPeers(3);
    }

    @Test
    void noMoreConnectionsInAllThanAllowed() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var node = shared.open(swarm.directory(), ClientOptions.defaults().withMaxConnections(2), options -> options);
        var first = shared.dial(node, "127.0.0.2").shakeHands();
        shared.dial(node, "127.0.0.3").shakeHands();
        node.awaitPeers(2);

        assertThat(shared.dial(node, "127.0.0.4").untilClosed()).isEmpty();

        first.close();
        node.awaitPeers(1);
        shared.dial(node, "127.0.0.4").shakeHands();
    }

    @Test
    void noMorePeersOfATorrentThanAllowed() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var node =
                shared.open(swarm.directory(), ClientOptions.defaults().withMaxPeersPerTorrent(1), options -> options);
        shared.connect(node);
        node.awaitPeers(1);

        var second = shared.dial(node, "127.0.0.2");
        second.sendHandshake(0);

        assertThat(second.untilClosed()).isEmpty();
    }

    @Test
    void thousandsOfSilentConnectionsKeepNobodyOut() throws Exception {
        int count = SilentCrowd.atMost(3_000); // as many as the limit of open files allows
        var shared = swarm.share(Content.ofLength(2_000_000));
        var seed = shared.open(shared.seededDirectory(), ClientOptions.defaults(), options -> options);
        int threads = WeftThreads.alive().size();
        long directBytes = directBytes();
        try (var crowd = new SilentCrowd(seed.address()).come(count)) {
            Await.until("as many are left as are borne", () -> crowd.standing() <= BORNE_AT_MOST);
            assertThat(WeftThreads.alive()).hasSizeLessThanOrEqualTo(threads + BORNE_AT_MOST);
            assertThat(directBytes()).isLessThan(directBytes + (8L << 20));

            var leecher = shared.open(
                    swarm.directory(), ClientOptions.defaults(), options -> options.withPeers(List.of(seed.address())));
            leecher.awaitComplete();

            leecher.assertHasContent();
            assertThat(crowd.standing()).as("one of them made way").isLessThan(BORNE_AT_MOST);
        }
    }

    /** Here the one who wants something is besieged, and must dial to get it. */
    @Test
    void silentConnectionsDoNotKeepUsFromDialling() throws Exception {
        var shared = swarm.share(Content.ofLength(2_000_000));
        var leecher = shared.open(swarm.directory(), ClientOptions.defaults(), options -> options);
        try (var crowd = new SilentCrowd(leecher.address()).come(600)) {
            Await.until("as many are left as are borne", () -> crowd.standing() <= BORNE_AT_MOST);

            leecher.connectTo(shared.seed()).awaitComplete();

            leecher.assertHasContent();
        }
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }
}
