package org.tornadomor.tasks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What came of all tasks in one mode.
 *
 * @param tasks by name
 * @param trees what was asked for
 */
public record ModeResult(Mode mode, Map<String, TaskResult> tasks, List<TaskTree> trees) {
    /** The means of the paper's tables: a column is a mean of tasks, each with a metric. */
    private static final List<Map<String, Metric>> COLUMNS = List.of(
            Map.of("lambada_openai", Metric.ACC),
            Map.of("hellaswag", Metric.ACC_NORM),
            Map.of("piqa", Metric.ACC_NORM),
            Map.of("winogrande", Metric.ACC),
            Map.of("arc_easy", Metric.ACC_NORM, "arc_challenge", Metric.ACC_NORM),
            Map.of("mmlu_continuation", Metric.ACC));

    /** The scores of a group, by metric. */
    Map<Metric, Score> scores(TaskTree.Group group) {
        Map<Metric, Score> scores = new LinkedHashMap<>();
        for (TaskTree.Mean mean : group.means()) {
            List<Score> own = new ArrayList<>();
            List<Integer> sizes = new ArrayList<>();
            for (TaskConfig task : group.tasks()) {
                TaskResult result = tasks.get(task.name());
                Score score = result.scores().get(mean.metric());
                if (score != null) {
                    own.add(score);
                    sizes.add(result.samples().size());
                }
            }
            if (!own.isEmpty()) {
                scores.put(mean.metric(), Score.mean(own, sizes, mean.bySize()));
            }
        }
        return scores;
    }

    /** Documents of a group. */
    int documents(TaskTree.Group group) {
        return group.tasks().stream()
                .mapToInt(task -> tasks.get(task.name()).samples().size())
                .sum();
    }

    /**
     * The average of the paper's tables: LAMBADA, HellaSwag, PIQA, WinoGrande, both parts of ARC as one, and MMLU by
     * continuation.
     *
     * @return NaN unless all of them were evaluated
     */
    double paperAverage() {
        double sum = 0;
        for (Map<String, Metric> column : COLUMNS) {
            double part = 0;
            for (Map.Entry<String, Metric> entry : column.entrySet()) {
                part += value(entry.getKey(), entry.getValue());
            }
            sum += part / column.size();
        }
        return sum / COLUMNS.size();
    }

    private double value(String name, Metric metric) {
        if (tasks.containsKey(name)) {
            Score score = tasks.get(name).scores().get(metric);
            return score == null ? Double.NaN : score.value();
        }
        for (TaskTree tree : trees) {
            if (tree instanceof TaskTree.Group group && group.name().equals(name)) {
                Score score = scores(group).get(metric);
                return score == null ? Double.NaN : score.value();
            }
        }
        return Double.NaN;
    }
}
