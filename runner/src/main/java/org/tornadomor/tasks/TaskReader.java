package org.tornadomor.tasks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.tornadomor.Nearest;
import org.tornadomor.UserError;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Makes a task of its keys. A key that is not understood is refused: the scores would be those of another task. */
final class TaskReader {
    /** Keys that are read. */
    private static final Set<String> READ = Set.of(
            "task",
            "task_alias",
            "tag",
            "dataset_path",
            "dataset_name",
            "dataset_kwargs",
            "training_split",
            "validation_split",
            "test_split",
            "fewshot_split",
            "process_docs",
            "doc_to_text",
            "doc_to_target",
            "doc_to_choice",
            "process_results",
            "description",
            "target_delimiter",
            "fewshot_delimiter",
            "fewshot_config",
            "num_fewshot",
            "metric_list",
            "output_type",
            "generation_kwargs",
            "repeats",
            "metadata");

    /** Keys that change no score. */
    private static final Set<String> PASSED_OVER =
            Set.of("should_decontaminate", "doc_to_decontamination_query", "unsafe_code", "group", "group_alias");

    private static final Set<String> SHOT_KEYS = Set.of(
            "sampler",
            "split",
            "samples",
            "doc_to_text",
            "doc_to_target",
            "doc_to_choice",
            "target_delimiter",
            "fewshot_delimiter");

    private static final int MOST_SHOTS = 1000;

    private final ObjectNode keys;
    private final String name;
    private final YamlPlace place;

    private TaskReader(ObjectNode keys, YamlPlace place) {
        this.keys = keys;
        this.place = place;
        JsonNode task = keys.path("task");
        if (!task.isString() || task.stringValue().isBlank()) {
            throw new UserError(place.name() + " has no name: write 'task: name'");
        }
        name = task.stringValue();
    }

    /**
     * Reads a task.
     *
     * @param keys with all that is included
     * @param place of the file, to which names of others are relative
     * @throws UserError naming the task, the key and what is wrong
     */
    static TaskConfig read(ObjectNode keys, YamlPlace place) {
        return new TaskReader(keys, place).read();
    }

    private TaskConfig read() {
        requireKeys(keys, READ, PASSED_OVER, "");
        OutputType type = type();
        if (number("repeats", 1) != 1) {
            throw fault("repeats", "asks for several answers to a request; take it out");
        }
        TaskConfig.Form form = form(type);
        TaskMetrics metrics = TaskMetrics.read(name, keys.path("metric_list"), type);
        String version = keys.path("metadata").path("version").asString("Yaml");
        return new TaskConfig(
                name,
                text("task_alias", name),
                TaskFile.texts(keys.get("tag"), name + " tag"),
                data(),
                type,
                form,
                shots(form),
                shotCount(),
                metrics.metrics(),
                metrics.matching(),
                type == OutputType.GENERATE_UNTIL ? writing() : null,
                version,
                keys);
    }

    private UserError fault(String key, String problem) {
        return new UserError("task " + name + ": " + key + " " + problem);
    }

    private void requireKeys(JsonNode object, Set<String> read, Set<String> passedOver, String prefix) {
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            String key = entry.getKey();
            boolean known = read.contains(key) || passedOver.contains(key);
            if (!known && !entry.getValue().isNull()) {
                throw new UserError(
                        "task " + name + " uses the key " + prefix + key + ", which is not supported (near: "
                                + String.join(", ", Nearest.of(key, new TreeSet<>(read), 2)) + "): take it out");
            }
        }
    }

    private OutputType type() {
        String written = text("output_type", "generate_until");
        for (OutputType type : OutputType.values()) {
            if (type.name().equalsIgnoreCase(written)) {
                return type;
            }
        }
        throw fault(
                "output_type",
                "is " + written + "; it is multiple_choice, loglikelihood, loglikelihood_rolling or"
                        + " generate_until");
    }

    private String text(String key, String otherwise) {
        return text(keys, key, otherwise);
    }

    private String text(JsonNode object, String key, String otherwise) {
        JsonNode node = object.path(key);
        if (node.isMissingNode() || node.isNull()) {
            return otherwise;
        }
        if (!node.isString()) {
            throw fault(key, "is " + node + "; write a text");
        }
        return node.stringValue();
    }

    private int number(String key, int otherwise) {
        JsonNode node = keys.path(key);
        if (node.isMissingNode() || node.isNull()) {
            return otherwise;
        }
        if (!node.isInt()) {
            throw fault(key, "is " + node + "; write a whole number");
        }
        return node.intValue();
    }

    private int shotCount() {
        int count = number("num_fewshot", 0);
        if (count < 0 || count > MOST_SHOTS) {
            throw fault("num_fewshot", "is " + count + "; it is from 0 to " + MOST_SHOTS);
        }
        return count;
    }

    private Field field(JsonNode object, String key) {
        return Field.read(name + " " + key, object.get(key));
    }

    private TaskConfig.Form form(OutputType type) {
        Field target = field(keys, "doc_to_target");
        Field choices = field(keys, "doc_to_choice");
        Field text = field(keys, "doc_to_text");
        if (target == null) {
            throw fault("doc_to_target", "is missing; write a template or the name of a field");
        }
        if (text == null && type != OutputType.LOGLIKELIHOOD_ROLLING) {
            throw fault("doc_to_text", "is missing; write a template or the name of a field");
        }
        if (type == OutputType.MULTIPLE_CHOICE && choices == null) {
            throw fault("doc_to_choice", "is missing; a task of type multiple_choice has choices");
        }
        Field description = field(keys, "description");
        Field results = field(keys, "process_results");
        boolean pageCounts = results != null;
        if (pageCounts
                && (type != OutputType.LOGLIKELIHOOD_ROLLING
                        || !results.equals(new Field.Function(KnownFunctions.PAGE_COUNTS)))) {
            throw fault(
                    "process_results",
                    "is supported as !function " + KnownFunctions.PAGE_COUNTS + " of rolling tasks alone; take it out");
        }
        return new TaskConfig.Form(description, text, target, choices, text("target_delimiter", " "), pageCounts);
    }

    private TaskConfig.Data data() {
        String process = text("process_docs", null);
        if (process != null) {
            if (!process.equals(KnownFunctions.MARK + KnownFunctions.HELLASWAG)) {
                throw fault("process_docs", "is " + process + "; supported is !function " + KnownFunctions.HELLASWAG);
            }
            process = KnownFunctions.HELLASWAG;
        }
        String validation = text("validation_split", null);
        String test = text("test_split", null);
        if (validation == null && test == null) {
            throw fault("test_split", "and validation_split are missing; name the split that is evaluated");
        }
        return new TaskConfig.Data(
                text("dataset_path", null),
                text("dataset_name", null),
                files(),
                text("training_split", null),
                validation,
                test,
                process);
    }

    /** The files that a task names itself, as {@code load_dataset("json", data_files=...)} takes them. */
    private Map<String, List<String>> files() {
        JsonNode node = keys.path("dataset_kwargs");
        Map<String, List<String>> files = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            switch (entry.getKey()) {
                case "trust_remote_code" -> {
                    // No code of a data set runs here.
                }
                case "data_files" -> {
                    JsonNode named = entry.getValue();
                    if (named.isObject()) {
                        named.properties()
                                .forEach(split -> files.put(
                                        split.getKey(),
                                        resolved(TaskFile.texts(split.getValue(), name + " data_files"))));
                    } else {
                        files.put("", resolved(TaskFile.texts(named, name + " data_files")));
                    }
                }
                default -> throw fault("dataset_kwargs." + entry.getKey(), "is not supported; take it out");
            }
        }
        return files;
    }

    private List<String> resolved(List<String> names) {
        return names.stream().map(file -> place.resolve(file).name()).toList();
    }

    private TaskConfig.ShotRules shots(TaskConfig.Form form) {
        JsonNode own = keys.path("fewshot_config");
        if (!own.isMissingNode() && !own.isNull() && !own.isObject()) {
            throw fault("fewshot_config", "is " + own + "; write keys and values");
        }
        requireKeys(own, SHOT_KEYS, Set.of(), "fewshot_config.");
        String sampler = text(own, "sampler", "default");
        if (!sampler.equals("default") && !sampler.equals("first_n")) {
            throw fault("fewshot_config.sampler", "is " + sampler + "; it is default or first_n");
        }
        Field text = field(own, "doc_to_text");
        Field target = field(own, "doc_to_target");
        Field choices = field(own, "doc_to_choice");
        return new TaskConfig.ShotRules(
                text(own, "split", text("fewshot_split", null)),
                sampler.equals("first_n"),
                samples(own.path("samples")),
                text == null ? form.text() : text,
                target == null ? form.target() : target,
                choices == null ? form.choices() : choices,
                text(own, "target_delimiter", form.targetDelimiter()),
                text(own, "fewshot_delimiter", text("fewshot_delimiter", "\n\n")));
    }

    private List<Doc> samples(JsonNode node) {
        if (node.isMissingNode() || node.isNull()) {
            return null;
        }
        List<Doc> samples = new ArrayList<>();
        for (JsonNode item : node) {
            if (!item.isObject()) {
                throw fault("fewshot_config.samples", "holds " + item + "; write the fields of a document");
            }
            samples.add(new Doc(
                    samples.size(), name + " fewshot_config.samples " + samples.size(), Documents.fields(item)));
        }
        return samples;
    }

    private TaskConfig.Writing writing() {
        JsonNode own = keys.path("generation_kwargs");
        List<String> until = own.has("until")
                ? TaskFile.texts(own.get("until"), name + " until")
                : List.of(text("fewshot_delimiter", "\n\n"));
        int most = 256;
        boolean warm = false;
        boolean draws = TaskFile.flag(own, "do_sample", false);
        for (Map.Entry<String, JsonNode> entry : own.properties()) {
            JsonNode value = entry.getValue();
            switch (entry.getKey()) {
                case "until" -> requireStops(until);
                case "do_sample" -> {
                    if (TaskFile.flag(value) == null) {
                        throw fault("generation_kwargs.do_sample", "is " + value + "; it is true or false");
                    }
                }
                case "temperature" -> {
                    if (!value.isNumber() || value.doubleValue() < 0) {
                        throw fault("generation_kwargs.temperature", "is " + value + "; write a number from 0 on");
                    }
                    warm = value.doubleValue() > 0;
                }
                case "max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens" -> {
                    if (!value.isInt() || value.intValue() < 1) {
                        throw fault(
                                "generation_kwargs." + entry.getKey(), "is " + value + "; write a number from 1 on");
                    }
                    most = value.intValue();
                }
                default -> throw fault("generation_kwargs." + entry.getKey(), "is not supported; take it out");
            }
        }
        if (draws && warm) {
            throw fault(
                    "generation_kwargs",
                    "draws at random, which gives other texts than the harness; set do_sample" + " to false");
        }
        return new TaskConfig.Writing(until, most);
    }

    private void requireStops(List<String> until) {
        if (until.stream().anyMatch(String::isEmpty)) {
            throw fault("generation_kwargs.until", "has an empty text; take it out");
        }
    }
}
