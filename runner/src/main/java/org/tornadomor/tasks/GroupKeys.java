package org.tornadomor.tasks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadomor.UserError;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The keys of a group, its members aside.
 *
 * @param alias what tables call it
 * @param means what is brought together
 * @param changes keys of tasks that it changes in its members
 */
record GroupKeys(String alias, List<TaskTree.Mean> means, String version, ObjectNode changes) {
    private static final Set<String> OWN =
            Set.of("group", "group_alias", "task", "aggregate_metric_list", "metadata", "tag");

    /** @throws UserError naming a key that is not understood */
    static GroupKeys read(ObjectNode keys, String where) {
        String name = keys.path("group").asString("");
        ObjectNode changes = keys.objectNode();
        for (Map.Entry<String, JsonNode> entry : keys.properties()) {
            if (!OWN.contains(entry.getKey())) {
                changes.set(entry.getKey(), entry.getValue());
            }
        }
        JsonNode list = keys.path("aggregate_metric_list");
        List<TaskTree.Mean> means = new ArrayList<>();
        for (JsonNode item : list instanceof ObjectNode one ? List.of(one) : list) {
            means.add(mean(item, "group " + name + " of " + where));
        }
        return new GroupKeys(
                keys.path("group_alias").asString(name),
                means,
                keys.path("metadata").path("version").asString("N/A"),
                changes);
    }

    private static TaskTree.Mean mean(JsonNode item, String where) {
        for (Map.Entry<String, JsonNode> entry : item.properties()) {
            boolean known = switch (entry.getKey()) {
                case "metric" -> true;
                case "weight_by_size" -> TaskFile.flag(entry.getValue()) != null;
                case "aggregation" -> entry.getValue().asString("").equals("mean");
                case "filter_list" -> isNone(entry.getValue());
                default -> false;
            };
            if (!known) {
                throw new UserError(where + " has " + entry.getKey() + ": " + entry.getValue()
                        + " in its aggregate_metric_list, which is not supported; take it out");
            }
        }
        String label = item.path("metric").asString("");
        Metric metric = Metric.of(label)
                .filter(m -> m.aggregation() == Metric.Aggregation.MEAN)
                .orElseThrow(() -> new UserError(
                        where + " brings the metric '" + label + "' together, of which there is no mean; take it out"));
        return new TaskTree.Mean(metric, TaskFile.flag(item, "weight_by_size", true));
    }

    private static boolean isNone(JsonNode filters) {
        return filters.asString("").equals("none")
                || filters instanceof ArrayNode list
                        && list.size() == 1
                        && list.get(0).asString("").equals("none");
    }
}
