package org.tornadomor.simulator;

import java.util.List;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** A recorded graph. Public for {@link uk.ac.manchester.tornado.api.ImmutableTaskGraph}, which carries it to a plan. */
public final class GraphSpec {

    /**
     * A declared transfer.
     *
     * @param mode a constant of {@code DataTransferMode}
     */
    record Transfer(int mode, TornadoNativeArray array) {}

    /**
     * A declared consumption.
     *
     * @param source name of the producing graph, or null for whichever ran before
     */
    record Consumption(String source, TornadoNativeArray array) {}

    private final String name;
    private final List<TaskSpec> tasks;
    private final List<Transfer> in;
    private final List<Transfer> out;
    private final List<Consumption> consumed;
    private BoundGraph bound;

    GraphSpec(String name, List<TaskSpec> tasks, List<Transfer> in, List<Transfer> out, List<Consumption> consumed) {
        this.name = name;
        this.tasks = List.copyOf(tasks);
        this.in = List.copyOf(in);
        this.out = List.copyOf(out);
        this.consumed = List.copyOf(consumed);
    }

    String name() {
        return name;
    }

    List<TaskSpec> tasks() {
        return tasks;
    }

    List<Transfer> in() {
        return in;
    }

    List<Transfer> out() {
        return out;
    }

    List<Consumption> consumed() {
        return consumed;
    }

    /** {@return the graph with its buffers, or null as long as no plan was made from it} */
    BoundGraph bound() {
        return bound;
    }

    void bind(BoundGraph graph) {
        bound = graph;
    }
}
