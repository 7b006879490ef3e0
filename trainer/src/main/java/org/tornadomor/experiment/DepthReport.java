package org.tornadomor.experiment;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.tornadomor.Counts;
import org.tornadomor.files.AsideFile;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Tables and plots of a {@link DepthStudy}: {@code depth.md}, {@code depth.json}, a plot for each model, and {@code depth.html}. */
public final class DepthReport {
    private static final String TITLE = "Depth by difficulty";
    private static final List<String> HEADINGS = List.of(
            "to predict",
            "tokens",
            "depth",
            "depth, causal",
            "above trivial",
            "above trivial, causal",
            "loss",
            "loss, causal");

    private final List<DepthStudy.Group> groups;

    /** The report of some groups. */
    public DepthReport(List<DepthStudy.Group> groups) {
        this.groups = List.copyOf(groups);
    }

    /** A table for each model, by its name; the first row is the headings. */
    public Map<String, List<List<String>>> tables() {
        Map<String, List<List<String>>> tables = new LinkedHashMap<>();
        for (int i = 0; i < groups.size(); i++) {
            DepthStudy.Group group = groups.get(i);
            List<List<String>> rows = new ArrayList<>();
            rows.add(HEADINGS);
            group.classes().forEach(its -> rows.add(row(its)));
            tables.put(heading(i), rows);
        }
        return tables;
    }

    /** Groups of the same kind, as with other settings of the router, are told apart by their place. */
    private String heading(int index) {
        DepthStudy.Group group = groups.get(index);
        long alike =
                groups.stream().filter(g -> g.label().equals(group.label())).count();
        return (alike > 1 ? index + 1 + ". " : "") + group.label() + ", " + Counts.of(group.runs(), "run");
    }

    private static List<String> row(DepthStudy.ClassDepth its) {
        return List.of(
                its.name(),
                String.format(Locale.ROOT, "%,d", its.tokens()),
                its.depth().text("%.3f"),
                its.depthCausal().text("%.3f"),
                its.more().text("%.3f"),
                its.moreCausal().text("%.3f"),
                its.loss().text("%.3f"),
                its.lossCausal().text("%.3f"));
    }

    /**
     * Writes all files into a folder.
     *
     * @throws org.tornadomor.UserError if the disk refuses
     */
    public void write(Path folder) {
        Map<String, Chart> charts = new LinkedHashMap<>();
        for (int i = 0; i < groups.size(); i++) {
            charts.put("depth-" + (i + 1) + ".svg", chart(heading(i), groups.get(i)));
        }
        charts.forEach((file, chart) -> AsideFile.writeText(folder.resolve(file), chart.svg()));
        AsideFile.writeText(folder.resolve("depth.md"), markdown(charts));
        AsideFile.writeText(
                folder.resolve("depth.json"),
                JsonMapper.shared()
                                .writer()
                                .with(SerializationFeature.INDENT_OUTPUT)
                                .writeValueAsString(groups)
                        + "\n");
        AsideFile.writeText(folder.resolve("depth.html"), Page.html(TITLE, tables(), charts));
    }

    private static Chart chart(String heading, DepthStudy.Group group) {
        List<String> names =
                group.classes().stream().map(DepthStudy.ClassDepth::name).toList();
        return Chart.overNames(heading, "what the token has to predict", "mean recursions of a token", names)
                .add("as in training", false, points(group, DepthStudy.ClassDepth::depth))
                .add("causal", true, points(group, DepthStudy.ClassDepth::depthCausal));
    }

    private static List<Chart.Point> points(DepthStudy.Group group, Function<DepthStudy.ClassDepth, Interval> value) {
        List<Chart.Point> points = new ArrayList<>();
        for (int i = 0; i < group.classes().size(); i++) {
            Interval interval = value.apply(group.classes().get(i));
            points.add(Chart.Point.of(i, interval));
        }
        return points;
    }

    private String markdown(Map<String, Chart> charts) {
        StringBuilder text = new StringBuilder("# " + TITLE + "\n\n");
        text.append("Mean recursions of tokens by what they have to predict, on ")
                .append(groups.getFirst().documents())
                .append(
                        " made-up texts that no run was trained on; ± is half of the 95 % interval, over the runs of a model, or"
                                + " over the texts where there is one run. \"Above trivial\" is the difference to filler, paired.\n");
        tables().forEach((heading, rows) -> {
            text.append("\n## ").append(heading).append("\n\n");
            Page.markdown(text, rows);
        });
        text.append('\n');
        charts.keySet().forEach(file -> text.append("![](").append(file).append(")\n"));
        return text.toString();
    }
}
