package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import weft.bencode.BString;
import weft.metainfo.InfoHash;

/** Trackers of the test's own, which keep a transcript; those that nothing was said about answer. */
final class FakeTrackerClient implements TrackerClient {
    /** What a tracker does with an announce. */
    interface Behaviour {
        AnnounceResponse announce(IpFamily family, AnnounceRequest request)
                throws TrackerException, InterruptedException;
    }

    private final Map<String, Behaviour> behaviours = new ConcurrentHashMap<>();
    private final Map<String, Set<IpFamily>> families = new ConcurrentHashMap<>();
    private final LinkedBlockingQueue<String> transcript = new LinkedBlockingQueue<>();

    static AnnounceResponse answer(InetSocketAddress... peers) {
        return new AnnounceResponse(
                Duration.ofMinutes(30),
                Duration.ofMinutes(1),
                List.of(peers),
                OptionalInt.of(3),
                OptionalInt.of(4),
                OptionalInt.of(5),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    static AnnounceResponse answerWithId(String trackerId) {
        var plain = answer();
        return new AnnounceResponse(
                plain.interval(),
                plain.minInterval(),
                plain.peers(),
                plain.complete(),
                plain.incomplete(),
                plain.downloaded(),
                plain.externalIp(),
                plain.answeredBy(),
                Optional.of("be kind"),
                Optional.of(BString.of(trackerId)));
    }

    static Behaviour failing(String message) {
        return (family, request) -> {
            throw new TrackerException(TrackerException.Kind.UNREACHABLE, message);
        };
    }

    static Behaviour hanging() {
        return (family, request) -> {
            new CountDownLatch(1).await();
            return answer();
        };
    }

    void set(String url, Behaviour behaviour) {
        behaviours.put(url, behaviour);
    }

    void setFamilies(String url, IpFamily... some) {
        families.put(url, EnumSet.copyOf(List.of(some)));
    }

    /** The next line of the transcript, waiting for it. */
    String next() throws InterruptedException {
        var line = transcript.poll(10, TimeUnit.SECONDS);
        assertThat(line).as("another announce").isNotNull();
        return line;
    }

    /** The next lines of the transcript, in any order. */
    List<String> next(int count) throws InterruptedException {
        var lines = new ArrayList<String>();
        while (lines.size() < count) {
            lines.add(next());
        }
        return lines;
    }

    /** Says that nobody was asked since the last line that was taken. */
    void assertQuiet() {
        assertThat(transcript).isEmpty();
    }

    @Override
    public boolean speaks(String scheme) {
        return scheme.equals("http");
    }

    @Override
    public Set<IpFamily> families(String url) {
        return families.getOrDefault(url, EnumSet.of(IpFamily.IPV4));
    }

    @Override
    public AnnounceResponse announce(String url, IpFamily family, AnnounceRequest request, Duration patience)
            throws TrackerException, InterruptedException {
        var totals = request.totals();
        var trackerId = request.trackerId().map(id -> " id=" + id.utf8()).orElse("");
        transcript.add(url.substring("http://".length())
                + (family == IpFamily.IPV6 ? " over IPv6 " : " ")
                + request.event()
                + " up=" + totals.uploaded()
                + " down=" + totals.downloaded()
                + " left=" + totals.left()
                + " want=" + request.numWant()
                + trackerId);
        return behaviours.getOrDefault(url, (f, r) -> answer()).announce(family, request);
    }

    @Override
    public ScrapeResponse scrape(String url, List<InfoHash> infoHashes, Duration patience) {
        throw new UnsupportedOperationException("nobody scrapes here");
    }
}
