package org.tornadomor.tasks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.tornadomor.Nearest;
import org.tornadomor.UserError;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Tasks, groups and tags by name: those that come with the program, and those of a user's files. */
public final class TaskLibrary {
    private static final List<String> RESOURCES = List.of(
            "lambada_openai",
            "hellaswag",
            "piqa",
            "winogrande",
            "arc_easy",
            "arc_challenge",
            "sciq",
            "openbookqa",
            "wikitext",
            "mmlu",
            "mmlu_stem",
            "mmlu_other",
            "mmlu_social_sciences",
            "mmlu_humanities",
            "mmlu_continuation");

    private static final String TASK = "task";
    private static final String GROUP = "group";
    private static final String TASK_LIST = "task_list";
    private static final int MOST_LEVELS = 20;

    /** What a name means: its keys, and where these stand. */
    private record Entry(ObjectNode keys, YamlPlace place) {}

    private final Map<String, Entry> entries = new TreeMap<>();
    private final Map<String, TreeSet<String>> tags = new TreeMap<>();
    private final List<String> unreadable = new ArrayList<>();

    /** The library that comes with the program. */
    public TaskLibrary() {
        for (String name : RESOURCES) {
            add(new YamlPlace.Resource(name + ".yaml"));
        }
    }

    /**
     * Adds what a file defines; it wins over what had the name before. The other files in its folder are looked at where it names
     * them.
     *
     * @return the names that it defines
     * @throws UserError naming the file and what is wrong with it
     */
    public List<String> add(Path file) {
        YamlPlace place = new YamlPlace.UserFile(file);
        ObjectNode keys = TaskFile.read(place);
        if (isGroup(keys)) {
            addNeighbours(file);
        }
        return add(keys, place);
    }

    /**
     * Adds the tasks in the same folder, since groups name them. A file there that is no task matters only to whoever asks for
     * it.
     */
    private void addNeighbours(Path file) {
        try (Stream<Path> files = Files.list(file.toAbsolutePath().getParent())) {
            for (Path other : files.sorted().toList()) {
                if (other.toString().endsWith(".yaml") && !Files.isSameFile(other, file)) {
                    addNeighbour(other);
                }
            }
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
    }

    private void addNeighbour(Path file) {
        try {
            add(new YamlPlace.UserFile(file));
        } catch (UserError e) {
            unreadable.add(e.getMessage());
        }
    }

    /**
     * What is wrong with files beside those that were asked for, a line each. It matters only to whoever wants what is in them.
     */
    public List<String> unreadable() {
        return List.copyOf(unreadable);
    }

    private List<String> add(YamlPlace place) {
        return add(TaskFile.read(place), place);
    }

    private static boolean isGroup(ObjectNode keys) {
        return keys.path(GROUP).isString()
                && (keys.path(TASK).isArray() || keys.path(TASK).isMissingNode());
    }

    private List<String> add(ObjectNode keys, YamlPlace place) {
        if (isGroup(keys)) {
            if (place instanceof YamlPlace.Resource) {
                addInline(keys, place);
            }
            return List.of(put(keys.path(GROUP).stringValue(), keys, place));
        }
        JsonNode list = keys.remove(TASK_LIST);
        if (list == null) {
            JsonNode name = keys.path(TASK);
            if (!name.isString()) {
                throw new UserError(
                        place.name() + " defines no task: write 'task: name', or 'group: name' with a list");
            }
            return List.of(put(name.stringValue(), keys, place));
        }
        List<String> names = new ArrayList<>();
        for (JsonNode item : list) {
            ObjectNode own = keys.deepCopy();
            if (item instanceof ObjectNode changes) {
                own.setAll(changes);
            } else {
                own.set(TASK, item);
            }
            names.add(put(own.path(TASK).asString(""), own, place));
        }
        return names;
    }

    /** Makes the tasks that stand in a group itself known by their names. */
    private void addInline(ObjectNode group, YamlPlace place) {
        for (JsonNode item : group.path(TASK)) {
            if (item instanceof ObjectNode inline && inline.path(TASK).isString()) {
                put(inline.path(TASK).stringValue(), whole(inline, place), place);
            }
        }
    }

    private static ObjectNode whole(ObjectNode inline, YamlPlace place) {
        return TaskFile.include(inline.deepCopy(), place, new HashSet<>());
    }

    private String put(String name, ObjectNode keys, YamlPlace place) {
        entries.put(name, new Entry(keys, place));
        if (!isGroup(keys)) {
            for (String tag : TaskFile.texts(keys.get("tag"), place.name() + " tag")) {
                tags.computeIfAbsent(tag, t -> new TreeSet<>()).add(name);
            }
        }
        return name;
    }

    /** The tasks that come with the program, without the subjects of MMLU. */
    public List<TaskConfig> listed() {
        List<TaskConfig> tasks = new ArrayList<>();
        for (String name : RESOURCES) {
            Entry entry = entries.get(name);
            if (!isGroup(entry.keys)) {
                tasks.add(TaskReader.read(entry.keys, entry.place));
            }
        }
        return tasks;
    }

    /** The groups that come with the program, with the first of their tasks. */
    Map<String, TaskConfig> listedGroups() {
        Map<String, TaskConfig> groups = new TreeMap<>();
        for (String name : RESOURCES) {
            if (isGroup(entries.get(name).keys)) {
                groups.put(name, find(name).getFirst().tasks().getFirst());
            }
        }
        return groups;
    }

    /**
     * What a name means: a task, a group, or the tasks of a tag.
     *
     * @throws UserError if there is none, with the nearest names
     */
    List<TaskTree> find(String name) {
        return find(name, null, 0);
    }

    /** @param changes keys that a group changes in its members, or null */
    private List<TaskTree> find(String name, ObjectNode changes, int level) {
        if (level > MOST_LEVELS) {
            throw new UserError("group " + name + " lies in itself; take it out of its own tasks");
        }
        Entry entry = entries.get(name);
        if (entry != null) {
            return List.of(tree(entry, changes, level));
        }
        if (tags.containsKey(name)) {
            List<TaskTree> tagged = new ArrayList<>();
            tags.get(name).forEach(task -> tagged.addAll(find(task, changes, level + 1)));
            return tagged;
        }
        TreeSet<String> names = new TreeSet<>(entries.keySet());
        names.addAll(tags.keySet());
        if (!unreadable.isEmpty()) {
            throw new UserError("there is no task '" + name + "', and a file beside the group cannot be read: "
                    + unreadable.getFirst()
                    + (unreadable.size() > 1 ? " (and " + (unreadable.size() - 1) + " more)" : ""));
        }
        throw new UserError("there is no task '" + name + "' (near: " + String.join(", ", Nearest.of(name, names, 3))
                + "); --tasks list shows all, --task FILE adds one");
    }

    private TaskTree tree(Entry entry, ObjectNode changes, int level) {
        if (!isGroup(entry.keys)) {
            ObjectNode keys = entry.keys.deepCopy();
            if (changes != null) {
                String own = keys.path(TASK).stringValue();
                keys.setAll(changes);
                keys.put(TASK, own);
            }
            return new TaskTree.Leaf(TaskReader.read(keys, entry.place));
        }
        return group(entry.keys.path(GROUP).stringValue(), entry, changes, level);
    }

    private TaskTree group(String name, Entry entry, ObjectNode changes, int level) {
        GroupKeys own = GroupKeys.read(entry.keys, entry.place.name());
        ObjectNode below = own.changes();
        if (changes != null) {
            below.setAll(changes);
        }
        List<TaskTree> members = new ArrayList<>();
        for (JsonNode member : entry.keys.path(TASK)) {
            members.addAll(member(name, member, entry.place, below, level));
        }
        if (members.isEmpty()) {
            throw new UserError("group " + name + " of " + entry.place.name() + " has no tasks; list them under task:");
        }
        return new TaskTree.Group(name, own.alias(), members, own.means(), own.version());
    }

    private List<TaskTree> member(String group, JsonNode member, YamlPlace place, ObjectNode changes, int level) {
        if (member.isString()) {
            return find(member.stringValue(), changes.isEmpty() ? null : changes, level + 1);
        }
        if (!(member instanceof ObjectNode inline)) {
            throw new UserError("group " + group + " has " + member + " among its tasks; write names or keys");
        }
        if (inline.path(GROUP).isString()) {
            String name = inline.path(GROUP).stringValue();
            return entries.containsKey(name)
                    ? find(name, changed(changes, inline, GROUP), level + 1)
                    : List.of(group(group + "::" + name, new Entry(inline, place), changes, level + 1));
        }
        String name = inline.path(TASK).asString("");
        if (entries.containsKey(name) || tags.containsKey(name)) {
            return find(name, changed(changes, inline, TASK), level + 1);
        }
        ObjectNode keys = changes.deepCopy();
        keys.setAll(whole(inline, place));
        return List.of(new TaskTree.Leaf(TaskReader.read(keys, place)));
    }

    private static ObjectNode changed(ObjectNode changes, ObjectNode inline, String without) {
        ObjectNode all = changes.deepCopy();
        all.setAll(inline);
        all.remove(without);
        all.remove("include");
        return all.isEmpty() ? null : all;
    }
}
