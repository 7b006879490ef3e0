package org.tornadomor.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadomor.simulator.Harness.expect;
import static org.tornadomor.simulator.Harness.run;

import java.lang.invoke.MethodType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.simulator.kernels.BrokenKernels;
import org.tornadomor.simulator.kernels.GoodKernels;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Every check of a running kernel finds the kernel that breaks its rule, and says where. */
class KernelChecksTest {

    private static final String ITEMS = "tornadomor.simulator.items";

    private final KernelContext context = new KernelContext();
    private final FloatArray x = new FloatArray(16);
    private final FloatArray out = new FloatArray(16);

    private static TaskGraph graph() {
        return new TaskGraph("g");
    }

    @Test
    void writeBeyondTheEnd() {
        expect(
                Rule.BOUNDS,
                () -> run(graph().task("t", BrokenKernels::noGuard, context, x), 24, 8),
                "BrokenKernels.noGuard (task g.t) at BrokenKernels.java:",
                "work-item (0, 0, 0) of group (2, 0, 0) (global id (16, 0, 0))",
                "writes element 16 of x, whose elements are 0 to 15");
    }

    @Test
    void readBeyondTheEnd() {
        expect(
                Rule.BOUNDS,
                () -> run(graph().task("t", BrokenKernels::readsBeyond, context, x, out), 16, 8),
                "work-item (7, 0, 0) of group (1, 0, 0)",
                "reads element 16 of x");
    }

    @Test
    void workItemReadsWhatItsNeighbourWrites() {
        expect(
                Rule.RACE,
                () -> run(graph().task("t", BrokenKernels::neighbour, context, x), 16, 8),
                "work-item (1, 0, 0) of group (0, 0, 0)",
                "reads element 0 of x, which work-item (0, 0, 0) of the same group wrote with no globalBarrier()");
    }

    @Test
    void anArrayThatAHelperChoseIsFollowed() {
        expect(
                Rule.RACE,
                () -> run(graph().task("t", BrokenKernels::chosenNeighbour, context, x, out, 1), 16, 8),
                "work-item (1, 0, 0) of group (0, 0, 0)",
                "reads element 0 of y, which work-item (0, 0, 0) of the same group wrote");
    }

    @Test
    void onlyHelpersWithBarriersNeedThreads() {
        assertFalse(
                contextEscapes("chosenNeighbour", KernelContext.class, FloatArray.class, FloatArray.class, int.class));
        assertTrue(contextEscapes("barrierInHelper", KernelContext.class, FloatArray.class));
    }

    private static boolean contextEscapes(String kernel, Class<?>... parameters) {
        Class<?> owner = BrokenKernels.class;
        return new KernelAnalysis(new ClassBytes(owner.getClassLoader()))
                .summarize(
                        owner.getName().replace('.', '/'),
                        kernel,
                        MethodType.methodType(void.class, parameters)
                                .describeConstable()
                                .orElseThrow())
                .contextEscapes();
    }

    @Test
    void workItemsWriteTheSameElement() {
        expect(
                Rule.RACE,
                () -> run(graph().task("t", BrokenKernels::allWriteOne, context, x), 16, 8),
                "writes element 0 of x, which work-item (0, 0, 0) of the same group wrote");
    }

    @Test
    void groupsWriteTheSameElement() {
        expect(
                Rule.RACE,
                () -> run(graph().task("t", BrokenKernels::groupsWriteOne, context, x), 16, 8),
                "group (1, 0, 0)",
                "writes element 0 of x, which work-item (0, 0, 0) of group (0, 0, 0) wrote");
    }

    @Test
    void groupReadsWhatOthersWrite() {
        expect(
                Rule.RACE,
                () -> run(graph().task("t", BrokenKernels::readsOtherGroups, context, x, out), 4, 1),
                "reads element 0 of x, which work-item (0, 0, 0) of group (0, 0, 0) wrote");
    }

    @ParameterizedTest
    @ValueSource(strings = {"phases", "threads"})
    void localBarrierDoesNotOrderGlobalMemory(String items) throws Throwable {
        Harness.with(
                ITEMS,
                items,
                () -> expect(
                        Rule.RACE,
                        () -> run(graph().task("t", BrokenKernels::wrongBarrier, context, x), 16, 8),
                        "writes element 0 of x, which work-item (7, 0, 0) of the same group read",
                        "with no globalBarrier() in between"));
    }

    @Test
    void racesAreFoundOnlyWhenAskedFor() throws Throwable {
        Harness.with(
                "tornadomor.simulator.races",
                "false",
                () -> run(graph().task("t", BrokenKernels::neighbour, context, x), 16, 8));
    }

    @Test
    void localMemoryWithoutBarrier() {
        expect(
                Rule.UNINITIALISED_LOCAL,
                () -> run(graph().task("t", BrokenKernels::localRace, context, out, 8), 16, 8),
                "reads element 7 of local array 0 (float[8]) before any work-item of its group has written it");
    }

    @Test
    void treeWithoutBarrierBetweenLevels() {
        expect(
                Rule.RACE,
                () -> run(graph().task("t", BrokenKernels::lateBarrier, context, x, out, 8), 16, 8),
                "element",
                "of local array 0 (float[8])",
                "with no localBarrier() in between");
    }

    @ParameterizedTest
    @ValueSource(strings = {"phases", "threads"})
    void localMemoryIsReadBeforeItIsWritten(String items) throws Throwable {
        Harness.with(
                ITEMS,
                items,
                () -> expect(
                        Rule.UNINITIALISED_LOCAL,
                        () -> run(graph().task("t", BrokenKernels::uninitialised, context, out, 8), 16, 8),
                        "work-item (0, 0, 0) of group (0, 0, 0)",
                        "reads element 8 of local array 0 (float[16])"));
    }

    @Test
    void localArrayIsLeft() {
        expect(
                Rule.BOUNDS,
                () -> run(graph().task("t", BrokenKernels::localOutside, context, out, 8), 16, 8),
                "work-item (7, 0, 0)",
                "writes element 8 of local array 0 (int[8]), whose elements are 0 to 7");
    }

    @ParameterizedTest
    @ValueSource(strings = {"phases", "threads"})
    void returnBeforeABarrier(String items) throws Throwable {
        IntArray n = IntArray.fromElements(12);
        Harness.with(
                ITEMS,
                items,
                () -> expect(
                        Rule.BARRIER_DIVERGENCE,
                        () -> run(graph().task("t", BrokenKernels::earlyReturn, context, out, n), 16, 8),
                        "group (1, 0, 0)",
                        "work-item (0, 0, 0) waits at localBarrier() on line",
                        "work-item (4, 0, 0) has ended"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"phases", "threads"})
    void differentBarriers(String items) throws Throwable {
        Harness.with(
                ITEMS,
                items,
                () -> expect(
                        Rule.BARRIER_DIVERGENCE,
                        () -> run(graph().task("t", BrokenKernels::twoBarriers, context, out), 16, 8),
                        "work-item (4, 0, 0) waits at localBarrier() on line"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"phases", "threads"})
    void unevenLoops(String items) throws Throwable {
        Harness.with(
                ITEMS,
                items,
                () -> expect(
                        Rule.BARRIER_DIVERGENCE,
                        () -> run(graph().task("t", BrokenKernels::unevenLoop, context, out), 16, 8),
                        "work-item (0, 0, 0) has ended",
                        "work-item (1, 0, 0) waits at localBarrier()"));
    }

    @Test
    void differentAllocations() {
        expect(
                Rule.LOCAL_MEMORY,
                () -> run(graph().task("t", BrokenKernels::unevenAllocation, context, out), 16, 8),
                "work-item (1, 0, 0)",
                "allocates float[9] where another work-item of its group allocated local array 0 (float[8])");
    }

    @Test
    void moreLocalMemoryThanThereIs() {
        expect(
                Rule.LOCAL_MEMORY,
                () -> run(graph().task("t", BrokenKernels::muchLocalMemory, context, out), 16, 8),
                "needs 65536 bytes of local memory for its group; the device has 49152");
    }

    @Test
    void exceptionOfTheKernel() {
        IntArray zeros = new IntArray(8);
        SimulatorException fault = expect(
                Rule.KERNEL_EXCEPTION,
                () -> run(graph().task("t", BrokenKernels::divides, context, zeros), 8, 8),
                "work-item (0, 0, 0)",
                "/ by zero");
        assertTrue(fault.getCause() instanceof ArithmeticException);
    }

    @Test
    void iterationsThatDependOnEachOther() {
        expect(
                Rule.RACE,
                () -> run(graph().task("t", BrokenKernels::prefix, x), null),
                "BrokenKernels.prefix (task g.t) at BrokenKernels.java:",
                "iteration (2)",
                "reads element 1 of x, which another iteration");
    }

    @Test
    void nestedIterationsThatShareAnElement() {
        expect(
                Rule.RACE,
                () -> run(graph().task("t", BrokenKernels::rowSums, out, x, 4, 4), null),
                "iteration (0, 1)",
                "element 0 of sums");
    }

    @Test
    void iterationsThatDoNotShareAreFine() {
        run(graph().task("t", GoodKernels::scale, out, x, 2f), null);
    }

    @Test
    void barrierInAHelperNeedsThreads() {
        TaskGraph graph = graph().task("t", BrokenKernels::barrierInHelper, context, out)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        run(graph, 8, 8);
        assertEquals(7f, out.get(0));
        assertEquals(0f, out.get(7));
    }

    @Test
    void floatingPointAtomicsAreRefused() {
        UnsupportedOperationException refusal = assertThrows(
                UnsupportedOperationException.class,
                () -> run(graph().task("t", BrokenKernels::floatAtomic, context, x), 8, 8));
        assertTrue(refusal.getMessage().contains("BrokenKernels.floatAtomic"), refusal.getMessage());
    }

    @Test
    void checksCanBeSwitchedOff() throws Throwable {
        Harness.with("tornadomor.simulator.checks", "off", () -> {
            run(graph().task("t", BrokenKernels::allWriteOne, context, x), 16, 8);
            run(graph().task("t", BrokenKernels::uninitialised, context, out, 8), 16, 8);
        });
    }

    @Test
    void unrewrittenKernelsRunWithPoisonedLocalMemory() throws Throwable {
        Harness.with("tornadomor.simulator.rewrite", "off", () -> {
            TaskGraph graph = graph().task("t", BrokenKernels::uninitialised, context, out, 8)
                    .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
            run(graph, 16, 8);
            assertTrue(Float.isNaN(out.get(3)));
            expect(Rule.RACE, () -> run(graph().task("t", BrokenKernels::wrongBarrier, context, x), 16, 8));
            expect(
                    Rule.BARRIER_DIVERGENCE,
                    () -> run(graph().task("t", BrokenKernels::unevenLoop, context, out), 16, 8));
        });
    }

    @Test
    void aDebuggerIsNoticed() {
        assertTrue(Options.underDebugger(List.of("-Xmx1g", "-agentlib:jdwp=transport=dt_socket,server=y")));
        assertFalse(Options.underDebugger(List.of("-Xmx1g")));
    }

    @Test
    void aWrongSwitchIsNamed() throws Throwable {
        Harness.with("tornadomor.simulator.checks", "perhaps", () -> {
            RuntimeException refusal = assertThrows(RuntimeException.class, Options::read);
            assertTrue(refusal.getMessage().contains("tornadomor.simulator.checks is \"perhaps\""));
        });
    }
}
