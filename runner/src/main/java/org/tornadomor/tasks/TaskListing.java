package org.tornadomor.tasks;

import java.util.ArrayList;
import java.util.List;

/** What can be evaluated, and the data that it takes. */
public final class TaskListing {
    /**
     * A task or group.
     *
     * @param split that is evaluated
     * @param where its data can be downloaded
     * @param licence of the data
     * @param files that are looked for
     */
    public record Line(String name, String split, String where, String licence, String files) {}

    private TaskListing() {}

    /** The tasks and groups that come with the program. */
    public static List<Line> lines(TaskLibrary library) {
        List<Line> lines = new ArrayList<>();
        library.listed().forEach(task -> lines.add(line(task.name(), task)));
        library.listedGroups().forEach((name, task) -> lines.add(line(name, task)));
        return lines;
    }

    private static Line line(String name, TaskConfig task) {
        DataSets.DataSet set = DataSets.of(task.data().set()).orElseThrow();
        String split = task.data().evaluated();
        String shots = Shots.split(task);
        boolean others = !shots.equals(split) && task.type() != OutputType.LOGLIKELIHOOD_ROLLING;
        String files = DataFiles.expected(task, split) + (others ? "; with --shots also " + shots : "");
        return new Line(name, split, set.where(), set.licence(), files);
    }
}
