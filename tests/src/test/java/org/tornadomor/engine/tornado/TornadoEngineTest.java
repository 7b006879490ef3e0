package org.tornadomor.engine.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.tornadomor.UserError;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/** What the Tornado engine does around its kernels: memory, bindings, transfers, long programs, refusals. */
@Tag("device")
class TornadoEngineTest {
    private static final int COLUMNS = 8;

    /** {@code out += in} over an extent, {@code times} times. */
    private record Adder(Ops ops, Slot out, Slot in) {
        static Adder of(Extent rows, int times) {
            Ops ops = new Ops("adder");
            Slot out = ops.f32("out", rows, COLUMNS);
            Slot in = ops.f32("in", rows, COLUMNS);
            for (int i = 0; i < times; i++) {
                ops.add(new DenseOp.Add(out, in));
            }
            return new Adder(ops, out, in);
        }

        Binding bind(TornadoEngine engine, Tensor to, Tensor from) {
            return engine.compile(ops).bind(Map.of(out, to, in, from));
        }
    }

    private static float[] filled(int size, float value) {
        float[] values = new float[size];
        java.util.Arrays.fill(values, value);
        return values;
    }

    private static float[] values(TornadoEngine engine, Tensor tensor) {
        float[] values = new float[tensor.size()];
        engine.download(tensor, values, 0);
        return values;
    }

    @Test
    void memoryComesInSegmentsAndProgramsAreCompiledForThoseTheyTouch() {
        long limit = 4L * 20_000;
        try (TornadoEngine engine = new TornadoEngine(EngineOptions.standard().withSegmentLimit(limit))) {
            Arena arena = engine.arena("layers", ElementType.F32);
            Extent rows = Extent.of("rows", 1000);
            List<Tensor> layers = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                layers.add(arena.allocate("layer" + i, rows.max(), COLUMNS));
            }
            assertTrue(arena.segments() > 1, "segments: " + arena.segments());
            Adder adder = Adder.of(rows, 1);
            var program = engine.compile(adder.ops());
            for (int i = 0; i < 5; i++) {
                engine.upload(layers.get(i), filled(8000, i), 0);
            }
            rows.set(10);
            for (int i = 1; i < 5; i++) {
                program.bind(Map.of(adder.out(), layers.get(i), adder.in(), layers.get(i - 1)))
                        .run();
            }
            float[] last = values(engine, layers.get(4));
            assertEquals(10f, last[0]);
            assertEquals(10f, last[10 * COLUMNS - 1]);
            assertEquals(4f, last[10 * COLUMNS]);
            UserError refused = assertThrows(UserError.class, () -> arena.allocate("large", 3000, COLUMNS));
            assertTrue(refused.getMessage().contains("largest allocation"), refused.getMessage());
        }
    }

    @Test
    void arenasComeAndGoBesideAProgramThatRuns() {
        try (TornadoEngine engine = new TornadoEngine(EngineOptions.standard().withChecks())) {
            Extent rows = Extent.of("rows", 5);
            Arena first = engine.arena("first", ElementType.F32);
            Tensor sum = first.allocate("sum", 5, COLUMNS);
            Tensor one = first.allocate("one", 5, COLUMNS);
            engine.upload(one, filled(40, 1), 0);
            Adder adder = Adder.of(rows, 1);
            Binding adding = adder.bind(engine, sum, one);
            adding.run();
            for (int session = 1; session <= 3; session++) {
                Arena other = engine.arena("session", ElementType.F32);
                Tensor cache = other.allocate("cache", 5, COLUMNS);
                assertArrayEquals(new float[40], values(engine, cache), "a new arena starts with zeros");
                adder.bind(engine, cache, sum).run();
                adding.run();
                adder.bind(engine, cache, sum).run();
                assertArrayEquals(filled(40, session + session + 1), values(engine, cache));
                other.close();
            }
            assertArrayEquals(filled(40, 4), values(engine, sum));
        }
    }

    @Test
    void aLongProgramRunsInSeveralGraphs() {
        try (TornadoEngine engine = new TornadoEngine(EngineOptions.standard().withChecks())) {
            Arena arena = engine.arena("arena", ElementType.F32);
            Tensor sum = arena.allocate("sum", 3, COLUMNS);
            Tensor one = arena.allocate("one", 3, COLUMNS);
            engine.upload(one, filled(24, 1), 0);
            Binding adding = Adder.of(Extent.fixed(3), 150).bind(engine, sum, one);
            adding.run();
            assertArrayEquals(filled(24, 150), values(engine, sum));
            assertTrue(engine.transfers().entry("adder").graphRuns() > 1);
            assertEquals(150, engine.transfers().entry("adder").launches());
        }
    }

    @Test
    void aRunMovesAFewBytesAndSkipsInactiveRows() {
        try (TornadoEngine engine = new TornadoEngine(EngineOptions.standard())) {
            Arena arena = engine.arena("arena", ElementType.F32);
            Extent rows = Extent.of("rows", 100);
            Tensor sum = arena.allocate("sum", 100, COLUMNS);
            Tensor one = arena.allocate("one", 100, COLUMNS);
            Binding adding = Adder.of(rows, 4).bind(engine, sum, one);
            rows.set(25);
            adding.run();
            engine.transfers().reset();
            adding.run();
            TransferReport.Entry entry = engine.transfers().entry("adder");
            assertTrue(entry.bytesIn() <= 64, "bytes in: " + entry.bytesIn());
            assertTrue(entry.bytesOut() <= 4, "bytes out: " + entry.bytesOut());
            assertEquals(100, entry.rowsComputed());
            assertEquals(300, entry.rowsSkipped());
            rows.set(0);
            adding.run();
            assertEquals(1, entry.graphRuns(), "nothing to do, nothing launched");
            engine.upload(one.rows(3, 2).columns(2, 3), new float[] {1, 2, 3, 4, 5, 6}, 0);
            assertArrayEquals(new float[] {0, 0, 4, 5, 6, 0, 0, 0}, values(engine, one.rows(4, 1)));
            float[] part = new float[6];
            engine.download(one.rows(3, 2).columns(2, 3), part, 0);
            assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, part);
            assertEquals(
                    32 + 24, engine.transfers().entry(TransferReport.DOWNLOADS).bytesOut());
        }
    }

    @Test
    void stagingArraysAreAboutAsLargeAsWhatTheyCarry() {
        assertEquals(4, Transfers.log(1));
        assertEquals(10, Transfers.log(1024));
        assertEquals(10, Transfers.log(900));
        assertEquals(9, Transfers.log(600));
        assertEquals(20, Transfers.log(50_000_000));
    }

    @Test
    void refusesToStartWhereFailedKernelsWouldBeHidden() {
        String before = System.setProperty("tornado.recover.bailout", "True");
        try {
            UserError refused = assertThrows(UserError.class, () -> new TornadoEngine(EngineOptions.standard()));
            assertTrue(refused.getMessage().contains("-Dtornado.recover.bailout=False"), refused.getMessage());
        } finally {
            System.setProperty("tornado.recover.bailout", before);
        }
    }

    @Test
    void saysWhatMemoryIsMissing() {
        try (TornadoEngine engine = new TornadoEngine(EngineOptions.standard())) {
            // A little less than the largest array: what is refused is the sum.
            long largest = engine.device().maxAllocation() - (1 << 20);
            Arena arena = engine.arena("arena", ElementType.F32);
            int columns = 1 << 10;
            int most = (int) Math.min(Integer.MAX_VALUE / columns, (largest - 64) / (4L * columns));
            UserError refused = assertThrows(UserError.class, () -> {
                Tensor last = null;
                for (long bytes = 0; bytes <= engine.device().globalBytes(); bytes += 4L * columns * most) {
                    last = arena.allocate("large", most, columns);
                }
                engine.download(last.rows(0, 1), new float[columns], 0);
            });
            assertTrue(refused.getMessage().contains("not enough device memory"), refused.getMessage());
        }
    }
}
