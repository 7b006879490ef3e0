package org.tornadomor.tasks;

import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The scores for programs, in the shape of the harness: {@code results}, {@code groups}, {@code group_subtasks}, {@code configs},
 * {@code versions}, {@code n-shot}, {@code higher_is_better} and {@code n-samples}. What it does not know (modes, recursions,
 * tokens, seconds) stands in {@code modes}.
 */
public final class ResultJson {
    private ResultJson() {}

    /** Adds all of it to an object; the results are those of the first mode. */
    public static void addTo(ObjectNode object, List<ModeResult> modes) {
        ModeResult first = modes.getFirst();
        results(object, first);
        ObjectNode subtasks = object.putObject("group_subtasks");
        ObjectNode configs = object.putObject("configs");
        ObjectNode versions = object.putObject("versions");
        ObjectNode shots = object.putObject("n-shot");
        ObjectNode better = object.putObject("higher_is_better");
        ObjectNode samples = object.putObject("n-samples");
        first.tasks().forEach((name, result) -> {
            PreparedTask prepared = result.prepared();
            configs.set(name, prepared.task().source());
            versions.put(name, prepared.task().version());
            shots.put(name, prepared.shots());
            ObjectNode own = better.putObject(name);
            result.scores().keySet().forEach(metric -> own.put(metric.label(), metric.higherIsBetter()));
            samples.putObject(name)
                    .put("original", prepared.documents())
                    .put("effective", prepared.items().size());
        });
        first.trees().forEach(tree -> subtasks(tree, subtasks, versions));
        ObjectNode all = object.putObject("modes");
        for (ModeResult mode : modes) {
            ObjectNode own = all.putObject(mode.mode().label());
            results(own, mode);
            figures(own, mode);
        }
    }

    private static void subtasks(TaskTree tree, ObjectNode subtasks, ObjectNode versions) {
        if (tree instanceof TaskTree.Group group) {
            ArrayNode names = subtasks.putArray(group.name());
            group.members().forEach(member -> names.add(member.name()));
            versions.put(group.name(), group.version());
            group.members().forEach(member -> subtasks(member, subtasks, versions));
        }
    }

    private static void results(ObjectNode object, ModeResult mode) {
        ObjectNode results = object.putObject("results");
        mode.tasks().forEach((name, result) -> {
            ObjectNode own = results.putObject(name);
            own.put("name", name);
            own.put("alias", result.prepared().task().alias());
            own.put("sample_len", result.samples().size());
            scores(own, result.scores());
        });
        ObjectNode groups = object.objectNode();
        mode.trees().forEach(tree -> groups(tree, mode, results, groups));
        if (!groups.isEmpty()) {
            object.set("groups", groups);
        }
        double average = mode.paperAverage();
        if (!Double.isNaN(average)) {
            object.put("paper_average", average);
        }
    }

    private static void groups(TaskTree tree, ModeResult mode, ObjectNode results, ObjectNode groups) {
        if (tree instanceof TaskTree.Group group) {
            group.members().forEach(member -> groups(member, mode, results, groups));
            Map<Metric, Score> scores = mode.scores(group);
            ObjectNode own = results.putObject(group.name());
            own.put("name", group.name());
            own.put("alias", group.alias());
            if (!scores.isEmpty()) {
                own.put("sample_len", mode.documents(group));
                scores(own, scores);
                groups.set(group.name(), own.deepCopy());
            }
        }
    }

    private static void scores(ObjectNode object, Map<Metric, Score> scores) {
        scores.forEach((metric, score) -> {
            object.put(metric.label() + ",none", score.value());
            String error = metric.label() + "_stderr,none";
            if (Double.isNaN(score.error())) {
                object.put(error, "N/A");
            } else {
                object.put(error, score.error());
            }
        });
    }

    private static void figures(ObjectNode object, ModeResult mode) {
        ObjectNode figures = object.putObject("figures");
        mode.tasks().forEach((name, result) -> {
            ObjectNode own = figures.putObject(name);
            own.put("tokens", result.prepared().tokens());
            own.put("tokens_computed", result.computed());
            own.put("seconds", result.seconds());
            own.put("requests", result.prepared().requests().size());
            own.put("requests_cut", result.prepared().cut());
            TaskResult.DepthFigures depths = result.depths();
            put(own, "mean_depth", depths.predicting());
            put(own, "mean_depth_right", depths.right());
            put(own, "mean_depth_wrong", depths.wrong());
            put(own, "mean_depth_with_context", depths.all());
        });
    }

    private static void put(ObjectNode object, String name, Answer.Depths depths) {
        if (depths.tokens() > 0) {
            object.put(name, depths.mean());
        }
    }

    /** A line for each document of each task in each mode. */
    public static String samples(List<ModeResult> modes) {
        StringBuilder lines = new StringBuilder();
        for (ModeResult mode : modes) {
            mode.tasks().forEach((name, result) -> {
                for (TaskResult.Sample sample : result.samples()) {
                    ObjectNode line = JsonMapper.shared().createObjectNode();
                    line.put("task", name).put("mode", mode.mode().label());
                    add(line, sample);
                    lines.append(line).append('\n');
                }
            });
        }
        return lines.toString();
    }

    private static void add(ObjectNode line, TaskResult.Sample sample) {
        Item item = sample.item();
        line.put("doc_id", item.doc().index());
        line.set("doc", JsonMapper.shared().valueToTree(item.doc().fields()));
        line.set("target", JsonMapper.shared().valueToTree(item.target()));
        ArrayNode requests = line.putArray("requests");
        ArrayNode likelihoods = line.putArray("loglikelihoods");
        ArrayNode greedy = line.putArray("greedy");
        ArrayNode texts = line.putArray("texts");
        for (int i = 0; i < item.requests().size(); i++) {
            requests.addArray()
                    .add(item.requests().get(i).context())
                    .add(item.requests().get(i).continuation());
            Answer answer = sample.answers().get(i);
            if (answer.text() != null) {
                texts.add(answer.text());
            } else {
                likelihoods.add(answer.logLikelihood());
                greedy.add(answer.greedy());
            }
        }
        for (String name : List.of("loglikelihoods", "greedy", "texts")) {
            if (line.path(name).isEmpty()) {
                line.remove(name);
            }
        }
        sample.values().forEach((metric, value) -> line.put(metric.label(), value.value()));
        Answer.Depths depths =
                sample.answers().stream().map(Answer::predicting).reduce(Answer.Depths.NONE, Answer.Depths::plus);
        if (depths.tokens() > 0) {
            line.put("mean_depth", depths.mean());
        }
    }
}
