package org.tornadomor.tasks;

import java.util.List;
import org.tornadomor.Counts;
import org.tornadomor.UserError;

/**
 * Draws the examples of a task as the harness does: with one stream of random numbers for all its documents, so that those of a
 * document depend on how many came before it; and without the document itself where the harness takes both for one split.
 */
final class Shots {
    /** The harness's seed of examples. */
    static final int SEED = 1234;

    private final TaskConfig task;
    private final List<Doc> pool;
    private final int count;
    private final boolean withoutItself;
    private final PythonRandom random = new PythonRandom(SEED);

    /**
     * @param pool documents to choose from
     * @param count examples of a document
     * @throws UserError if there are not so many
     */
    Shots(TaskConfig task, List<Doc> pool, int count) {
        this.task = task;
        this.pool = pool;
        this.count = count;
        withoutItself = leavesOutItself(task);
        int needed = count == 0 ? 0 : count + (withoutItself ? 1 : 0);
        if (pool.size() < needed) {
            throw new UserError("task " + task.name() + " has " + Counts.of(pool.size(), "document")
                    + " to take examples from, and " + Counts.of(count, "shot") + (count == 1 ? " needs " : " need ")
                    + needed + ": give fewer --shots");
        }
    }

    /**
     * Whether a document is left out of its own examples. By a rule of the harness also where it knows neither of the two
     * splits.
     */
    static boolean leavesOutItself(TaskConfig task) {
        String split = task.shots().split();
        return split == null
                ? task.data().test() == null
                : split.equals(task.data().test());
    }

    /** The split that examples come from; null if the task has its own. */
    static String split(TaskConfig task) {
        if (task.shots().split() != null) {
            return task.shots().split();
        }
        if (task.shots().samples() != null) {
            return null;
        }
        TaskConfig.Data data = task.data();
        return data.training() != null ? data.training() : data.validation() != null ? data.validation() : data.test();
    }

    /** The examples of the next document. Call it once for each, in their order. */
    List<Doc> of(Doc doc) {
        if (count == 0) {
            return List.of();
        }
        if (task.shots().firstOnes()) {
            return first(pool, doc);
        }
        return first(random.sample(pool, count + (withoutItself ? 1 : 0)), doc);
    }

    private List<Doc> first(List<Doc> drawn, Doc doc) {
        List<Doc> others =
                withoutItself ? drawn.stream().filter(d -> !d.same(doc)).toList() : drawn;
        if (others.size() < count) {
            throw new UserError("task " + task.name() + " has documents twice, so that " + count + " examples without "
                    + doc.place() + " itself could not be drawn; remove the doubles");
        }
        return others.subList(0, count);
    }
}
