package org.tornadomor.tasks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.tornadomor.UserError;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.language.BatchGenerator;
import org.tornadomor.language.Generation;
import org.tornadomor.language.GenerationOptions;
import org.tornadomor.language.TokenListener;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.tasks.TaskResult.Sample;
import org.tornadomor.tokenizer.TextBoundaries;

/** Evaluates a model on tasks: first all requests are made, then they are run mode by mode, task by task. */
public final class TaskRun {
    private final TextBoundaries texts;
    private final TaskOptions options;
    private final List<TaskTree> trees;
    private final Map<String, PreparedTask> prepared = new LinkedHashMap<>();

    private TaskRun(TextBoundaries texts, TaskOptions options, List<TaskTree> trees) {
        this.texts = texts;
        this.options = options;
        this.trees = trees;
    }

    /**
     * Makes all requests, for which no model is needed.
     *
     * @param names tasks, groups or tags of the library
     * @param data where data sets lie; null if the tasks name files themselves
     * @param notes is told what a user should know about the data
     * @throws org.tornadomor.UserError if a task or its data cannot be used
     */
    public static TaskRun prepare(
            TextBoundaries texts,
            TaskOptions options,
            TaskLibrary library,
            List<String> names,
            Path data,
            Consumer<String> notes) {
        List<TaskTree> trees = new ArrayList<>();
        for (String name : names) {
            library.find(name).stream()
                    .filter(tree ->
                            trees.stream().noneMatch(known -> known.name().equals(tree.name())))
                    .forEach(trees::add);
        }
        TaskRun run = new TaskRun(texts, options, trees);
        TaskPreparation preparation = new TaskPreparation(new DataFiles(data), texts, options, notes);
        for (TaskTree tree : trees) {
            for (TaskConfig task : tree.tasks()) {
                PreparedTask known = run.prepared.get(task.name());
                if (known == null) {
                    run.prepared.put(task.name(), preparation.prepare(task));
                } else if (!known.task().source().equals(task.source())) {
                    throw new UserError("task " + task.name() + " is asked for twice, and a group changes it: give it"
                            + " another name there, or ask for one of them");
                }
            }
        }
        return run;
    }

    /** What is evaluated. */
    List<TaskTree> trees() {
        return trees;
    }

    /** Tokens that the model sees in one mode, counted for each request. */
    public long tokens() {
        return prepared.values().stream().mapToLong(PreparedTask::tokens).sum();
    }

    /**
     * Runs all tasks.
     *
     * @param progress is told of tokens that were done
     * @throws org.tornadomor.UserError if the model computes nothing finite
     */
    public ModeResult run(Engine engine, ParameterSet weights, Mode mode, LongConsumer progress) {
        Map<String, TaskResult> results = new LinkedHashMap<>();
        for (PreparedTask task : prepared.values()) {
            long begin = System.nanoTime();
            long[] computed = new long[1];
            Answer[] answers = task.task().type() == OutputType.GENERATE_UNTIL
                    ? written(engine, weights, task, computed, progress)
                    : scored(engine, weights, task, mode, computed, progress);
            List<Sample> samples = samples(task, answers);
            double seconds = (System.nanoTime() - begin) / 1e9;
            results.put(task.task().name(), TaskResult.of(task, samples, computed[0], seconds));
        }
        return new ModeResult(mode, results, trees);
    }

    private Answer[] scored(
            Engine engine, ParameterSet weights, PreparedTask task, Mode mode, long[] computed, LongConsumer progress) {
        if (task.requests().isEmpty()) {
            return new Answer[0];
        }
        int longest = task.longest();
        try (RequestScorer scorer = mode == Mode.TRAIN
                ? new TrainScorer(engine, weights, longest, options.sequences(), options.maxDepth())
                : new CausalScorer(
                        engine,
                        weights,
                        longest,
                        task.tokens(),
                        options.sequences(),
                        options.threshold(),
                        options.maxDepth())) {
            Answer[] answers = scorer.score(task.requests(), progress);
            computed[0] = scorer.computed();
            return answers;
        }
    }

    /** Lets the model write; it routes as in generation in every mode. */
    private Answer[] written(
            Engine engine, ParameterSet weights, PreparedTask task, long[] computed, LongConsumer progress) {
        TaskConfig.Writing writing = task.task().generation();
        GenerationOptions how = GenerationOptions.DEFAULT
                .withMaxNewTokens(writing.mostTokens())
                .withTemperature(0)
                .withStop(writing.until())
                .withThreshold(options.threshold())
                .withMaxDepth(options.maxDepth());
        List<int[]> prompts = task.requests().stream().map(TokenRequest::ids).toList();
        BatchGenerator.Result result =
                BatchGenerator.generate(engine, weights, texts, prompts, how, ElementType.F32, TokenListener.NONE);
        Answer[] answers = new Answer[prompts.size()];
        for (int i = 0; i < answers.length; i++) {
            Generation made = result.generations().get(i);
            Answer.Depths own = depths(made.depths());
            answers[i] = new Answer(0, true, made.text(), own, own.plus(depths(made.promptDepths())));
            computed[0] += prompts.get(i).length + made.tokens().length;
        }
        progress.accept(task.tokens());
        return answers;
    }

    private static Answer.Depths depths(int[] depths) {
        return new Answer.Depths(depths.length, Arrays.stream(depths).sum());
    }

    private static List<Sample> samples(PreparedTask task, Answer[] answers) {
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < task.items().size(); i++) {
            List<Answer> own = List.of(answers).subList(task.starts()[i], task.starts()[i + 1]);
            if (task.task().type() == OutputType.LOGLIKELIHOOD_ROLLING) {
                Answer empty = new Answer(0, true, null, Answer.Depths.NONE, Answer.Depths.NONE);
                own = List.of(own.stream().reduce(empty, Answer::plus));
            }
            Item item = task.items().get(i);
            samples.add(new Sample(item, own, Scores.of(task.task(), item, own)));
        }
        return samples;
    }
}
