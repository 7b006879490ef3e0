package uk.ac.manchester.tornado.api;

import org.tornadomor.simulator.PlanRunner;

/** What an execution leaves: its figures, and the way to arrays that stay on the device. */
public class TornadoExecutionResult {

    private final PlanRunner runner;
    private final PlanRunner.Execution execution;

    TornadoExecutionResult(PlanRunner runner, PlanRunner.Execution execution) {
        this.runner = runner;
        this.execution = execution;
    }

    /** {@return the figures, those of later copies to the host included} */
    public TornadoProfilerResult getProfilerResult() {
        return new TornadoProfilerResult(execution.figures());
    }

    /**
     * Copies arrays that the executed graphs persist, or transfer under demand, to the host.
     *
     * @throws org.tornadomor.simulator.SimulatorException if an executed graph does not keep one of them
     */
    public TornadoExecutionResult transferToHost(Object... objects) {
        runner.download(execution, objects);
        return this;
    }

    /**
     * Copies a part of an array to the same place on the host.
     *
     * @throws org.tornadomor.simulator.SimulatorException if no executed graph keeps the array
     */
    public TornadoExecutionResult transferToHost(DataRange dataRange) {
        dataRange.materialize();
        runner.download(execution, dataRange.getArray(), dataRange.getOffset(), dataRange.getPartialSize());
        return this;
    }

    /** {@return true: executions are synchronous} */
    public boolean isReady() {
        return true;
    }
}
