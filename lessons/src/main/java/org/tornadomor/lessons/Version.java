package org.tornadomor.lessons;

import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.tornadomor.engine.Engine;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * One way to do a job.
 *
 * @param name what is special about it
 * @param way how it runs
 * @param reference whether the versions behind it are compared with it
 * @param flops floating-point operations that it needs; 0 for those of the workload
 */
public record Version(String name, Way way, boolean reference, long flops) {
    /** How a version runs. */
    public sealed interface Way {}

    /** Plain Java on one thread: on any engine. */
    record Plain(Supplier<float[]> job) implements Way {}

    /** Plain Java that is too slow for anything but the simulator's size. */
    record Check(Supplier<float[]> job) implements Way {}

    /** A task graph of the lesson: on TornadoVM and its simulator. */
    record Graph(Supplier<TornadoExecutionPlan> plan, FloatArray out) implements Way {}

    /** Ops of the engine interface, which run the kernels that models run: on any engine. */
    record Production(Consumer<Recipe> recipe) implements Way {}

    /** A whole model: on any engine. */
    record Model(Function<Engine, ModelPass> model) implements Way {}

    /** Plain Java, which the versions behind it are compared with. */
    public static Version plain(String name, Supplier<float[]> job) {
        return new Version(name, new Plain(job), true, 0);
    }

    /** Plain Java that comes to the result in another way, for small sizes alone. */
    public static Version check(String name, Supplier<float[]> job) {
        return new Version(name, new Check(job), false, 0);
    }

    /**
     * A task graph.
     *
     * @param plan makes the plan, with its grids
     * @param out the array that holds the result after an execution
     */
    public static Version graph(String name, Supplier<TornadoExecutionPlan> plan, FloatArray out) {
        return new Version(name, new Graph(plan, out), false, 0);
    }

    /** The kernel that models run. */
    public static Version production(String name, Consumer<Recipe> recipe) {
        return new Version(name, new Production(recipe), false, 0);
    }

    /**
     * A whole model, of which a profile is shown.
     *
     * @param model makes the model on an engine
     */
    public static Version model(String name, Function<Engine, ModelPass> model) {
        return new Version(name, new Model(model), false, 0);
    }

    /** The same, needing so many floating-point operations and not those of the workload. */
    public Version needing(long operations) {
        return new Version(name, way, reference, operations);
    }
}
