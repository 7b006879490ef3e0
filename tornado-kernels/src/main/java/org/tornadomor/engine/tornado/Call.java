package org.tornadomor.engine.tornado;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Op;
import org.tornadomor.engine.Slot;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The arguments of one task: the distinct arrays that its tensors lie in, and the constants by which the kernel finds
 * its way in them.
 */
final class Call {
    /** The most arrays of floats that a task takes. */
    static final int MAX_FLOATS = 6;
    /** The most arrays of indices that a task takes. */
    static final int MAX_INTS = 2;

    private final TaskList tasks;
    private final Op op;
    private final int entries;
    private final int count;
    private final List<Slot> slots;
    private final List<Segment> tensors;
    private final int scratch;
    private final List<Segment> floats = new ArrayList<>();
    private final List<Segment> ints = new ArrayList<>();
    private long arrays;
    private int mark;

    /**
     * The arguments of a task.
     *
     * @param op whose task it is
     * @param entries where its tensors begin among those of the program, in ints
     * @param slots of its tensors, null for scratch memory
     * @param tensors the segments that they lie in
     * @param scratch floats of scratch memory
     */
    Call(TaskList tasks, Op op, Extent rows, int entries, List<Slot> slots, List<Segment> tensors, int scratch) {
        this.tasks = tasks;
        this.op = op;
        this.entries = entries;
        this.count = tasks.count(rows);
        this.slots = slots;
        this.tensors = tensors;
        this.scratch = scratch;
        for (int k = 0; k < tensors.size(); k++) {
            List<Segment> ofType = tensors.get(k).type() == ElementType.F32 ? floats : ints;
            if (!ofType.contains(tensors.get(k))) {
                ofType.add(tensors.get(k));
            }
            arrays = Args.pack(arrays, k, ofType.indexOf(tensors.get(k)));
        }
        if (floats.size() > MAX_FLOATS || ints.size() > MAX_INTS) {
            throw new IllegalArgumentException("an op of program " + tasks.program() + " touches " + floats.size()
                    + " float and " + ints.size() + " index segments; at most " + MAX_FLOATS + " and " + MAX_INTS);
        }
    }

    void setMark(int place) {
        mark = place;
    }

    int mark() {
        return mark;
    }

    Op op() {
        return op;
    }

    int entries() {
        return entries;
    }

    List<Slot> slots() {
        return slots;
    }

    List<Segment> tensors() {
        return tensors;
    }

    int scratch() {
        return scratch;
    }

    KernelContext context() {
        return tasks.context();
    }

    /** Row counts and marks of the run. */
    IntArray run() {
        return tasks.run();
    }

    /** Offsets and strides of all bindings. */
    IntArray table() {
        return tasks.table();
    }

    /** The float array of this number, or a placeholder if the task has fewer. */
    FloatArray m(int number) {
        return number < floats.size() ? floats.get(number).floats() : tasks.noFloats(number);
    }

    /** The index array of this number, or a placeholder if the task has fewer. */
    IntArray i(int number) {
        return number < ints.size() ? ints.get(number).ints() : tasks.noInts(number);
    }

    /** Which tensor lies in which array: see {@link Args#pick(FloatArray, FloatArray, long, int)}. */
    long arrays() {
        return arrays;
    }

    /** Where the task finds its row count, its mark and its entries: see {@link Args}. */
    int code() {
        return Args.pack(entries, mark, count);
    }
}
