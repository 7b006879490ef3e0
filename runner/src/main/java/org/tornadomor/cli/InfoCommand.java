package org.tornadomor.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.tornadomor.Counts;
import org.tornadomor.cli.options.IgnoreKeyOption;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.cli.options.WeightsOption;
import org.tornadomor.files.Checksums;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.language.ModelFolders;
import org.tornadomor.model.LayerMap;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.WeightMemory;
import org.tornadomor.model.io.CheckpointDescription;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.terminal.Figures;
import org.tornadomor.terminal.Layout;
import org.tornadomor.tokenizer.ByteTokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code tornado-mor info}: what a folder holds. */
@Command(
        name = "info",
        description = "Says what a checkpoint or the folder of a run is, and checks that its tensors are all there.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor info runs/demo             the run's latest checkpoint",
            "  tornado-mor info path/to/a/llama --json",
        })
final class InfoCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = "Folder of a checkpoint or run, or a file of GGUF or llama2.c.")
    private Path folder;

    @Mixin
    private JsonOption json;

    @Mixin
    private IgnoreKeyOption ignored;

    @Override
    public void run() {
        Path checkpoint = ModelFolders.checkpoint(folder);
        CheckpointDescription description;
        try (CheckpointFolder opened = CheckpointSource.open(
                checkpoint, ignored.unknown(spec.commandLine().getErr()))) {
            description = opened.describe();
            Checksums.verify(opened.folder());
        }
        boolean run = !checkpoint.equals(folder);
        PrintWriter out = spec.commandLine().getOut();
        if (json.wanted()) {
            JsonOption.print(out, json(description, run));
            return;
        }
        Layout.keyValues(out, lines(description, run));
    }

    private Map<String, String> lines(CheckpointDescription it, boolean run) {
        ModelConfig config = it.config();
        Map<String, String> lines = new LinkedHashMap<>();
        if (run) {
            lines.put("run", folder + ", of which this is the newest checkpoint");
        }
        lines.put("checkpoint", it.folder().toString());
        lines.put("model", it.kind());
        lines.put(
                "layers",
                config.numLayers() + " unrolled, " + new LayerMap(config).numWeightSets() + " stored, hidden size "
                        + config.hiddenSize() + ", " + Counts.of(config.numHeads(), "head") + ", " + config.numKvHeads()
                        + " for keys and values");
        if (config.mor() != null) {
            lines.put("recursion", recursion(config.mor()));
        }
        lines.put("vocabulary", Figures.grouped(config.vocabSize()) + (config.tieEmbeddings() ? ", tied head" : ""));
        String more = config.architecture().described();
        if (!more.isEmpty()) {
            lines.put("beyond a plain Llama", more);
        }
        lines.put("positions", positions(config));
        lines.put(
                "parameters",
                Figures.grouped(it.parameters().total()) + ", of them "
                        + Figures.grouped(it.parameters().nonEmbedding()) + " non-embedding and "
                        + Figures.grouped(it.parameters().routers()) + " in routers");
        lines.put(
                "weights",
                Counts.of(it.tensors(), "tensor") + ", " + types(it) + ", " + Figures.scaled(it.bytes()) + "B in "
                        + Counts.of(it.files().size(), "file"));
        lines.put(
                "in memory",
                WeightMemory.of(config).entrySet().stream()
                        .map(entry ->
                                Figures.scaled(entry.getValue()) + "B as " + WeightsOption.spelling(entry.getKey()))
                        .collect(Collectors.joining(", ")));
        lines.put("tokenizer", tokenizer(it));
        lines.put("resumable", it.resumable() ? "yes" : "no");
        it.metadata().forEach((key, value) -> lines.put("metadata " + key, value));
        return lines;
    }

    private static String tokenizer(CheckpointDescription it) {
        if (it.tokenizer()) {
            return CheckpointFolder.TOKENIZER_FILE;
        }
        return it.config().vocabSize() == ByteTokenizer.VOCAB_SIZE
                ? "bytes, which need no file"
                : "none: the model reads and writes ids";
    }

    private static String positions(ModelConfig config) {
        String positions = Figures.grouped(config.maxPositions());
        return config.longestSequence() == config.maxPositions()
                ? positions
                : positions + ", sequences up to " + Figures.grouped(config.longestSequence());
    }

    private static String recursion(MorConfig mor) {
        String keys = "keys and values " + mor.kv().spelling();
        if (mor.router().hasExitThreshold()) {
            String leave = mor.exitThreshold() < 1
                    ? "at a probability of " + mor.exitThreshold() + " of having left"
                    : "behind the last recursion, unless --exit-threshold is given";
            return "exit gate, new tokens leave " + leave + ", " + keys;
        }
        if (!mor.router().routes()) {
            return keys;
        }
        return mor.routerArch().spelling() + " router, "
                + mor.routerActivation().spelling() + ", " + mor.gating().spelling() + " gate, " + keys;
    }

    private static String types(CheckpointDescription description) {
        return String.join(" and ", description.elements().keySet());
    }

    private ObjectNode json(CheckpointDescription it, boolean run) {
        ObjectNode object = JsonOption.object();
        if (run) {
            object.put("run", folder.toString());
        }
        object.put("checkpoint", it.folder().toString());
        object.put("kind", it.kind());
        object.put("family", it.config().architecture().family().modelType());
        ObjectNode parameters = object.putObject("parameters");
        parameters.put("embedding", it.parameters().embedding());
        parameters.put("non_embedding", it.parameters().nonEmbedding());
        parameters.put("routers", it.parameters().routers());
        parameters.put("total", it.parameters().total());
        object.put("tensors", it.tensors());
        ObjectNode elements = object.putObject("elements");
        it.elements().forEach((type, count) -> elements.put(type, count));
        object.put("bytes", it.bytes());
        ObjectNode memory = object.putObject("memory");
        WeightMemory.of(it.config()).forEach((type, bytes) -> memory.put(WeightsOption.spelling(type), bytes));
        object.put("tokenizer", it.tokenizer());
        object.put("resumable", it.resumable());
        ObjectNode metadata = object.putObject("metadata");
        it.metadata().forEach(metadata::put);
        object.set("config", JsonMapper.shared().readTree(it.config().toJson()));
        return object;
    }
}
