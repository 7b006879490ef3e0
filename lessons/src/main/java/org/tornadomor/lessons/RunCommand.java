package org.tornadomor.lessons;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.EngineChoice;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.terminal.TextTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code tornado-mor lesson run}. */
@Command(
        name = "run",
        description = "Runs the versions of a lesson's kernel side by side and compares results and costs.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor lesson run 2                            counts, on the simulator",
            "  tornado-mor lesson run 2 --picture addresses.html   and a picture of them",
            "  tornado-mor lesson run 4 --engine tornado           times, on a device",
        })
final class RunCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "N", description = "The number of the lesson.")
    private int number;

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            description =
                    "What runs it: simulator (default; small sizes, strictly checked, accesses counted), tornado (an"
                            + " installed TornadoVM; times) or cpu (plain Java and the CPU engine; times).")
    private Target engine = Target.SIMULATOR;

    @Option(
            names = "--device",
            paramLabel = "BACKEND:INDEX",
            description = "The device of --engine tornado, as 'tornado-mor devices' lists them.")
    private String device;

    @Option(
            names = "--picture",
            paramLabel = "FILE",
            description =
                    "Write a picture of the addresses, for the simulator alone: an SVG, or a page if the name ends in"
                            + " .html.")
    private Path file;

    @Mixin
    private JsonOption json;

    @Override
    public void run() {
        Lesson lesson = Lesson.of(number);
        requireSense();
        Picture picture = file == null ? null : new Picture();
        Workload workload = lesson.workload(engine == Target.SIMULATOR);
        Comparison comparison = new Comparison(engine, device, picture);
        List<Comparison.Row> rows = comparison.run(workload);
        PrintWriter out = spec.commandLine().getOut();
        if (json.wanted()) {
            JsonOption.print(out, json(lesson, workload, comparison, rows));
        } else {
            print(lesson, workload, comparison, rows, out);
        }
        if (picture != null) {
            PictureFile.write(file, picture, "Lesson " + number + ": " + lesson.title());
        }
        rows.stream().filter(row -> !row.equal()).findFirst().ifPresent(row -> {
            throw new UserError("version " + row.number() + " (" + row.version()
                    + ") gives other values than plain Java, " + row.error() + " apart on " + comparison.place()
                    + "; report it with the output of tornado-mor devices");
        });
    }

    private void requireSense() {
        if (device != null && engine != Target.TORNADO) {
            throw new UserError("--device is for --engine tornado; add that or leave --device out");
        }
        if (file != null && engine != Target.SIMULATOR) {
            throw new UserError(
                    "--picture is made by the simulator, which sees every access; leave out --engine " + engine);
        }
        switch (engine) {
            case SIMULATOR -> EngineChoice.requireSimulator();
            case TORNADO -> EngineChoice.requireSdk();
            case CPU -> {}
        }
    }

    private static void print(
            Lesson lesson, Workload workload, Comparison comparison, List<Comparison.Row> rows, PrintWriter out) {
        out.println("Lesson " + lesson.number() + ": " + lesson.title());
        out.println(workload.what() + ", on " + comparison.place());
        out.println();
        if (comparison.limits() == null) {
            counts(rows, out);
            out.println();
            out.println(
                    "lines: of 128 bytes, that 32 work-items touch at a time, on average; turns: of local memory for"
                            + " 32; 1 is best.");
        } else {
            times(workload, comparison.limits(), rows, out);
            out.println();
            out.println(String.format(
                    Locale.ROOT,
                    "The limit here is %.1f GB/s of memory and %.1f GFLOP/s, measured by a copy and by multiply-adds.",
                    comparison.limits().gigabytes(),
                    comparison.limits().gigaflops()));
        }
        for (Comparison.Row row : rows) {
            if (row.profile() != null) {
                out.println();
                out.println("Where version " + row.number() + ", " + row.version() + ", spends itself:");
                out.println();
                profile(row.profile(), engineTable(comparison, row), out);
            }
        }
    }

    /** What a profile can say on an engine. */
    private enum Measured {
        ROWS,
        ACCESSES,
        TIME
    }

    private static Measured engineTable(Comparison comparison, Comparison.Row row) {
        boolean timed = row.profile().programs().stream().anyMatch(part -> part.nanos() > 0);
        return comparison.limits() == null ? Measured.ACCESSES : timed ? Measured.TIME : Measured.ROWS;
    }

    private static void profile(Profile profile, Measured measured, PrintWriter out) {
        double nanos =
                profile.programs().stream().mapToLong(Profile.Part::nanos).sum();
        TextTable programs = measured == Measured.TIME
                ? new TextTable("program", "kernels", "active rows", "ms", "share").left(1)
                : new TextTable("program", "kernels", "active rows").left(1);
        for (Profile.Part part : profile.programs()) {
            List<String> cells = new ArrayList<>(List.of(
                    part.name(),
                    part.launches() == 0 ? "-" : grouped(part.launches()),
                    part.rows() == 0 ? "-" : grouped(part.rows())));
            if (measured == Measured.TIME) {
                cells.add(String.format(Locale.ROOT, "%.3f", part.nanos() / 1e6));
                cells.add(percent(part.nanos() / nanos));
            }
            programs.row(cells.toArray(String[]::new));
        }
        programs.print(out);
        if (measured == Measured.ACCESSES) {
            double accesses =
                    profile.kernels().stream().mapToLong(Profile.Part::accesses).sum();
            out.println();
            TextTable kernels = new TextTable("kernel", "launches", "reads and writes", "share").left(1);
            for (Profile.Part part : profile.kernels()) {
                kernels.row(
                        part.name(),
                        grouped(part.launches()),
                        grouped(part.accesses()),
                        percent(part.accesses() / accesses));
            }
            kernels.print(out);
        }
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    private static void counts(List<Comparison.Row> rows, PrintWriter out) {
        TextTable table = new TextTable(
                        "",
                        "version",
                        "equal",
                        "bytes in",
                        "out",
                        "reads",
                        "writes",
                        "lines",
                        "local",
                        "turns",
                        "barriers")
                .left(3);
        for (Comparison.Row row : rows) {
            Counts counts = row.counts();
            boolean plain = counts == null;
            table.row(
                    Integer.toString(row.number()),
                    row.version(),
                    row.equal() ? "yes" : "NO",
                    plain ? "-" : grouped(row.bytesIn()),
                    plain ? "-" : grouped(row.bytesOut()),
                    plain ? "-" : grouped(counts.reads()),
                    plain ? "-" : grouped(counts.writes()),
                    plain ? "-" : fixed(counts.linesPerStep()),
                    plain || counts.local() == 0 ? "-" : grouped(counts.local()),
                    plain || counts.local() == 0 ? "-" : fixed(counts.turnsPerStep()),
                    plain ? "-" : grouped(counts.barriers()));
        }
        table.print(out);
    }

    private static void times(Workload workload, Limits limits, List<Comparison.Row> rows, PrintWriter out) {
        TextTable table = new TextTable(
                        "", "version", "equal", "bytes in", "out", "ms", "GB/s", "GFLOP/s", "of the limit")
                .left(3);
        for (Comparison.Row row : rows) {
            table.row(
                    Integer.toString(row.number()),
                    row.version(),
                    row.equal() ? "yes" : "NO",
                    grouped(row.bytesIn()),
                    grouped(row.bytesOut()),
                    String.format(Locale.ROOT, "%.3f", row.seconds() * 1e3),
                    fixed(workload.bytes() / row.seconds() / 1e9),
                    fixed(row.flops() / row.seconds() / 1e9),
                    String.format(Locale.ROOT, "%.0f %%", 100 * share(workload, limits, row)));
        }
        table.print(out);
    }

    private static double share(Workload workload, Limits limits, Comparison.Row row) {
        return limits.seconds(row.flops(), workload.bytes()) / row.seconds();
    }

    private ObjectNode json(Lesson lesson, Workload workload, Comparison comparison, List<Comparison.Row> rows) {
        ObjectNode root = JsonOption.object();
        root.put("lesson", lesson.number())
                .put("title", lesson.title())
                .put("workload", workload.what())
                .put("engine", engine.toString())
                .put("device", comparison.place())
                .put("flops", workload.flops())
                .put("bytes", workload.bytes());
        if (comparison.limits() != null) {
            root.put("limit_gb_per_s", comparison.limits().gigabytes())
                    .put("limit_gflop_per_s", comparison.limits().gigaflops());
        }
        ArrayNode versions = root.putArray("versions");
        for (Comparison.Row row : rows) {
            ObjectNode node = versions.addObject();
            node.put("number", row.number())
                    .put("version", row.version())
                    .put("equal", row.equal())
                    .put("error", row.error())
                    .put("bytes_in", row.bytesIn())
                    .put("bytes_out", row.bytesOut());
            if (comparison.limits() != null) {
                node.put("seconds", row.seconds()).put("share_of_limit", share(workload, comparison.limits(), row));
            }
            Counts counts = row.counts();
            if (counts != null) {
                node.put("reads", counts.reads())
                        .put("writes", counts.writes())
                        .put("lines", counts.lines())
                        .put("lines_per_step", counts.linesPerStep())
                        .put("local_accesses", counts.local())
                        .put("turns_per_step", counts.turnsPerStep())
                        .put("barriers", counts.barriers());
            }
            if (row.profile() != null) {
                ArrayNode programs = node.putArray("programs");
                row.profile().programs().forEach(part -> put(programs.addObject(), part));
                ArrayNode kernels = node.putArray("kernels");
                row.profile().kernels().forEach(part -> put(kernels.addObject(), part));
            }
        }
        return root;
    }

    private static void put(ObjectNode node, Profile.Part part) {
        node.put("name", part.name())
                .put("launches", part.launches())
                .put("active_rows", part.rows())
                .put("accesses", part.accesses())
                .put("seconds", part.nanos() / 1e9);
    }

    private static String grouped(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String fixed(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
