package org.tornadomor.engine.tornado;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.simulator.Guards;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** A program as task graphs over one choice of segments; serves every binding to tensors that lie in these. */
final class CompiledProgram {
    /** Bytes of the runtime's byte code for a task with the most arguments that a task can have. */
    private static final int CODE_BYTES_A_TASK = 250;
    /** Bytes of the runtime's byte code for a graph without tasks. */
    private static final int CODE_BYTES_A_GRAPH = 600;
    /**
     * The most tasks of a graph: the runtime's task list has 8,192 bytes, and a task takes 15 and 5 for each of 20 arguments.
     */
    private static final int MAX_TASKS = 64;

    private final Segment table;
    private final List<Slot> entries;
    private final List<Extent> counts;
    private final IntArray run;
    private final List<DeviceGraph> graphs = new ArrayList<>();
    /** Null unless the simulator checks accesses. */
    private final DeclaredRanges ranges;

    /**
     * Builds the graphs.
     *
     * @param codeBytes how much byte code the runtime has room for in a graph
     * @param checked whether every task leaves a mark, not only the last one of each graph
     */
    CompiledProgram(
            TaskList tasks, Segment table, DeviceMemory memory, DevicePlan plan, int codeBytes, boolean checked) {
        this.table = table;
        this.entries = new ArrayList<>(tasks.entries());
        this.counts = List.copyOf(tasks.counts());
        List<TaskList.Planned> planned = tasks.planned();
        int tasksAGraph = Math.clamp((codeBytes - CODE_BYTES_A_GRAPH) / CODE_BYTES_A_TASK, 1, MAX_TASKS);
        int graphCount = (planned.size() + tasksAGraph - 1) / tasksAGraph;
        int firstMark = Args.COUNTS + counts.size();
        int size = firstMark + (checked ? planned.size() : graphCount);
        if (size > Args.MAX_RUN) {
            throw new IllegalArgumentException("program " + tasks.program() + " has too many ops for one program");
        }
        run = new IntArray(size);
        tasks.share(table, run);
        int mark = firstMark;
        for (int from = 0; from < planned.size(); from += tasksAGraph) {
            List<TaskList.Planned> part = planned.subList(from, Math.min(planned.size(), from + tasksAGraph));
            graphs.add(build(tasks, part, memory, mark, checked));
            mark += checked ? part.size() : 1;
        }
        graphs.forEach(plan::add);
        ranges = Guards.active() ? new DeclaredRanges(planned, graphs, run) : null;
    }

    private DeviceGraph build(
            TaskList tasks, List<TaskList.Planned> part, DeviceMemory memory, int firstMark, boolean checked) {
        TaskGraph graph = new TaskGraph(DeviceGraph.PROGRAM);
        List<Segment> segments = tasks.segments();
        memory.consume(graph, segments);
        graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, run);
        graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, tasks.noArrays());
        List<DeviceGraph.Launch> launches = new ArrayList<>();
        int mark = firstMark;
        for (TaskList.Planned task : part) {
            boolean marks = checked || launches.size() == part.size() - 1;
            int place = marks ? mark++ : 0;
            task.call().setMark(place);
            String id = tasks.nextId(task.kernel());
            task.maker().addTo(graph, id, task.call());
            launches.add(new DeviceGraph.Launch(
                    id, task.kernel(), task.grid(), task.grid().worker(), place));
        }
        memory.persist(graph, segments);
        graph.persistOnDevice(run);
        return new DeviceGraph("program " + tasks.program(), graph, launches, run);
    }

    /** Where the table of this program's bindings is. */
    Segment table() {
        return table;
    }

    /** The table's entries for a choice of tensors: offset, stride and columns of every tensor. */
    int[] entries(List<Tensor> bySlot) {
        int[] values = new int[Args.ENTRY * entries.size()];
        for (int i = 0; i < entries.size(); i++) {
            Slot slot = entries.get(i);
            if (slot != null) {
                Tensor tensor = bySlot.get(slot.id());
                values[Args.ENTRY * i] = tensor.offset();
                values[Args.ENTRY * i + 1] = tensor.stride();
                values[Args.ENTRY * i + 2] = tensor.columns();
            }
        }
        return values;
    }

    /** Runs all tasks for the binding of these tensors, whose entries begin at {@code base}, on the current row counts. */
    void run(int base, List<Tensor> bySlot, DevicePlan plan, TransferReport.Entry report) {
        if (ranges != null) {
            ranges.declare(base, bySlot);
        }
        run.set(Args.BASE, base);
        for (int i = 0; i < counts.size(); i++) {
            run.set(Args.COUNTS + i, counts.get(i).count());
        }
        for (DeviceGraph graph : graphs) {
            long nanos = plan.execute(graph);
            report.graph(
                    graph.launches().size(),
                    (long) Integer.BYTES * run.getSize(),
                    (long) Integer.BYTES * graph.marks(),
                    nanos);
            report.compiled(graph.takeCompileNanos());
        }
    }
}
