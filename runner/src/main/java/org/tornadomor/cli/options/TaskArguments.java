package org.tornadomor.cli.options;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tornadomor.UserError;
import org.tornadomor.tasks.Mode;
import org.tornadomor.tasks.TaskLibrary;
import picocli.CommandLine.Option;

/** Which tasks are evaluated, and how. */
public final class TaskArguments {
    /** What --tasks shows instead of evaluating. */
    static final String LIST = "list";

    private static final String BOTH = "both";

    @Option(
            names = "--tasks",
            split = ",",
            paramLabel = "NAMES",
            description =
                    "Tasks, groups or tags to evaluate instead of a text, as lambada,hellaswag,mmlu; 'list' shows them"
                            + " all, with the data that each needs.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--task",
            paramLabel = "FILE",
            description =
                    "A task or group in a YAML file, in the vocabulary of lm-evaluation-harness; may be given several"
                            + " times.")
    private List<Path> files = new ArrayList<>();

    @Option(names = "--task-data", paramLabel = "DIR", description = "Where the data sets of the tasks lie.")
    private Path data;

    @Option(
            names = "--shots",
            paramLabel = "N",
            description = "Examples before each document. Default: what each task says, mostly none.")
    private Integer shots;

    @Option(names = "--limit", paramLabel = "N", description = "Evaluate the first N documents of each task.")
    private Integer limit;

    @Option(
            names = "--mode",
            paramLabel = "MODE",
            description = "Routing in tasks: causal (as in generation), train (as in training, over context and"
                    + " continuation), or both. Default: both where they differ.")
    private String mode;

    @Option(
            names = "--samples",
            paramLabel = "FILE",
            description =
                    "Write a line of JSON for each document of each task: requests, log-likelihoods, scores, depth.")
    private Path samples;

    /** Names of the options that mean nothing without a task. */
    public static final String[] OPTIONS = {"--task-data", "--shots", "--limit", "--mode", "--samples"};

    /** Whether tasks are evaluated at all. */
    public boolean wanted() {
        return !names.isEmpty() || !files.isEmpty();
    }

    /** Whether the tasks are only listed. */
    public boolean lists() {
        return names.contains(LIST);
    }

    /**
     * The names of what is evaluated.
     *
     * @param library gets the tasks of files too
     */
    public List<String> names(TaskLibrary library) {
        List<String> all = new ArrayList<>();
        for (String name : names) {
            if (name.isBlank()) {
                throw new UserError("--tasks has an empty name; separate names by one comma");
            }
            all.add(name.strip());
        }
        files.forEach(file -> all.addAll(library.add(file)));
        return all;
    }

    /** What is wrong with files beside those of --task. */
    public List<String> mistakes() {
        TaskLibrary library = new TaskLibrary();
        files.forEach(library::add);
        return library.unreadable();
    }

    public Path data() {
        return data;
    }

    public Path samples() {
        return samples;
    }

    /** Examples before each document, or null for what the task says. */
    public Integer shots() {
        return Quantity.requireAtLeast("--shots", shots, 0);
    }

    /** The most documents of a task, or null for all. */
    public Integer limit() {
        return Quantity.requireAtLeast("--limit", limit, 1);
    }

    /**
     * The modes to run.
     *
     * @param differ whether the model routes otherwise in training than in generation
     * @throws UserError if it is no mode
     */
    public List<Mode> modes(boolean differ) {
        List<Mode> all = List.of(Mode.CAUSAL, Mode.TRAIN);
        if (mode == null || mode.equalsIgnoreCase(BOTH)) {
            return differ ? all : List.of(Mode.CAUSAL);
        }
        return all.stream()
                .filter(one -> one.label().equals(mode.toLowerCase(Locale.ROOT)))
                .findFirst()
                .map(one -> List.of(differ ? one : Mode.CAUSAL))
                .orElseThrow(() -> new UserError("--mode " + mode + " is none of causal, train and both; give one"));
    }
}
