package org.tornadomor.cli;

import java.nio.file.Path;
import java.util.Locale;
import org.tornadomor.UserError;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checksums;
import org.tornadomor.model.io.DType;
import org.tornadomor.model.io.GenerationConfig;
import org.tornadomor.model.io.HuggingFaceExport;
import org.tornadomor.model.io.Llama2cExport;
import org.tornadomor.model.io.PlainLlama;
import org.tornadomor.tokenizer.TextBoundaries;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tornado-mor export}: a model as other programs read it. */
@Command(
        name = "export",
        description = {
            "Writes a vanilla or recursive model for programs that know plain models of the Llama family.",
            "Layers that share weights are written once for each use. Models with a router decide for each token how many"
                    + " layers it takes; no plain model does that, so they are refused."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor export runs/recursive --format hf --out llama",
            "  tornado-mor export runs/recursive --format hf --dtype bfloat16 --out llama",
            "  tornado-mor export runs/relaxed --format hf --merge --out llama",
            "  tornado-mor export runs/vanilla --format llama2c --out model.bin",
        })
final class ExportCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "Folder of a checkpoint or run.")
    private Path model;

    @Option(
            names = "--format",
            required = true,
            paramLabel = "FORMAT",
            description =
                    "hf: a Hugging Face folder for LlamaForCausalLM or the class of its family, with the tokenizer and generation_config.json."
                            + " llama2c: the float32 file (version 0) of llama2.c.")
    private Format format;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "PATH",
            description = "hf: a new folder. llama2c: a file, replaced if it is there.")
    private Path out;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            description = "float32, float16 or bfloat16; hf only. Default: as in the checkpoint.")
    private Type dtype;

    @Option(
            names = "--merge",
            description = "Multiply the low-rank factors of each layer into its matrices, which a plain Llama needs.")
    private boolean merge;

    @Mixin
    private IgnoreKeyOption ignored;

    private enum Format {
        HF,
        LLAMA2C
    }

    private enum Type {
        FLOAT32(DType.F32),
        FLOAT16(DType.F16),
        BFLOAT16(DType.BF16);

        final DType stored;

        Type(DType stored) {
            this.stored = stored;
        }
    }

    @Override
    public void run() {
        if (format == Format.LLAMA2C && dtype != null && dtype != Type.FLOAT32) {
            throw new UserError("--dtype " + dtype.name().toLowerCase(Locale.ROOT)
                    + " does not go with --format llama2c, which is float32; leave it out");
        }
        OutputFile.requireNoneOfRun(out);
        try (CheckpointFolder checkpoint =
                LoadedModel.open(model, ignored.unknown(spec.commandLine().getErr()))) {
            OutputFile.requireOutsideModel(out, checkpoint.folder());
            Checksums.verify(checkpoint.folder());
            NoEffect.of(spec)
                    .when(() -> checkpoint.config().lora() == null, "the model has no low-rank factors", "--merge");
            PlainLlama plain = new PlainLlama(checkpoint, merge);
            switch (format) {
                case HF ->
                    HuggingFaceExport.write(
                            plain,
                            checkpoint.folder(),
                            out,
                            dtype == null ? plain.dtype() : dtype.stored,
                            generation(checkpoint));
                case LLAMA2C -> {
                    Llama2cExport.write(plain, out);
                    noteEpsilon(plain.config().rmsNormEps());
                }
            }
            spec.commandLine()
                    .getErr()
                    .println("Wrote a " + plain.config().architecture().family().title() + " of "
                            + plain.config().numLayers() + " layers to " + out);
        }
    }

    /** Which tokens begin and end texts; checkpoints of earlier versions leave it to their tokenizer. */
    private static GenerationConfig generation(CheckpointFolder checkpoint) {
        try (Tokenizer tokenizer = Tokenizers.forCheckpoint(
                        checkpoint.folder(), checkpoint.config().vocabSize())
                .orElse(null)) {
            return TextBoundaries.of(checkpoint.folder(), tokenizer).generation();
        }
    }

    private void noteEpsilon(double eps) {
        if (eps != Llama2cExport.RMS_NORM_EPS) {
            spec.commandLine()
                    .getErr()
                    .println("Note: llama2.c computes with rms_norm_eps " + Llama2cExport.RMS_NORM_EPS + " where this"
                            + " model has " + eps + "; its logits differ a little");
        }
    }
}
