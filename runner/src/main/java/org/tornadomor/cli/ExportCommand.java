package org.tornadomor.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.IgnoreKeyOption;
import org.tornadomor.cli.options.LoadedModel;
import org.tornadomor.cli.options.NoEffect;
import org.tornadomor.cli.options.OutputFile;
import org.tornadomor.cli.options.WeightType;
import org.tornadomor.files.Checksums;
import org.tornadomor.formats.Llama2cVocabulary;
import org.tornadomor.formats.gguf.GgmlType;
import org.tornadomor.formats.gguf.GgufExport;
import org.tornadomor.formats.gguf.GgufVocabulary;
import org.tornadomor.model.Family;
import org.tornadomor.model.io.CheckpointFolder;
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
                    + " layers it takes; no plain model does that. Of them, --format hf writes a copy with a page that explains"
                    + " the format, and the other formats are refused."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor export runs/recursive --format hf --out llama",
            "  tornado-mor export runs/recursive --format hf --dtype bfloat16 --out llama",
            "  tornado-mor export runs/relaxed --format hf --merge --out llama",
            "  tornado-mor export runs/vanilla --format gguf --type q8_0 --out model.gguf",
            "  tornado-mor export runs/vanilla --format llama2c --out model.bin",
        })
final class ExportCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = "Folder of a checkpoint or run, or a file of GGUF or llama2.c.")
    private Path model;

    @Option(
            names = "--format",
            required = true,
            paramLabel = "FORMAT",
            description =
                    "hf: a Hugging Face folder for the transformers library, with the tokenizer and generation_config.json."
                            + " gguf: the file of llama.cpp, with tokenizer and chat template."
                            + " llama2c: the float32 file (version 0) of llama2.c, with tokenizer.bin beside it.")
    private Format format;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "PATH",
            description = "hf: a new folder. gguf and llama2c: a new file.")
    private Path out;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            description = "float32, float16 or bfloat16; hf only. Default: as in the checkpoint.")
    private WeightType dtype;

    @Option(
            names = "--merge",
            description = "Multiply the low-rank factors of each layer into its matrices, which a plain Llama needs.")
    private boolean merge;

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            description =
                    "f32, f16, bf16 or q8_0 (8 bits, with a scale for each 32 weights), for matrices; gguf only. Default: as"
                            + " in the checkpoint.")
    private Matrices type;

    @Mixin
    private IgnoreKeyOption ignored;

    private enum Format {
        HF,
        GGUF,
        LLAMA2C
    }

    private enum Matrices {
        F32,
        F16,
        BF16,
        Q8_0
    }

    @Override
    public void run() {
        requireItsOptions();
        OutputFile.requireNoneOfRun(out);
        try (CheckpointFolder checkpoint =
                LoadedModel.open(model, ignored.unknown(spec.commandLine().getErr()))) {
            OutputFile.requireOutsideModel(out, checkpoint.path());
            if (format != Format.HF) {
                OutputFile.requireNew(out);
            }
            Checksums.verify(checkpoint.folder());
            boolean copies = format == Format.HF && !PlainLlama.computes(checkpoint.config());
            NoEffect.of(spec)
                    .when(() -> checkpoint.config().lora() == null, "the model has no low-rank factors", "--merge")
                    .when(() -> copies, "no plain Llama computes the model, which is copied as it is", "--merge");
            if (copies) {
                copy(checkpoint);
                return;
            }
            PlainLlama plain = new PlainLlama(checkpoint, merge);
            try (Tokenizer tokenizer = tokenizer(checkpoint)) {
                // Checkpoints of earlier versions leave it to their tokenizer which tokens begin and end texts.
                TextBoundaries texts = TextBoundaries.of(checkpoint.folder(), tokenizer);
                switch (format) {
                    case HF ->
                        HuggingFaceExport.write(
                                plain,
                                checkpoint.folder(),
                                out,
                                WeightType.or(dtype, plain.dtype()),
                                texts.generation());
                    case GGUF -> gguf(plain, checkpoint, texts);
                    case LLAMA2C -> llama2c(plain, checkpoint, texts);
                }
            }
            say("Wrote a " + plain.config().architecture().family().title() + " of "
                    + Counts.of(plain.config().numLayers(), "layer") + " to " + out);
        }
    }

    private void requireItsOptions() {
        if (format == Format.LLAMA2C && dtype != null && dtype != WeightType.FLOAT32) {
            throw new UserError("--dtype " + dtype.name().toLowerCase(Locale.ROOT)
                    + " does not go with --format llama2c, which is float32; leave it out");
        }
        if (format == Format.GGUF && dtype != null) {
            throw new UserError("--dtype is for --format hf; give --type with f32, f16, bf16 or q8_0");
        }
        if (format != Format.GGUF && type != null) {
            throw new UserError("--type is for --format gguf; "
                    + (format == Format.HF ? "give --dtype with float32, float16 or bfloat16" : "leave it out"));
        }
    }

    /** Copies, as it is, a model that no plain Llama can compute. */
    private void copy(CheckpointFolder checkpoint) {
        try (Tokenizer tokenizer = tokenizer(checkpoint)) {
            TextBoundaries texts = TextBoundaries.of(checkpoint.folder(), tokenizer);
            HuggingFaceExport.copy(checkpoint, out, WeightType.or(dtype, checkpoint.dtype()), texts.generation());
        }
        Family family = checkpoint.config().architecture().family();
        if (family != Family.MOR) {
            say("Wrote the " + family.title() + " as it is to " + out);
            return;
        }
        HuggingFaceExport.explain(out);
        say("Wrote the model as it is to " + out + ": no plain Llama computes the same; " + HuggingFaceExport.README
                + " there explains the format");
    }

    private void gguf(PlainLlama plain, CheckpointFolder checkpoint, TextBoundaries texts) {
        GgmlType stored = type == null ? GgmlType.valueOf(plain.dtype().name()) : GgmlType.valueOf(type.name());
        boolean named = texts.tokenizer() != null;
        GgufVocabulary vocabulary =
                named ? GgufVocabulary.of(checkpoint.folder(), plain.config().vocabSize(), texts) : null;
        String name =
                String.valueOf(checkpoint.path().toAbsolutePath().normalize().getFileName());
        List<String> other = GgufExport.write(plain, name, vocabulary, out, stored);
        if (!other.isEmpty()) {
            say("Note: " + other.stream().limit(3).collect(Collectors.joining(", "))
                    + (other.size() > 3 ? " and " + (other.size() - 3) + " more" : "")
                    + " are F16, since their rows are no multiple of 32");
        }
        noteLost("GGUF", vocabulary == null ? texts.ends() : vocabulary.lostEnds());
    }

    private void llama2c(PlainLlama plain, CheckpointFolder checkpoint, TextBoundaries texts) {
        Path file = Llama2cVocabulary.beside(out);
        if (file.equals(out)) {
            throw new UserError("--out " + out + " is the name of the tokenizer beside a model; choose another");
        }
        Llama2cVocabulary vocabulary = null;
        String why = null;
        try {
            vocabulary =
                    Llama2cVocabulary.of(checkpoint.folder(), plain.config().vocabSize(), texts);
        } catch (UserError e) {
            why = e.getMessage();
        }
        // A vocabulary of another model in this file would be taken for the vocabulary of this model.
        if (vocabulary == null || !vocabulary.isIn(file)) {
            OutputFile.requireNew(file);
        }
        Llama2cExport.write(plain, out);
        if (vocabulary == null) {
            say("Note: no tokenizer.bin is written, since " + why + "; llama2.c needs one beside the model");
        } else {
            vocabulary.write(file);
            noteLost("llama2.c", vocabulary.lostEnds());
        }
        noteEpsilon(plain.config().rmsNormEps());
    }

    private void noteLost(String program, List<Integer> ends) {
        if (!ends.isEmpty()) {
            say("Note: " + program + " has no place for the end token"
                    + (ends.size() == 1 ? " " : "s ")
                    + ends.stream().map(String::valueOf).collect(Collectors.joining(", "))
                    + ", at which texts end here and not there");
        }
    }

    private void say(String line) {
        spec.commandLine().getErr().println(line);
    }

    private static Tokenizer tokenizer(CheckpointFolder checkpoint) {
        return Tokenizers.forCheckpoint(checkpoint.folder(), checkpoint.config().vocabSize())
                .orElse(null);
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
