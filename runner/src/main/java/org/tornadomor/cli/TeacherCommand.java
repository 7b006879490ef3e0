package org.tornadomor.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.EngineChoice;
import org.tornadomor.cli.options.EngineOptions;
import org.tornadomor.cli.options.IgnoreKeyOption;
import org.tornadomor.cli.options.Installation;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.cli.options.LoadedModel;
import org.tornadomor.cli.options.NoEffect;
import org.tornadomor.cli.options.OutputFile;
import org.tornadomor.cli.options.TrainOptions;
import org.tornadomor.data.PreparedCorpus;
import org.tornadomor.engine.Engine;
import org.tornadomor.files.Checksums;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.terminal.Progress;
import org.tornadomor.trainer.TeacherManifest;
import org.tornadomor.trainer.TeacherWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code tornado-mor teacher}: what a model says of a corpus, for many runs to learn from. */
@Command(
        name = "teacher",
        description = {
            "Writes, for each token of a prepared corpus, the likeliest next tokens as a model sees them, so that runs learn from"
                    + " it without running it (train --distill DIR).",
            "Interrupted at any point, the same command goes on; of what is complete it compares the checksums.",
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor teacher --model llama --data corpora/jdk -o corpora/jdk-llama",
            "  tornado-mor train --init relaxed --data corpora/jdk --distill corpora/jdk-llama",
        })
final class TeacherCommand implements Runnable {
    private static final double NANOS = 1e9;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "MODEL",
            description =
                    "The teacher: folder of a checkpoint or run, or a file of GGUF or llama2.c, with the tokenizer of"
                            + " the corpus. A router decides as in generation.")
    private Path model;

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DIR",
            description = "A folder of 'data prepare', whose training part is taken.")
    private Path data;

    @Option(
            names = {"-o", "--out"},
            required = true,
            paramLabel = "DIR",
            description = "The folder to fill: new, empty, or of an interrupted attempt.")
    private Path out;

    @Option(
            names = "--top-k",
            paramLabel = "K",
            defaultValue = "64",
            description = "How many tokens to write; all others together are one class. Default: ${DEFAULT-VALUE}.")
    private int topK;

    @Option(
            names = "--context",
            paramLabel = "T",
            defaultValue = "256",
            description = "Tokens of a sample, as the runs will have it. Default: ${DEFAULT-VALUE}, as that of train.")
    private int context;

    @Option(
            names = "--across-documents",
            description = "Let attention cross from one document to the next within a sample, as the runs will.")
    private boolean acrossDocuments;

    @Option(
            names = TrainOptions.KD_TEMPERATURE,
            paramLabel = "T",
            defaultValue = "1",
            description = "What probabilities are softened by, as the runs will have it. Default: ${DEFAULT-VALUE}.")
    private double temperature;

    @Mixin
    private EngineOptions engineOptions;

    @Mixin
    private JsonOption json;

    @Mixin
    private IgnoreKeyOption ignored;

    @Override
    public void run() {
        NoEffect.of(spec).when(() -> true, "what a teacher says is not reported on", EngineChoice.REPORT);
        TeacherWriter.Settings settings = new TeacherWriter.Settings(topK, context, acrossDocuments, temperature);
        UnknownKeys unknown = ignored.unknown(spec.commandLine().getErr());
        PreparedCorpus corpus = PreparedCorpus.open(data);
        try (CheckpointFolder checkpoint = LoadedModel.open(model, unknown)) {
            OutputFile.requireOutsideModel(out, checkpoint.path());
            requireOutsideCorpus();
            Checksums.verify(checkpoint.folder());
            TeacherWriter writer = TeacherWriter.open(out, checkpoint, model, corpus, settings);
            long before = writer.manifest().finished();
            double seconds = write(writer);
            report(writer.manifest(), before, seconds);
        }
    }

    private void requireOutsideCorpus() {
        if (out.toAbsolutePath().normalize().startsWith(data.toAbsolutePath().normalize())) {
            throw new UserError(
                    "--out " + out + " lies in " + data + ", the corpus that is read; choose another place");
        }
    }

    private double write(TeacherWriter writer) {
        TeacherManifest manifest = writer.manifest();
        long missing = manifest.samples() - manifest.finished();
        if (missing == 0) {
            return 0;
        }
        PrintWriter err = spec.commandLine().getErr();
        if (manifest.finished() > 0) {
            err.printf(Locale.ROOT, "going on behind %,d of %,d samples%n", manifest.finished(), manifest.samples());
            err.flush();
        }
        try (Engine engine = engineOptions.open();
                Progress progress = Progress.start("teacher", "tok", missing * manifest.context())) {
            long began = System.nanoTime();
            writer.write(engine, samples -> progress.advance((long) samples * manifest.context()));
            return (System.nanoTime() - began) / NANOS;
        }
    }

    private void report(TeacherManifest manifest, long before, double seconds) {
        PrintWriter results = spec.commandLine().getOut();
        long tokens = manifest.samples() * manifest.context();
        long written = (manifest.samples() - before) * manifest.context();
        if (json.wanted()) {
            ObjectNode object = JsonOption.object();
            object.put("out", out.toString());
            object.put("samples", manifest.samples());
            object.put("tokens", tokens);
            object.put("written", written);
            object.put("top_k", manifest.topK());
            object.put("context", manifest.context());
            object.put("shards", manifest.shards().size());
            object.put("mass", manifest.mass());
            object.put("seconds", seconds);
            JsonOption.print(results, object);
        } else {
            results.printf(
                    Locale.ROOT,
                    "%s: %s in samples of %d, %s, the %d likeliest tokens have %.2f %% of the probability%n",
                    out,
                    Counts.of(tokens, "token"),
                    manifest.context(),
                    Counts.of(manifest.shards().size(), "shard"),
                    manifest.topK(),
                    100 * manifest.mass());
            results.println(
                    written == 0
                            ? "all of it was there, and its checksums are right"
                            : String.format(
                                    Locale.ROOT,
                                    "%s in %.1f s, %,.0f tokens a second",
                                    Counts.of(written, "token"),
                                    seconds,
                                    written / seconds));
            results.println("learn from it:  " + Installation.NAME + " train --data " + data + " --context "
                    + manifest.context() + " --distill " + out);
        }
        results.flush();
    }
}
