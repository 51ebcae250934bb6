import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Prints one line of coverage out of JaCoCo's CSV report: {@code java Coverage.java jacoco.csv}. */
final class Coverage {
    public static void main(String[] args) throws IOException {
        var report = Path.of(args[0]);
        if (!Files.exists(report)) {
            System.out.println("Coverage: not measured (no " + report + ")");
            return;
        }
        var lines = Files.readAllLines(report);
        System.out.println("Coverage: %s of lines, %s of branches (by class: %s)"
                .formatted(percent(lines, "LINE"), percent(lines, "BRANCH"), report.resolveSibling("index.html")));
    }

    private static String percent(List<String> lines, String counter) {
        var columns = List.of(lines.get(0).split(","));
        int missedColumn = columns.indexOf(counter + "_MISSED");
        int coveredColumn = columns.indexOf(counter + "_COVERED");
        long missed = 0;
        long covered = 0;
        for (var line : lines.subList(1, lines.size())) {
            var cells = line.split(",");
            missed += Long.parseLong(cells[missedColumn]);
            covered += Long.parseLong(cells[coveredColumn]);
        }
        return "%.1f %%".formatted(covered * 100.0 / Math.max(1, missed + covered));
    }
}
