package weft.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import weft.Diagnosis;
import weft.Diagnosis.Evidence;

class ProgressLinesTest {
    private static final String NAME = "debian-13.1.0-amd64-netinst.iso";

    private final ProgressLines lines = new ProgressLines(Glyphs.UNICODE, false);

    @Test
    void wideTerminalShowsEverything() {
        assertThat(lines.block(Views.downloading(NAME), 99))
                .containsExactly(
                        NAME,
                        "42.3 %  ↓  85 MiB/s  ↑ 1.2 MiB/s  12 peers (3 seeds)  5 s left  279 MiB of 659 MiB",
                        "█".repeat(42) + "·".repeat(57));
    }

    @Test
    void usualTerminalLeavesOutWhatMattersLeast() {
        assertThat(lines.block(Views.downloading(NAME), 79))
                .containsExactly(
                        NAME,
                        "42.3 %  ↓  85 MiB/s  ↑ 1.2 MiB/s  12 peers (3 seeds)  5 s left",
                        "█".repeat(33) + "▒" + "·".repeat(45));
    }

    @Test
    void narrowTerminalKeepsProgressAndRate() {
        assertThat(lines.block(Views.downloading(NAME), 29))
                .containsExactly(
                        "debian-13.1.0-…64-netinst.iso",
                        "42.3 %  ↓  85 MiB/s  5 s left",
                        "█".repeat(12) + "░" + "·".repeat(16));
    }

    @Test
    void everyLineFitsEveryWidth() {
        for (int columns = 20; columns < 140; columns++) {
            for (var view : List.of(
                    Views.downloading("日本 " + NAME),
                    Views.stalled(NAME, "no peers known; tracker http://tracker.example/announce: timed out"),
                    Views.seeding(NAME),
                    Views.checking(NAME))) {
                int width = columns - 1;
                assertThat(lines.screen(List.of(view, view), new Terminal.Size(columns, 24)))
                        .allSatisfy(line -> assertThat(Text.columns(line)).isLessThanOrEqualTo(width));
            }
        }
    }

    @Test
    void asciiTerminalGetsAscii() {
        var ascii = new ProgressLines(Glyphs.ASCII, false);

        assertThat(ascii.block(Views.downloading(NAME), 79))
                .containsExactly(
                        NAME,
                        "42.3 %  down  85 MiB/s  up 1.2 MiB/s  12 peers (3 seeds)  5 s left",
                        "#".repeat(33) + "+" + ".".repeat(45));
    }

    @Test
    void whatDoesNotMoveSaysWhy() {
        assertThat(lines.block(Views.stalled(NAME, "no peers known"), 79))
                .hasSize(4)
                .contains("42.3 %  ↓     0 B/s  ↑     0 B/s  12 peers (3 seeds)  279 MiB of 659 MiB")
                .endsWith("no peers known");
    }

    @Test
    void whoSeeksMetadataInVainIsToldWhatWasTried() {
        var view = Views.fetching(
                NAME,
                Optional.of("no peers are known"),
                new Evidence("udp://tracker.example:1337/announce?key=secret", "Connection\n refused"),
                new Evidence("DHT", "no node has answered yet"));
        var tried = "tried udp://tracker.example:1337 (Connection? refused), DHT (no node has answered yet)";

        assertThat(lines.plain(view)).isEqualTo(NAME + ": fetching metadata, 12 peers (3 seeds); " + tried);
        assertThat(lines.block(view, 99))
                .containsExactly(NAME, "fetching metadata  12 peers (3 seeds)", tried, "no peers are known");
        assertThat(lines.plain(Views.fetching(NAME, Optional.empty()))).doesNotContain("tried");
        assertThat(ProgressLines.tried(new Diagnosis(
                        Diagnosis.Cause.PEERS_UNREACHABLE,
                        "",
                        Collections.nCopies(12, new Evidence("192.0.2.7:1", "gone")))))
                .endsWith("192.0.2.7:1 (gone) and 2 more");
    }

    @Test
    void everyStateHasItsFigures() {
        assertThat(lines.block(Views.seeding(NAME), 79).get(1))
                .isEqualTo("seeding  ↑     0 B/s  12 peers (3 seeds)  3.0 MiB sent");
        assertThat(lines.block(Views.checking(NAME), 79).get(1))
                .isEqualTo("25.0 %  checking what is there  no good pieces");
        assertThat(lines.block(Views.full(NAME), 79).get(1)).isEqualTo("42.3 %  waiting for room on the disk");
        assertThat(lines.block(Views.failed(NAME), 79).get(1)).isEqualTo("42.3 %  stopped by an error");
    }

    @Test
    void manyTorrentsGetALineEach() {
        var views = IntStream.range(0, 30)
                .mapToObj(i -> Views.downloading("torrent " + i))
                .toList();

        assertThat(lines.screen(views.subList(0, 7), new Terminal.Size(80, 24))).hasSize(21);
        assertThat(lines.screen(views.subList(0, 8), new Terminal.Size(80, 24)))
                .hasSize(8)
                .startsWith("42.3 %  ↓  85 MiB/s  ↑ 1.2 MiB/s  torrent 0");
        assertThat(lines.line(Views.stalled("torrent", "no peers are known"), 79))
                .isEqualTo("42.3 %  ↓     0 B/s  ↑     0 B/s  torrent: no peers are known");
        assertThat(lines.screen(views, new Terminal.Size(80, 24))).hasSize(23).endsWith("... and 8 more");
    }

    @Test
    void plainLineHasWordsForArrows() {
        assertThat(lines.plain(Views.downloading(NAME)))
                .isEqualTo(NAME + ": 42.3 %, 85 MiB/s down, 1.2 MiB/s up, 12 peers (3 seeds), 5 s left, "
                        + "279 MiB of 659 MiB");
        var stalled = Views.stalled(NAME, "no peers known");
        assertThat(lines.plain(stalled)).endsWith("279 MiB of 659 MiB");
        assertThat(ProgressLines.plainComplaint(stalled, stalled.complaint().orElseThrow()))
                .isEqualTo(NAME + ": nothing moves: no peers known");
    }

    @Test
    void coloursChangeNoWidth() {
        var coloured = new ProgressLines(Glyphs.UNICODE, true).block(Views.stalled(NAME, "no peers"), 79);

        assertThat(coloured.stream().map(line -> line.replaceAll("\033\\[[0-9;]*m", "")))
                .isEqualTo(lines.block(Views.stalled(NAME, "no peers"), 79));
        assertThat(coloured.getFirst()).isEqualTo("\033[1m" + NAME + "\033[0m");
    }
}
