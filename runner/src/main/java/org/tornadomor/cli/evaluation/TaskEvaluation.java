package org.tornadomor.cli.evaluation;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.tornadomor.cli.options.JsonFileOption;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.cli.options.LoadedModel;
import org.tornadomor.cli.options.ResultFile;
import org.tornadomor.cli.options.TaskArguments;
import org.tornadomor.cli.options.WorkReport;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.tasks.Mode;
import org.tornadomor.tasks.ModeResult;
import org.tornadomor.tasks.ResultJson;
import org.tornadomor.tasks.ResultTable;
import org.tornadomor.tasks.TaskLibrary;
import org.tornadomor.tasks.TaskListing;
import org.tornadomor.tasks.TaskOptions;
import org.tornadomor.tasks.TaskRun;
import org.tornadomor.terminal.Layout;
import org.tornadomor.terminal.Progress;
import org.tornadomor.terminal.TerminalPrinter;
import org.tornadomor.terminal.TextTable;
import org.tornadomor.tokenizer.TextBoundaries;
import tools.jackson.databind.node.ObjectNode;

/** {@code evaluate --tasks}: a loaded model on tasks. */
final class TaskEvaluation {
    private final TaskArguments arguments;
    private final TaskOptions options;
    private final PrintWriter out;
    private final PrintWriter err;
    /** What is to be said of the data. It is held back: if what follows fails, the error stands alone. */
    private final List<String> notes = new ArrayList<>();

    /**
     * @param out for results
     * @param err for messages
     */
    TaskEvaluation(TaskArguments arguments, TaskOptions options, PrintWriter out, PrintWriter err) {
        this.arguments = arguments;
        this.options = options;
        this.out = out;
        this.err = err;
    }

    /** Shows what can be evaluated, and what is wrong with a user's files and those beside them. */
    static void list(TaskArguments arguments, PrintWriter out, PrintWriter err) {
        arguments.mistakes().forEach(mistake -> err.println("Note: " + mistake));
        err.flush();
        TextTable table = new TextTable("task", "documents", "data set", "licence").left(4);
        for (TaskListing.Line line : TaskListing.lines(new TaskLibrary())) {
            table.row(line.name(), line.split(), line.where(), line.licence());
        }
        table.print(out);
        out.println();
        Layout.paragraph(
                out,
                "Download the data sets with the fields that they have there. Below --task-data, the documents of a split are"
                        + " looked for as");
        for (TaskListing.Line line : TaskListing.lines(new TaskLibrary())) {
            Layout.wrap(line.name() + ": " + line.files(), "  ", "      ", TerminalPrinter.columns(out))
                    .forEach(out::println);
        }
        out.flush();
    }

    /** Makes all requests: what is wrong with a name or its data shows before a model is loaded. */
    TaskRun prepare(TextBoundaries texts) {
        TaskLibrary library = new TaskLibrary();
        return TaskRun.prepare(texts, options, library, arguments.names(library), arguments.data(), notes::add);
    }

    /**
     * Runs everything and shows it.
     *
     * @param described what stands before the results in JSON
     */
    void run(
            TaskRun run,
            LoadedModel loaded,
            ObjectNode described,
            JsonFileOption json,
            ResultFile jsonFile,
            ResultFile samplesFile,
            WorkReport work) {
        notes.forEach(err::println);
        ModelConfig config = loaded.config();
        List<Mode> modes = arguments.modes(config.router().looksAhead());
        List<ModeResult> results = new ArrayList<>();
        try (Progress progress = Progress.start("evaluate", "tok", run.tokens() * modes.size())) {
            for (Mode mode : modes) {
                results.add(run.run(loaded.engine(), loaded.weights(), mode, progress::advance));
                work.mark("tasks, " + mode.label() + " mode", true);
            }
        }
        described.put("mode", modes.size() > 1 ? "both" : modes.getFirst().label());
        described.put("modes_differ", config.router().looksAhead());
        ResultJson.addTo(described, results);
        work.addTo(described);
        if (json.file() != null) {
            jsonFile.write(JsonFileOption.text(described));
        }
        if (arguments.samples() != null) {
            samplesFile.write(ResultJson.samples(results));
        }
        if (json.prints()) {
            JsonOption.print(out, described);
        } else {
            print(results, config);
        }
        out.flush();
        work.print(err);
    }

    private void print(List<ModeResult> results, ModelConfig config) {
        ResultTable table = new ResultTable(results);
        print(table.scores(), table.scoreRows(), 1);
        if (config.recursions() > 1) {
            out.println();
            out.println("Mean recursions of the tokens from which answers were predicted:");
            print(table.depths(), table.depthRows(), 2);
        }
        if (!config.router().looksAhead()) {
            out.println("This model routes alike in training and in generation: both modes are one.");
        }
    }

    /** A table as the harness has it, or on a terminal that is too narrow for it the same figures in fewer columns. */
    private void print(List<String> lines, List<String[]> rows, int left) {
        if (lines.stream().allMatch(line -> line.length() <= TerminalPrinter.columns(out))) {
            lines.forEach(line -> out.println(TerminalPrinter.line(out, line)));
            return;
        }
        int[] named = IntStream.range(0, rows.getFirst().length)
                .filter(i -> !rows.getFirst()[i].isEmpty())
                .toArray();
        TextTable table = new TextTable(cells(rows.getFirst(), named)).left(left);
        rows.subList(1, rows.size()).forEach(row -> table.row(cells(row, named)));
        table.print(out);
    }

    private static String[] cells(String[] row, int[] columns) {
        return IntStream.of(columns).mapToObj(i -> row[i]).toArray(String[]::new);
    }
}
