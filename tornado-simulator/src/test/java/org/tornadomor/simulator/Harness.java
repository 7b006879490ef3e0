package org.tornadomor.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.function.Executable;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;

/** Short ways to run one graph and to expect a fault. */
final class Harness {

    private Harness() {}

    static WorkerGrid grid(int global, int local) {
        WorkerGrid grid = new WorkerGrid1D(global);
        grid.setLocalWork(local, 1, 1);
        return grid;
    }

    /** Runs a graph once; the grid is for its task "t". */
    static void run(TaskGraph graph, WorkerGrid grid) {
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            if (grid != null) {
                plan.withGridScheduler(new GridScheduler(graph.getTaskGraphName() + ".t", grid));
            }
            plan.execute();
        } catch (TornadoExecutionPlanException e) {
            throw new AssertionError(e);
        }
    }

    static void run(TaskGraph graph, int global, int local) {
        run(graph, grid(global, local));
    }

    /** Expects a fault whose message contains all these texts. */
    static SimulatorException expect(Rule rule, Executable body, String... texts) {
        SimulatorException fault = assertThrows(SimulatorException.class, body);
        assertEquals(rule, fault.rule(), fault.getMessage());
        for (String text : texts) {
            assertTrue(fault.getMessage().contains(text), () -> "\"" + text + "\" in: " + fault.getMessage());
        }
        return fault;
    }

    /** Runs a body with a system property set. */
    static void with(String property, String value, Executable body) throws Throwable {
        String before = System.getProperty(property);
        System.setProperty(property, value);
        try {
            body.execute();
        } finally {
            if (before == null) {
                System.clearProperty(property);
            } else {
                System.setProperty(property, before);
            }
        }
    }
}
