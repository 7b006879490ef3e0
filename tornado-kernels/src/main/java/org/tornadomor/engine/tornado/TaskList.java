package org.tornadomor.engine.tornado;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Op;
import org.tornadomor.engine.Slot;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Collects the tasks of a program, in order, for one choice of segments. Kernel families add theirs with {@link #call}
 * and {@link #add}.
 */
final class TaskList {
    /** Puts a task into a graph under an id: one line with the kernel and its arguments. */
    interface Maker {
        void addTo(TaskGraph graph, String id, Call call);
    }

    /** A task that waits to be put into a graph. */
    record Planned(String kernel, Call call, Grid grid, Maker maker) {}

    /** Where a tensor of a task is bound: a slot, or null for scratch memory. */
    private final List<Slot> entries = new ArrayList<>();

    private final String program;
    private final DeviceProfile device;
    private final List<Segment> bySlot;
    private final Resources resources;
    private final List<Extent> counts = new ArrayList<>();
    private final List<Planned> planned = new ArrayList<>();
    private final Set<Segment> scratch = new LinkedHashSet<>();
    private Op op;
    private Segment table;
    private IntArray run;

    TaskList(String program, DeviceProfile device, Resources resources, List<Segment> bySlot) {
        this.program = program;
        this.device = device;
        this.resources = resources;
        this.bySlot = bySlot;
    }

    /** What tasks share: the context object, placeholders for arrays that a task lacks, scratch memory. */
    interface Resources {
        KernelContext context();

        FloatArray noFloats(int number);

        IntArray noInts(int number);

        /** All placeholders for arrays. */
        Object[] noArrays();

        /** A name for a task that no other task has. */
        String nextId(String kernel);

        /** At least so many floats that any task may overwrite. */
        Segment scratch(int floats);
    }

    /** Begins an op: the tasks that follow belong to it. */
    void begin(Op next) {
        op = next;
    }

    /** For sizes that depend on the device. */
    DeviceProfile device() {
        return device;
    }

    String program() {
        return program;
    }

    /**
     * The arguments of a task over these tensors: tensor k is the k-th of them.
     *
     * @param rows the row count that the kernel gets from {@link Args#rows}
     */
    Call call(Extent rows, Slot... tensors) {
        return call(rows, 0, tensors);
    }

    /**
     * As {@link #call(Extent, Slot...)}, with scratch memory as one more tensor behind the others. Its contents last until
     * the next op; tasks of one op that ask for scratch get the same memory.
     */
    Call call(Extent rows, int scratchFloats, Slot... tensors) {
        int at = Args.ENTRY * entries.size();
        List<Slot> slots = new ArrayList<>(List.of(tensors));
        List<Segment> segments = new ArrayList<>();
        for (Slot slot : tensors) {
            segments.add(bySlot.get(slot.id()));
        }
        if (scratchFloats > 0) {
            Segment memory = resources.scratch(scratchFloats);
            scratch.add(memory);
            slots.add(null);
            segments.add(memory);
        }
        entries.addAll(slots);
        if (Args.ENTRY * entries.size() > Args.MAX_ENTRIES) {
            throw new IllegalArgumentException("program " + program + " has too many ops for one program");
        }
        return new Call(this, op, rows, at, slots, segments, scratchFloats);
    }

    /** Where in run the count of an extent stands: for kernels that need more than the count of their own rows. */
    int count(Extent extent) {
        for (int i = 0; i < counts.size(); i++) {
            Extent known = counts.get(i);
            if (known == extent || known.isFixed() && extent.isFixed() && known.max() == extent.max()) {
                return Args.COUNTS + i;
            }
        }
        if (counts.size() == Args.MAX_COUNTS) {
            throw new IllegalArgumentException("program " + program + " has more than " + Args.MAX_COUNTS + " extents");
        }
        counts.add(extent);
        return Args.COUNTS + counts.size() - 1;
    }

    /**
     * Adds a task.
     *
     * @param kernel the kernel's name for people
     * @param call from {@link #call}, one for each task
     */
    void add(String kernel, Call call, Grid grid, Maker maker) {
        planned.add(new Planned(kernel, call, grid, maker));
    }

    List<Planned> planned() {
        return planned;
    }

    List<Extent> counts() {
        return counts;
    }

    /** The slots of all tensors of all tasks, in order; null where the tensor is scratch memory. */
    List<Slot> entries() {
        return entries;
    }

    /** Every segment that a task touches; after {@link #share}. */
    List<Segment> segments() {
        Set<Segment> all = new LinkedHashSet<>();
        all.add(table);
        for (Slot slot : entries) {
            if (slot != null) {
                all.add(bySlot.get(slot.id()));
            }
        }
        all.addAll(scratch);
        return List.copyOf(all);
    }

    /** Sets what all tasks share, before their makers are called. */
    void share(Segment bindingTable, IntArray runArray) {
        table = bindingTable;
        run = runArray;
    }

    IntArray run() {
        return run;
    }

    KernelContext context() {
        return resources.context();
    }

    IntArray table() {
        return table.ints();
    }

    Object[] noArrays() {
        return resources.noArrays();
    }

    String nextId(String kernel) {
        return resources.nextId(kernel);
    }

    FloatArray noFloats(int number) {
        return resources.noFloats(number);
    }

    IntArray noInts(int number) {
        return resources.noInts(number);
    }
}
