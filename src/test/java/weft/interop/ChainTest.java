package weft.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Weft between other clients, which do not know of each other. */
@Timeout(120)
class ChainTest {
    private static final int LENGTH = (8 << 20) + 1;

    @RegisterExtension
    final Lab lab = new Lab();

    @Test
    @Requires({Program.LIBTORRENT, Program.ARIA2})
    void weftPassesOnToAria2WhatItIsStillGettingFromLibtorrent() throws Exception {
        Path file = Content.file(lab.directory("seed's"), "passed on.bin", LENGTH);
        Path torrent = lab.torrentOf(file);
        var seed = lab.libtorrent(torrent, file.getParent(), "--seed", "--upload-limit=2000000");
        Path there = lab.directory("there");
        var leecher = lab.aria2(torrent, there);
        Path here = lab.directory("here");

        var weft = lab.weft(torrent, here, seed.address(), leecher.address());

        boolean completeBefore = leecher.process().await("has something", () -> {
            boolean complete = weft.isComplete();
            return leecher.completedBytes() > 0 ? Optional.of(complete) : Optional.empty();
        });
        assertThat(completeBefore)
                .as("Weft was complete before aria2 got anything")
                .isFalse();
        lab.awaitComplete(weft);
        leecher.awaitSeeding();
        Content.assertSame(file, here.resolve(file.getFileName()));
        Content.assertSame(file, there.resolve(file.getFileName()));
        assertThat(seed.uploaded()).isLessThan(LENGTH + LENGTH / 10);
    }

    /** aria2 says "have all" as soon as it is complete, in the middle of a conversation. */
    @Test
    @Requires({Program.LIBTORRENT, Program.ARIA2})
    void weftGetsFromAria2WhatThatIsStillGettingFromLibtorrent() throws Exception {
        Path file = Content.file(lab.directory("seed's"), "passed on.bin", LENGTH / 2);
        Path torrent = lab.torrentOf(file);
        var seed = lab.libtorrent(torrent, file.getParent(), "--seed", "--tcp", "--upload-limit=2000000");
        // Slower than the seed, so that Weft still misses something then.
        var between = lab.aria2(torrent, lab.directory("between"), "--max-upload-limit=1M");
        seed.dial(between.address());
        Path here = lab.directory("here");

        var weft = lab.weft(torrent, here, between.address());

        lab.awaitComplete(weft);
        Content.assertSame(file, here.resolve(file.getFileName()));
        assertThat(weft.disconnects()).noneMatch(reason -> reason.contains("told its pieces before"));
    }
}
