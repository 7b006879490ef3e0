package org.tornadomor.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.DenseOp.Copy;
import org.tornadomor.engine.cpu.CpuEngine;

/** What a program says to tensors that do not fit its slots. */
class ProgramTest {
    private static final int ROWS = 3;

    private final Engine engine = new CpuEngine(1);
    private final Arena arena = engine.arena("tensors", ElementType.F32);
    private final Tensor in = arena.allocate("in", ROWS, 4);
    private final Tensor out = arena.allocate("out", ROWS, 4);
    private final Ops ops = new Ops("copying");
    private final Slot from = ops.f32("from", ROWS, 4);
    private final Slot to = ops.f32("to", ROWS, 4);
    private final Program program = compiled();

    private Program compiled() {
        ops.add(new Copy(to, from));
        return engine.compile(ops);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private String refusal(Map<Slot, Tensor> tensors) {
        String message = assertThrows(IllegalArgumentException.class, () -> program.bind(tensors))
                .getMessage();
        assertTrue(message.startsWith("program copying: "), message);
        return message.substring("program copying: ".length());
    }

    @Test
    void runsOnTensorsThatFit() {
        float[] values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
        engine.upload(in, values, 0);
        program.bind(Map.of(from, in, to, out)).run();
        float[] copied = new float[values.length];
        engine.download(out, copied, 0);
        assertArrayEquals(values, copied);
    }

    @Test
    void namesASlotWithoutATensor() {
        assertEquals("slot " + to + " has no tensor", refusal(Map.of(from, in)));
    }

    @Test
    void namesATensorOfAnotherShape() {
        Tensor narrow = arena.allocate("narrow", ROWS, 2);
        assertEquals("slot " + to + " needs 3 x 4, not 3 x 2 of " + narrow, refusal(Map.of(from, in, to, narrow)));
    }

    @Test
    void namesATensorOfAnotherType() {
        Tensor ids = engine.arena("ids", ElementType.I32).allocate("ids", ROWS, 4);
        assertEquals("slot " + to + " cannot hold " + ids + " of I32", refusal(Map.of(from, in, to, ids)));
    }

    @Test
    void refusesToReadWhatItWrites() {
        String message = refusal(Map.of(from, in, to, in));
        assertTrue(message.endsWith(" reads " + in + " where it writes " + in), message);
        assertTrue(message.startsWith("Copy["), message);
    }

    @Test
    void refusesToWriteTheSameMemoryTwice() {
        Ops gradient = new Ops("gradient");
        Slot dx = gradient.f32("dx", ROWS, 1);
        Slot dw = gradient.f32("dw", 1, 1);
        Slot dOut = gradient.f32("dOut", ROWS, 1);
        Slot x = gradient.f32("x", ROWS, 1);
        Slot w = gradient.f32("w", 1, 1);
        gradient.add(new DenseOp.RmsNormBackward(dx, dw, dOut, x, w, 1e-5f));
        Tensor both = out.columns(1, 1);
        Map<Slot, Tensor> tensors = Map.of(
                dx,
                both,
                dw,
                out.rows(2, 1).columns(1, 1),
                dOut,
                in.columns(0, 1),
                x,
                in.columns(1, 1),
                w,
                in.columns(2, 1));
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> engine.compile(gradient).bind(tensors))
                .getMessage();
        assertTrue(message.contains(" writes the same memory twice: " + both), message);
    }

    @Test
    void refusesTensorsOfAnotherProgram() {
        Slot foreign = new Ops("other").f32("foreign", ROWS, 4);
        assertTrue(refusal(Map.of(from, in, to, out, foreign, in)).startsWith("tensors for slots of another program"));
    }
}
