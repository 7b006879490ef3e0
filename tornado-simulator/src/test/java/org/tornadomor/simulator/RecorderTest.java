package org.tornadomor.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tornadomor.simulator.kernels.GoodKernels;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

class RecorderTest {
    /** Writes down what it is told. */
    private static final class Notes extends Recorder {
        private final List<String> lines = new ArrayList<>();
        private final List<String> places = new ArrayList<>();

        @Override
        protected void launch(Shape shape) {
            lines.add(
                    "launch " + shape.task() + " " + shape.groups()[0] + " x " + shape.local()[0] + " " + shape.loop());
        }

        @Override
        protected void access(Memory memory, boolean write, int element, long group, long item) {
            lines.add(group + "." + item + (write ? " writes " : " reads ") + memory.name() + "[" + element + "] of "
                    + memory.elements() + (memory.local() ? " local" : ""));
            places.add(place());
        }

        @Override
        protected void barrier(long group, boolean global) {
            lines.add(group + " meets");
        }
    }

    private static TaskGraph sums(FloatArray in, FloatArray out) {
        return new TaskGraph("g")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, in)
                .task("t", GoodKernels::groupSum, new KernelContext(), in, out, 2)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
    }

    @Test
    void seesEveryAccessOfAGroupInOrder() {
        Notes notes = new Notes();
        FloatArray out = new FloatArray(2);
        notes.during(() -> Harness.run(sums(FloatArray.fromElements(1, 2, 3, 4), out), 4, 2));
        assertEquals(7f, out.get(1));
        assertEquals("launch g.t 2 x 2 false", notes.lines.getFirst());
        assertEquals(
                List.of(
                        "0.0 reads in[0] of 4",
                        "0.0 writes local array 0[0] of 2 local",
                        "0.1 reads in[1] of 4",
                        "0.1 writes local array 0[1] of 2 local",
                        "0 meets",
                        "0.0 reads local array 0[0] of 2 local",
                        "0.0 reads local array 0[1] of 2 local",
                        "0.0 writes local array 0[0] of 2 local",
                        "0.0 reads local array 0[0] of 2 local",
                        "0.0 writes sums[0] of 2",
                        "1.0 reads in[2] of 4"),
                notes.lines.subList(1, 12));
        assertTrue(
                notes.places.stream().allMatch(place -> place.matches("GoodKernels\\.java:\\d+")),
                notes.places::toString);
    }

    @Test
    void tellsIterationsOfALoopApart() {
        Notes notes = new Notes();
        FloatArray x = FloatArray.fromElements(1, 2, 3);
        FloatArray y = new FloatArray(3);
        TaskGraph graph = new TaskGraph("g")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, x)
                .task("t", GoodKernels::scale, y, x, 2f)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, y);
        notes.during(() -> Harness.run(graph, null));
        assertEquals(
                List.of("x[0]", "y[0]", "x[1]", "y[1]", "x[2]", "y[2]"),
                notes.lines.stream().skip(1).map(line -> line.split(" ")[2]).toList());
        assertEquals(
                3,
                notes.lines.stream()
                        .skip(1)
                        .map(line -> line.split(" ")[0])
                        .distinct()
                        .count());
    }

    @Test
    void seesNothingOutside() {
        Notes notes = new Notes();
        notes.during(() -> {});
        Harness.run(sums(FloatArray.fromElements(1, 2, 3, 4), new FloatArray(2)), 4, 2);
        assertEquals(List.of(), notes.lines);
    }
}
