package uk.ac.manchester.tornado.api;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Which task runs on which grid. Tasks are named {@code graph.task}. */
public class GridScheduler {

    private final Map<String, WorkerGrid> grids = new ConcurrentHashMap<>();

    /** Starts without any grid. */
    public GridScheduler() {}

    /** Starts with the grid of one task. */
    public GridScheduler(String taskName, WorkerGrid workerGrid) {
        grids.put(taskName, workerGrid);
    }

    /** Adds or replaces the grid of a task. */
    public void addWorkerGrid(String taskName, WorkerGrid workerGrid) {
        grids.put(taskName, workerGrid);
    }

    /** {@return the grid of a task, or null} */
    public WorkerGrid get(String taskName) {
        return grids.get(taskName);
    }

    /** {@return whether a task of a graph has a grid} */
    public boolean contains(String taskScheduleName, String taskName) {
        return grids.containsKey(taskScheduleName + "." + taskName);
    }

    /** {@return the names of all tasks that have a grid} */
    public Set<String> keySet() {
        return grids.keySet();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(grids)
                .forEach((task, grid) -> text.append(task)
                        .append(": global ")
                        .append(Arrays.toString(grid.getGlobalWork()))
                        .append(", local ")
                        .append(Arrays.toString(grid.getLocalWork()))
                        .append('\n'));
        return text.toString();
    }
}
