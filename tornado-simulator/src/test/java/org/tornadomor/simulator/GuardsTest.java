package org.tornadomor.simulator;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
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

/** Declared ranges: one plan whose kernel fills a range that travels in an array. */
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
    void theSimulatorIsActive() throws Throwable {
        assertTrue(Guards.active());
        Harness.with("tornadomor.simulator.checks", "off", () -> assertFalse(Guards.active()));
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
    void rowsOfAWiderMatrix() {
        Guards.declare("fill", "t", arena, reads, writes);
        writes.add("keys", 10, 4, 8, 20);
        reads.add("all", 10, 80);
        for (int row = 0; row < 4; row++) {
            fill(10 + 20 * row, 8);
        }
        expect(
                Rule.UNDECLARED_ACCESS,
                () -> fill(50, 9),
                "writes element 58 of x, which the task did not declare. It lies in all, which is only read.",
                "Declared for writing: keys [10, 78), 4 rows of 8, 20 apart");
        expect(Rule.UNDECLARED_ACCESS, () -> fill(69, 2), "writes element 69");
        expect(Rule.UNDECLARED_ACCESS, () -> fill(90, 1), "writes element 90");
        expect(Rule.UNDECLARED_ACCESS, () -> fill(9, 1), "writes element 9");
    }

    @Test
    void rangesMayOverlapAndBeEmpty() {
        Guards.declare("fill", "t", arena, reads, writes);
        writes.add("second", 12, 6)
                .add("none", 60, 0)
                .add("no rows", 70, 0, 4, 8)
                .add("first", 10, 4);
        fill(10, 8);
        expect(Rule.UNDECLARED_ACCESS, () -> fill(60, 1), "writes element 60");
        expect(Rule.UNDECLARED_ACCESS, () -> fill(70, 1), "writes element 70");
    }

    @Test
    void rowsThatOverlapAreNoMatrix() {
        IllegalArgumentException refusal =
                assertThrows(IllegalArgumentException.class, () -> new Ranges().add("keys", 0, 2, 8, 7));
        assertTrue(refusal.getMessage().contains("keys: 2 rows of 8 elements, 7 apart"), refusal.getMessage());
    }

    @Test
    void aRangeBeyondTheArrayIsRefused() {
        Guards.declare("fill", "t", arena, reads, writes);
        writes.add("hidden", 96, 8);
        expect(Rule.BOUNDS, () -> fill(96, 4), "declares hidden [96, 104) of x, whose elements are 0 to 99");
    }
}
