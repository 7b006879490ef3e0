package org.tornadomor.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.tornadomor.Counts;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.convert.ConversionPlan;
import org.tornadomor.convert.Initialisation;
import org.tornadomor.convert.Residual;
import org.tornadomor.model.LayerMap;
import org.tornadomor.model.LoraTarget;
import org.tornadomor.model.ParameterCount;
import org.tornadomor.terminal.Figures;
import org.tornadomor.terminal.TextTable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a conversion did, for people and for programs.
 *
 * @param residuals what the shared matrix and the low-rank factors leave, for each matrix that has such factors
 * @param losses null where no text was measured
 */
record ConversionReport(ConversionPlan plan, Initialisation initialisation, List<Residual> residuals, Losses losses) {
    /**
     * Mean cross-entropies of a predicted token, in nats, before any training.
     *
     * @param tokens that were predicted
     * @param original loss of the original model
     * @param train loss of the converted model, routed as in training
     * @param causal loss of the converted model, routed as in generation
     */
    record Losses(long tokens, double original, double train, double causal) {}

    void print(PrintWriter target, boolean json, Path folder) {
        if (json) {
            JsonOption.print(target, toJson(folder));
        } else {
            parameters().print(target);
            target.println();
            layers().print(target);
            if (!plan.unused().isEmpty()) {
                target.println("Not used: original layer " + list(plan.unused()));
            }
            if (!residuals.isEmpty()) {
                target.println();
                residualTable().print(target);
            }
            if (losses != null) {
                target.println();
                lossTable().print(target);
            }
        }
        target.flush();
    }

    private TextTable parameters() {
        ParameterCount before = ParameterCount.of(plan.source());
        ParameterCount after = ParameterCount.of(plan.target());
        TextTable table = new TextTable("parameters", "original", "converted", "share");
        count(table, "layers and norms", before.nonEmbedding(), after.nonEmbedding());
        if (plan.target().lora() != null) {
            count(table, "  of these, low-rank factors", 0, ParameterCount.lowRank(plan.target()));
        }
        count(table, "embedding and head", before.embedding(), after.embedding());
        if (after.routers() > 0) {
            count(table, "routers", 0, after.routers());
        }
        return count(table, "all", before.total(), after.total());
    }

    private static TextTable count(TextTable table, String name, long before, long after) {
        return table.row(
                name,
                Figures.grouped(before),
                Figures.grouped(after),
                before == 0 ? "" : Figures.percentages((double) after / before));
    }

    private TextTable layers() {
        TextTable table = new TextTable("layer", "recursion", "weights", "stands for", "begins with");
        for (ConversionPlan.Place place : plan.places()) {
            table.row(
                    Integer.toString(place.layer()),
                    place.recursion() == 0 ? "-" : Integer.toString(place.recursion()),
                    Integer.toString(place.weightSet()),
                    Integer.toString(place.original()),
                    (place.sources().size() > 1 ? "mean of " : "") + list(place.sources()));
        }
        return table;
    }

    private static String list(List<Integer> layers) {
        return layers.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    /**
     * A line for each layer, a column for each map: the norm that the shared matrix misses, without and with the low-rank
     * factors.
     */
    private TextTable residualTable() {
        List<LoraTarget> targets = plan.target().lora().targets();
        List<String> headings = new ArrayList<>(List.of("norm that is missing"));
        targets.forEach(target -> headings.add(target.spelling()));
        TextTable table = new TextTable(headings.toArray(String[]::new));
        Map<Integer, List<Residual>> byLayer =
                residuals.stream().collect(Collectors.groupingBy(Residual::layer, TreeMap::new, Collectors.toList()));
        byLayer.forEach((layer, of) -> {
            row(table, "layer " + layer + ", shared alone", of, Residual::shared);
            row(table, "layer " + layer + ", with factors", of, Residual::left);
        });
        return table;
    }

    private static void row(TextTable table, String name, List<Residual> of, ToDoubleFunction<Residual> share) {
        List<String> cells = new ArrayList<>(List.of(name));
        of.forEach(residual -> cells.add(Figures.percentages(share.applyAsDouble(residual))));
        table.row(cells.toArray(String[]::new));
    }

    private TextTable lossTable() {
        TextTable table = new TextTable("loss on " + Counts.of(losses.tokens(), "token"), "nats a token");
        table.row("original", Figures.fixed(losses.original()));
        if (plan.target().router().looksAhead()) {
            table.row("converted, routed as in training", Figures.fixed(losses.train()));
            return table.row("converted, routed as in generation", Figures.fixed(losses.causal()));
        }
        return table.row("converted", Figures.fixed(losses.causal()));
    }

    private ObjectNode toJson(Path folder) {
        ObjectNode json = JsonOption.object();
        json.put("out", folder.toString());
        json.put("init", initialisation.spelling());
        json.put("sharing", plan.target().mor().sharing().spelling());
        json.put("router", plan.target().router().spelling());
        json.put("recursions", plan.target().recursions());
        json.put("weight_sets", new LayerMap(plan.target()).numWeightSets());
        add(json.putObject("parameters_before"), ParameterCount.of(plan.source()));
        add(json.putObject("parameters_after"), ParameterCount.of(plan.target()));
        ArrayNode layers = json.putArray("layers");
        for (ConversionPlan.Place place : plan.places()) {
            ObjectNode layer = layers.addObject();
            layer.put("layer", place.layer());
            layer.put("recursion", place.recursion());
            layer.put("weight_set", place.weightSet());
            layer.put("original", place.original());
            place.sources().forEach(layer.putArray("begins_with")::add);
        }
        ArrayNode shares = json.putArray("residuals");
        for (Residual residual : residuals) {
            ObjectNode share = shares.addObject();
            share.put("layer", residual.layer());
            share.put("target", residual.target().spelling());
            share.put("rank", residual.rank());
            share.put("shared", residual.shared());
            share.put("left", residual.left());
        }
        plan.unused().forEach(json.putArray("unused")::add);
        if (losses != null) {
            ObjectNode loss = json.putObject("loss");
            loss.put("tokens", losses.tokens());
            loss.put("original", losses.original());
            loss.put("converted_train", losses.train());
            loss.put("converted_causal", losses.causal());
        }
        return json;
    }

    private static void add(ObjectNode json, ParameterCount count) {
        json.put("embedding", count.embedding());
        json.put("non_embedding", count.nonEmbedding());
        json.put("routers", count.routers());
        json.put("total", count.total());
    }
}
