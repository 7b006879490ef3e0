package org.tornadomor.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.RunRecorder;
import org.tornadomor.files.AsideFile;
import org.tornadomor.files.InputFile;
import org.tornadomor.report.ReportPage;
import org.tornadomor.report.RunData;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tornado-mor report}: runs as a page. */
@Command(
        name = "report",
        description = {
            "Writes runs as one HTML page that needs nothing besides itself.",
            "It has curves along steps, tokens, FLOPs or time, the depths of a text, what the model wrote, settings, and how"
                    + " each run was started.",
            "Losses are in nats a token, and in bits a byte where the runs have different tokenizers."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor report runs/notes          writes runs/notes/report.html, also while the run goes on",
            "  tornado-mor report runs/mor3 runs/vanilla -o compared.html",
            "  tornado-mor report runs/*              writes report.html here",
        })
final class ReportCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "RUN", arity = "1..*", description = "Folders of runs.")
    private List<Path> runs;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            description =
                    "Where to write the page; folders that are missing are made. Default: report.html in the folder"
                            + " of a single run, else here.")
    private String out;

    @Override
    public void run() {
        List<Path> distinct = runs.stream().map(Path::normalize).distinct().toList();
        Path file = out != null
                ? InputFile.path(out)
                : distinct.size() == 1
                        ? distinct.getFirst().resolve(RunRecorder.REPORT_FILE)
                        : Path.of(RunRecorder.REPORT_FILE);
        if (Files.isDirectory(file) || out != null && out.endsWith("/")) {
            throw new UserError(file + " is a folder; give the name of a file with -o");
        }
        List<RunData> read = RunData.read(distinct);
        AsideFile.writeText(file, ReportPage.of(read));
        for (String name : RunData.withoutLosses(read)) {
            spec.commandLine()
                    .getErr()
                    .println("no losses of " + name
                            + ": the runs have different tokenizers, and its metrics are of a version"
                            + " that wrote no bytes; see evaluate for its bits a byte");
        }
        spec.commandLine().getErr().flush();
        spec.commandLine().getOut().println("wrote " + file);
        spec.commandLine().getOut().flush();
    }
}
