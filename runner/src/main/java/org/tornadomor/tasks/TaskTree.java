package org.tornadomor.tasks;

import java.util.ArrayList;
import java.util.List;

/** What is evaluated: tasks, and groups of them whose scores are brought together. */
sealed interface TaskTree {
    /** The name by which it is asked for. */
    String name();

    /** The tasks in it, in order. */
    List<TaskConfig> tasks();

    /** A single task. */
    record Leaf(TaskConfig task) implements TaskTree {
        @Override
        public String name() {
            return task.name();
        }

        @Override
        public List<TaskConfig> tasks() {
            return List.of(task);
        }
    }

    /**
     * Several.
     *
     * @param alias what tables call it
     * @param means what is brought together; nothing if the tasks stand for themselves
     */
    record Group(String name, String alias, List<TaskTree> members, List<Mean> means, String version)
            implements TaskTree {
        @Override
        public List<TaskConfig> tasks() {
            List<TaskConfig> all = new ArrayList<>();
            members.forEach(member -> all.addAll(member.tasks()));
            return all;
        }
    }

    /**
     * A mean over the tasks of a group.
     *
     * @param bySize whether each counts by its documents
     */
    record Mean(Metric metric, boolean bySize) {}
}
