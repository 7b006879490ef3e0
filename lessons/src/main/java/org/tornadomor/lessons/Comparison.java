package org.tornadomor.lessons;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;
import org.tornadomor.engine.tornado.TransferReport;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.TornadoProfilerResult;
import uk.ac.manchester.tornado.api.enums.ProfilerMode;

/** Runs the versions of a workload one after the other and compares results, times and counts. */
final class Comparison {
    /** Makes the simulator look for races; the default outside of lessons is not to. */
    static final String RACES = "tornadomor.simulator.races";

    private static final int TRIES = 5;

    private final Target target;
    private final String device;
    private final Picture picture;
    private Limits limits;
    private String place;

    /**
     * @param device of TornadoVM, or null for the first
     * @param picture sees each version too, on the simulator; may be null
     */
    Comparison(Target target, String device, Picture picture) {
        this.target = target;
        this.device = device;
        this.picture = picture;
    }

    /**
     * What one version did.
     *
     * @param number from 0
     * @param equal whether its result is that of plain Java
     * @param error the largest difference, relative to {@code 1 + |value|}
     * @param seconds of its kernels, the best of several; 0 on the simulator
     * @param bytesIn copied to the device in one execution after the first
     * @param bytesOut copied back
     * @param counts what a device would have to do; null except on the simulator
     * @param flops that it needs
     * @param profile where a model's time goes; null for what is no model
     */
    record Row(
            int number,
            String version,
            boolean equal,
            double error,
            double seconds,
            long bytesIn,
            long bytesOut,
            Counts counts,
            long flops,
            Profile profile) {}

    /** Where it ran, for people. */
    String place() {
        return place;
    }

    /** What the device can do; null on the simulator. */
    Limits limits() {
        return limits;
    }

    /** Runs all versions that the target can run. */
    List<Row> run(Workload workload) {
        if (target == Target.SIMULATOR) {
            System.setProperty(RACES, "true");
        }
        try (Engine engine = engine()) {
            place = engine.describe();
            limits = switch (target) {
                case SIMULATOR -> null;
                case TORNADO -> Limits.ofDevice();
                case CPU -> Limits.ofProcessors(Runtime.getRuntime().availableProcessors());
            };
            List<Row> rows = new ArrayList<>();
            float[] expected = null;
            for (int i = 0; i < workload.versions().size(); i++) {
                Version version = workload.versions().get(i);
                if (picture != null) {
                    picture.begin(i + " " + version.name());
                }
                Outcome outcome = outcome(version, engine);
                if (outcome == null) {
                    continue;
                }
                expected = version.reference() ? outcome.values : expected;
                double error = error(expected, outcome.values);
                rows.add(new Row(
                        i,
                        version.name(),
                        error <= workload.tolerance(),
                        error,
                        outcome.seconds,
                        outcome.in,
                        outcome.out,
                        outcome.counts,
                        version.flops() == 0 ? workload.flops() : version.flops(),
                        outcome.profile));
            }
            return rows;
        }
    }

    private record Outcome(float[] values, double seconds, long in, long out, Counts counts, Profile profile) {
        Outcome(float[] values, double seconds, long in, long out, Counts counts) {
            this(values, seconds, in, out, counts, null);
        }
    }

    private Engine engine() {
        EngineOptions options = EngineOptions.standard().withDevice(device).withProfile();
        return switch (target) {
            case CPU -> new CpuEngine();
            case TORNADO -> new TornadoEngine(options);
            // The kernels of an accelerator: the simulator counts as one would.
            case SIMULATOR -> new TornadoEngine(options.withGroups());
        };
    }

    private Outcome outcome(Version version, Engine engine) {
        return switch (version.way()) {
            case Version.Plain plain -> plain(plain.job());
            case Version.Check check -> target == Target.SIMULATOR ? plain(check.job()) : null;
            case Version.Graph graph -> target == Target.CPU ? null : graph(graph);
            case Version.Production production -> production(production, engine);
            case Version.Model model -> model(model, engine);
        };
    }

    private Outcome plain(Supplier<float[]> job) {
        float[][] values = new float[1][];
        double seconds = Timing.best(() -> values[0] = job.get(), target == Target.SIMULATOR ? 1 : TRIES);
        return new Outcome(values[0], target == Target.SIMULATOR ? 0 : seconds, 0, 0, null);
    }

    private Outcome graph(Version.Graph graph) {
        TornadoExecutionPlan plan = graph.plan().get().withProfiler(ProfilerMode.SILENT);
        Counts counts = counted(plan::execute);
        TornadoProfilerResult second = plan.execute().getProfilerResult();
        long in = second.getTotalBytesCopyIn();
        long out = second.getTotalBytesCopyOut();
        double seconds = counts != null ? 0 : Timing.best(plan, TRIES);
        float[] values = graph.out().toHeapArray();
        return new Outcome(values, seconds, in, out, counts);
    }

    private Outcome production(Version.Production production, Engine engine) {
        Recipe recipe = new Recipe(engine);
        production.recipe().accept(recipe);
        recipe.prepare();
        recipe.run();
        Counts counts = counted(recipe::run);
        long in = 0;
        double seconds = 0;
        if (engine instanceof TornadoEngine tornado) {
            long before = moved(tornado.transfers());
            seconds = Double.MAX_VALUE;
            for (int i = 0; i < TRIES; i++) {
                long start = kernels(tornado.transfers());
                recipe.run();
                seconds = Math.min(seconds, (kernels(tornado.transfers()) - start) / 1e9);
            }
            in = (moved(tornado.transfers()) - before) / TRIES;
        } else {
            seconds = Timing.best(recipe::run, TRIES);
        }
        return new Outcome(recipe.values(), counts == null ? seconds : 0, in, 0, counts);
    }

    private Outcome model(Version.Model version, Engine engine) {
        ModelPass pass = version.model().apply(engine);
        // The first pass compiles.
        float[] values = pass.run();
        CountsByKernel counts = null;
        double seconds = 0;
        if (target == Target.SIMULATOR) {
            counts = new CountsByKernel();
            counts.during(pass::run);
            counts.finish();
        } else {
            seconds = Timing.best(pass::run, TRIES);
        }
        Profile profile = Profile.of(engine, pass, counts);
        long in = 0;
        if (engine instanceof TornadoEngine tornado) {
            in = moved(tornado.transfers());
            seconds = counts == null ? kernels(tornado.transfers()) / 1e9 : 0;
        }
        if (picture != null) {
            picture.activeRows(profile.depths());
        }
        return new Outcome(values, seconds, in, 0, counts, profile);
    }

    private static long kernels(TransferReport report) {
        return report.entries().stream()
                .mapToLong(TransferReport.Entry::kernelNanos)
                .sum();
    }

    private static long moved(TransferReport report) {
        return report.entries().stream()
                .mapToLong(TransferReport.Entry::bytesIn)
                .sum();
    }

    /** Runs something on the simulator under the eyes of a counter, elsewhere just so. */
    private Counts counted(Runnable work) {
        if (target != Target.SIMULATOR) {
            work.run();
            return null;
        }
        Counts counts = new Counts();
        counts.during(work);
        counts.finish();
        if (picture != null) {
            picture.during(work);
            picture.finish();
        }
        return counts;
    }

    private static double error(float[] expected, float[] values) {
        if (values.length != expected.length) {
            throw new IllegalStateException("a result of " + values.length + " values, not " + expected.length);
        }
        double worst = 0;
        for (int i = 0; i < values.length; i++) {
            double error = Math.abs(values[i] - expected[i]) / (1 + Math.abs(expected[i]));
            worst = error <= worst ? worst : Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
        }
        return worst;
    }
}
