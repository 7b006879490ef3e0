package org.tornadomor.tasks;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.tornadomor.UserError;

/** The documents of tasks, read once for all that share them. */
final class TaskData {
    private final DataFiles files;
    private final Consumer<String> notes;
    private final Map<List<?>, List<Doc>> read = new HashMap<>();

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
        DataFiles.Found found = files.find(task, split);
        TaskConfig.Data data = task.data();
        Optional<DataSets.DataSet> known = DataSets.of(data.set());
        String partColumn = known.map(DataSets.DataSet::partColumn).orElse("");
        List<Doc> docs = read.computeIfAbsent(found.files(), paths -> {
            List<Doc> all = Documents.read(
                    found.files(), known.map(DataSets.DataSet::bareColumns).orElse(List.of()));
            String where = found.files().getFirst() + (found.files().size() > 1 ? " and its further parts" : "");
            notes.accept(where + ": " + all.size() + " documents");
            return all;
        });
        if (docs.isEmpty()) {
            throw new UserError("the split " + split + " of task " + task.name() + " is empty: there is no document in "
                    + found.files().getFirst());
        }
        known.ifPresent(set -> docs.forEach(doc -> requireColumns(set, doc)));
        List<Doc> own = partColumn.isEmpty() ? docs : ofPart(task, docs, partColumn);
        return data.process() == null
                ? own
                : own.stream()
                        .map(doc -> KnownFunctions.process(data.process(), doc))
                        .toList();
    }

    private static List<Doc> ofPart(TaskConfig task, List<Doc> docs, String column) {
        if (!docs.getFirst().fields().containsKey(column)) {
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
        return files.find(task, split).files().equals(files.find(task, other).files());
    }
}
