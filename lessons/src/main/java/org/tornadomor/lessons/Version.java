package org.tornadomor.lessons;

import java.util.function.Consumer;
import java.util.function.Supplier;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * One way to do a job.
 *
 * @param name what is special about it
 * @param way how it runs
 */
public record Version(String name, Way way) {
    /** How a version runs. */
    public sealed interface Way {}

    /** Plain Java on one thread: on any engine. */
    record Plain(Supplier<float[]> job) implements Way {}

    /** A task graph of the lesson: on TornadoVM and its simulator. */
    record Graph(Supplier<TornadoExecutionPlan> plan, FloatArray out) implements Way {}

    /** Ops of the engine interface, which run the kernels that models run: on any engine. */
    record Production(Consumer<Recipe> recipe) implements Way {}

    /** Plain Java. */
    public static Version plain(String name, Supplier<float[]> job) {
        return new Version(name, new Plain(job));
    }

    /**
     * A task graph.
     *
     * @param plan makes the plan, with its grids
     * @param out the array that holds the result after an execution
     */
    public static Version graph(String name, Supplier<TornadoExecutionPlan> plan, FloatArray out) {
        return new Version(name, new Graph(plan, out));
    }

    /** The kernel that models run. */
    public static Version production(String name, Consumer<Recipe> recipe) {
        return new Version(name, new Production(recipe));
    }
}
