package org.tornadomor.engine.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.UserError;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Op;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.RowOp;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.simulator.Guards;
import org.tornadomor.simulator.Rule;
import org.tornadomor.simulator.SimulatorException;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The simulator knows the tensors of every task, although they are neighbours in one array. */
@Tag("device")
class DeclaredRangesTest {
    private static final int COLUMNS = 5;
    private static final int MAX = 6;

    private final TornadoEngine engine =
            new TornadoEngine(EngineOptions.standard().withChecks());
    private final Arena floats = engine.arena("floats", ElementType.F32);
    private final Arena ints = engine.arena("ints", ElementType.I32);
    private final Extent rows = Extent.of("rows", MAX);
    private final Ops ops = new Ops("ranges");
    private final Slot out = ops.f32("out", rows, COLUMNS);
    private final Slot in = ops.f32("in", rows, COLUMNS);
    private final Op copy = new DenseOp.Copy(out, in);

    @BeforeEach
    void onlyTheSimulatorLooks() {
        assumeTrue(Guards.active());
    }

    @AfterEach
    void close() {
        engine.close();
    }

    /** What a wrong kernel does in the row and column given to it. */
    private void runWrong(int row, int column, int write) {
        // Columns 3 to 7 of 9 in a wide matrix between two others.
        floats.allocate("before", MAX, COLUMNS);
        Tensor wide = floats.allocate("wide", MAX, 9);
        Tensor source = floats.allocate("source", MAX, COLUMNS);
        floats.allocate("behind", MAX, COLUMNS);
        List<Tensor> bySlot = List.of(wide.columns(3, COLUMNS), source);
        TaskList tasks = engine.tasks(
                "ranges", bySlot.stream().map(TornadoEngine::segmentOf).toList());
        tasks.begin(copy);
        tasks.add(
                "Wrong",
                tasks.call(rows, out, in),
                Grid.items(Extent.fixed(1), 1, 1),
                (graph, id, a) -> graph.task(
                        id,
                        DeclaredRangesTest::wrong,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.arrays(),
                        a.code(),
                        row,
                        column,
                        write));
        CompiledProgram program = engine.build(tasks);
        int base = engine.place(program, bySlot);
        program.run(base, bySlot, engine.plan(), engine.transfers().entry("ranges"));
    }

    /** Writes one element of tensor 0, or reads one of tensor 1. */
    static void wrong(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            long arrays,
            int call,
            int row,
            int column,
            int write) {
        int at = Args.begin(c, run, call);
        FloatArray target = Args.pick(m0, m1, arrays, 0);
        FloatArray source = Args.pick(m0, m1, arrays, 1);
        if (write == 1) {
            target.set(Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + column, 1f);
        } else if (write == 2) {
            source.set(Args.offset(table, at, 1) + row * Args.stride(table, at, 1) + column, 1f);
        } else {
            float value = source.get(Args.offset(table, at, 1) + row * Args.stride(table, at, 1) + column);
            target.set(Args.offset(table, at, 0), value);
        }
    }

    private static SimulatorException fault(UserError error) {
        SimulatorException fault = (SimulatorException) error.getCause();
        assertEquals(Rule.UNDECLARED_ACCESS, fault.rule(), fault.getMessage());
        return fault;
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 4", "5, 0", "5, 4"})
    void insideTheTensor(int row, int column) {
        runWrong(row, column, 1);
        runWrong(row, column, 0);
    }

    @ParameterizedTest
    @CsvSource({"0, -1", "0, 5", "5, 5", "2, -1", "6, 0", "-1, 0"})
    void writesBesideTheTensor(int row, int column) {
        SimulatorException fault = fault(assertThrows(UserError.class, () -> runWrong(row, column, 1)));
        int element = 32 + 3 + 9 * row + column;
        assertTrue(
                fault.getMessage().contains("writes element " + element + " of m0, which the task did not declare"),
                fault.getMessage());
        assertTrue(
                fault.getMessage().contains("Declared for writing: wide[:,3:8] [35, 85), 6 rows of 5, 9 apart"),
                fault.getMessage());
        assertTrue(fault.getMessage().contains("DeclaredRangesTest.wrong (task program.Wrong_"), fault.getMessage());
        assertTrue(fault.getMessage().contains("work-item (0, 0, 0) of group (0, 0, 0)"), fault.getMessage());
    }

    /** The next tensor begins two elements behind: the gap between them belongs to nobody. */
    @ParameterizedTest
    @CsvSource({"0, -1", "5, 5", "6, 0", "6, 5"})
    void readsBesideTheTensor(int row, int column) {
        SimulatorException fault = fault(assertThrows(UserError.class, () -> runWrong(row, column, 0)));
        assertTrue(fault.getMessage().contains("reads element " + (96 + 5 * row + column)), fault.getMessage());
    }

    @Test
    void writesWhatIsOnlyRead() {
        SimulatorException fault = fault(assertThrows(UserError.class, () -> runWrong(1, 1, 2)));
        assertTrue(fault.getMessage().contains("It lies in source, which is only read."), fault.getMessage());
    }

    @Test
    void onlyTheRowsInUseCount() {
        rows.set(4);
        runWrong(3, 4, 1);
        SimulatorException fault = fault(assertThrows(UserError.class, () -> runWrong(4, 0, 1)));
        assertTrue(fault.getMessage().contains("4 rows of 5, 9 apart"), fault.getMessage());
    }

    /** The same through an op: an index that points behind the rows in use. */
    @Test
    void anIndexBehindTheRowsInUse() {
        Extent all = Extent.of("all", 8);
        Ops gather = new Ops("gather");
        Slot to = gather.f32("to", rows, COLUMNS);
        Slot from = gather.f32("from", all, COLUMNS);
        Slot index = gather.i32("index", rows);
        gather.add(new RowOp.Gather(to, from, index));
        Tensor indices = ints.allocate("index", MAX);
        var binding = engine.compile(gather)
                .bind(Map.of(
                        to, floats.allocate("to", MAX, COLUMNS),
                        from, floats.allocate("from", 8, COLUMNS),
                        index, indices));
        engine.upload(indices, new int[] {0, 1, 2, 7, 0, 0}, 0);
        rows.set(4);
        binding.run();
        all.set(7);
        SimulatorException fault = fault(assertThrows(UserError.class, binding::run));
        assertTrue(fault.getMessage().contains("RowMoves.gather"), fault.getMessage());
        assertTrue(fault.getMessage().contains("reads element"), fault.getMessage());
        rows.set(3);
        binding.run();
    }

    /** Other tensors of the same shape, in the same arrays: the ranges are those of the binding that runs. */
    @Test
    void eachBindingHasItsOwnRanges() {
        ops.add(copy);
        var program = engine.compile(ops);
        Tensor a = floats.allocate("a", MAX, COLUMNS);
        Tensor b = floats.allocate("b", MAX, COLUMNS);
        Tensor c = floats.allocate("c", MAX, COLUMNS);
        var first = program.bind(Map.of(out, b, in, a));
        var second = program.bind(Map.of(out, c, in, b));
        float[] values = new float[MAX * COLUMNS];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        engine.upload(a, values, 0);
        first.run();
        second.run();
        first.run();
        float[] found = new float[values.length];
        engine.download(c, found, 0);
        assertEquals(17f, found[17]);
    }
}
