package org.tornadomor.tasks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;

/**
 * Finds the files of a split below the folder of {@code --task-data}: as the hubs lay them out, or flat.
 *
 * @param folder null if there is none
 */
record DataFiles(Path folder) {
    private static final String ENDINGS = "\\.(jsonl|json|parquet|csv)";
    private static final Map<String, String> OTHER_NAMES = Map.of("validation", "validation|val|valid|dev");

    /** @throws UserError if it is no folder */
    DataFiles {
        if (folder != null && !Files.isDirectory(folder)) {
            throw new UserError("--task-data " + folder + " is no folder; give the one in which the data sets lie");
        }
    }

    /**
     * The files of a split.
     *
     * @throws UserError if there are none, several that are not parts of one, or a part is missing
     */
    List<Path> find(TaskConfig task, String split) {
        if (!task.data().files().isEmpty()) {
            List<String> named =
                    task.data().files().getOrDefault(split, task.data().files().get(""));
            if (named == null) {
                throw new UserError(
                        "task " + task.name() + " names no file for its split " + split + "; add it to data_files");
            }
            return named.stream().map(InputFile::path).toList();
        }
        if (folder == null) {
            throw new UserError("task " + task.name() + " needs data: give --task-data with the folder that holds "
                    + expected(task, split));
        }
        List<String> stems = stems(task.name(), task.data());
        for (Path place : places(stems, task.data(), split)) {
            List<Path> found = in(place, stems, split);
            if (!found.isEmpty()) {
                return found;
            }
        }
        for (String stem : stems) {
            for (Path place : List.of(folder, folder.resolve(stem))) {
                List<Path> found = matching(place, Pattern.quote(stem) + ENDINGS);
                if (!found.isEmpty()) {
                    return one(found);
                }
            }
        }
        throw new UserError("no data of task " + task.name() + " for its split " + split + " in " + folder
                + ": it would be " + expected(task, split));
    }

    /** What is looked for, in words. */
    static String expected(TaskConfig task, String split) {
        List<String> stems = stems(task.name(), task.data());
        String base = last(task.data().set());
        String inside = base == null
                ? task.name()
                : task.data().part() == null ? base : base + "/" + task.data().part();
        return inside + "/" + split + ".jsonl or " + stems.getFirst() + "_" + split
                + ".jsonl (or .json, .parquet, .csv," + " or parts as on the hub)";
    }

    /** Whether the name of a file, or of a folder that it lies in, is that of the task or of its part of the set. */
    boolean names(TaskConfig task, Path file) {
        String path =
                (folder == null ? file : folder.relativize(file)).toString().toLowerCase(Locale.ROOT);
        return path.contains(task.name().toLowerCase(Locale.ROOT))
                || task.data().part() != null
                        && path.contains(task.data().part().toLowerCase(Locale.ROOT));
    }

    private static String last(String set) {
        return set == null ? null : set.substring(set.lastIndexOf('/') + 1);
    }

    /** Names that folders and files of a task may have, the closest first. */
    private static List<String> stems(String task, TaskConfig.Data data) {
        Set<String> stems = new LinkedHashSet<>(List.of(task));
        if (data.part() != null) {
            stems.add(data.part());
        }
        if (data.set() != null) {
            stems.add(last(data.set()));
        }
        DataSets.of(data.set()).ifPresent(set -> stems.addAll(set.stems()));
        return List.copyOf(stems);
    }

    private List<Path> places(List<String> stems, TaskConfig.Data data, String split) {
        List<Path> places = new ArrayList<>();
        if (data.part() != null) {
            for (String stem : stems) {
                places.add(folder.resolve(stem).resolve(data.part()));
                places.add(folder.resolve(stem).resolve("data").resolve(data.part()));
            }
        }
        for (String stem : stems) {
            places.add(folder.resolve(stem));
            places.add(folder.resolve(stem).resolve("data"));
            places.add(folder.resolve(stem).resolve(split));
            DataSets.of(data.set())
                    .ifPresent(set -> set.stems()
                            .forEach(other -> places.add(folder.resolve(stem).resolve(other))));
        }
        places.add(folder.resolve(split));
        places.add(folder);
        return places;
    }

    private List<Path> in(Path place, List<String> stems, String split) {
        String splits = "(" + OTHER_NAMES.getOrDefault(split, Pattern.quote(split)) + ")";
        String part = "(-\\d+-of-\\d+)?" + ENDINGS;
        // In a folder of its task, the name of a split is enough.
        if (!place.equals(folder)) {
            List<Path> found = matching(place, splits + part);
            if (!found.isEmpty()) {
                return one(found);
            }
        }
        for (String stem : stems) {
            List<Path> found = matching(place, Pattern.quote(stem) + "[-_]" + splits + part);
            if (!found.isEmpty()) {
                return one(found);
            }
        }
        return List.of();
    }

    private static List<Path> matching(Path place, String pattern) {
        if (!Files.isDirectory(place)) {
            return List.of();
        }
        Pattern names = Pattern.compile(pattern, Pattern.CASE_INSENSITIVE);
        try (Stream<Path> files = Files.list(place)) {
            return files.filter(
                            file -> names.matcher(file.getFileName().toString()).matches())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw UserError.file("read", place, e);
        }
    }

    /** The files of one set: a single one, or all parts. */
    private static List<Path> one(List<Path> found) {
        Pattern parts = Pattern.compile("(.*)-(\\d+)-of-(\\d+)(\\.\\w+)");
        Map<Integer, Path> byNumber = new TreeMap<>();
        int of = 0;
        for (Path file : found) {
            Matcher name = parts.matcher(file.getFileName().toString().toLowerCase(Locale.ROOT));
            if (name.matches()) {
                of = Integer.parseInt(name.group(3));
                byNumber.put(Integer.parseInt(name.group(2)), file);
            }
        }
        if (byNumber.isEmpty() && found.size() == 1) {
            return found;
        }
        if (byNumber.size() != found.size()) {
            throw new UserError("both " + found.getFirst() + " and "
                    + found.getLast().getFileName() + " may be meant; leave one of them there");
        }
        for (int i = 0; i < of; i++) {
            if (!byNumber.containsKey(i)) {
                throw new UserError(found.getFirst() + " is one of " + of + " parts, and part " + i
                        + " is missing; download it too");
            }
        }
        return List.copyOf(byNumber.values());
    }
}
