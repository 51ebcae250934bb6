package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;
import weft.fuzz.Cost;
import weft.fuzz.Seeds;

/** Any bytes from a tracker, as an answer and as an HTTP reply with one in it: bounded, and safe to show, or refused. */
class TrackerAnswerFuzz {

    /** Small, so that what unpacks to more is within the fuzzer's reach. */
    private static final int MAX_BODY = 4096;

    static Stream<byte[]> seeds() {
        return Seeds.hex("http_tracker.json", "responses").flatMap(TrackerAnswerFuzz::dressed);
    }

    /** An answer bare, and in each kind of reply. */
    private static Stream<byte[]> dressed(byte[] answer) {
        var gzip = new ByteArrayOutputStream();
        var deflate = new ByteArrayOutputStream();
        try (var zipper = new GZIPOutputStream(gzip);
                var deflater = new DeflaterOutputStream(deflate)) {
            zipper.write(answer);
            deflater.write(answer);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Stream.of(
                answer,
                reply("HTTP/1.1 200 OK\r\nContent-Length: " + answer.length + "\r\n\r\n", answer, ""),
                reply("HTTP/1.0 302 Moved\r\nLocation: /x\r\nContent-Encoding: gzip\r\n\r\n", gzip.toByteArray(), ""),
                reply(
                        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n",
                        deflate.toByteArray(),
                        ""),
                reply(
                        "HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(answer.length)
                                + ";a=b\r\n",
                        answer,
                        "\r\n0\r\n\r\n"));
    }

    private static byte[] reply(String before, byte[] body, String after) {
        var reply = new ByteArrayOutputStream();
        reply.writeBytes(before.getBytes(StandardCharsets.US_ASCII));
        reply.writeBytes(body);
        reply.writeBytes(after.getBytes(StandardCharsets.US_ASCII));
        return reply.toByteArray();
    }

    @Timeout(20)
    @MethodSource("seeds")
    @FuzzTest
    void readsOrRefuses(byte[] input) throws IOException {
        Cost.atMost(1000, input.length, () -> {
            readAnswer(input);
            readReply(input);
        });
    }

    private static void readReply(byte[] input) throws IOException {
        HttpReply reply;
        try {
            reply = HttpReply.read(new ByteArrayInputStream(input), MAX_BODY);
        } catch (IOException e) {
            return; // the connection is dropped, whatever was wrong with it
        }
        assertThat(reply.body()).hasSizeLessThanOrEqualTo(MAX_BODY);
        assertShowable(reply.statusText());
        if (reply.isRedirect()) {
            assertThat(reply.location()).doesNotContain("\n");
        }
        readAnswer(reply.body());
    }

    private static void readAnswer(byte[] answer) {
        try {
            var announced = HttpAnswers.announce(answer, InetAddress.getLoopbackAddress());
            assertThat(announced.peers())
                    .hasSizeLessThanOrEqualTo(HttpAnswers.MAX_PEERS)
                    .allSatisfy(peer -> assertThat(peer.getPort()).isPositive());
            assertThat(List.of(announced.interval(), announced.minInterval()))
                    .allSatisfy(time -> assertThat(time).isBetween(Duration.ofSeconds(1), AnnounceIntervals.LONGEST));
            announced.warning().ifPresent(TrackerAnswerFuzz::assertShowable);
        } catch (TrackerException e) {
            assertShowable(e.getMessage());
        }
        try {
            assertThat(HttpAnswers.scrape(answer).swarms().keySet())
                    .allSatisfy(hash -> assertThat(hash.length()).isEqualTo(20));
        } catch (TrackerException e) {
            assertShowable(e.getMessage());
        }
    }

    private static void assertShowable(String text) {
        assertThat(text).hasSizeLessThan(1000);
        assertThat(text.codePoints().filter(Character::isISOControl)).isEmpty();
    }
}
