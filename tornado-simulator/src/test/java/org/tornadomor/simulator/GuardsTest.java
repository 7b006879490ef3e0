package org.tornadomor.simulator;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadomor.simulator.Harness.expect;
import static org.tornadomor.simulator.Harness.grid;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tornadomor.simulator.kernels.GoodKernels;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Declared ranges and gaps: one plan whose kernel fills a range that travels in an array. */
class GuardsTest {

    private final FloatArray arena = new FloatArray(100);
    private final IntArray range = new IntArray(2);
    private final FloatArray value = FloatArray.fromElements(7f);
    private final Ranges reads = new Ranges();
    private final Ranges writes = new Ranges();
    private TornadoExecutionPlan plan;

    @BeforeEach
    void build() {
        TaskGraph graph = new TaskGraph("fill")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, range, value)
                .task("t", GoodKernels::fillRange, new KernelContext(), arena, range, value)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, arena);
        plan = new TornadoExecutionPlan(graph.snapshot()).withGridScheduler(new GridScheduler("fill.t", grid(16, 8)));
    }

    @AfterEach
    void forget() throws Exception {
        Guards.forget(arena);
        plan.close();
    }

    private void fill(int from, int count) {
        range.set(0, from);
        range.set(1, count);
        plan.execute();
    }

    @Test
    void theSimulatorIsActive() {
        assertTrue(Guards.active());
    }

    @Test
    void everythingIsAllowedWithoutDeclaration() {
        fill(90, 10);
    }

    @Test
    void declaredRangesFollowTheProgram() {
        Guards.declare("fill", "t", arena, reads, writes);
        writes.add("hidden", 10, 8);
        fill(10, 8);
        expect(
                Rule.UNDECLARED_ACCESS,
                () -> fill(11, 8),
                "GoodKernels.fillRange (task fill.t)",
                "work-item (7, 0, 0) of group (0, 0, 0)",
                "writes element 18 of x, which the task did not declare",
                "Declared for writing: hidden [10, 18)");
        writes.clear().add("logits", 50, 16);
        fill(50, 16);
        expect(Rule.UNDECLARED_ACCESS, () -> fill(10, 8), "writes element 10", "logits [50, 66)");
    }

    @Test
    void rangesOfAnotherTaskDoNotApply() {
        Guards.declare("fill", "other", arena, reads, writes);
        fill(0, 4);
    }

    @Test
    void readingNeedsADeclarationOfItsOwn() {
        Guards.declare("fill", "t", range, new Ranges(), new Ranges());
        expect(Rule.UNDECLARED_ACCESS, () -> fill(0, 4), "reads element", "of range", "Declared for reading: none");
        Guards.forget(range);
    }

    @Test
    void gapsArePoisoned() {
        Guards.gaps(arena, new Ranges().add("after hidden", 18, 2));
        fill(10, 8);
        fill(20, 16);
        expect(
                Rule.GAP,
                () -> fill(10, 9),
                "writes element 18 of x, which lies in the gap after hidden [18, 20) between tensors");
    }

    @Test
    void aRangeThatCoversAGapIsRefused() {
        Guards.gaps(arena, Ranges.of(18, 2));
        Guards.declare("fill", "t", arena, reads, writes);
        writes.add("hidden", 10, 9);
        expect(Rule.GAP, () -> fill(10, 8), "declares hidden [10, 19)", "covers the gap");
    }

    @Test
    void aRangeBeyondTheArrayIsRefused() {
        Guards.declare("fill", "t", arena, reads, writes);
        writes.add("hidden", 96, 8);
        expect(Rule.BOUNDS, () -> fill(96, 4), "declares hidden [96, 104) of x, whose elements are 0 to 99");
    }
}
