package weft.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.kit.Content;
import weft.kit.SharedTorrent;
import weft.kit.SmallDisk;
import weft.kit.SwarmExtension;

/** What {@code download} does where there is no room: it waits, says so, and goes on; or it fails, if that is wished. */
@Timeout(60)
class FullDiskTest {
    @RegisterExtension
    private final SwarmExtension swarm = new SwarmExtension();

    private SmallDisk smallDisk() throws Exception {
        return SmallDisk.at(swarm.directory().resolve("small"), 3);
    }

    private static String[] download(SmallDisk disk, SharedTorrent shared, String... more) throws Exception {
        var args = new ArrayList<>(List.of(
                "download",
                shared.torrentFile().toString(),
                "-d",
                disk.directory().toString(),
                "--peer",
                "127.0.0.1:" + shared.seed().address().getPort()));
        args.addAll(List.of(more));
        return args.toArray(String[]::new);
    }

    private static String noSpace(SmallDisk disk, String name) {
        return "weft: " + name + ": no space left for " + disk.directory() + ": it needs \\d+ bytes, 0 are free";
    }

    /** Two at once: the one that is complete is told of and settled, the other is waited for. */
    @Test
    void itIsWaitedForRoomAndSaidOnceAndGoneOn() throws Exception {
        try (var disk = smallDisk()) {
            var shared = swarm.share(Content.ofLength(2_000_000));
            var there = swarm.share(Content.folder().withFile("a", 50_000));
            there.content().writeInto(disk.directory());
            Path filler = disk.fillUp();
            try (var download =
                    Cli.start(download(disk, shared, there.torrentFile().toString()))) {
                download.awaitErr(
                        noSpace(disk, "content\\.bin") + "; it goes on when there is room for the missing 1\\.9 MiB\n");
                download.awaitOut("folder is complete already");

                Files.delete(filler);
                var result = download.await().succeeds();

                assertThat(result.out()).contains("Downloaded content.bin, 1.9 MiB");
                assertThat(result.err())
                        .containsOnlyOnce("no space left")
                        .containsOnlyOnce("content.bin: there is room again\n");
            }
            shared.content().assertLiesIn(disk.directory());
        }
    }

    @Test
    void whoReadsNothingButErrorsOrJsonIsToldAndAnInterruptEndsIt() throws Exception {
        try (var disk = smallDisk()) {
            var shared = swarm.share(Content.ofLength(2_000_000));
            disk.fillUp();
            try (var download = Cli.start(download(disk, shared, "--json", "--quiet"))) {
                download.awaitErr(noSpace(disk, "content\\.bin") + "; it goes on");
                download.awaitOut("\"state\": \"error\".*\"diagnosis\": \"disk_full\"");

                var result = download.stop();

                assertThat(result.status()).isEqualTo(130);
                var summary = result.json().getLast();
                assertThat(summary.get("status").asText()).isEqualTo("interrupted");
                assertThat(summary.get("error").asText()).startsWith("no space left for " + disk.directory());
            }
        }
    }

    @Test
    void whoDoesNotWantToWaitIsToldByTheExitStatus() throws Exception {
        try (var disk = smallDisk()) {
            var shared = swarm.share(Content.ofLength(2_000_000));
            disk.fillUp();

            var result = Cli.run(download(disk, shared, "--fail-if-full", "--json"))
                    .failsWith(1, "weft: content.bin: no space left for " + disk.directory());

            assertThat(result.err()).containsOnlyOnce("no space left").doesNotContain("goes on");
            assertThat(result.json().getLast().get("status").asText()).isEqualTo("failed");
        }
    }

    @Test
    void whatHasFailedDoesNotGoOnWhileOthersDo() throws Exception {
        try (var disk = smallDisk()) {
            var shared = swarm.share(Content.ofLength(2_000_000));
            var other = swarm.share(Content.folder().withFile("a", 50_000)).torrentFile();
            disk.fillUp();
            try (var download = Cli.start(download(disk, shared, other.toString(), "--fail-if-full", "--json"))) {
                download.awaitOut("(?s)\"status\": \"failed\".*\"name\": \"content.bin\"[^\n]*\"state\": \"stopped\"");

                assertThat(download.stop().status()).isEqualTo(130);
            }
        }
    }

    /** What was kept aside of a file that becomes wanted has to move before anything is looked at: not even that is possible. */
    @Test
    void roomThatIsLackingForTheFirstLookIsWaitedForToo() throws Exception {
        try (var disk = smallDisk()) {
            var shared = swarm.share(Content.folder().withFile("a", 50_000).withFile("b", 50_000));
            Cli.run(download(disk, shared, "--files", "0")).succeeds();
            Path filler = disk.fillUp();
            try (var download = Cli.start(download(disk, shared, "--files", "0,1"))) {
                download.awaitErr("weft: folder: no space left for \\S+/b: .*; it goes on when there is room");

                Files.delete(filler);

                assertThat(download.await().succeeds().err())
                        .containsOnlyOnce("it goes on")
                        .containsOnlyOnce("folder: there is room again\n");
            }
            shared.content().assertLiesIn(disk.directory());
        }
    }
}
