package weft.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.kit.NetworkNamespace;
import weft.metainfo.InfoHash;
import weft.metainfo.TorrentCreator;

/**
 * What the command line lets out of a private torrent (BEP 27), as anybody on its network can hear: a capture of all packets
 * of two processes that share a private and a public torrent, with the DHT and local discovery on. Of the public one
 * everything is heard that must not be of the private one. Strangers who come by talk of all of it, too.
 */
@Requires(Program.PYTHON)
@Timeout(120)
class PrivateTorrentTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ADDRESS = "10.77.0.1";
    private static final List<String> EVERYTHING =
            List.of("LSD", "PORT", "announce_peer", "get_peers", "handshake", "ut_pex", "ut_pex offered");
    private static final int LENGTH = 300_000;
    private static final int SEED = 7001;
    private static final int LEECHER = 7002;

    @RegisterExtension
    final Lab lab = new Lab();

    private ProgramProcess capture;
    private int questions;

    @BeforeEach
    void capture() throws Exception {
        var command = new ArrayList<>(List.of(NetworkNamespace.wrapper(ADDRESS + "/24")));
        command.addAll(Program.PYTHON.command());
        command.add(Path.of("src/test/resources/weft/interop/capture.py")
                .toAbsolutePath()
                .toString());
        capture = lab.program("capture", lab.directory("capture"), command);
        capture.awaitLine("listening", line -> Optional.of(line).filter("listening"::equals));
    }

    /** Shares both torrents from the network that is captured. */
    private ProgramProcess weft(Path directory, List<Path> torrents, Object... options) {
        var words = new ArrayList<Object>(List.of("download", "--seed", "-d", directory));
        words.addAll(torrents);
        words.addAll(List.of(options));
        return lab.weftBeside(capture, directory, words.toArray());
    }

    private static Path torrent(Path file, UnaryOperator<TorrentCreator> options)
            throws IOException, InterruptedException {
        var metainfo = options.apply(TorrentCreator.ofPath(file)).create(1, TorrentCreator.Progress.NONE);
        return Files.write(Path.of(file + ".torrent"), metainfo.toBytes());
    }

    private List<String> heardOf(InfoHash torrent) {
        int number = ++questions;
        capture.tell("heard " + number + " " + torrent);
        return capture.awaitLine(
                "answer " + number,
                line -> Optional.of(line).filter(json -> json.startsWith("{")).flatMap(json -> heard(number, json)));
    }

    private static Optional<List<String>> heard(int number, String line) {
        try {
            var answer = JSON.readTree(line);
            return answer.get("number").asInt() == number
                    ? Optional.of(JSON.convertValue(answer.get("heard"), new TypeReference<List<String>>() {}))
                    : Optional.empty();
        } catch (JsonProcessingException e) {
            throw new AssertionError(line, e);
        }
    }

    private static void awaitLine(ProgramProcess process, String beginning) {
        process.awaitLine(beginning, line -> Optional.of(line).filter(text -> text.startsWith(beginning)));
    }

    @Test
    void nothingIsHeardOfAPrivateTorrentButPeersThatMeet() throws Exception {
        var there = lab.directory("there");
        var ofPrivate = torrent(Content.file(there, "private.bin", LENGTH), TorrentCreator::withPrivate);
        var ofPublic = torrent(Content.file(there, "public.bin", LENGTH), UnaryOperator.identity());
        var torrents = List.of(ofPrivate, ofPublic);
        var here = lab.directory("here");
        var seed = weft(there, torrents, "--port", SEED, "--bootstrap", ADDRESS + ":" + LEECHER);
        awaitLine(seed, "private.bin is complete already");
        awaitLine(seed, "public.bin is complete already");
        var leecher = weft(
                here, torrents, "--port", LEECHER, "--peer", ADDRESS + ":" + SEED, "--bootstrap", ADDRESS + ":" + SEED);
        awaitLine(leecher, "Downloaded private.bin");
        awaitLine(leecher, "Downloaded public.bin");

        // Two, as one is told of the other; the seed and the leecher have parted, as nobody wants anything.
        for (Path torrent : List.of(ofPrivate, ofPrivate, ofPublic, ofPublic)) {
            capture.tell("dial " + ADDRESS + " " + SEED + " " + Lab.infoHash(torrent));
        }

        var publicHash = Lab.infoHash(ofPublic);
        capture.await(
                "hears everything of the public torrent",
                () -> Optional.of(heardOf(publicHash)).filter(EVERYTHING::equals));
        assertThat(heardOf(Lab.infoHash(ofPrivate))).containsExactly("handshake");
    }
}
