package org.tornadomor.engine.tornado;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.simulator.Guards;
import org.tornadomor.simulator.Ranges;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Tells the simulator which elements the tasks of a program may touch in the next run: the rows in use of the tensors that
 * their op reads and writes. The arrays are whole arenas: without these ranges, a kernel that left its tensors would only reach
 * other tensors, unnoticed. On a device nothing reads the ranges, and they are not made.
 */
final class DeclaredRanges {
    /** What a task may touch of one array. */
    private record Pair(Ranges reads, Ranges writes) {}

    /** A tensor of a task: scratch memory where there is no slot. */
    private record Use(Slot slot, boolean written, boolean anyRow, int scratch, Pair pair) {}

    /** A task's part of the table of bindings. */
    private record Entries(int at, int size, Ranges reads) {}

    private final List<Use> uses = new ArrayList<>();
    private final List<Entries> entries = new ArrayList<>();
    private final List<Pair> pairs = new ArrayList<>();
    private List<Tensor> declaredTensors;
    private int[] declaredRows;

    /**
     * Declares the arrays of all tasks.
     *
     * @param planned the tasks, in the order in which they stand in the graphs
     * @param run what the tasks get their row counts from
     */
    DeclaredRanges(List<TaskList.Planned> planned, List<DeviceGraph> graphs, IntArray run) {
        int next = 0;
        for (DeviceGraph graph : graphs) {
            for (DeviceGraph.Launch launch : graph.launches()) {
                declare(launch, planned.get(next++).call(), run);
            }
        }
    }

    private void declare(DeviceGraph.Launch launch, Call call, IntArray run) {
        Ranges wholeRun = new Ranges().add("run", 0, run.getSize());
        Guards.declare(DeviceGraph.PROGRAM, launch.id(), run, wholeRun, new Ranges().add("mark", launch.mark(), 1));
        Ranges ownEntries = new Ranges();
        Guards.declare(DeviceGraph.PROGRAM, launch.id(), call.table(), ownEntries, new Ranges());
        entries.add(new Entries(call.entries(), Args.ENTRY * call.slots().size(), ownEntries));
        Map<TornadoNativeArray, Pair> byArray = new IdentityHashMap<>();
        for (int k = 0; k < call.slots().size(); k++) {
            Pair pair = byArray.computeIfAbsent(call.tensors().get(k).array(), array -> {
                Pair made = new Pair(new Ranges(), new Ranges());
                Guards.declare(DeviceGraph.PROGRAM, launch.id(), array, made.reads, made.writes);
                pairs.add(made);
                return made;
            });
            Slot slot = call.slots().get(k);
            boolean written = slot == null || call.op().writes().contains(slot);
            boolean anyRow = slot != null && call.op().finds().contains(slot);
            uses.add(new Use(slot, written, anyRow, call.scratch(), pair));
        }
    }

    /**
     * Declares the ranges of a run.
     *
     * @param base where the entries of the binding begin in the table
     * @param bySlot its tensors
     */
    void declare(int base, List<Tensor> bySlot) {
        int[] rows = uses.stream().mapToInt(DeclaredRanges::rows).toArray();
        if (bySlot == declaredTensors && Arrays.equals(rows, declaredRows)) {
            return;
        }
        declaredTensors = bySlot;
        declaredRows = rows;
        for (Entries task : entries) {
            task.reads.clear().add("entries", base + task.at, task.size);
        }
        for (Pair pair : pairs) {
            pair.reads.clear();
            pair.writes.clear();
        }
        for (int i = 0; i < rows.length; i++) {
            Use use = uses.get(i);
            if (use.slot == null) {
                use.pair.reads.add("scratch", 0, use.scratch);
                use.pair.writes.add("scratch", 0, use.scratch);
                continue;
            }
            Tensor tensor = bySlot.get(use.slot.id());
            add(use.pair.reads, tensor, rows[i]);
            if (use.written) {
                add(use.pair.writes, tensor, rows[i]);
            }
        }
    }

    private static int rows(Use use) {
        if (use.slot == null) {
            return 0;
        }
        return use.anyRow ? use.slot.rows().max() : use.slot.rows().count();
    }

    private static void add(Ranges ranges, Tensor tensor, int rows) {
        ranges.add(tensor.name(), tensor.offset(), rows, tensor.columns(), tensor.stride());
    }
}
