package org.tornadomor.experiment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.Stream;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.model.ParameterCount;
import org.tornadomor.trainer.Branch;
import org.tornadomor.trainer.Corpora;
import org.tornadomor.trainer.EvalMetrics;
import org.tornadomor.trainer.MetricsLog;
import org.tornadomor.trainer.RunFolder;
import org.tornadomor.trainer.StepLog;
import org.tornadomor.trainer.Trainer;
import org.tornadomor.trainer.TrainingConfig;
import org.tornadomor.trainer.TrainingListener;
import org.tornadomor.trainer.TrainingSummary;

/**
 * Trains the runs of a plan in a folder:
 *
 * <pre>
 * runs/SIZE/MODEL/seed-1/trunk/          the long run, until its last budget has branched off
 * runs/SIZE/MODEL/seed-1/budget-2e12/    a run folder with result.json, once it is done
 * converted/SIZE-MODEL-seed-1-HASH/      what a model with convert keys begins with
 * </pre>
 *
 * Whatever ends the process, the next one with the same plan goes on: finished runs stay as they are, the others go on from
 * their last checkpoint. A branch ends with the same bits as a run of its own.
 */
public final class Experiment {
    private static final String TRUNK = "trunk";

    private final Plan plan;
    private final Path folder;
    private final Function<TrainingConfig, Engine> engines;
    private final ExperimentListener listener;
    private final Corpora corpora = new Corpora();
    private final Set<Trainer> running = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;

    /**
     * @param engines opens the engine of a run
     * @param listener hears what happens, on the threads that train
     */
    public Experiment(Plan plan, Path folder, Function<TrainingConfig, Engine> engines, ExperimentListener listener) {
        this.plan = plan;
        this.folder = folder;
        this.engines = engines;
        this.listener = listener;
    }

    /** The folder of a run. */
    public static Path folder(Path experiment, Cell cell) {
        return experiment
                .resolve("runs")
                .resolve(cell.size())
                .resolve(cell.model())
                .resolve("seed-" + cell.seed())
                .resolve(cell.folder());
    }

    /**
     * What is done already.
     *
     * @throws UserError if a finished run was made with another configuration than the plan has
     */
    public List<CellResult> finished() {
        List<CellResult> results = new ArrayList<>();
        for (Cell cell : plan.cells()) {
            Path run = folder(folder, cell);
            CellResult result = CellResult.read(run);
            if (result != null) {
                if (!signature(madeWith(result, run)).equals(signature(cell.config()))) {
                    throw new UserError(
                            run + " was trained with other settings than the grid has now: give another --out,"
                                    + " or remove that folder");
                }
                results.add(result);
            }
        }
        return results;
    }

    /** The configuration that a result was made with; keys that did not exist then have their defaults. */
    private static TrainingConfig madeWith(CellResult result, Path run) {
        return TrainingConfig.parse(
                result.config(), run.resolve(CellResult.FILE).toString());
    }

    /** What decides the outcome of a run. */
    private static String signature(TrainingConfig config) {
        return config.with("threads", "0")
                .with("save_every", "0")
                .with("keep", "0")
                .with("eval_every", "0")
                .toYaml();
    }

    /**
     * Trains what is not done yet, or until {@link #stop}.
     *
     * @param parallel how many runs at a time
     * @return what is done now, in the order of the plan
     * @throws UserError if a run cannot be trained
     */
    public List<CellResult> run(int parallel) {
        finished();
        if (parallel == 1) {
            plan.trunks().forEach(this::train);
            return finished();
        }
        try (ExecutorService workers = Executors.newFixedThreadPool(parallel)) {
            List<Future<?>> all = new ArrayList<>();
            plan.trunks().forEach(trunk -> all.add(workers.submit(() -> train(trunk))));
            try {
                for (Future<?> one : all) {
                    one.get();
                }
            } catch (ExecutionException e) {
                stop();
                throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                stop();
                Thread.currentThread().interrupt();
            }
        }
        return finished();
    }

    /** Makes {@link #run} save what it is working on and return. May be called from any thread. */
    public void stop() {
        stopping = true;
        running.forEach(Trainer::stop);
    }

    /** Where the run finds what it begins with. A converted model lies in the folder of the experiment, wherever that is. */
    private TrainingConfig located(Trunk trunk, TrainingConfig config) {
        return trunk.converted() == null
                ? config
                : config.over(
                        Map.of("init", folder.resolve(trunk.converted().path()).toString()));
    }

    private void convert(Trunk trunk) {
        if (trunk.converted() != null) {
            trunk.converted()
                    .make(folder, () -> engines.apply(trunk.cells().getLast().config()));
        }
    }

    private void train(Trunk trunk) {
        for (Cell cell : trunk.cells()) {
            Path run = folder(folder, cell);
            if (stopping) {
                return;
            }
            if (CellResult.read(run) != null) {
                continue;
            }
            convert(trunk);
            if (!Files.exists(run.resolve(RunFolder.CONFIG_FILE)) && !branch(trunk, cell, run)) {
                return;
            }
            Outcome outcome = resume(located(trunk, cell.config()), run, cell.steps());
            if (outcome == null || !outcome.summary.finished()) {
                return;
            }
            finish(trunk, cell, run, outcome);
        }
        Branch.remove(trunkFolder(trunk));
    }

    private Path trunkFolder(Trunk trunk) {
        return folder.resolve(trunk.folder()).resolve(TRUNK);
    }

    /** Trains the trunk up to where a run leaves it; false if it was stopped before. */
    private boolean branch(Trunk trunk, Cell cell, Path run) {
        Path trunkRun = trunkFolder(trunk);
        long step = cell.branchStep();
        Path checkpoint = Branch.checkpoint(trunkRun, step);
        TrainingConfig config = located(trunk, trunk.cells().getLast().config());
        if (!Files.isDirectory(checkpoint)) {
            if (Files.exists(trunkRun) && !leadsTo(trunkRun, config, step)) {
                listener.message(trunk + ": its long run begins again, for another budget");
                Branch.remove(trunkRun);
            }
            listener.trunk(trunk, step);
            resume(config, trunkRun, step);
            if (!Files.isDirectory(checkpoint)) {
                return false;
            }
        }
        Branch.create(trunkRun, step, changed(RunFolder.config(trunkRun), cell), run);
        return true;
    }

    /** The resolved configuration of the trunk, for another budget. */
    private static TrainingConfig changed(TrainingConfig trunk, Cell cell) {
        return trunk.with("steps", Long.toString(cell.steps()))
                .with("lr_decay", Double.toString(cell.config().lrDecay()));
    }

    /** Whether a long run from before is the one that is wanted, and has not gone too far. */
    private static boolean leadsTo(Path run, TrainingConfig config, long step) {
        if (!Files.exists(run.resolve(RunFolder.CONFIG_FILE))) {
            return false;
        }
        TrainingConfig before = RunFolder.config(run);
        boolean same = config.steps().equals(before.steps())
                && config.lrDecay().equals(before.lrDecay())
                && config.warmup().equals(before.warmup());
        try (Stream<Path> checkpoints = Files.list(Branch.checkpoint(run, step).getParent())) {
            return same
                    && checkpoints
                            .map(path -> path.getFileName().toString())
                            .filter(name -> name.matches("step-\\d{1,18}"))
                            .allMatch(name -> Long.parseLong(name.substring("step-".length())) <= step);
        } catch (IOException e) {
            // None was saved yet.
            return same;
        }
    }

    /**
     * How a run ended.
     *
     * @param evaluation of a run that is done, or null
     * @param bytesPerToken of the held-out text
     */
    private record Outcome(TrainingSummary summary, EvalMetrics evaluation, double bytesPerToken) {}

    /** Trains a run up to a step; null if the experiment was stopped before it began. */
    private Outcome resume(TrainingConfig config, Path run, long step) {
        boolean begun = Files.exists(run.resolve(RunFolder.CONFIG_FILE));
        if (!begun) {
            // A crash may have come before the first line of a configuration.
            Branch.remove(run);
        }
        TrainingListener progress = listener.run(step);
        try (Engine engine = engines.apply(config);
                Trainer trainer = begun
                        ? Trainer.resume(engine, RunFolder.config(run), run, progress, corpora)
                        : Trainer.start(engine, config, run, progress, corpora)) {
            if (trainer.corpus().validation().tokens().size() == 0 || config.evalSamples() == 0) {
                throw new UserError(
                        "nothing is held out, so nothing can be compared: raise data.hold_out and eval_samples"
                                + " in the grid's base");
            }
            trainer.stopAfter(step);
            running.add(trainer);
            try {
                if (stopping) {
                    return null;
                }
                TrainingSummary summary = trainer.run();
                return new Outcome(
                        summary,
                        summary.finished() ? trainer.evaluation() : null,
                        trainer.corpus().validation().bytesPerToken());
            } finally {
                running.remove(trainer);
            }
        }
    }

    private void finish(Trunk trunk, Cell cell, Path run, Outcome outcome) {
        EvalMetrics evaluation = outcome.evaluation;
        EvalMetrics.Routers routing = evaluation.routing();
        ParameterCount count = ParameterCount.of(trunk.config());
        CellResult result = new CellResult(
                cell.size(),
                cell.model(),
                cell.seed(),
                cell.budget(),
                cell.flops(),
                outcome.summary.step(),
                outcome.summary.tokens(),
                count.total(),
                count.nonEmbedding(),
                evaluation.valLoss(),
                evaluation.valLossCausal(),
                outcome.bytesPerToken,
                routing == null ? trunk.config().recursions() : meanDepth(routing.depthShare()),
                routing == null ? trunk.config().recursions() : meanDepth(routing.depthShareCausal()),
                routing == null ? List.of() : routing.samplingAccuracy(),
                routing == null ? null : routing.deadTokenRatio(),
                stepSeconds(run),
                outcome.summary.memoryBytes(),
                signature(cell.config()));
        result.write(run);
        listener.finished(cell, result);
    }

    private static double meanDepth(List<Double> share) {
        double mean = 0;
        for (int i = 0; i < share.size(); i++) {
            mean += (i + 1) * share.get(i);
        }
        return mean;
    }

    private static double stepSeconds(Path run) {
        double[] sum = {0};
        StepLog.read(
                run.resolve(MetricsLog.FILE),
                line -> sum[0] += line.path("step_seconds").asDouble(0));
        return sum[0];
    }
}
