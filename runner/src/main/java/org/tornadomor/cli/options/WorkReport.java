package org.tornadomor.cli.options;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadomor.engine.Counters;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.tornado.TornadoEngine;
import org.tornadomor.engine.tornado.TransferReport;
import org.tornadomor.language.TokenListener;
import org.tornadomor.model.Decoder;
import org.tornadomor.terminal.Figures;
import org.tornadomor.terminal.Layout;
import org.tornadomor.terminal.TextTable;
import org.tornadomor.trainer.EvalMetrics;
import org.tornadomor.trainer.StepMetrics;
import org.tornadomor.trainer.TrainingListener;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an engine moved and computed, for {@code --report transfers}: by phase, such as a training step, and within it by
 * stage, such as a recursion depth. A command marks where a phase ends.
 */
public final class WorkReport {
    private static final Set<String> MOVES =
            Set.of(TransferReport.UPLOADS, TransferReport.DOWNLOADS, TransferReport.BINDINGS);
    private static final Pattern DEPTH = Pattern.compile("\\bdepth \\d+\\b");
    private static final String OPTIMIZER = "optimizer";
    private static final double NANOS_A_MILLISECOND = 1e6;

    private final Engine engine;
    private final Map<String, Phase> phases = new LinkedHashMap<>();
    private Map<String, Work> before = Map.of();

    /** Something that a command does once or often, split into stages. */
    private static final class Phase {
        private final boolean detailed;
        private final Map<String, Work> stages = new LinkedHashMap<>();
        private int times;

        Phase(boolean detailed) {
            this.detailed = detailed;
        }

        Work total() {
            return stages.values().stream().reduce(Work.NONE, Work::plus);
        }
    }

    /** Sums over any number of runs of any programs; bytes as {@link TransferReport.Entry} counts them. */
    private record Work(
            long graphs,
            long kernels,
            long in,
            long out,
            long frames,
            long rows,
            long skipped,
            long nanos,
            long compiling) {
        static final Work NONE = new Work(0, 0, 0, 0, 0, 0, 0, 0, 0);

        static Work of(TransferReport.Entry it) {
            return new Work(
                    it.graphRuns(),
                    it.launches(),
                    it.bytesIn(),
                    it.bytesOut(),
                    it.frameBytes(),
                    it.rowsComputed(),
                    it.rowsSkipped(),
                    it.kernelNanos(),
                    it.compileNanos());
        }

        static Work of(Counters.Counter it) {
            return new Work(0, 0, 0, 0, 0, it.rows(), it.skipped(), 0, 0);
        }

        Work plus(Work other) {
            return add(other, 1);
        }

        Work minus(Work other) {
            return add(other, -1);
        }

        private Work add(Work other, int sign) {
            return new Work(
                    graphs + sign * other.graphs,
                    kernels + sign * other.kernels,
                    in + sign * other.in,
                    out + sign * other.out,
                    frames + sign * other.frames,
                    rows + sign * other.rows,
                    skipped + sign * other.skipped,
                    nanos + sign * other.nanos,
                    compiling + sign * other.compiling);
        }
    }

    private WorkReport(Engine engine) {
        this.engine = engine;
    }

    /** A report on an engine from now on. @param wanted whether to report anything at all */
    public static WorkReport of(Engine engine, boolean wanted) {
        return new WorkReport(wanted ? engine : null);
    }

    /** Whether there is anything to show. */
    boolean wanted() {
        return engine != null;
    }

    /**
     * Counts what was done since the last mark as one more run of this phase. Where nothing was done, nothing is counted.
     *
     * @param detailed whether to show its stages too
     */
    public void mark(String name, boolean detailed) {
        if (engine == null) {
            return;
        }
        Map<String, Work> now = read();
        Map<String, Work> done = new LinkedHashMap<>();
        now.forEach((program, work) -> {
            Work added = work.minus(before.getOrDefault(program, Work.NONE));
            if (!added.equals(Work.NONE)) {
                done.merge(stage(program), added, Work::plus);
            }
        });
        before = now;
        if (!done.isEmpty()) {
            Phase phase = phases.computeIfAbsent(name, n -> new Phase(detailed));
            phase.times++;
            done.forEach((stage, work) -> phase.stages.merge(stage, work, Work::plus));
        }
    }

    private Map<String, Work> read() {
        Map<String, Work> programs = new LinkedHashMap<>();
        if (engine instanceof TornadoEngine device) {
            device.transfers().entries().forEach(entry -> programs.merge(entry.name(), Work.of(entry), Work::plus));
        }
        for (Counters.Counter it : engine.counters().all()) {
            // On a device the transfers above count the rows of programs. Rows at a depth belong to no program: the
            // decoder
            // counts them.
            if (!(engine instanceof TornadoEngine) || it.program().startsWith(Decoder.ROWS_AT_DEPTH)) {
                programs.merge(it.program(), Work.of(it), Work::plus);
            }
        }
        return programs;
    }

    /** Programs are named after what they are for, the recursion depth, and their part in it. */
    static String stage(String program) {
        if (MOVES.contains(program)) {
            return program;
        }
        if (program.startsWith(OPTIMIZER)) {
            return OPTIMIZER;
        }
        Matcher depth = DEPTH.matcher(program);
        String where = depth.find() ? depth.group() : "outside the depths";
        return program.contains("backward") ? where + ", backward" : where;
    }

    /** A listener that hears the same and marks the phases of a training run. */
    public TrainingListener training(TrainingListener inner) {
        return engine == null ? inner : new Training(inner);
    }

    /** A listener that hears the same and marks the reading of the prompts and each step of one token a sequence. */
    public TokenListener tokens(TokenListener inner) {
        if (engine == null) {
            return inner;
        }
        boolean[] reading = {true};
        return new TokenListener() {
            @Override
            public void token(int prompt, int id, int depth, String text) {
                mark(reading[0] ? "the prompts" : "decoding step", true);
                reading[0] = false;
                inner.token(prompt, id, depth, text);
            }

            @Override
            public void prompt(int prompt, String text) {
                inner.prompt(prompt, text);
            }
        };
    }

    /** Prints the table. */
    public void print(PrintWriter err) {
        if (engine == null) {
            return;
        }
        boolean device = engine instanceof TornadoEngine;
        TextTable table = device
                ? new TextTable(
                        "",
                        "bytes in",
                        "bytes out",
                        "graphs",
                        "frames in",
                        "kernels",
                        "rows",
                        "skipped",
                        "kernel ms",
                        "compile ms")
                : new TextTable("", "rows", "skipped");
        phases.forEach((name, phase) -> {
            String times = phase.times == 1 ? name : name + ", mean of " + Figures.grouped(phase.times);
            row(table, times, phase.total(), phase.times, device);
            if (phase.detailed) {
                phase.stages.entrySet().stream()
                        .sorted(Comparator.comparingInt(it -> place(it.getKey())))
                        .forEach(it -> row(table, "  " + it.getKey(), it.getValue(), phase.times, device));
            }
        });
        err.println();
        err.println("Work of " + engine.describe() + ":");
        table.print(err);
        Layout.paragraph(
                err,
                device
                        ? "Rows are summed over ops. Frames are what the runtime itself copies in for each launch. Compile time is"
                                + " that of the first run of each graph."
                        : "Rows are summed over ops. The cpu engine computes in host memory: nothing is transferred, and"
                                + " there are no kernels to time.");
        err.flush();
    }

    /**
     * Where a row of the table stands: what goes in comes first, then the programs in the order in which they ran, then what
     * comes back.
     */
    private static int place(String stage) {
        return switch (stage) {
            case TransferReport.UPLOADS -> -2;
            case TransferReport.BINDINGS -> -1;
            case TransferReport.DOWNLOADS -> 1;
            default -> 0;
        };
    }

    private static void row(TextTable table, String name, Work work, int times, boolean device) {
        if (device) {
            table.row(
                    name,
                    mean(work.in, times),
                    mean(work.out, times),
                    mean(work.graphs, times),
                    mean(work.frames, times),
                    mean(work.kernels, times),
                    mean(work.rows, times),
                    mean(work.skipped, times),
                    String.format(Locale.ROOT, "%,.2f", work.nanos / NANOS_A_MILLISECOND / times),
                    String.format(Locale.ROOT, "%,.0f", work.compiling / NANOS_A_MILLISECOND / times));
        } else {
            table.row(name, mean(work.rows, times), mean(work.skipped, times));
        }
    }

    private static String mean(long sum, int times) {
        return sum % times == 0
                ? Figures.grouped(sum / times)
                : String.format(Locale.ROOT, "%,.1f", (double) sum / times);
    }

    /** Puts the sums of all phases into a result. Figures that an engine does not have are left out. */
    public void addTo(ObjectNode result) {
        if (engine == null) {
            return;
        }
        ArrayNode list = result.putArray("transfers");
        phases.forEach((name, phase) -> {
            ObjectNode node = list.addObject();
            node.put("phase", name);
            node.put("times", phase.times);
            ObjectNode stages = node.putObject("stages");
            phase.stages.forEach((stage, work) -> put(stages.putObject(stage), work));
        });
    }

    private void put(ObjectNode node, Work work) {
        if (engine instanceof TornadoEngine) {
            node.put("bytes_in", work.in);
            node.put("bytes_out", work.out);
            node.put("graphs", work.graphs);
            node.put("frame_bytes_in", work.frames);
            node.put("kernels", work.kernels);
            node.put("kernel_nanos", work.nanos);
            node.put("compile_nanos", work.compiling);
        }
        node.put("rows", work.rows);
        node.put("rows_skipped", work.skipped);
    }

    /** Marks the first step apart from the others, since it compiles programs and moves what stays on the device. */
    private final class Training implements TrainingListener {
        private final TrainingListener inner;
        private boolean stepped;

        Training(TrainingListener inner) {
            this.inner = inner;
        }

        @Override
        public void started(Start start) {
            mark("before the first step", false);
            inner.started(start);
        }

        @Override
        public void step(StepMetrics metrics, double progress) {
            mark(stepped ? "training step" : "first step", true);
            stepped = true;
            inner.step(metrics, progress);
        }

        @Override
        public void evaluated(EvalMetrics metrics) {
            // Texts that the model writes at an evaluation are part of it.
            inner.evaluated(metrics);
            mark("evaluation", false);
        }

        @Override
        public void saved(long step, Path checkpoint) {
            mark("checkpoint", false);
            inner.saved(step, checkpoint);
        }

        @Override
        public void message(String text) {
            inner.message(text);
        }
    }
}
