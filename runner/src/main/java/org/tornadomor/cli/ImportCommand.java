package org.tornadomor.cli;

import java.nio.file.Path;
import org.tornadomor.Counts;
import org.tornadomor.cli.options.IgnoreKeyOption;
import org.tornadomor.cli.options.OutputFile;
import org.tornadomor.cli.options.WeightType;
import org.tornadomor.files.Checksums;
import org.tornadomor.files.DType;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.language.ModelFolders;
import org.tornadomor.model.io.CheckpointDescription;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.HuggingFaceExport;
import org.tornadomor.tokenizer.TextBoundaries;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tornado-mor import}: a folder of ours from a model of another program. */
@Command(
        name = "import",
        description = {
            "Makes a checkpoint folder of a model in another format.",
            "It takes GGUF, llama2.c, a Hugging Face folder, or one of the official code of Mixture-of-Recursions.",
            "Commands that take a model take such files directly as well; a folder loads faster, and can be changed."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor import smollm-135m-q8_0.gguf -o smollm",
            "  tornado-mor import stories15M.bin --tokenizer tokenizer.bin -o stories",
            "  tornado-mor import path/to/a/llama --dtype bfloat16 -o llama",
        })
final class ImportCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "MODEL",
            description = "A file of GGUF or llama2.c, or a folder with safetensors or pytorch_model.bin.")
    private Path model;

    @Option(
            names = {"-o", "--out"},
            required = true,
            paramLabel = "DIR",
            description = "A new folder.")
    private Path out;

    @Option(
            names = "--tokenizer",
            paramLabel = "FILE",
            description = "The tokenizer.bin of a file of llama2.c. Default: the one beside it.")
    private Path tokenizer;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            description = "float32, float16 or bfloat16. Default: as in the file; float32 for weights of fewer bits.")
    private WeightType dtype;

    @Mixin
    private IgnoreKeyOption ignored;

    @Override
    public void run() {
        OutputFile.requireNoneOfRun(out);
        try (CheckpointFolder checkpoint = CheckpointSource.open(
                ModelFolders.checkpoint(model),
                tokenizer,
                ignored.unknown(spec.commandLine().getErr()))) {
            OutputFile.requireOutsideModel(out, checkpoint.path());
            Checksums.verify(checkpoint.folder());
            DType stored = WeightType.or(dtype, checkpoint.dtype());
            boolean named;
            try (Tokenizer own = Tokenizers.forCheckpoint(
                            checkpoint.folder(), checkpoint.config().vocabSize())
                    .orElse(null)) {
                named = own != null;
                TextBoundaries texts = TextBoundaries.of(checkpoint.folder(), own);
                HuggingFaceExport.copy(checkpoint, out, stored, texts.generation());
            }
            spec.commandLine()
                    .getErr()
                    .println("Imported " + checkpoint.path() + ": " + CheckpointDescription.kind(checkpoint.config())
                            + ", "
                            + Counts.of(checkpoint.describe().parameters().total(), "parameter") + " as "
                            + WeightType.label(stored) + (named ? "" : ", without a tokenizer") + ", to " + out);
        }
    }
}
