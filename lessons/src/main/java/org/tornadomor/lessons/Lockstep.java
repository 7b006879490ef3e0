package org.tornadomor.lessons;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.simulator.Recorder;

/**
 * Puts what work-items did into the order of a GPU, where 32 neighbours go through a kernel together: the n-th access of
 * each behind a barrier happens at the same time. What 32 neighbours do to one array at one time is a step.
 */
class Lockstep extends Recorder {
    /** Work-items that go together: a warp of NVIDIA's, and the least that others have. */
    static final int WARP = 32;

    /**
     * What up to 32 neighbours do at one time.
     *
     * @param task the task's full name
     * @param group number of the group; of a parallel loop, the number of the 32 iterations
     * @param warp number of the 32 in the group
     * @param time from 0 for each group
     * @param items numbers of the work-items in the group
     * @param elements what each touches
     */
    record Step(
            String task, long group, int warp, int time, Memory memory, boolean write, int[] items, int[] elements) {}

    private record Key(int warp, int time, Memory memory, boolean write) {}

    private record Touch(Memory memory, boolean write, int element) {}

    private final Map<Integer, List<Touch>> items = new LinkedHashMap<>();
    private Shape shape;
    private long group = -1;
    private int start;
    private long iteration = -1;
    private int iterations;
    private long loopGroup;

    /** A step, in the order of groups and barriers. */
    protected void step(Step step) {}

    /** The work-items of a group have met, at this time. */
    protected void met(String task, long ofGroup, int time) {}

    /** Tells what has not been told yet; to be called behind the last launch. */
    void finish() {
        flush();
    }

    @Override
    protected void launch(Shape next) {
        flush();
        shape = next;
        group = -1;
        start = 0;
        iteration = -1;
        iterations = 0;
        loopGroup = 0;
    }

    @Override
    protected void access(Memory memory, boolean write, int element, long ofGroup, long item) {
        int number = (int) item;
        if (shape.loop()) {
            number = nextIteration(item);
        } else if (ofGroup != group) {
            flush();
            group = ofGroup;
            start = 0;
        }
        items.computeIfAbsent(number, i -> new ArrayList<>()).add(new Touch(memory, write, element));
    }

    /** Iterations have numbers with gaps: counts them, 32 to a group. */
    private int nextIteration(long item) {
        if (item != iteration) {
            iteration = item;
            if (iterations == WARP) {
                flush();
                iterations = 0;
                loopGroup++;
                start = 0;
            }
            iterations++;
        }
        group = loopGroup;
        return iterations - 1;
    }

    @Override
    protected void barrier(long ofGroup, boolean global) {
        if (ofGroup != group) {
            flush();
            group = ofGroup;
            start = 0;
        }
        flush();
        met(shape.task(), group, start);
        start++;
    }

    private void flush() {
        Map<Key, List<int[]>> steps = new LinkedHashMap<>();
        int end = start;
        for (Map.Entry<Integer, List<Touch>> one : items.entrySet()) {
            int time = start;
            for (Touch touch : one.getValue()) {
                Key key = new Key(one.getKey() / WARP, time++, touch.memory, touch.write);
                steps.computeIfAbsent(key, k -> new ArrayList<>()).add(new int[] {one.getKey(), touch.element});
            }
            end = Math.max(end, time);
        }
        items.clear();
        steps.forEach((key, touches) -> step(new Step(
                shape.task(),
                group,
                key.warp,
                key.time,
                key.memory,
                key.write,
                touches.stream().mapToInt(t -> t[0]).toArray(),
                touches.stream().mapToInt(t -> t[1]).toArray())));
        start = end;
    }
}
