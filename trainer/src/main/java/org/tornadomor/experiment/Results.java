package org.tornadomor.experiment;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.tornadomor.files.AsideFile;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tables and plots of an experiment: {@code results.md}, {@code results.csv}, {@code results.json}, a plot for each size and
 * question, and all of it in {@code index.html}. Where there are several seeds, means over them with 95 % intervals.
 */
public final class Results {
    private static final String CAUSAL_LOSS = "held-out loss, nats a token (causal)";
    private static final String LOSS = "held-out loss, nats a token";

    private final Grid grid;
    private final String name;
    private final List<CellResult> cells;
    private final List<Verdict> verdicts;

    /** The results of some runs of a grid. */
    public Results(Grid grid, List<CellResult> cells) {
        this.grid = grid;
        this.name = grid.name();
        this.cells = List.copyOf(cells);
        this.verdicts = Verdict.of(grid.claims(), this.cells);
    }

    /** The runs of one model, size and budget, one for each seed. */
    private record Group(String size, String model, double budget, List<CellResult> seeds) {
        Interval of(ToDoubleFunction<CellResult> value) {
            return Interval.of(seeds.stream().mapToDouble(value).toArray());
        }

        CellResult first() {
            return seeds.getFirst();
        }

        /** The mean over the seeds, with the lowest and the highest. */
        Chart.Point point(double x, ToDoubleFunction<CellResult> value) {
            DoubleSummaryStatistics all = seeds.stream().mapToDouble(value).summaryStatistics();
            return new Chart.Point(x, all.getAverage(), all.getMin(), all.getMax());
        }

        /** The causal loss above that of another model, seed by seed, since runs of one seed take the same samples first. */
        Interval above(Group other) {
            return Interval.of(seeds.stream()
                    .flatMapToDouble(one -> other.seeds.stream()
                            .filter(its -> its.seed() == one.seed())
                            .mapToDouble(its -> one.lossCausal() - its.lossCausal()))
                    .toArray());
        }
    }

    private List<Group> groups() {
        Map<List<Object>, List<CellResult>> groups = new LinkedHashMap<>();
        for (CellResult cell : cells) {
            groups.computeIfAbsent(List.of(cell.size(), cell.budget(), cell.model()), key -> new ArrayList<>())
                    .add(cell);
        }
        return groups.values().stream()
                .map(seeds -> new Group(
                        seeds.getFirst().size(),
                        seeds.getFirst().model(),
                        seeds.getFirst().budget(),
                        seeds))
                .toList();
    }

    private List<String> sizes() {
        return cells.stream().map(CellResult::size).distinct().toList();
    }

    /**
     * Writes all files into a folder.
     *
     * @throws org.tornadomor.UserError if the disk refuses
     */
    public void write(Path folder) {
        Map<String, Chart> charts = charts();
        charts.forEach((file, chart) -> AsideFile.writeText(folder.resolve(file), chart.svg()));
        AsideFile.writeText(folder.resolve("results.csv"), csv());
        AsideFile.writeText(folder.resolve("results.json"), json());
        AsideFile.writeText(folder.resolve("results.md"), markdown(charts));
        Map<String, List<List<String>>> tables = tables();
        tables.putAll(claimTables());
        AsideFile.writeText(folder.resolve("index.html"), Page.html(name, tables, charts));
    }

    private static final List<String> HEADINGS = List.of(
            "model",
            "parameters",
            "budget",
            "FLOPs",
            "steps",
            "tokens",
            "loss",
            "loss, causal",
            "gap",
            "against the first model, causal",
            "depth",
            "depth, causal",
            "seconds",
            "memory",
            "seeds");

    /** A table for each size. */
    Map<String, List<List<String>>> tables() {
        Map<String, List<List<String>>> tables = new LinkedHashMap<>();
        for (String size : sizes()) {
            List<List<String>> rows = new ArrayList<>();
            rows.add(HEADINGS);
            Map<Double, Group> first = new HashMap<>();
            for (Group group : groups()) {
                if (group.size.equals(size)) {
                    first.putIfAbsent(group.budget, group);
                    rows.add(row(group, first.get(group.budget)));
                }
            }
            tables.put(size, rows);
        }
        return tables;
    }

    private static final List<String> CLAIM_HEADINGS =
            List.of("model", "loss, causal", "above the expected best, seed by seed", "worse in", "seeds");

    /** A table for each claim, size and budget, with what came out in its heading. */
    private Map<String, List<List<String>>> claimTables() {
        Map<String, List<List<String>>> tables = new LinkedHashMap<>();
        for (Verdict verdict : verdicts) {
            List<List<String>> rows = new ArrayList<>();
            rows.add(CLAIM_HEADINGS);
            rows.add(List.of(
                    verdict.claim().best(),
                    verdict.loss().text("%.4f"),
                    "",
                    "",
                    Long.toString(verdict.loss().count())));
            for (Verdict.Other other : verdict.others()) {
                rows.add(List.of(
                        other.model(),
                        other.loss().text("%.4f"),
                        other.above().text("%+.4f"),
                        Long.toString(other.worse()),
                        Long.toString(other.above().count())));
            }
            tables.put(
                    verdict.claim().text() + " (" + verdict.size() + ", " + Cell.label(verdict.budget()) + " "
                            + grid.unit().words() + "): " + verdict.text(),
                    rows);
        }
        return tables;
    }

    private static List<String> row(Group group, Group reference) {
        CellResult first = group.first();
        return List.of(
                group.model,
                String.format(Locale.ROOT, "%,d", first.nonEmbedding()),
                Cell.label(group.budget),
                Cell.label(first.flops()),
                String.format(Locale.ROOT, "%,d", first.steps()),
                String.format(Locale.ROOT, "%,d", first.tokens()),
                group.of(CellResult::loss).text("%.4f"),
                group.of(CellResult::lossCausal).text("%.4f"),
                group.of(CellResult::gap).text("%.4f"),
                group == reference ? "" : group.above(reference).text("%+.4f"),
                group.of(CellResult::meanDepth).text("%.2f"),
                group.of(CellResult::meanDepthCausal).text("%.2f"),
                String.format(Locale.ROOT, "%.1f", group.of(CellResult::seconds).mean()),
                String.format(
                        Locale.ROOT,
                        "%.1f MB",
                        group.of(CellResult::memoryBytes).mean() / 1e6),
                Integer.toString(group.seeds.size()));
    }

    private String markdown(Map<String, Chart> charts) {
        StringBuilder text = new StringBuilder("# " + name + "\n\n");
        text.append(
                "Losses are nats a token on held-out text, routed as in training and as in generation (causal); FLOPs are"
                        + " forward FLOPs as the paper counts them; parameters are those outside the embedding, shared ones once;"
                        + " seconds are those of the training steps, and memory is all of the engine's."
                        + " With several seeds: mean ± half of the 95 % interval;"
                        + " differences to the first model are those of the same seed. Bars in plots go from the lowest seed to the"
                        + " highest.\n");
        tables().forEach((size, rows) -> {
            text.append("\n## ").append(size).append("\n\n");
            Page.markdown(text, rows);
        });
        if (!verdicts.isEmpty()) {
            text.append("\n## Claims\n\n");
            claimTables().forEach((claim, rows) -> {
                text.append("### ").append(claim).append("\n\n");
                Page.markdown(text, rows);
                text.append('\n');
            });
        }
        text.append('\n');
        charts.forEach((file, chart) -> text.append("![](").append(file).append(")\n"));
        return text.toString();
    }

    private String csv() {
        StringBuilder text = new StringBuilder(
                "size,model,seed,budget,flops,steps,tokens,parameters,non_embedding,loss,"
                        + "loss_causal,bytes_per_token,mean_depth,mean_depth_causal,dead_token_ratio,seconds,memory_bytes\n");
        for (CellResult c : cells) {
            List<Object> values = new ArrayList<>(List.of(
                    c.size(), c.model(), c.seed(), c.budget(), c.flops(), c.steps(), c.tokens(), c.parameters()));
            values.addAll(List.of(
                    c.nonEmbedding(),
                    c.loss(),
                    c.lossCausal(),
                    c.bytesPerToken(),
                    c.meanDepth(),
                    c.meanDepthCausal(),
                    c.deadTokenRatio() == null ? "" : c.deadTokenRatio(),
                    c.seconds(),
                    c.memoryBytes()));
            text.append(String.join(",", values.stream().map(Objects::toString).toList()))
                    .append('\n');
        }
        return text.toString();
    }

    private String json() {
        ObjectNode root = JsonMapper.shared().createObjectNode();
        root.put("name", name);
        ArrayNode runs = root.putArray("runs");
        cells.forEach(cell -> runs.add(((ObjectNode) JsonMapper.shared().valueToTree(cell)).without("config")));
        if (!verdicts.isEmpty()) {
            ArrayNode claims = root.putArray("claims");
            verdicts.forEach(verdict -> claims.addObject()
                    .put("claim", verdict.claim().text())
                    .put("size", verdict.size())
                    .put("budget", verdict.budget())
                    .put("verdict", verdict.text())
                    .putPOJO("others", verdict.others()));
        }
        return JsonMapper.shared()
                        .writer()
                        .with(SerializationFeature.INDENT_OUTPUT)
                        .writeValueAsString(root)
                + "\n";
    }

    private Map<String, Chart> charts() {
        Map<String, Chart> charts = new LinkedHashMap<>();
        for (String size : sizes()) {
            List<Group> groups =
                    groups().stream().filter(g -> g.size.equals(size)).toList();
            long budgets = groups.stream().mapToDouble(Group::budget).distinct().count();
            if (budgets == 1) {
                charts.put("models-" + size + ".svg", models(size, groups));
            } else {
                charts.put("loss-" + size + ".svg", overBudgets(size, groups));
                charts.put("gap-" + size + ".svg", gaps(size, groups));
            }
            charts.put("time-" + size + ".svg", overTime(size, groups));
        }
        return charts;
    }

    /** The chart for a single budget: a place for each model. */
    private Chart models(String size, List<Group> groups) {
        List<String> names = groups.stream().map(Group::model).toList();
        Chart chart = Chart.overNames(
                size + ": loss at " + Cell.label(groups.getFirst().budget) + " "
                        + grid.unit().words(),
                "model",
                LOSS,
                names);
        List<Chart.Point> train = new ArrayList<>();
        List<Chart.Point> causal = new ArrayList<>();
        for (int i = 0; i < groups.size(); i++) {
            train.add(groups.get(i).point(i, CellResult::loss));
            causal.add(groups.get(i).point(i, CellResult::lossCausal));
        }
        return chart.add("as in training", false, train).add("causal", true, causal);
    }

    private Chart overBudgets(String size, List<Group> groups) {
        String equal = grid.unit() == Grid.Unit.TOKENS ? "tokens" : "compute";
        Chart chart = Chart.over(size + ": loss at equal " + equal, grid.unit().words(), CAUSAL_LOSS, true);
        byModel(groups)
                .forEach((model, own) -> chart.add(
                        model,
                        false,
                        own.stream()
                                .map(g -> g.point(g.budget, CellResult::lossCausal))
                                .toList()));
        return chart;
    }

    private Chart gaps(String size, List<Group> groups) {
        Chart chart = Chart.over(
                size + ": what causal routing costs",
                grid.unit().words(),
                "causal loss minus loss routed as in training",
                true);
        byModel(groups)
                .forEach((model, own) -> chart.add(
                        model,
                        false,
                        own.stream()
                                .map(g -> g.point(g.budget, CellResult::gap))
                                .toList()));
        return chart;
    }

    private static Chart overTime(String size, List<Group> groups) {
        Chart chart = Chart.over(size + ": loss over time", "seconds of training", CAUSAL_LOSS, true);
        byModel(groups)
                .forEach((model, own) -> chart.add(
                        model,
                        false,
                        own.stream()
                                .map(g -> g.point(g.of(CellResult::seconds).mean(), CellResult::lossCausal))
                                .toList()));
        return chart;
    }

    private static Map<String, List<Group>> byModel(List<Group> groups) {
        Map<String, List<Group>> models = new LinkedHashMap<>();
        groups.forEach(group ->
                models.computeIfAbsent(group.model, key -> new ArrayList<>()).add(group));
        return models;
    }
}
