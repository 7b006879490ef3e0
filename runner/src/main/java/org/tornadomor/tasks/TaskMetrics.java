package org.tornadomor.tasks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.tornadomor.UserError;
import tools.jackson.databind.JsonNode;

/**
 * The {@code metric_list} of a task. Next to {@code acc_norm} stands {@code acc_bytes}, which is the same for each byte.
 *
 * @param matching how texts are compared
 */
record TaskMetrics(List<Metric> metrics, TaskConfig.Matching matching) {
    private static final Set<String> SWITCHES = Set.of("ignore_case", "ignore_punctuation", "ignore_numbers");

    /** @throws UserError naming a metric or a key that is not known */
    static TaskMetrics read(String task, JsonNode list, OutputType type) {
        List<Metric> metrics = new ArrayList<>();
        TaskConfig.Matching matching = TaskConfig.Matching.EXACT;
        if (list.isMissingNode() || list.isNull()) {
            metrics.addAll(Metric.usual(type));
        }
        for (JsonNode entry : list) {
            String label = entry.path("metric").asString("");
            Metric metric = Metric.of(label)
                    .filter(m -> m.measures(type))
                    .orElseThrow(() -> new UserError("task " + task + " asks for the metric '" + label
                            + "', which there is not for its output type; there are " + Metric.names(type)
                            + ": take it out"));
            TaskConfig.Matching own = options(task, entry, metric);
            matching = metric == Metric.EXACT_MATCH ? own : matching;
            metrics.add(metric);
        }
        if (metrics.isEmpty()) {
            throw new UserError("task " + task + ": metric_list is empty; name a metric or leave it out");
        }
        if (metrics.contains(Metric.ACC_NORM) && !metrics.contains(Metric.ACC_BYTES)) {
            metrics.add(metrics.indexOf(Metric.ACC_NORM) + 1, Metric.ACC_BYTES);
        }
        return new TaskMetrics(List.copyOf(metrics), matching);
    }

    private static TaskConfig.Matching options(String task, JsonNode entry, Metric metric) {
        List<String> ignored = List.of();
        for (Map.Entry<String, JsonNode> option : entry.properties()) {
            String where = "task " + task + ": " + option.getKey() + " of metric " + metric.label();
            JsonNode value = option.getValue();
            boolean matches = metric == Metric.EXACT_MATCH;
            if (option.getKey().equals("aggregation")) {
                if (!value.asString("").equals(metric.aggregation().label())) {
                    throw new UserError(where + " is " + value + "; supported is "
                            + metric.aggregation().label());
                }
            } else if (matches && option.getKey().equals("regexes_to_ignore")) {
                ignored = TaskFile.texts(value, where);
                requirePatterns(ignored, where);
            } else if (matches && SWITCHES.contains(option.getKey())) {
                if (TaskFile.flag(value) == null) {
                    throw new UserError(where + " is " + value + "; it is true or false");
                }
            } else if (!Set.of("metric", "higher_is_better").contains(option.getKey())
                    && !(option.getKey().equals("hf_evaluate") && TaskFile.flag(value) != null)) {
                throw new UserError(where + " is not supported; take it out");
            }
        }
        return new TaskConfig.Matching(
                ignored,
                TaskFile.flag(entry, "ignore_case", false),
                TaskFile.flag(entry, "ignore_punctuation", false),
                TaskFile.flag(entry, "ignore_numbers", false));
    }

    private static void requirePatterns(List<String> patterns, String where) {
        for (String pattern : patterns) {
            try {
                Pattern.compile(pattern);
            } catch (PatternSyntaxException e) {
                throw new UserError(
                        where + " has '" + pattern + "', which is no regular expression here: rewrite it", e);
            }
        }
    }
}
