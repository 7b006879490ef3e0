package org.tornadomor.cli;

import java.io.PrintWriter;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.IgnoreKeyOption;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.cli.options.NamedConfig;
import org.tornadomor.model.Flops;
import org.tornadomor.model.LayerMap;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterCount;
import org.tornadomor.model.Presets;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointDescription;
import org.tornadomor.terminal.Figures;
import org.tornadomor.terminal.Layout;
import org.tornadomor.terminal.TextTable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code tornado-mor params}: what models cost. */
@Command(
        name = "params",
        description = "Shows the parameters and FLOPs of models.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor params                                   every preset",
            "  tornado-mor params 360m-mor2 360m-mor3 --budget 16.5e18",
            "  tornado-mor params runs/demo --context 256 --json",
        })
final class ParamsCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "MODEL",
            arity = "0..*",
            description =
                    "Name of a preset, folder of a checkpoint or run, file of GGUF or llama2.c, or config.json. Default:"
                            + " every preset.")
    private List<String> models = List.of();

    @Option(
            names = "--context",
            paramLabel = "T",
            description = "Tokens of a sequence; attention costs more on longer ones. Default: the model's longest.")
    private Integer context;

    @ArgGroup(exclusive = false)
    private Budget budget;

    @Mixin
    private JsonOption json;

    @Mixin
    private IgnoreKeyOption ignored;

    /** A training run by its cost. */
    private static final class Budget {
        @Option(
                names = "--budget",
                required = true,
                paramLabel = "FLOPS",
                description = "Forward FLOPs to spend, such as 16.5e18; shows the optimiser steps that it pays for.")
        private double flops;

        @Option(
                names = "--batch-tokens",
                paramLabel = "N",
                defaultValue = "2097152",
                description = "Tokens of an optimiser step. Default: ${DEFAULT-VALUE}.")
        private long batchTokens;
    }

    @Override
    public void run() {
        if (budget != null && !(budget.flops > 0 && budget.flops <= Double.MAX_VALUE && budget.batchTokens > 0)) {
            throw new UserError("--budget " + budget.flops + " with --batch-tokens " + budget.batchTokens
                    + " makes no steps; give positive numbers");
        }
        UnknownKeys unknown = ignored.unknown(spec.commandLine().getErr());
        List<NamedConfig> configs = (models.isEmpty() ? Presets.names() : models)
                .stream().map(name -> NamedConfig.of(name, unknown)).toList();
        PrintWriter out = spec.commandLine().getOut();
        if (json.wanted()) {
            JsonOption.print(out, json(configs));
        } else {
            table(configs).print(out);
            out.println();
            Layout.paragraph(
                    out,
                    "Non-embedding parameters count shared weights once. FLOPs are for a token: forward as the paper counts"
                            + " budgets, training as utilisation is counted (three passes, head included).");
        }
    }

    private ArrayNode json(List<NamedConfig> configs) {
        ArrayNode array = JsonOption.object().putArray("models");
        for (NamedConfig model : configs) {
            ModelConfig config = model.config();
            ParameterCount count = ParameterCount.of(config);
            int tokens = model.context(context);
            Flops flops = new Flops(config, tokens);
            ObjectNode object = array.addObject();
            object.put("model", model.name());
            object.put("kind", CheckpointDescription.kind(config));
            object.put("layers", config.numLayers());
            object.put("weight_sets", new LayerMap(config).numWeightSets());
            object.put("recursions", config.recursions());
            ObjectNode parameters = object.putObject("parameters");
            parameters.put("embedding", count.embedding());
            parameters.put("non_embedding", count.nonEmbedding());
            parameters.put("routers", count.routers());
            parameters.put("total", count.total());
            object.put("context", tokens);
            JsonOption.put(object, "active_share", flops.plannedShare());
            object.put("forward_flops_per_token", flops.forwardPerToken());
            object.put("training_flops_per_token", flops.trainingPerToken());
            if (budget != null) {
                object.put("budget", budget.flops);
                object.put("batch_tokens", budget.batchTokens);
                object.put("steps", flops.steps(budget.flops, budget.batchTokens));
            }
        }
        return array;
    }

    private TextTable table(List<NamedConfig> configs) {
        TextTable table = new TextTable(
                "model",
                "layers",
                "stored",
                "non-embedding",
                "embedding",
                "routers",
                "total",
                "context",
                "forward",
                "training",
                budget == null ? "" : "steps");
        for (NamedConfig model : configs) {
            ModelConfig config = model.config();
            ParameterCount count = ParameterCount.of(config);
            int tokens = model.context(context);
            Flops flops = new Flops(config, tokens);
            table.row(
                    model.name(),
                    Integer.toString(config.numLayers()),
                    Integer.toString(new LayerMap(config).numWeightSets()),
                    Figures.grouped(count.nonEmbedding()),
                    Figures.grouped(count.embedding()),
                    Figures.grouped(count.routers()),
                    Figures.grouped(count.total()),
                    Integer.toString(tokens),
                    Figures.scaled(flops.forwardPerToken()),
                    Figures.scaled(flops.trainingPerToken()),
                    budget == null ? "" : Figures.grouped(flops.steps(budget.flops, budget.batchTokens)));
        }
        return table;
    }
}
