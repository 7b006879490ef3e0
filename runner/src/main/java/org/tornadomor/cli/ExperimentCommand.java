package org.tornadomor.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.EngineChoice;
import org.tornadomor.cli.options.NoEffect;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Processors;
import org.tornadomor.experiment.Cell;
import org.tornadomor.experiment.CellResult;
import org.tornadomor.experiment.Estimate;
import org.tornadomor.experiment.Experiment;
import org.tornadomor.experiment.ExperimentListener;
import org.tornadomor.experiment.Grid;
import org.tornadomor.experiment.Plan;
import org.tornadomor.experiment.Results;
import org.tornadomor.experiment.Trunk;
import org.tornadomor.model.ParameterCount;
import org.tornadomor.terminal.Figures;
import org.tornadomor.terminal.StopOnSignal;
import org.tornadomor.terminal.TextTable;
import org.tornadomor.trainer.TrainingConfig;
import org.tornadomor.trainer.TrainingListener;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tornado-mor experiment}: models compared at equal compute. */
@Command(
        name = "experiment",
        description =
                "Trains every model of a grid at every budget of forward FLOPs or tokens, each from several seeds, and writes"
                        + " tables and plots. Started again, it goes on where it was.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        subcommands = {ExperimentDepthCommand.class},
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor experiment scripts/experiments/jdk.yaml --dry-run",
            "      the plan, and how long it will take here",
            "  tornado-mor experiment scripts/experiments/jdk.yaml -o runs/jdk",
            "  tornado-mor experiment depth runs/difficulty/runs/tiny/mor-3/seed-*/budget-1e12",
            "      whether deeper recursion goes to the harder tokens",
        })
final class ExperimentCommand implements Callable<Integer> {
    private static final double PROBE_SECONDS = 2;

    private static final double WARM_UP_SECONDS = 1;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "GRID", arity = "0..1", description = "What to compare, as docs/experiments.md explains.")
    private Path grid;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            description = "Where the runs, tables and plots go; finished runs that are there stay as they are.")
    private Path out;

    @Option(names = "--dry-run", description = "Print the plan, and how long it will take, after a few steps of each.")
    private boolean dryRun;

    @Option(
            names = "--parallel",
            paramLabel = "N",
            defaultValue = "1",
            description = "Runs at a time, which share the processors. Times are then those of a busy machine.")
    private int parallel;

    @Mixin
    private EngineChoice engineChoice;

    @Override
    public Integer call() {
        if (grid == null) {
            throw new ParameterException(spec.commandLine(), "Name a grid, such as scripts/experiments/jdk.yaml");
        }
        NoEffect.of(spec).when(() -> true, "an experiment is not reported on", EngineChoice.REPORT);
        if (parallel < 1) {
            throw new UserError("--parallel " + parallel + " runs nothing; give 1 or more");
        }
        Processors.require("--parallel", parallel);
        if (out == null && !dryRun) {
            throw new UserError("the runs need a folder: add --out DIR, or --dry-run to see the plan");
        }
        Plan plan = plan(Grid.read(grid));
        return dryRun ? show(plan) : train(plan);
    }

    private Plan plan(Grid read) {
        try {
            return Plan.of(read);
        } catch (UserError e) {
            throw new UserError(grid + ": " + e.getMessage(), e);
        }
    }

    private Engine open(TrainingConfig config) {
        int share = parallel == 1 ? 0 : Math.max(1, Processors.count() / parallel);
        return engineChoice.open(false, config.threads() == 0 ? share : config.threads(), config.precision());
    }

    private int show(Plan plan) {
        Estimate estimate = Estimate.of(plan, this::open, PROBE_SECONDS);
        TextTable table = new TextTable(
                        "size",
                        "model",
                        "seeds",
                        "non-embedding",
                        "s/step",
                        "budget",
                        "steps",
                        "branches at",
                        "FLOPs",
                        "tokens")
                .left(2);
        // Runs that differ only in their seed cost the same, so only the first of them is listed.
        List<String> seen = new ArrayList<>();
        for (Trunk trunk : plan.trunks()) {
            if (seen.contains(trunk.size() + " " + trunk.model())) {
                continue;
            }
            seen.add(trunk.size() + " " + trunk.model());
            for (Cell cell : trunk.cells()) {
                table.row(
                        trunk.size(),
                        trunk.model(),
                        Integer.toString(
                                plan.grid().seeds(trunk.size(), trunk.model()).size()),
                        Figures.grouped(ParameterCount.of(trunk.config()).nonEmbedding()),
                        Figures.fixed(estimate.stepSeconds(trunk)),
                        Figures.scaled(cell.budget()),
                        Figures.grouped(cell.steps()),
                        Figures.grouped(cell.branchStep()),
                        String.format(Locale.ROOT, "%.4e", cell.flops()),
                        Figures.grouped(cell.steps() * cell.config().tokensPerStep()));
            }
        }
        PrintWriter results = spec.commandLine().getOut();
        table.print(results);
        long steps = plan.trunks().stream().mapToLong(Trunk::steps).sum();
        long straight = plan.cells().stream().mapToLong(Cell::steps).sum();
        results.printf(
                Locale.ROOT,
                "%s: %s, where runs without branches would take %,d; about %s of training here%n",
                Counts.of(plan.cells().size(), "run"),
                Counts.of(steps, "step"),
                straight,
                time(estimate.seconds(plan)));
        return 0;
    }

    private static String time(double seconds) {
        return seconds < 100
                ? String.format(Locale.ROOT, "%.0f s", seconds)
                : String.format(Locale.ROOT, "%.1f minutes", seconds / 60);
    }

    private int train(Plan plan) {
        PrintWriter err = spec.commandLine().getErr();
        try (StopOnSignal signals = StopOnSignal.install(err)) {
            View view = new View(plan, err);
            Experiment experiment = new Experiment(plan, out, this::open, view);
            view.done = experiment.finished().size();
            if (view.done < view.total) {
                // The estimate begins with a warm-up, so that the first run does not pay for what the JVM compiles.
                double seconds = Estimate.of(plan, this::open, WARM_UP_SECONDS).seconds(plan);
                view.message("all runs together take about " + time(seconds) + " of training here, one at a time");
            }
            signals.stops(experiment::stop);
            List<CellResult> results = experiment.run(parallel);
            if (!results.isEmpty()) {
                new Results(plan.grid(), results).write(out);
            }
            PrintWriter answer = spec.commandLine().getOut();
            answer.println(results.size() + " of " + Counts.of(plan.cells().size(), "run") + " done"
                    + (results.isEmpty()
                            ? ""
                            : "; see " + out.resolve("results.md") + " and " + out.resolve("index.html")));
            if (results.size() < plan.cells().size()) {
                answer.println("the same command goes on with the others");
            }
            answer.flush();
            return signals.exitCode();
        }
    }

    /** A line for each run. */
    private static final class View implements ExperimentListener {
        private final int total;
        private final PrintWriter err;
        private int done;

        View(Plan plan, PrintWriter err) {
            this.total = plan.cells().size();
            this.err = err;
        }

        @Override
        public synchronized void trunk(Trunk trunk, long step) {
            say(trunk + ": up to step " + step);
        }

        @Override
        public TrainingListener run(long step) {
            return new TrainingListener() {
                @Override
                public void message(String text) {
                    if (!text.startsWith("reading ")) {
                        View.this.message(text);
                    }
                }
            };
        }

        @Override
        public synchronized void finished(Cell cell, CellResult result) {
            done++;
            say(String.format(
                    Locale.ROOT,
                    "[%d/%d] %s: %s, loss %.4f, causal %.4f, %.1f s",
                    done,
                    total,
                    cell,
                    Counts.of(result.steps(), "step"),
                    result.loss(),
                    result.lossCausal(),
                    result.seconds()));
        }

        @Override
        public synchronized void message(String text) {
            say(text);
        }

        private void say(String text) {
            err.println(text);
            err.flush();
        }
    }
}
