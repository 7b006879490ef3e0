package org.tornadomor.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.tornadomor.cli.options.EngineOptions;
import org.tornadomor.cli.options.Installation;
import org.tornadomor.cli.options.RunRecorder;
import org.tornadomor.cli.options.SeedOption;
import org.tornadomor.cli.options.TrainingView;
import org.tornadomor.cli.options.WorkReport;
import org.tornadomor.cli.play.DepthView;
import org.tornadomor.data.Baselines;
import org.tornadomor.engine.Engine;
import org.tornadomor.language.Generation;
import org.tornadomor.language.GenerationOptions;
import org.tornadomor.language.LanguageModel;
import org.tornadomor.terminal.StopOnSignal;
import org.tornadomor.terminal.Terminal;
import org.tornadomor.trainer.Trainer;
import org.tornadomor.trainer.TrainingConfig;
import org.tornadomor.trainer.TrainingSummary;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tornado-mor demo}: the main job on a fresh machine. */
@Command(
        name = "demo",
        description = {
            "Trains a tiny model on the source of this JDK, and lets it write Java.",
            "The model is a Mixture-of-Recursions, byte by byte. It is compared with simple baselines of the text, and shows"
                    + " the depth of each byte that it writes."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor demo                       two minutes",
            "  tornado-mor demo --minutes 20          better Java",
            "  tornado-mor generate --model runs/demo --prompt 'private static ' --show-depth",
            "Ctrl-C saves the model before it ends the command; a second Ctrl-C ends it at once, without saving.",
        })
final class DemoCommand implements Callable<Integer> {
    /** Enough text for any two minutes, and the best-written part of the JDK. */
    private static final String TEXT = "jdk:java.base/java/**";

    private static final String PROMPT = "    /**\n     * Returns ";

    @Spec
    private CommandSpec spec;

    @Mixin
    private EngineOptions engineOptions;

    @Mixin
    private SeedOption seed;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "2",
            description = "How long to train. Default: ${DEFAULT-VALUE}.")
    private double minutes;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "The run folder, which must be new or empty. Default: runs/demo, or the next free name.")
    private Path out;

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        PrintWriter results = spec.commandLine().getOut();
        TrainingConfig config = config();
        Path folder = out == null ? freeFolder() : out;
        try (StopOnSignal signals = StopOnSignal.install(err)) {
            TrainingSummary summary;
            TrainingView view = TrainingView.on(err);
            try (Engine engine = engineOptions.open()) {
                WorkReport work = WorkReport.of(engine, engineOptions.reportsTransfers());
                RunRecorder recorder = RunRecorder.of(spec, engine, view);
                try (Trainer trainer = Trainer.start(engine, config, folder, work.training(recorder))) {
                    signals.stops(trainer::stop);
                    try (view) {
                        summary = recorder.run(trainer);
                        signals.saved();
                    }
                    compare(results, summary, trainer);
                    if (!signals.received()) {
                        write(results, LanguageModel.of(engine, trainer.weights(), trainer.tokenizer()), work);
                    }
                }
                work.print(err);
            }
            results.println();
            results.println("The model is in " + summary.checkpoint());
            results.println("More text:   " + Installation.NAME + " generate --model " + folder
                    + " --prompt 'public ' --show-depth");
            results.flush();
            return signals.exitCode();
        }
    }

    private TrainingConfig config() {
        TrainingConfig config = TrainingConfig.DEFAULT
                .with("preset", "tiny")
                .with("data.sources", "[\"" + TEXT + "\"]")
                .with("data.hold_out", "every 20")
                .with("minutes", Double.toString(minutes))
                .with("eval_every", "0")
                .with("save_every", "0")
                .with("eval_samples", "64")
                .with("seed", Long.toString(seed.value()));
        Path fallback = Installation.javaSources();
        return fallback == null ? config : config.with("data.jdk_fallback", fallback.toString());
    }

    private static Path freeFolder() {
        Path folder = Path.of("runs", "demo");
        for (int i = 2; Files.exists(folder); i++) {
            folder = Path.of("runs", "demo-" + i);
        }
        return folder;
    }

    private static void compare(PrintWriter results, TrainingSummary summary, Trainer trainer) {
        Baselines baselines = Baselines.measure(
                trainer.corpus().training().tokens(),
                trainer.corpus().validation().tokens(),
                trainer.tokenizer().vocabSize());
        results.println();
        results.println("Held-out text, in nats a byte (less is better):");
        line(results, "unigram entropy, bytes alone", baselines.unigram());
        line(results, "bigram entropy, given the byte before", baselines.bigram());
        if (summary.evaluation() != null) {
            line(
                    results,
                    "this model, routing as in training",
                    summary.evaluation().valLoss());
            line(
                    results,
                    "this model, routing as in generation",
                    summary.evaluation().valLossCausal());
        }
        results.flush();
    }

    private static void line(PrintWriter results, String what, double value) {
        results.printf(Locale.ROOT, "  %-40s %.3f%n", what, value);
    }

    private static void write(PrintWriter results, LanguageModel model, WorkReport work) {
        results.println();
        results.println("What it writes after '/** Returns', and the recursions that each byte took:");
        results.println();
        DepthView view = new DepthView(results, Terminal.showsColours());
        view.show(PROMPT, 0);
        GenerationOptions options =
                GenerationOptions.DEFAULT.withMaxNewTokens(400).withTemperature(0.6);
        Generation generation =
                model.generate(PROMPT, options, work.tokens((prompt, id, depth, text) -> view.show(text, depth)));
        view.finish(generation, model.config().recursions());
    }
}
