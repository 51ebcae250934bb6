package weft.lan;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import weft.metainfo.InfoHash;

class AnnounceScheduleTest {
    private static final long START = Long.MAX_VALUE - Duration.ofMinutes(2).toNanos(); // clocks of nanoseconds wrap

    private final AnnounceSchedule schedule = new AnnounceSchedule(START);

    private static List<InfoHash> torrents(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> InfoHash.parse(String.format("%040x", i)))
                .toList();
    }

    private static long after(Duration time) {
        return START + time.toNanos();
    }

    @Test
    void aTorrentIsAnnouncedAtOnceAndEveryFiveMinutes() {
        schedule.update(torrents(1), START);

        assertThat(schedule.next(START)).isEqualTo(torrents(1));
        assertThat(schedule.next(START)).isEmpty();
        assertThat(schedule.nanosUntilNext(START))
                .isEqualTo(Duration.ofMinutes(5).toNanos());
        assertThat(schedule.next(after(Duration.ofSeconds(299)))).isEmpty();
        assertThat(schedule.next(after(Duration.ofMinutes(5)))).isEqualTo(torrents(1));
    }

    @Test
    void fiveTorrentsHaveAMessageEach() {
        schedule.update(torrents(5), START);

        var all = new ArrayList<InfoHash>();
        for (var next = schedule.next(START); !next.isEmpty(); next = schedule.next(START)) {
            assertThat(next).hasSize(1);
            all.addAll(next);
        }

        assertThat(all).containsExactlyInAnyOrderElementsOf(torrents(5));
    }

    @Test
    void moreThanFiveShareMessages() {
        schedule.update(torrents(30), START);

        assertThat(schedule.next(START)).hasSize(LocalAnnounce.MAX_TORRENTS);
        assertThat(schedule.next(START)).hasSize(30 - LocalAnnounce.MAX_TORRENTS);
        assertThat(schedule.next(START)).isEmpty();
    }

    @Test
    void notMoreThanOneMessageAMinuteHoweverManyTorrentsThereAre() {
        schedule.update(torrents(1000), START);
        int messages = 0;
        Map<InfoHash, Integer> announced = new HashMap<>();
        int minutes = 120;

        for (long now = START;
                now - after(Duration.ofMinutes(minutes)) < 0;
                now += Math.max(1, schedule.nanosUntilNext(now))) {
            for (var next = schedule.next(now); !next.isEmpty(); next = schedule.next(now)) {
                messages++;
                next.forEach(torrent -> announced.merge(torrent, 1, Integer::sum));
            }
        }

        assertThat(messages).isEqualTo(AnnounceSchedule.BURST + minutes - 1);
        assertThat(announced.keySet()).isEqualTo(new HashSet<>(torrents(1000)));
        assertThat(announced.values()).allMatch(times -> times == 2 || times == 3 || times == 4);
    }

    @Test
    void aTorrentThatComesLaterIsNotKeptWaitingByThoseThatWereAnnounced() {
        schedule.update(torrents(1), START);
        schedule.next(START);
        long later = after(Duration.ofSeconds(10));

        schedule.update(torrents(2), later);

        assertThat(schedule.next(later)).isEqualTo(torrents(2).subList(1, 2));
    }

    @Test
    void whatIsDueSoonGoesWithWhatIsDue() {
        schedule.update(torrents(6), START);
        schedule.next(START);
        long later = after(Duration.ofSeconds(30));
        schedule.update(torrents(7), later);
        assertThat(schedule.next(later)).isEqualTo(torrents(7).subList(6, 7));

        assertThat(schedule.next(after(Duration.ofMinutes(5)))).containsExactlyInAnyOrderElementsOf(torrents(7));
    }

    @Test
    void whoHasGoneIsNotAnnounced() {
        schedule.update(torrents(2), START);
        schedule.update(torrents(1), START);

        assertThat(schedule.next(START)).isEqualTo(torrents(1));
        assertThat(schedule.next(START)).isEmpty();
    }

    @Test
    void inANewNetworkAllAreDueAgain() {
        schedule.update(torrents(1), START);
        schedule.next(START);

        schedule.again(START);

        assertThat(schedule.next(START)).isEqualTo(torrents(1));
    }
}
