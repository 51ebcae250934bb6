package weft.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.kit.Content;
import weft.kit.SwarmExtension;
import weft.metainfo.Magnet;
import weft.metainfo.Metainfo;

/** Magnet links on the command line, over loopback. */
@Timeout(120)
class MagnetCommandsTest {
    private static final Content FOLDER = Content.folder()
            .withFile("a.bin", 300_000)
            .withFile("b.bin", 200_000)
            .withFile("c.bin", 100_000);

    @RegisterExtension
    private final SwarmExtension swarm = new SwarmExtension();

    @Test
    void downloadOfALinkGetsTheFiles() throws Exception {
        var shared = swarm.share(FOLDER);
        var seed = shared.seed();
        var link = Magnet.of(shared.metainfo().infoHash())
                .withName("a folder")
                .withPeers(List.of(seed.address()))
                .toString();
        var directory = swarm.directory();

        var result = Cli.run("download", link, "-d", directory.toString()).succeeds();

        assertThat(result.err())
                .startsWith("Fetching the metadata of a folder\nDownloading folder, 586 KiB in 3 files\n");
        assertThat(result.out())
                .matches("Downloaded folder, 586 KiB in .*, from 1 peer\\. Saved to \\Q" + directory + "\\E\n");
        FOLDER.assertLiesIn(directory);
        seed.close();
        assertThat(Cli.run("download", link, "-d", directory.toString())
                        .succeeds()
                        .out())
                .isEqualTo("folder is complete already, 586 KiB in " + directory + "\n");
    }

    @Test
    void downloadOfALinkMakesOnlyTheFilesThatAreSelected() throws Exception {
        var shared = swarm.share(FOLDER);
        var seed = shared.seed();
        var link = Magnet.of(shared.metainfo().infoHash()).toString();
        var peer = "127.0.0.1:" + seed.address().getPort();
        var directory = swarm.directory();

        Cli.run("download", link, "-d", directory.toString(), "--files", "1", "--peer", peer)
                .succeeds();
        Cli.run("download", link + "&so=0", "-d", directory.toString(), "--files", "2", "--peer", peer)
                .succeeds();

        assertThat(directory.resolve("folder/a.bin")).doesNotExist();
        assertThat(directory.resolve("folder/b.bin")).exists();
        assertThat(directory.resolve("folder/c.bin")).exists();
    }

    @Test
    void downloadOfAFileThatIsNotThereFails() throws Exception {
        var shared = swarm.share(FOLDER);
        var seed = shared.seed();
        var directory = swarm.directory();
        var link = Magnet.of(shared.metainfo().infoHash()).toString();

        var result = Cli.run(
                "download",
                link,
                "-d",
                directory.toString(),
                "--files",
                "0,7",
                "--peer",
                "127.0.0.1:" + seed.address().getPort());

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).contains("there is no file 7 in this torrent, its files have the numbers 0 to 2");
        assertThat(directory.resolve("folder")).doesNotExist();
    }

    @Test
    void infoOfALinkShowsAndSavesTheTorrent() throws Exception {
        var shared = swarm.share(FOLDER);
        var seed = shared.seed();
        var link = Magnet.of(shared.metainfo().infoHash()).withTrackers(List.of("http://127.0.0.1:1/announce"));
        var file = swarm.directory().resolve("saved.torrent");
        var peer = "127.0.0.1:" + seed.address().getPort();

        var result = Cli.run("info", link.toString(), "--peer", peer, "--save", file.toString())
                .succeeds();
        var json = new ObjectMapper()
                .readTree(Cli.run("info", link.toString(), "--peer", peer, "--json")
                        .succeeds()
                        .out());

        assertThat(result.out()).startsWith("name          folder\n").contains("a.bin");
        assertThat(result.err()).endsWith("Saved to " + file + "\n");
        assertThat(json.get("info_hash_v1").asText())
                .isEqualTo(shared.metainfo().infoHash().toHex());
        var saved = Metainfo.read(file);
        assertThat(saved.infoHash()).isEqualTo(shared.metainfo().infoHash());
        assertThat(saved.trackers()).isEqualTo(List.of(List.of("http://127.0.0.1:1/announce")));
        try (var left = Files.list(file.getParent())) {
            assertThat(left).containsExactly(file);
        }
    }

    @Test
    void whoStopsWhileTheMetadataIsSoughtIsToldSo() throws Exception {
        var link = Magnet.of(swarm.share(FOLDER).metainfo().infoHash()).withName("sought\nin vain");
        try (var download =
                Cli.start("download", link.toString(), "-d", swarm.directory().toString())) {
            download.awaitErr("Fetching the metadata of sought.in vain");
            download.awaitErr("nothing moves: no peers are known, and there is no tracker to ask");

            var stopped = download.stop();

            assertThat(stopped.status()).isEqualTo(130);
            assertThat(stopped.err()).endsWith("had come; the same command tries again.\n");
        }
        try (var info = Cli.start("info", link.toString())) {
            info.awaitErr("nothing moves: no peers are known");
            assertThat(info.stop().status()).isEqualTo(130);
        }
    }
}
