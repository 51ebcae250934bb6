package weft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.extension.Extension;
import weft.extension.ExtensionPeer;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.FakePeer;
import weft.kit.Message;
import weft.kit.SwarmExtension;
import weft.metainfo.FileRange;
import weft.metainfo.Magnet;
import weft.metainfo.Metainfo;
import weft.metainfo.PieceRange;

/** From a magnet link to the files. */
@Timeout(60)
class MagnetTest {
    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension();

    @Test
    void theFilesComeByTheInfoHashAlone() throws Exception {
        var shared = swarm.share(Content.folder().withFile("a", 100_000).withFile("b", 3_000_000));
        var seed = shared.seed();

        var leecher = shared.byMagnet(options -> options.withPeers(List.of(seed.address())));
        leecher.awaitComplete();

        leecher.assertHasContent();
        assertThat(leecher.torrent().metainfo().infoBytes())
                .isEqualTo(shared.metainfo().infoBytes());
        assertThat(leecher.torrent().name()).isEqualTo(shared.metainfo().name());
    }

    @Test
    void thePeersOfTheLinkAreAsked() throws Exception {
        var shared = swarm.share(Content.ofLength(200_000));
        var seed = shared.seed();
        var magnet = Magnet.of(shared.metainfo().infoHash()).withPeers(List.of(seed.address()));

        var leecher = shared.byMagnet(magnet, swarm.directory(), UnaryOperator.identity());

        leecher.awaitComplete().assertHasContent();
    }

    /** What was connected before goes on: neither side shakes hands a second time. */
    @Test
    void connectionsOutliveTheMetadata() throws Exception {
        var shared = swarm.share(Content.ofLength(4_000_000));
        var seed = shared.seed();
        var leecher = shared.byMagnet(UnaryOperator.identity()).awaitState(TorrentState.FETCHING_METADATA);
        seed.connectTo(leecher); // the seed dials: the leecher knows nobody it could dial again

        leecher.awaitComplete();

        leecher.assertHasContent();
        // Reset is a connection that is closed before all is read that has come.
        assertThat(seed.torrent().disconnects())
                .as("how connections ended, which is when all was there")
                .allSatisfy(line -> assertThat(line).containsAnyOf("nothing to trade", "closed by the peer", "reset"))
                .hasSizeLessThan(2);
    }

    /** As long as nobody knows how many pieces there are, strangers claim to have the eight millionth, which takes room. */
    @Test
    void peersThatClaimAnyNumberOfPiecesKeepNobodyOut() throws Exception {
        var shared = swarm.share(Content.ofLength(1_000_000));
        var seed = shared.seed();
        var leecher = shared.byMagnet(UnaryOperator.identity()).awaitState(TorrentState.FETCHING_METADATA);
        for (int i = 0; i < 10; i++) {
            shared.dial(leecher, "127.0.0." + (10 + i))
                    .shakeHands(FakePeer.EXTENDED)
                    .send(new Message.Have(8_000_000));
        }
        leecher.awaitPeers(10);

        leecher.connectTo(seed).awaitComplete().assertHasContent();

        leecher.awaitDisconnect("have: index 8000000 >= ");
        leecher.awaitDisconnect("has told of more pieces than there was room for");
    }

    @Test
    void leechersThatKnowNoMoreThanALinkServeEachOther() throws Exception {
        var shared = swarm.share(Content.ofLength(1_000_000));
        var seed = shared.seed();
        var first = shared.byMagnet(options -> options.withPeers(List.of(seed.address())));
        first.awaitComplete();
        seed.close();

        var second = shared.byMagnet(options -> options.withPeers(List.of(first.address())));

        second.awaitComplete().assertHasContent();
    }

    @Test
    void whatWasFetchedOnceIsKept() throws Exception {
        var shared = swarm.share(Content.ofLength(300_000));
        var seed = shared.seed();
        var directory = swarm.directory();
        var magnet = Magnet.of(shared.metainfo().infoHash());
        var first = shared.byMagnet(magnet, directory, options -> options.withPeers(List.of(seed.address())));
        first.awaitComplete();
        first.close();
        seed.close();

        var again = shared.byMagnet(magnet, directory, UnaryOperator.identity());

        again.awaitComplete();
        assertThat(again.torrent().isSeed()).isTrue();
    }

    @Test
    void whatWasKeptAndIsDamagedIsFetchedAgain() throws Exception {
        var shared = swarm.share(Content.ofLength(300_000));
        var seed = shared.seed();
        var directory = swarm.directory();
        var kept =
                directory.resolve(".weft").resolve(shared.metainfo().infoHash().toHex() + ".torrent");
        Files.createDirectories(kept.getParent());
        Files.writeString(kept, "d4:infode");

        var leecher = shared.byMagnet(
                Magnet.of(shared.metainfo().infoHash()),
                directory,
                options -> options.withPeers(List.of(seed.address())));

        leecher.awaitComplete().assertHasContent();
        assertThat(Metainfo.read(kept).infoHash()).isEqualTo(shared.metainfo().infoHash());
    }

    @Test
    void theLinkSelectsFiles() throws Exception {
        var shared = swarm.share(
                Content.folder().withFile("a", 50_000).withFile("b", 60_000).withFile("c", 70_000));
        var seed = shared.seed();
        var magnet = Magnet.of(shared.metainfo().infoHash()).withSelection(List.of(new FileRange(1, 1)));

        var leecher = shared.byMagnet(
                magnet,
                swarm.directory(),
                options -> options.withPeers(List.of(seed.address())).withPriority(2, 7));
        leecher.awaitComplete();

        assertThat(leecher.torrent().files()).extracting(FileSnapshot::priority).containsExactly(0, 1, 7);
    }

    /** Links are made by strangers, and for versions of a torrent that have more files. */
    @Test
    void whatALinkSelectsAndIsNotThereIsIgnoredWithAWarning() throws Exception {
        var shared = swarm.share(Content.folder().withFile("a", 50_000).withFile("b", 60_000));
        var seed = shared.seed();
        var magnet = Magnet.of(shared.metainfo().infoHash()).withSelection(List.of(new FileRange(1, 5000)));

        var leecher = shared.byMagnet(magnet, swarm.directory(), options -> options.withPeers(List.of(seed.address())));
        leecher.awaitComplete();

        assertThat(leecher.torrent().files()).extracting(FileSnapshot::priority).containsExactly(0, 1);
        assertThat(swarm.log().faults())
                .singleElement()
                .asString()
                .contains("the link selects files up to 5000, and there are 2: the rest is ignored");
    }

    @Test
    void whatTheCallerWantsMustBeThere() throws Exception {
        var shared = swarm.share(Content.folder().withFile("a", 50_000).withFile("b", 60_000));
        var seed = shared.seed();

        var leecher = shared.byMagnet(
                options -> options.withPeers(List.of(seed.address())).withPriorities(Map.of(0, 1, 2, 1, 3, 1)));

        assertThatThrownBy(() -> leecher.torrent().awaitComplete())
                .hasMessage("there is no file 3 in this torrent, its files have the numbers 0 to 1");
    }

    /** Whatever fails in our own code, or in what was plugged in: it is told, and can be tried again. */
    @Test
    void aBugWhenTheMetadataHasComeIsAnErrorLikeAnyOther() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var seed = shared.seed();
        var isBroken = new AtomicBoolean();
        var extension = new Extension() {
            @Override
            public String name() {
                if (isBroken.get()) {
                    throw new IllegalStateException("as it was meant to");
                }
                return "xy_broken";
            }

            @Override
            public Conversation connected(ExtensionPeer peer) {
                return payload -> {};
            }
        };
        var told = new CompletableFuture<IOException>();
        var options = AddOptions.into(swarm.directory())
                .withPeers(List.of(seed.address()))
                .withExtension(extension)
                .withListener(new TorrentListener() {
                    @Override
                    public void onError(IOException cause) {
                        told.complete(cause);
                    }
                });
        isBroken.set(true);

        var leecher = swarm.openByMagnet(
                shared, Magnet.of(shared.metainfo().infoHash()), SwarmExtension.clientOptions(), options);

        assertThatThrownBy(() -> leecher.torrent().awaitMetadata()).hasMessageContaining("as it was meant to");
        leecher.awaitState(TorrentState.ERROR);
        assertThat(told.get(20, TimeUnit.SECONDS)).hasRootCauseInstanceOf(IllegalStateException.class);
        assertThat(swarm.log().faults()).asString().contains("a bug");

        isBroken.set(false);
        leecher.torrent().start();

        leecher.awaitComplete().assertHasContent();
    }

    @Test
    void listenersHearOfTheMetadata() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var seed = shared.seed();
        var heard = Collections.synchronizedList(new ArrayList<String>());
        var listener = new TorrentListener() {
            @Override
            public void onStateChanged(TorrentState state) {
                heard.add(state.name());
            }

            @Override
            public void onMetadata(Metainfo metainfo) {
                heard.add(metainfo.name());
            }
        };

        var leecher = shared.byMagnet(
                options -> options.withPeers(List.of(seed.address())).withListener(listener));
        leecher.awaitComplete();
        leecher.close();

        assertThat(heard)
                .startsWith("FETCHING_METADATA")
                .contains(shared.metainfo().name())
                .containsSubsequence("DOWNLOADING", "SEEDING", "CLOSED");
    }

    @Test
    void beforeTheMetadataIsKnownThereIsNothingToShowAndNothingFails() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var leecher = shared.byMagnet(
                Magnet.of(shared.metainfo().infoHash()).withName("a\u0000name"), swarm.directory(), o -> o);
        var torrent = leecher.awaitState(TorrentState.FETCHING_METADATA).torrent();

        assertThat(torrent.hasMetadata()).isFalse();
        assertThat(torrent.name()).isEqualTo("a\u0000name");
        assertThat(torrent.infoHash()).isEqualTo(shared.metainfo().infoHash());
        assertThat(torrent.files()).isEmpty();
        assertThat(torrent.size()).isZero();
        assertThat(torrent.pieces()).isEqualTo(new BitSet());
        assertThat(torrent.bitfield()).isEmpty();
        assertThat(torrent.isComplete()).isFalse();
        assertThat(torrent.snapshot().progress()).isZero();
        assertThat(torrent.peers()).isEmpty();
        assertThat(torrent.awaitMetadata(Duration.ZERO)).isFalse();
        assertThat(torrent.awaitComplete(Duration.ZERO)).isFalse();
        assertThatThrownBy(torrent::metainfo)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("the metadata is not known yet");
        assertThatThrownBy(torrent::hashCheck).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> torrent.hashCheck(0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> torrent.hashCheck(PieceRange.closed(0, 1))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> torrent.setPriority(0, 1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void wishesBeforeTheMetadataHoldAfterIt() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var seed = shared.seed();
        var leecher = shared.byMagnet(UnaryOperator.identity());
        leecher.awaitState(TorrentState.FETCHING_METADATA);
        leecher.torrent().stop();
        leecher.awaitState(TorrentState.STOPPED);
        assertThat(leecher.torrent().diagnosis().cause()).isEqualTo(Diagnosis.Cause.STOPPED);
        leecher.torrent().pause();
        leecher.connectTo(seed).awaitState(TorrentState.PAUSED);
        assertThat(leecher.torrent().hasMetadata()).isTrue();
        assertThat(leecher.torrent().pieces()).isEqualTo(new BitSet());
        leecher.awaitPeers(1);

        leecher.torrent().start();

        leecher.awaitComplete().assertHasContent();
    }

    @Test
    void metadataOnlyStopsWithIt() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var seed = shared.seed();
        var directory = swarm.directory().resolve("nothing");

        var leecher = shared.byMagnet(
                Magnet.of(shared.metainfo().infoHash()),
                directory,
                options -> options.withPeers(List.of(seed.address()))
                        .withInitialState(AddOptions.InitialState.METADATA_ONLY)
                        .withResume(false));

        assertThat(leecher.torrent().awaitMetadata().name())
                .isEqualTo(shared.metainfo().name());
        leecher.awaitState(TorrentState.STOPPED);
        assertThat(directory).doesNotExist();
        leecher.torrent().start();
        leecher.awaitComplete().assertHasContent();
    }

    /** What lies on disk is looked at first, which may take minutes; who is connected stays so. */
    @Test
    void whileTheFilesAreLookedAtItsPeersAreShownAndEndWithAStop() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var seed = shared.seed();
        var storage = shared.seededStorage();
        storage.stall();
        var leecher = shared.byMagnet(
                options -> options.withPeers(List.of(seed.address())).withStorage(storage));
        leecher.awaitState(TorrentState.CHECKING);
        Await.until("the disk is waited for", storage::isWaitedFor);
        assertThat(leecher.torrent().peers())
                .singleElement()
                .satisfies(peer -> assertThat(peer.address()).isEqualTo(seed.address()));
        assertThat(leecher.torrent().snapshot().peers()).isEqualTo(1);

        leecher.torrent().stop();

        leecher.awaitPeers(0);
        seed.awaitPeers(0);
        assertThat(storage.isWaitedFor()).as("still").isTrue();
        assertThat(leecher.torrent().state()).isEqualTo(TorrentState.CHECKING);
        storage.resume();
        leecher.awaitState(TorrentState.STOPPED);
        assertThat(leecher.torrent().isSeed()).isTrue();
    }

    @Test
    void metadataOnlyLeavesItsPeersBeforeTheFilesAreLookedAt() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var seed = shared.seed();
        var storage = shared.seededStorage();
        storage.stall();

        var leecher = shared.byMagnet(options -> options.withPeers(List.of(seed.address()))
                .withStorage(storage)
                .withInitialState(AddOptions.InitialState.METADATA_ONLY));

        leecher.torrent().awaitMetadata();
        Await.until("the disk is waited for", storage::isWaitedFor);
        leecher.awaitPeers(0);
        seed.awaitPeers(0);
        leecher.torrent().start(); // is taken up when the disk has answered
        storage.resume();
        leecher.awaitState(TorrentState.SEEDING);
    }

    @Test
    void aSelectionOfNothingIsAnError() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var seed = shared.seed();
        var magnet = Magnet.of(shared.metainfo().infoHash()).withSelection(List.of(new FileRange(5, 9)));

        var leecher = shared.byMagnet(magnet, swarm.directory(), options -> options.withPeers(List.of(seed.address())));

        assertThatThrownBy(() -> leecher.torrent().awaitComplete())
                .hasMessage("none of the files that were selected is in this torrent, which has 1");
        assertThat(leecher.torrent().state()).isEqualTo(TorrentState.ERROR);
        assertThat(leecher.torrent().diagnosis().cause()).isEqualTo(Diagnosis.Cause.METADATA_UNUSABLE);

        leecher.torrent().start(); // comes to the same again, without anybody being asked

        assertThatThrownBy(() -> leecher.torrent().awaitComplete()).hasMessageStartingWith("none of the files");
    }

    @Test
    void closingWhileTheMetadataIsFetchedEndsTheWaiting() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var leecher = shared.byMagnet(UnaryOperator.identity());
        leecher.awaitState(TorrentState.FETCHING_METADATA);
        var outcome = new ArrayList<Throwable>();
        var waiting = Thread.ofVirtual().start(() -> {
            try {
                leecher.torrent().awaitComplete();
            } catch (Exception e) {
                outcome.add(e);
            }
        });

        leecher.close();
        waiting.join(Await.PATIENCE);

        assertThat(outcome).singleElement().isInstanceOf(IllegalStateException.class);
        assertThat(leecher.torrent().state()).isEqualTo(TorrentState.CLOSED);
    }
}
