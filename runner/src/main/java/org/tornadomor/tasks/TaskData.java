package org.tornadomor.tasks;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.tornadomor.Counts;
import org.tornadomor.UserError;

/** The documents of tasks, read once for all that share them. */
final class TaskData {
    private final DataFiles files;
    private final Consumer<String> notes;
    private final Map<List<Path>, List<Doc>> read = new HashMap<>();

    /** @param notes is told what was read from where */
    TaskData(DataFiles files, Consumer<String> notes) {
        this.files = files;
        this.notes = notes;
    }

    /**
     * The documents of a split, as the task wants them.
     *
     * @throws UserError if there are none, or they are not what the task needs
     */
    List<Doc> split(TaskConfig task, String split) {
        List<Path> found = files.find(task, split);
        TaskConfig.Data data = task.data();
        Optional<DataSets.DataSet> known = DataSets.of(data.set());
        List<Doc> docs = read.computeIfAbsent(found, paths -> {
            List<Doc> all = Documents.read(
                    paths, known.map(DataSets.DataSet::bareColumns).orElse(List.of()));
            String where = paths.getFirst() + (paths.size() > 1 ? " and its further parts" : "");
            notes.accept(where + ": " + Counts.of(all.size(), "document"));
            return all;
        });
        if (docs.isEmpty()) {
            throw new UserError("the split " + split + " of task " + task.name() + " is empty: there is no document in "
                    + found.getFirst());
        }
        known.ifPresent(set -> docs.forEach(doc -> requireColumns(set, doc)));
        List<Doc> own = known.isPresent() && data.part() != null && known.get().severalParts()
                ? ofPart(task, docs, known.get(), files.names(task, found.getFirst()))
                : docs;
        return data.process() == null
                ? own
                : own.stream()
                        .map(doc -> KnownFunctions.process(data.process(), doc))
                        .toList();
    }

    /** Those of a part of the set, where a file holds several. */
    private List<Doc> ofPart(TaskConfig task, List<Doc> docs, DataSets.DataSet set, boolean named) {
        String column = set.partColumn();
        if (column.isEmpty() || !docs.getFirst().fields().containsKey(column)) {
            if (!named && !column.isEmpty()) {
                throw new UserError(docs.getFirst().place() + " has no " + column
                        + ", and the name of the file does not say" + " that its documents are of task " + task.name()
                        + ": add the column or rename the file");
            }
            if (!named) {
                notes.accept("task " + task.name() + ": the name of its file does not say that it holds "
                        + task.data().part());
            }
            return docs;
        }
        String part = task.data().part();
        List<Doc> own = docs.stream()
                .filter(doc -> part.equals(doc.fields().get(column)))
                .toList();
        if (own.isEmpty()) {
            throw new UserError("no document of task " + task.name() + ": none has the " + column + " '" + part
                    + "', as " + docs.getFirst().place() + " shows; give the file that has them");
        }
        int[] index = new int[1];
        return own.stream()
                .map(doc -> new Doc(index[0]++, doc.place(), doc.fields()))
                .toList();
    }

    private static void requireColumns(DataSets.DataSet set, Doc doc) {
        List<String> missing = set.columns().stream()
                .filter(column -> !doc.fields().containsKey(column))
                .toList();
        if (!missing.isEmpty()) {
            throw new UserError(doc.place() + " lacks " + String.join(", ", missing) + " of " + set.name()
                    + "; it has " + String.join(", ", doc.fields().keySet())
                    + ": give the data with the field names of the original set");
        }
    }

    /** Whether one file serves both splits, so that a document may be its own example. */
    boolean sameFile(TaskConfig task, String split, String other) {
        return files.find(task, split).equals(files.find(task, other));
    }
}
