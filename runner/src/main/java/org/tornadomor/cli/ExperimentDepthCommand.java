package org.tornadomor.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.EngineChoice;
import org.tornadomor.cli.options.EngineOptions;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.cli.options.NoEffect;
import org.tornadomor.data.Synthetic;
import org.tornadomor.experiment.DepthReport;
import org.tornadomor.experiment.DepthStudy;
import org.tornadomor.terminal.TextTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code tornado-mor experiment depth}: recursion depth by difficulty. */
@Command(
        name = "depth",
        description =
                "Shows how many recursions tokens of known difficulty get from models that were trained on synthetic"
                        + " text, with confidence intervals.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor train --data synthetic:mixed --context 128 --minutes 5 --out runs/mixed",
            "  tornado-mor experiment depth runs/mixed",
            "  tornado-mor experiment depth runs/difficulty/runs/d64/mor-3/seed-*/budget-* -o runs/depth",
        })
final class ExperimentDepthCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "RUN",
            arity = "1..*",
            description = "Run folders of models of bytes. Runs of one model are taken together as its seeds.")
    private List<Path> runs;

    @Option(
            names = "--data",
            paramLabel = "TEXT",
            description =
                    "The kind of text, such as synthetic:sums. Default: what each run was trained on; always in other"
                            + " words than there.")
    private String data;

    @Option(
            names = "--documents",
            paramLabel = "N",
            defaultValue = "256",
            description = "Samples to score. Default: ${DEFAULT-VALUE}.")
    private int documents;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            description =
                    "Where to write depth.md, depth.json, depth.html and plots. Default: tables on standard output"
                            + " alone.")
    private Path out;

    @Mixin
    private EngineOptions engine;

    @Mixin
    private JsonOption json;

    @Override
    public void run() {
        NoEffect.of(spec).when(() -> true, "a study of depths is not reported on", EngineChoice.REPORT);
        if (documents < 2) {
            throw new UserError("--documents " + documents + " gives no interval; give 2 or more");
        }
        if (data != null && !Synthetic.is(data)) {
            throw new UserError("--data " + data
                    + " has no known difficulty; give synthetic:brackets, synthetic:sums or" + " synthetic:mixed");
        }
        List<DepthStudy.Group> groups =
                DepthStudy.of(runs, data == null ? null : Synthetic.parse(data), documents, config -> engine.open());
        DepthReport report = new DepthReport(groups);
        if (out != null) {
            report.write(out);
        }
        PrintWriter results = spec.commandLine().getOut();
        if (json.wanted()) {
            JsonOption.print(results, JsonMapper.shared().valueToTree(groups));
            return;
        }
        report.tables().forEach((heading, rows) -> {
            results.println(heading);
            TextTable table = new TextTable(rows.getFirst().toArray(String[]::new));
            rows.stream().skip(1).forEach(row -> table.row(row.toArray(String[]::new)));
            table.print(results);
            results.println();
        });
        if (out != null) {
            results.println("see " + out.resolve("depth.md") + " and " + out.resolve("depth.html"));
        }
        results.flush();
    }
}
