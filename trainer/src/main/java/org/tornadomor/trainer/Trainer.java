package org.tornadomor.trainer;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.tornadomor.Counts;
import org.tornadomor.PublicApi;
import org.tornadomor.UserError;
import org.tornadomor.data.Corpus;
import org.tornadomor.engine.Engine;
import org.tornadomor.files.Checksums;
import org.tornadomor.model.Flops;
import org.tornadomor.model.Losses;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterCount;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.tokenizer.TextBoundaries;
import org.tornadomor.tokenizer.Tokenizer;

/**
 * A training run: the loop over steps, with metrics, evaluation and checkpoints in a {@link RunFolder}. Step s, from 1, takes
 * samples (s-1)AB to sAB-1 of the order. A run that was stopped and goes on ends with the same bits as one that was not, for
 * any number of threads; only with a length in minutes does the clock have a say.
 *
 * <p>Everything is allocated before the first step.
 */
@PublicApi
public final class Trainer implements AutoCloseable {
    private static final double NANOS = 1e9;

    private final Engine engine;
    private final RunFolder folder;
    private final RunSetup setup;
    private final TrainingConfig config;
    private final TrainingListener listener;
    private final ParameterSet weights;
    /** Null without a teacher. */
    private final Teacher teacher;

    private final Computation computation;
    private final Steps steps;
    /** Null if nothing is held out. */
    private final Evaluator evaluator;

    private boolean resumed;
    private boolean complete;
    private boolean diverged;
    private long step;
    private long firstStep;
    private double secondsBefore;
    private double secondsOfSteps;
    private long began;
    private Path saved;
    private long savedStep;
    private StepMetrics lastStep;
    private EvalMetrics lastEvaluation;
    private volatile boolean stopping;
    private volatile long stopAfter = Long.MAX_VALUE;

    /**
     * A new run.
     *
     * @param folder must be empty or not there yet
     * @throws UserError if the configuration does not fit together, the text is missing or too short, the folder is in use or
     *     not empty, or memory does not suffice
     */
    public static Trainer start(Engine engine, TrainingConfig config, Path folder, TrainingListener listener) {
        return start(engine, config, folder, listener, new Corpora());
    }

    /** As {@link #start(Engine, TrainingConfig, Path, TrainingListener)}, with text that other runs may have read. */
    public static Trainer start(
            Engine engine, TrainingConfig config, Path folder, TrainingListener listener, Corpora corpora) {
        return open(engine, config, RunFolder.create(folder), false, listener, corpora, null);
    }

    /**
     * A run that goes on from its latest checkpoint, or from its beginning if it has none yet.
     *
     * @param config as {@link RunFolder#config} has it; the length may differ, and keys that do not affect the numbers
     * @throws UserError as {@link #start}, and if configuration, text or tokenizer are not those of the run
     */
    public static Trainer resume(Engine engine, TrainingConfig config, Path folder, TrainingListener listener) {
        return resume(engine, config, folder, listener, new Corpora());
    }

    /** As {@link #resume(Engine, TrainingConfig, Path, TrainingListener)}, with text that other runs may have read. */
    public static Trainer resume(
            Engine engine, TrainingConfig config, Path folder, TrainingListener listener, Corpora corpora) {
        return open(engine, config, RunFolder.resume(folder), true, listener, corpora, null);
    }

    /**
     * A run whose steps others take: this process has the text, the weights and the folder.
     *
     * @param engine evaluates
     * @param config says how the workers share the run
     * @param resume whether to go on with the run in the folder, as {@link #resume} does, else to begin as {@link #start}
     * @param collective the workers; closed by the caller
     * @throws UserError as {@link #start} and {@link #resume}, and if there are no machines for the workers
     */
    public static Trainer share(
            Engine engine,
            TrainingConfig config,
            Path folder,
            boolean resume,
            TrainingListener listener,
            Collective collective) {
        RunFolder run = resume ? RunFolder.resume(folder) : RunFolder.create(folder);
        return open(engine, config, run, resume, listener, new Corpora(), collective);
    }

    private static Trainer open(
            Engine engine,
            TrainingConfig config,
            RunFolder folder,
            boolean resume,
            TrainingListener listener,
            Corpora corpora,
            Collective collective) {
        RunSetup setup = null;
        try {
            requirePrecision(engine, config);
            config.cluster().requireShared(collective != null);
            if (resume) {
                requireIntact(folder);
            }
            Consumer<TrainingConfig> check = resume ? now -> requireSame(folder, now) : now -> {};
            setup = RunSetup.of(config, check, listener, corpora);
            Trainer trainer = new Trainer(engine, folder, setup, listener, collective);
            if (resume) {
                trainer.restore();
            } else {
                trainer.initialise();
            }
            return trainer;
        } catch (RuntimeException e) {
            if (setup != null) {
                setup.close();
            }
            folder.close();
            throw e;
        }
    }

    /** A run says what it was computed with, and is that. */
    private static void requirePrecision(Engine engine, TrainingConfig config) {
        if (engine.precision() != config.precision()) {
            throw new UserError("precision is " + config.precision() + ", and the engine computes products in "
                    + engine.precision() + "; give both the same");
        }
    }

    private Trainer(Engine engine, RunFolder folder, RunSetup setup, TrainingListener listener, Collective collective) {
        this.engine = engine;
        this.folder = folder;
        this.setup = setup;
        this.config = setup.config();
        this.listener = listener;
        weights = new ParameterSet(engine, "weights", setup.model());
        teacher = Teacher.load(engine, setup, config.unknownKeys().withNotes(listener::message));
        computation =
                new Computation(engine, config, weights, setup.capacities().active(), teacher, setup.documentEnd());
        steps = collective == null
                ? new OwnSteps(setup, computation, teacher)
                : SharedSteps.of(engine, setup, computation, collective, listener::exchanged);
        boolean evaluates =
                config.evalSamples() > 0 && setup.corpus().validation().tokens().size() > 0;
        evaluator = evaluates ? new Evaluator(engine, weights, setup) : null;
    }

    /** Refuses to go on from damaged weights: what to do about them is the person's choice. */
    private static void requireIntact(RunFolder folder) {
        Path newest = folder.newest().orElse(null);
        if (newest == null) {
            return;
        }
        try {
            Checksums.verify(newest);
        } catch (UserError e) {
            String fix = RunFolder.before(newest)
                    .map(older -> "remove the folder " + newest + " to resume from " + older.getFileName())
                    .orElse("the run has no other checkpoint, so begin another");
            throw new UserError(
                    "cannot resume " + folder.path() + ", since " + newest + " is damaged ("
                            + e.getMessage().split(": ", 2)[0] + "): " + fix,
                    e);
        }
    }

    private static void requireSame(RunFolder folder, TrainingConfig now) {
        // The state is more reliable than a file that people may have changed.
        Optional<TrainingState> state = folder.newest().map(TrainingState::read);
        TrainingConfig begunWith = state.map(TrainingState::config).orElseGet(() -> RunFolder.config(folder.path()));
        TrainingState.requireSame(begunWith, now, state.map(TrainingState::step).orElse(0L), folder.path());
    }

    private void initialise() {
        InitialWeights.fill(engine, weights, config, listener);
        steps.begin(List.of());
    }

    private void restore() {
        resumed = true;
        folder.lostBest().ifPresent(listener::message);
        Optional<Path> newest = folder.newest();
        if (newest.isEmpty()) {
            initialise();
            listener.message(folder.path() + " has no checkpoint yet: beginning with step 1");
            return;
        }
        TrainingState state = TrainingState.read(newest.get());
        state.requireSame(setup.corpus().fingerprint(), setup.tokenizer().fingerprint(), setup.text(), folder.path());
        state.requireTeacher(teacherFingerprint(), folder.path());
        state.load(newest.get(), engine, weights, steps.kept());
        steps.begin(WorkerStates.read(newest.get(), config.cluster().workers()));
        step = state.step();
        secondsBefore = state.seconds();
        saved = newest.get();
        savedStep = step;
        if (!LearningRates.same(state.config(), config, step)) {
            listener.message("the run has another length now, and the learning rate follows it from here on");
        }
    }

    private String teacherFingerprint() {
        return teacher == null ? "" : teacher.fingerprint();
    }

    /**
     * Trains to the end, or until {@link #stop}. To be called once.
     *
     * @throws UserError if the loss is not finite any more, or the device or the disk fails; the error says what was saved
     */
    public TrainingSummary run() {
        firstStep = step + 1;
        began = System.nanoTime();
        folder.write(config);
        try (MetricsLog log = resumed
                ? MetricsLog.resume(folder.path(), step, listener::message)
                : MetricsLog.create(folder.path())) {
            listener.started(describe());
            try {
                takeSteps(log);
            } catch (UserError e) {
                throw interrupted(e);
            }
        }
        return summary();
    }

    private void takeSteps(MetricsLog log) {
        while (!finished() && !stopping && step < stopAfter) {
            long before = step;
            takeTogether(log);
            if (due(config.evalEvery(), before)) {
                evaluate(log);
            }
            if (due(config.saveEvery(), before)) {
                save();
            }
        }
        complete = finished();
        if (lastStep == null && complete) {
            listener.message(
                    "nothing is left to do after " + Counts.of(step, "step") + "; a longer run goes on from here");
        } else if (complete) {
            evaluate(log);
        }
        save();
    }

    /** What a person can do after the device or the disk failed: at most the steps since the last checkpoint are gone. */
    private UserError interrupted(UserError e) {
        if (diverged) {
            return e;
        }
        String rest = saved == null
                ? "no checkpoint was saved before"
                : "--resume --out " + folder.path() + " goes on after step " + savedStep;
        return new UserError(e.getMessage() + "; " + rest, e);
    }

    private void evaluate(MetricsLog log) {
        if (evaluator != null && (lastEvaluation == null || lastEvaluation.step() != step)) {
            lastEvaluation = evaluator.measure(step, tokens());
            log.write(lastEvaluation);
            listener.evaluated(lastEvaluation);
        }
    }

    /** The held-out loss of the weights as they are now; null if nothing is held out. */
    public EvalMetrics evaluation() {
        boolean known = lastEvaluation != null && lastEvaluation.step() == step;
        return known || evaluator == null ? lastEvaluation : evaluator.measure(step, tokens());
    }

    private boolean due(int every, long before) {
        return every > 0 && step / every > before / every;
    }

    private boolean finished() {
        return setup.length().done(step, seconds());
    }

    private double seconds() {
        return secondsBefore + (System.nanoTime() - began) / NANOS;
    }

    private long tokens() {
        return step * config.tokensPerStep();
    }

    private void takeTogether(MetricsLog log) {
        long start = System.nanoTime();
        // A step counts as done: the last one of a run is to have the last rate of the schedule.
        double expected = lastStep == null ? 0 : lastStep.stepSeconds();
        Steps.Rate rates = (next, ahead) -> rate(next, seconds() + (ahead + 1) * expected);
        int count = (int) Math.min(steps.together(), Math.min(setup.length().steps(), stopAfter) - step);
        steps.take(step + 1, count, rates, (next, rate, losses, norm, depthShare) -> {
            double seconds = (System.nanoTime() - start) / NANOS / count;
            record(log, next, losses, rate, norm, seconds, depthShare);
            if (!Double.isFinite(norm)) {
                throw diverged(next, Double.isFinite(lastStep.loss()) ? "gradient" : "loss");
            }
            step = next;
            secondsOfSteps += seconds;
            listener.step(lastStep, setup.length().progress(step, seconds()));
        });
    }

    private double rate(long next, double seconds) {
        return config.lr() * setup.schedule().at(setup.length().progress(next, seconds));
    }

    private void record(
            MetricsLog log, long taken, float[] losses, double rate, double norm, double seconds, double[] depthShare) {
        double total = computation.pass.total(losses);
        lastStep = new StepMetrics(
                taken,
                taken * config.tokensPerStep(),
                setup.corpus().training().sampledBytesPerToken(),
                total,
                losses[Losses.LM],
                losses[Losses.AUX],
                losses[Losses.BALANCE],
                losses[Losses.Z],
                teacher == null ? Double.NaN : losses[Losses.DISTILLATION],
                config.exit().loss() == Exit.Loss.NONE ? Double.NaN : losses[Losses.EXITS],
                rate,
                norm,
                config.tokensPerStep() / seconds,
                seconds,
                Arrays.stream(depthShare).boxed().toList());
        log.write(lastStep);
    }

    private UserError diverged(long at, String what) {
        diverged = true;
        return new UserError("the " + what + " is not finite any more at step " + at + "; "
                + (saved == null ? "no checkpoint was saved before" : "the last good checkpoint is " + saved)
                + ": try a lower --lr (now " + config.lr() + "), a longer --warmup (now " + config.warmup()
                + ") or a lower optimizer.clip (now " + config.optimizer().clip() + ")");
    }

    private void save() {
        if (step == savedStep) {
            return;
        }
        TrainingState state = new TrainingState(
                step,
                seconds(),
                setup.corpus().fingerprint(),
                setup.tokenizer().fingerprint(),
                teacherFingerprint(),
                config);
        saved = folder.save(
                step,
                aside -> {
                    state.save(aside, engine, weights, steps.kept(), setup.texts());
                    WorkerStates.save(aside, steps.states());
                },
                new RunFolder.Keep(config.keep(), config.keepBest()),
                lastEvaluation != null && lastEvaluation.step() == step ? lastEvaluation.valLossCausal() : Double.NaN);
        savedStep = step;
        listener.saved(step, saved);
    }

    private TrainingListener.Start describe() {
        return new TrainingListener.Start(
                folder.path(),
                config,
                setup.model(),
                ParameterCount.of(setup.model()),
                engine.describe(),
                engine.memoryBytes(),
                setup.text(),
                setup.corpus().training().tokens().size(),
                setup.corpus().validation().tokens().size(),
                setup.length(),
                firstStep);
    }

    private static double[] shares(StepMetrics step) {
        return step.depthShare().stream().mapToDouble(Double::doubleValue).toArray();
    }

    private TrainingSummary summary() {
        double rate = (step - firstStep + 1) * config.tokensPerStep() / secondsOfSteps;
        double flops = lastStep == null
                ? Double.NaN
                : new Flops(setup.model(), config.context()).trainingPerToken(Flops.activeShare(shares(lastStep)));
        return new TrainingSummary(
                folder.path(),
                saved,
                step,
                tokens(),
                complete,
                lastStep == null ? Double.NaN : lastStep.loss(),
                lastStep == null ? Double.NaN : lastStep.lmLoss(),
                lastEvaluation,
                lastStep == null ? List.of() : lastStep.depthShare(),
                seconds(),
                rate,
                flops * rate / NANOS,
                engine.memoryBytes());
    }

    /** Makes {@link #run} save and return after the step that it is in. May be called from any thread. */
    public void stop() {
        stopping = true;
    }

    /** Makes {@link #run} save and return after a step, as if it had been stopped then. */
    public void stopAfter(long lastStepOfSession) {
        stopAfter = lastStepOfSession;
    }

    /** The resolved configuration. */
    public TrainingConfig config() {
        return config;
    }

    /** The model. */
    public ModelConfig model() {
        return setup.model();
    }

    /** The weights as they are now. */
    public ParameterSet weights() {
        return weights;
    }

    /** The text. */
    public Corpus corpus() {
        return setup.corpus();
    }

    /** A held-out text as the last evaluation saw it, routed as in generation; null before the first. */
    public Excerpt excerpt() {
        return lastEvaluation == null || evaluator == null ? null : evaluator.excerpt();
    }

    /** How texts begin and end. */
    public TextBoundaries texts() {
        return setup.texts();
    }

    /** The tokenizer, which lives as long as this trainer. */
    public Tokenizer tokenizer() {
        return setup.tokenizer();
    }

    /** Gives memory and the folder back; the engine stays. */
    @Override
    public void close() {
        if (evaluator != null) {
            evaluator.close();
        }
        computation.close();
        if (teacher != null) {
            teacher.close();
        }
        weights.close();
        setup.close();
        folder.close();
    }
}
