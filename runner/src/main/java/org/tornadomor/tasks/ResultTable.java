package org.tornadomor.tasks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The scores as a table in Markdown, as the harness prints it; with both modes side by side. */
public final class ResultTable {
    private static final String MISSING = "N/A";

    private final List<ModeResult> modes;
    private final List<String[]> rows = new ArrayList<>();

    /** @param modes one or two results of the same tasks */
    public ResultTable(List<ModeResult> modes) {
        this.modes = modes;
    }

    /** The lines of the table of scores. */
    public List<String> scores() {
        scoreRows();
        return lines(6);
    }

    /** The cells of the table of scores, headings first; columns of signs have none. */
    public List<String[]> scoreRows() {
        rows.clear();
        List<String> headings = new ArrayList<>(List.of("Tasks", "Version", "Filter", "n-shot", "Metric", ""));
        for (ModeResult mode : modes) {
            headings.addAll(List.of(modes.size() == 1 ? "Value" : mode.mode().label(), "", "Stderr"));
        }
        rows.add(headings.toArray(String[]::new));
        modes.getFirst().trees().forEach(tree -> add(tree, 0));
        double average = modes.getFirst().paperAverage();
        if (!Double.isNaN(average)) {
            List<String> cells = new ArrayList<>(List.of("average of the paper", "", "", "", "", "\u2191"));
            modes.forEach(mode -> cells.addAll(List.of(figure(mode.paperAverage()), "", "")));
            rows.add(cells.toArray(String[]::new));
        }
        return List.copyOf(rows);
    }

    private void add(TaskTree tree, int level) {
        String indent = level == 0 ? "" : " ".repeat(level) + "- ";
        if (tree instanceof TaskTree.Leaf leaf) {
            PreparedTask prepared =
                    modes.getFirst().tasks().get(leaf.task().name()).prepared();
            List<Map<Metric, Score>> scores = modes.stream()
                    .map(mode -> mode.tasks().get(leaf.task().name()).scores())
                    .toList();
            add(indent + leaf.task().alias(), leaf.task().version(), String.valueOf(prepared.shots()), scores);
        } else if (tree instanceof TaskTree.Group group) {
            List<Map<Metric, Score>> scores =
                    modes.stream().map(mode -> mode.scores(group)).toList();
            add(indent + group.alias(), group.version(), shots(group), scores);
            group.members().forEach(member -> add(member, level + 1));
        }
    }

    private String shots(TaskTree.Group group) {
        List<Integer> shots = group.tasks().stream()
                .map(task ->
                        modes.getFirst().tasks().get(task.name()).prepared().shots())
                .distinct()
                .toList();
        return shots.size() == 1 ? String.valueOf(shots.getFirst()) : "";
    }

    private void add(String name, String version, String shots, List<Map<Metric, Score>> scores) {
        String shownName = name;
        String shownVersion = version;
        Map<String, Metric> sorted = new TreeMap<>();
        scores.getFirst().keySet().forEach(metric -> sorted.put(metric.label(), metric));
        if (sorted.isEmpty()) {
            rows.add(row(name, version, "", "", null, List.of()));
        }
        for (Metric metric : sorted.values()) {
            rows.add(row(
                    shownName,
                    shownVersion,
                    "none",
                    shots,
                    metric,
                    scores.stream().map(own -> own.get(metric)).toList()));
            shownName = "";
            shownVersion = "";
        }
    }

    private String[] row(String name, String version, String filter, String shots, Metric metric, List<Score> scores) {
        List<String> cells = new ArrayList<>(List.of(name, version, filter, shots));
        cells.add(metric == null ? "" : metric.label());
        cells.add(metric == null ? "" : metric.higherIsBetter() ? "\u2191" : "\u2193");
        for (int i = 0; i < modes.size(); i++) {
            boolean any = i < scores.size();
            cells.add(any ? figure(scores.get(i).value()) : "");
            cells.add(any ? "\u00b1" : "");
            cells.add(any ? figure(scores.get(i).error()) : "");
        }
        return cells.toArray(String[]::new);
    }

    private static String figure(double value) {
        return Double.isNaN(value) ? MISSING : String.format(Locale.ROOT, "%.4f", value);
    }

    /**
     * The lines of a table of recursions: of the tokens from which something was predicted, of those of documents that were answered
     * rightly and wrongly, and of all tokens.
     */
    public List<String> depths() {
        depthRows();
        return lines(2);
    }

    /** The cells of the table of recursions, headings first. */
    public List<String[]> depthRows() {
        rows.clear();
        rows.add(new String[] {"Tasks", "Mode", "depth", "right", "wrong", "with context"});
        for (String name : modes.getFirst().tasks().keySet()) {
            for (ModeResult mode : modes) {
                TaskResult.DepthFigures depths = mode.tasks().get(name).depths();
                rows.add(new String[] {
                    mode == modes.getFirst() ? name : "",
                    mode.mode().label(),
                    figure(depths.predicting().mean()),
                    figure(depths.right().mean()),
                    figure(depths.wrong().mean()),
                    figure(depths.all().mean())
                });
            }
        }
        return List.copyOf(rows);
    }

    /** @param left columns of words; the others are numbers */
    private List<String> lines(int left) {
        int[] widths = new int[rows.getFirst().length];
        for (String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        List<String> lines = new ArrayList<>();
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder("|");
            for (int i = 0; i < row.length; i++) {
                String space = " ".repeat(widths[i] - row[i].length());
                line.append(i < left ? row[i] + space : space + row[i]).append('|');
            }
            lines.add(line.toString());
            if (lines.size() == 1) {
                StringBuilder rule = new StringBuilder("|");
                for (int i = 0; i < widths.length; i++) {
                    String dashes = "-".repeat(Math.max(1, widths[i] - 1));
                    rule.append(widths[i] < 2 ? dashes : i < left ? "-" + dashes : dashes + ":")
                            .append('|');
                }
                lines.add(rule.toString());
            }
        }
        return lines;
    }
}
