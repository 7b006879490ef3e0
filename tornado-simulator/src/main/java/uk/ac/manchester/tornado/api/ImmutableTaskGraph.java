package uk.ac.manchester.tornado.api;

import org.tornadomor.simulator.GraphSpec;

/** A recorded graph that an execution plan can run. */
public class ImmutableTaskGraph {

    private final GraphSpec spec;

    ImmutableTaskGraph(GraphSpec spec) {
        this.spec = spec;
    }

    GraphSpec spec() {
        return spec;
    }
}
