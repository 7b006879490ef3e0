package org.tornadomor.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.EngineChoice;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.cli.options.NoEffect;
import org.tornadomor.cli.options.OutputFile;
import org.tornadomor.cli.options.RunRecorder;
import org.tornadomor.cli.options.TextOptions;
import org.tornadomor.cli.options.TrainOptions;
import org.tornadomor.cli.options.TrainingView;
import org.tornadomor.cli.options.WorkReport;
import org.tornadomor.data.PreparedCorpus;
import org.tornadomor.data.TextSource;
import org.tornadomor.data.TextSources;
import org.tornadomor.engine.Engine;
import org.tornadomor.terminal.Layout;
import org.tornadomor.terminal.StopOnSignal;
import org.tornadomor.trainer.Collective;
import org.tornadomor.trainer.EvalMetrics;
import org.tornadomor.trainer.Exit;
import org.tornadomor.trainer.RunFolder;
import org.tornadomor.trainer.RunLength;
import org.tornadomor.trainer.Trainer;
import org.tornadomor.trainer.TrainingConfig;
import org.tornadomor.trainer.TrainingListener;
import org.tornadomor.trainer.TrainingSummary;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code train}: a new run, or one that goes on. */
@Command(
        name = "train",
        description = "Trains a model on text, from random weights or from a checkpoint.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor train --minutes 5",
            "      a tiny Mixture-of-Recursions on the source of this JDK",
            "  tornado-mor train --preset small-mor2 --data notes/ --filter '*.md' --tokens 20M --out runs/notes",
            "  tornado-mor train --set model.mor.router=token_choice --set optimizer.decay=0.05 --steps 500",
            "  tornado-mor train --data train.jsonl --validation-data valid.jsonl --epochs 3 --weight-decay 0.05",
            "  tornado-mor train --init runs/notes --data more.txt --learning-rate 0.0005 --steps 200",
            "  tornado-mor train --init relaxed --distill llama --data more.txt --lr 0.0002 --steps 500",
            "  tornado-mor train --cluster spark --master spark://host:7077 --workers 8 --sync local:100 --out runs/wide",
            "  tornado-mor train --config runs/notes/config.yaml --seed 2",
            "  tornado-mor train --resume --out runs/notes",
            "      goes on after Ctrl-C, which finishes the step and saves before it ends the command; a second",
            "      Ctrl-C ends it at once, without saving, and so does the first while the text is still read",
        })
public final class TrainCommand implements Callable<Integer> {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

    private static final String NOTHING_HELD_OUT = "nothing is held out to evaluate on";

    @Spec
    private CommandSpec spec;

    @Mixin
    private TrainOptions options;

    @Mixin
    private ClusterOptions cluster;

    @Mixin
    private EngineChoice engineChoice;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "The run folder, which must be new or empty. Default: runs/ with the preset's name and the"
                    + " time.")
    private Path out;

    @Option(
            names = "--resume",
            description = "Go on with the run in --out as if it had never stopped. Its length may be changed; what it"
                    + " computes may not.")
    private boolean resume;

    @Option(
            names = "--stop-after",
            paramLabel = "STEP",
            description = "Save and end after this step; --resume goes on from there.")
    private Long stopAfter;

    @Mixin
    private JsonOption json;

    @Override
    public Integer call() {
        if (resume && out == null) {
            throw new UserError("--resume needs the folder of the run: add --out DIR");
        }
        if (stopAfter != null && stopAfter < 1) {
            throw new UserError("--stop-after is " + stopAfter + "; give a step of 1 or more");
        }
        TrainingConfig asked = options.apply(resume ? RunFolder.config(out) : TrainingConfig.DEFAULT);
        TrainingConfig config = cluster.apply(spec, asked);
        Path folder = out == null ? newFolder(config) : out;
        requireEffect(config);
        if (!PreparedCorpus.isAt(config.data().sources())) {
            OutputFile.requireRunOutsideText(folder, source(config));
        }
        PrintWriter err = spec.commandLine().getErr();
        try (StopOnSignal signals = StopOnSignal.install(err)) {
            train(config, folder, signals, err);
            return signals.exitCode();
        }
    }

    private static TextSource source(TrainingConfig config) {
        return TextSources.parse(config.data().sources(), config.data().options());
    }

    private void requireEffect(TrainingConfig config) {
        TrainingConfig.Data data = config.data();
        TextOptions.requireEffect(spec, data.sources(), () -> source(config));
        boolean trainsOnAll = !PreparedCorpus.isAt(data.sources()) && data.holdsNothingOut();
        NoEffect.of(spec)
                .when(
                        () -> !data.validation().isEmpty(),
                        "the text to validate on is named (" + TrainOptions.VALIDATION_DATA + ")",
                        "--hold-out")
                .when(
                        () -> !config.distill().active(),
                        "there is no teacher (" + TrainOptions.DISTILL + ")",
                        TrainOptions.KD_WEIGHT,
                        TrainOptions.KD_KIND,
                        TrainOptions.KD_TEMPERATURE)
                .when(
                        () -> config.exit().loss() == Exit.Loss.NONE,
                        "there are no losses at exits (" + TrainOptions.EXIT_LOSS + ")",
                        TrainOptions.EXIT_COEFFICIENT,
                        TrainOptions.EXIT_DISTILL)
                .when(
                        () -> config.exit().loss() == Exit.Loss.WEIGHTED,
                        "weighted losses at exits have coefficients of their own",
                        TrainOptions.EXIT_COEFFICIENT)
                .when(() -> trainsOnAll && config.evalEvery() > 0, NOTHING_HELD_OUT, "--eval-every")
                .when(() -> trainsOnAll && config.samples() > 0, NOTHING_HELD_OUT, "--samples")
                .when(() -> trainsOnAll, NOTHING_HELD_OUT, "--no-keep-best")
                .when(
                        () -> config.epochs() == null && RunLength.of(config).steps() < stopAfter,
                        "the run ends before that step",
                        "--stop-after");
    }

    private void train(TrainingConfig config, Path folder, StopOnSignal signals, PrintWriter err) {
        try (Engine engine = engineChoice.open(options.namesThreads(), config.threads(), config.precision())) {
            WorkReport work = WorkReport.of(engine, engineChoice.reportsTransfers());
            TrainingSummary summary;
            try (TrainingView view = TrainingView.on(err)) {
                RunRecorder recorder = RunRecorder.of(spec, engine, view);
                TrainingListener listener = work.training(recorder);
                try (Collective workers =
                                cluster.wanted() ? cluster.open(config.cluster().workers()) : null;
                        Trainer trainer = open(engine, config, folder, listener, workers)) {
                    signals.stops(trainer::stop);
                    if (stopAfter != null) {
                        trainer.stopAfter(stopAfter);
                    }
                    summary = recorder.run(trainer);
                    signals.saved();
                }
            }
            report(summary, work);
            work.print(err);
        }
    }

    private Trainer open(
            Engine engine, TrainingConfig config, Path folder, TrainingListener listener, Collective workers) {
        if (workers != null) {
            return Trainer.share(engine, config, folder, resume, listener, workers);
        }
        return resume
                ? Trainer.resume(engine, config, folder, listener)
                : Trainer.start(engine, config, folder, listener);
    }

    private static Path newFolder(TrainingConfig config) {
        String name = config.preset() != null ? config.preset() : config.init() != null ? "init" : "tiny";
        String base = name + "-" + LocalDateTime.now().format(TIME);
        Path folder = Path.of("runs", base);
        for (int i = 2; Files.exists(folder); i++) {
            folder = Path.of("runs", base + "-" + i);
        }
        return folder;
    }

    private void report(TrainingSummary summary, WorkReport work) {
        PrintWriter results = spec.commandLine().getOut();
        if (json.wanted()) {
            ObjectNode result = toJson(summary);
            work.addTo(result);
            JsonOption.print(results, result);
        } else {
            Layout.paragraph(results, TrainingView.describe(summary));
            if (summary.checkpoint() != null) {
                results.println("saved in " + summary.checkpoint());
            }
            results.println(
                    summary.finished()
                            ? "generate text:  tornado-mor generate --model " + summary.folder() + " --prompt \"The \""
                            : "go on with it:  tornado-mor train --resume --out " + summary.folder());
        }
        results.flush();
    }

    private static ObjectNode toJson(TrainingSummary summary) {
        ObjectNode json = JsonOption.object();
        json.put("run", summary.folder().toString());
        json.put(
                "checkpoint",
                summary.checkpoint() == null ? null : summary.checkpoint().toString());
        json.put("finished", summary.finished());
        json.put("step", summary.step());
        json.put("tokens", summary.tokens());
        put(json, "loss", summary.loss());
        put(json, "lm_loss", summary.lmLoss());
        EvalMetrics evaluation = summary.evaluation();
        put(json, "val_loss", evaluation == null ? Double.NaN : evaluation.valLoss());
        put(json, "val_loss_causal", evaluation == null ? Double.NaN : evaluation.valLossCausal());
        summary.depthShare().forEach(json.withArray("depth_share")::add);
        json.put("seconds", summary.seconds());
        put(json, "tokens_per_second", summary.tokensPerSecond());
        put(json, "gflops_per_second", summary.gflopsPerSecond());
        json.put("memory_bytes", summary.memoryBytes());
        return json;
    }

    private static void put(ObjectNode json, String key, double value) {
        if (Double.isFinite(value)) {
            json.put(key, value);
        } else {
            json.putNull(key);
        }
    }
}
