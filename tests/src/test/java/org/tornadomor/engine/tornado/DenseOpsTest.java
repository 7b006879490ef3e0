package org.tornadomor.engine.tornado;

import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.RowOp;
import org.tornadomor.engine.Slot;

/** Dense ops and row moves on the device against the CPU engine. */
@Tag("device")
class DenseOpsTest {
    private static TornadoEngine device;

    @BeforeAll
    static void start() {
        device = new TornadoEngine(EngineOptions.standard().withChecks());
    }

    @AfterAll
    static void stop() {
        device.close();
    }

    private static OpTwin twin(int rows, int columns) {
        return new OpTwin(device, new Random(31L * rows + columns));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "7, 5", "33, 64", "70, 130"})
    void rmsNorm(int max, int columns) {
        try (OpTwin twin = twin(max, columns)) {
            Extent rows = Extent.of("rows", max);
            Slot out = twin.f32("out", rows, columns);
            Slot x = twin.f32("x", rows, columns);
            Slot w = twin.f32("w", Extent.fixed(columns), 1);
            twin.compare(new DenseOp.RmsNorm(out, x, w, 1e-5f), 1e-5);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "7, 5", "33, 64", "70, 130"})
    void rmsNormBackward(int max, int columns) {
        try (OpTwin twin = twin(max, columns)) {
            Extent rows = Extent.of("rows", max);
            Slot dx = twin.f32("dx", rows, columns);
            Slot dw = twin.f32("dw", Extent.fixed(columns), 1);
            Slot dOut = twin.f32("dOut", rows, columns);
            Slot x = twin.f32("x", rows, columns);
            Slot w = twin.f32("w", Extent.fixed(columns), 1);
            twin.compare(new DenseOp.RmsNormBackward(dx, dw, dOut, x, w, 1e-5f), 2e-5);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 2", "7, 3, 5", "70, 4, 64"})
    void normsOfHeads(int max, int heads, int columns) {
        try (OpTwin twin = twin(max, heads * columns)) {
            Extent rows = Extent.of("rows", max);
            Slot out = twin.f32("out", rows, heads * columns);
            Slot x = twin.f32("x", rows, heads * columns);
            Slot w = twin.f32("w", Extent.fixed(columns), 1);
            twin.compare(new DenseOp.RmsNorm(out, x, w, 1e-5f), 1e-5);
        }
        try (OpTwin twin = twin(max, heads * columns)) {
            Extent rows = Extent.of("rows", max);
            Slot dx = twin.f32("dx", rows, heads * columns);
            Slot dw = twin.f32("dw", Extent.fixed(columns), 1);
            Slot dOut = twin.f32("dOut", rows, heads * columns);
            Slot x = twin.f32("x", rows, heads * columns);
            Slot w = twin.f32("w", Extent.fixed(columns), 1);
            twin.compare(new DenseOp.RmsNormBackward(dx, dw, dOut, x, w, 1e-5f), 2e-5);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "7, 5", "33, 64", "70, 130"})
    void bias(int max, int columns) {
        try (OpTwin twin = twin(max, columns)) {
            Extent rows = Extent.of("rows", max);
            Slot x = twin.f32("x", rows, columns);
            Slot bias = twin.f32("bias", Extent.fixed(columns), 1);
            twin.compare(new DenseOp.AddBias(x, bias), 1e-6);
        }
        try (OpTwin twin = twin(max, columns)) {
            Extent rows = Extent.of("rows", max);
            Slot dBias = twin.f32("d_bias", Extent.fixed(columns), 1);
            Slot dOut = twin.f32("d_out", rows, columns);
            twin.compare(new DenseOp.AddBiasBackward(dBias, dOut), 2e-5);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "7, 5, 3", "33, 64, 32", "70, 31, 130"})
    void matmulNT(int max, int n, int k) {
        for (boolean withResidual : new boolean[] {false, true}) {
            try (OpTwin twin = twin(max, n)) {
                Extent rows = Extent.of("rows", max);
                Slot c = twin.f32("c", rows, n);
                Slot a = twin.f32("a", rows, k);
                Slot w = twin.f32("w", Extent.fixed(n), k);
                Slot residual = withResidual ? twin.f32("residual", rows, n) : null;
                twin.compare(new DenseOp.MatmulNT(c, a, w, residual), 1e-4);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"7, 5, 3, 2", "40, 31, 33, 8"})
    void lowRankAdd(int max, int n, int k, int rank) {
        try (OpTwin twin = twin(max, n)) {
            Extent rows = Extent.of("rows", max);
            Slot c = twin.f32("c", rows, n);
            Slot a = twin.f32("a", rows, k);
            Slot down = twin.f32("down", Extent.fixed(rank), k);
            Slot inner = twin.f32("inner", rows, rank);
            Slot up = twin.f32("up", Extent.fixed(n), rank);
            Slot base = twin.f32("base", rows, n);
            twin.compare(new DenseOp.MatmulNT(c, inner, up, base), 1e-4, new DenseOp.MatmulNT(inner, a, down));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "7, 5, 3", "33, 64, 32", "70, 31, 130"})
    void matmulNN(int max, int n, int k) {
        for (boolean accumulate : new boolean[] {false, true}) {
            try (OpTwin twin = twin(max, n)) {
                Extent rows = Extent.of("rows", max);
                Slot c = twin.f32("c", rows, k);
                Slot a = twin.f32("a", rows, n);
                Slot w = twin.f32("w", Extent.fixed(n), k);
                twin.compare(new DenseOp.MatmulNN(c, a, w, accumulate), 1e-4);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "7, 5, 3", "33, 64, 32", "70, 31, 130"})
    void matmulTN(int max, int n, int k) {
        try (OpTwin twin = twin(max, n)) {
            Extent rows = Extent.of("rows", max);
            Slot c = twin.f32("c", Extent.fixed(n), k);
            Slot a = twin.f32("a", rows, n);
            Slot b = twin.f32("b", rows, k);
            twin.compare(new DenseOp.MatmulTN(c, a, b), 1e-4);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "7, 5", "33, 64"})
    void copyAddClear(int max, int columns) {
        Extent rows = Extent.of("rows", max);
        try (OpTwin twin = twin(max, columns)) {
            Slot out = twin.f32("out", rows, columns);
            Slot in = twin.f32("in", rows, columns);
            twin.compare(new DenseOp.Copy(out, in), 0);
        }
        try (OpTwin twin = twin(max, columns)) {
            Slot out = twin.f32("out", rows, columns);
            Slot in = twin.f32("in", rows, columns);
            twin.compare(new DenseOp.Add(out, in), 0);
        }
        try (OpTwin twin = twin(max, columns)) {
            Slot out = twin.f32("out", rows, columns);
            twin.compare(new DenseOp.Clear(out), 0);
        }
        try (OpTwin twin = twin(max, columns)) {
            Slot out = twin.i32("out", rows, 100);
            Slot in = twin.i32("in", rows, 100);
            twin.compare(new DenseOp.Add(out, in), 0);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "7, 5", "33, 64"})
    void gather(int max, int columns) {
        try (OpTwin twin = twin(max, columns)) {
            Extent rows = Extent.of("rows", max);
            Slot out = twin.f32("out", rows, columns);
            Slot in = twin.f32("in", Extent.fixed(2 * max), columns);
            Slot index = twin.distinct("index", rows, 2 * max);
            twin.compare(new RowOp.Gather(out, in, index), 0);
        }
    }
}
