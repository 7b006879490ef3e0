package org.tornadomor.simulator;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;
import uk.ac.manchester.tornado.api.exceptions.TornadoTaskRuntimeException;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** Records a graph for {@link uk.ac.manchester.tornado.api.TaskGraph}, and refuses what the runtime has no room for. */
public final class GraphRecorder {

    /** Fixed sizes of the runtime, see {@link uk.ac.manchester.tornado.api.TaskGraph}. */
    private static final int MAX_TASKS = 256;

    private static final int TASK_LIST_BYTES = 8192;
    private static final int BYTES_A_TASK = 15;
    private static final int BYTES_AN_ARGUMENT = 5;

    private final String name;
    private final List<TaskSpec> tasks = new ArrayList<>();
    private final Set<String> taskNames = new HashSet<>();
    private final List<GraphSpec.Transfer> in = new ArrayList<>();
    private final List<GraphSpec.Transfer> out = new ArrayList<>();
    private final List<GraphSpec.Consumption> consumed = new ArrayList<>();
    private int listBytes;

    /** An empty graph. */
    public GraphRecorder(String name) {
        this.name = name;
    }

    /** {@return the name of the graph} */
    public String name() {
        return name;
    }

    /**
     * Adds a task.
     *
     * @throws TornadoTaskRuntimeException if the name is taken
     * @throws SimulatorException if the graph is full or an argument is not one that a kernel can have
     */
    public void task(String id, Object code, Object... arguments) {
        String task = name + "." + id;
        if (code == null) {
            throw new TornadoTaskRuntimeException("task " + task + " has no code");
        }
        if (!taskNames.add(id)) {
            throw new TornadoTaskRuntimeException("graph " + name + " already has a task named " + id);
        }
        if (tasks.size() == MAX_TASKS) {
            throw new SimulatorException(
                    Rule.GRAPH_SIZE,
                    "graph " + name + " already has " + MAX_TASKS + " tasks, the most that the runtime holds: " + id
                            + " must go into another graph");
        }
        listBytes += BYTES_A_TASK + BYTES_AN_ARGUMENT * arguments.length;
        if (listBytes > TASK_LIST_BYTES) {
            throw new SimulatorException(
                    Rule.GRAPH_SIZE,
                    "task " + task + " with " + arguments.length + " arguments brings the task list of graph " + name
                            + " to " + listBytes + " bytes; the runtime has " + TASK_LIST_BYTES + " (" + BYTES_A_TASK
                            + " a task and " + BYTES_AN_ARGUMENT + " an argument): split the graph");
        }
        checkArguments(task, arguments);
        tasks.add(new TaskSpec(task, code, arguments));
    }

    private static void checkArguments(String task, Object[] arguments) {
        for (int i = 0; i < arguments.length; i++) {
            Object argument = arguments[i];
            if (argument == null) {
                throw new SimulatorException(Rule.ARGUMENT, "argument " + (i + 1) + " of task " + task + " is null");
            }
            if (argument instanceof TornadoNativeArray) {
                for (int j = 0; j < i; j++) {
                    if (arguments[j] == argument) {
                        throw new SimulatorException(
                                Rule.DUPLICATE_ARGUMENT,
                                "arguments " + (j + 1) + " and " + (i + 1) + " of task " + task + " are the same array."
                                        + " The runtime's scheduler can spin for ever over such a task: pass the array"
                                        + " once, with offsets into it");
                    }
                }
            } else if (!(argument instanceof KernelContext) && !Boxes.isBox(argument)) {
                throw new SimulatorException(
                        Rule.ARGUMENT,
                        "argument " + (i + 1) + " of task " + task + " is a "
                                + argument.getClass().getTypeName()
                                + "; the simulator takes native arrays such as FloatArray, numbers, and KernelContext");
            }
        }
    }

    /** Declares arrays that the tasks read. */
    public void transferToDevice(int mode, Object... objects) {
        checkMode(mode);
        for (TornadoNativeArray array : arrays("transferToDevice", true, objects)) {
            in.add(new GraphSpec.Transfer(mode, array));
        }
    }

    /** Declares arrays that come back, or that stay for later. */
    public void transferToHost(int mode, Object... objects) {
        checkMode(mode);
        if (mode == DataTransferMode.FIRST_EXECUTION) {
            throw new SimulatorException(
                    Rule.TRANSFER,
                    "graph " + name + ": transferToHost knows EVERY_EXECUTION and UNDER_DEMAND, not FIRST_EXECUTION");
        }
        for (TornadoNativeArray array : arrays("transferToHost", false, objects)) {
            out.add(new GraphSpec.Transfer(mode, array));
        }
    }

    /** Declares arrays whose buffers come from the graph that runs before. */
    public void consume(String source, Object... objects) {
        for (TornadoNativeArray array : arrays("consumeFromDevice", false, objects)) {
            consumed.add(new GraphSpec.Consumption(source, array));
        }
    }

    /** {@return the graph as recorded so far} */
    public GraphSpec snapshot() {
        return new GraphSpec(name, tasks, in, out, consumed);
    }

    private List<TornadoNativeArray> arrays(String method, boolean numbersPass, Object[] objects) {
        List<TornadoNativeArray> arrays = new ArrayList<>();
        for (Object object : objects) {
            if (object instanceof TornadoNativeArray array) {
                arrays.add(array);
            } else if (object == null) {
                throw new TornadoRuntimeException(method + " of graph " + name + " was given null");
            } else if (object instanceof Number && !numbersPass) {
                throw new TornadoRuntimeException(
                        method + " of graph " + name + " was given a number: only arrays can be transferred");
            } else if (!(object instanceof Number)) {
                throw new SimulatorException(
                        Rule.ARGUMENT,
                        method + " of graph " + name + " was given a "
                                + object.getClass().getTypeName() + ", not a native array");
            }
        }
        return arrays;
    }

    private void checkMode(int mode) {
        if (mode < DataTransferMode.FIRST_EXECUTION || mode > DataTransferMode.UNDER_DEMAND) {
            throw new TornadoRuntimeException("graph " + name + ": " + mode + " is not a transfer mode");
        }
    }
}
