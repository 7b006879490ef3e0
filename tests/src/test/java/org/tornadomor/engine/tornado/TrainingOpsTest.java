package org.tornadomor.engine.tornado;

import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Divergence;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.LossOp;
import org.tornadomor.engine.Op;
import org.tornadomor.engine.OptimizerOp;
import org.tornadomor.engine.RowOp;
import org.tornadomor.engine.Slot;

/** Embedding, activations, row moves, rotary positions, losses and the optimiser on the device against the CPU engine. */
@Tag("device")
class TrainingOpsTest {
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
        return new OpTwin(device, new Random(37L * rows + columns));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "37, 20"})
    void embedding(int max, int columns) {
        Extent rows = Extent.of("rows", max);
        Extent vocabulary = Extent.fixed(max / 2 + 1);
        try (OpTwin twin = twin(max, columns)) {
            Slot out = twin.f32("out", rows, columns);
            Slot table = twin.f32("table", vocabulary, columns);
            twin.compare(new DenseOp.Embed(out, table, twin.i32("ids", rows, vocabulary.max())), 0);
        }
        try (OpTwin twin = twin(max, columns)) {
            Slot dTable = twin.f32("dTable", vocabulary, columns);
            Slot dOut = twin.f32("dOut", rows, columns);
            twin.compare(new DenseOp.EmbedBackward(dTable, dOut, twin.i32("ids", rows, vocabulary.max())), 1e-6);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "19, 33"})
    void swiGlu(int max, int columns) {
        Extent rows = Extent.of("rows", max);
        try (OpTwin twin = twin(max, columns)) {
            Slot out = twin.f32("out", rows, columns);
            twin.compare(new DenseOp.SwiGlu(out, twin.f32("gateUp", rows, 2 * columns)), 1e-5);
        }
        try (OpTwin twin = twin(max, columns)) {
            Slot dGateUp = twin.f32("dGateUp", rows, 2 * columns);
            Slot dOut = twin.f32("dOut", rows, columns);
            twin.compare(new DenseOp.SwiGluBackward(dGateUp, dOut, twin.f32("gateUp", rows, 2 * columns)), 1e-5);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "19, 33"})
    void gelu(int max, int columns) {
        Extent rows = Extent.of("rows", max);
        try (OpTwin twin = twin(max, columns)) {
            twin.compare(new DenseOp.Gelu(twin.f32("out", rows, columns), twin.f32("x", rows, columns)), 1e-5);
        }
        try (OpTwin twin = twin(max, columns)) {
            Slot dx = twin.f32("dx", rows, columns);
            Slot dOut = twin.f32("dOut", rows, columns);
            twin.compare(new DenseOp.GeluBackward(dx, dOut, twin.f32("x", rows, columns)), 1e-5);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "19, 33"})
    void rowMoves(int max, int columns) {
        for (int kind = 0; kind < 3; kind++) {
            try (OpTwin twin = twin(max, columns + kind)) {
                Extent rows = Extent.of("rows", max);
                Extent all = Extent.fixed(2 * max);
                Slot out = twin.f32("out", kind == 0 ? rows : all, columns);
                Slot in = twin.f32("in", kind == 0 ? all : rows, columns);
                Slot index = twin.distinct("index", rows, 2 * max);
                Op op = switch (kind) {
                    case 0 -> new RowOp.Take(out, in, index);
                    case 1 -> new RowOp.Scatter(out, in, index);
                    default -> new RowOp.ScatterAdd(out, in, index);
                };
                twin.compare(op, 0);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 2", "19, 3, 10"})
    void rope(int max, int heads, int headDim) {
        for (boolean inverse : new boolean[] {false, true}) {
            try (OpTwin twin = twin(max, headDim)) {
                Extent rows = Extent.of("rows", max);
                Slot x = twin.f32("x", rows, heads * headDim);
                Slot position = twin.i32("position", rows, 40);
                Slot table = twin.f32("table", Extent.fixed(40), headDim);
                twin.compare(new AttentionOp.Rope(x, position, table, inverse), 1e-5);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 2", "19, 300"})
    void crossEntropy(int max, int columns) {
        for (boolean gradient : new boolean[] {false, true}) {
            try (OpTwin twin = twin(max, columns)) {
                Extent rows = Extent.of("rows", max);
                Slot rowLoss = twin.f32("rowLoss", rows, 1);
                Slot logits = twin.f32("logits", rows, columns);
                int[] targets = new int[max];
                for (int i = 0; i < max; i++) {
                    targets[i] = i % 5 == 4 ? -1 : i * 7 % columns;
                }
                Slot target = twin.i32("targets", rows, targets);
                twin.compare(new LossOp.CrossEntropy(rowLoss, logits, target, gradient, 0.25f), 1e-5);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 2", "19, 300"})
    void distillation(int max, int columns) {
        for (Divergence divergence : Divergence.values()) {
            try (OpTwin twin = twin(max, columns)) {
                Extent rows = Extent.of("rows", max);
                Slot rowLoss = twin.f32("rowLoss", rows, 1);
                Slot teacher = twin.f32("teacher", rows, columns);
                Slot logits = twin.f32("logits", rows, columns);
                int[] targets = new int[max];
                for (int i = 0; i < max; i++) {
                    targets[i] = i % 5 == 4 ? -1 : 0;
                }
                Slot target = twin.i32("targets", rows, targets);
                twin.compare(new LossOp.Distil(rowLoss, teacher, logits, target, divergence, 2, 0.25f), 2e-5);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 2, 1", "19, 300, 5", "19, 300, 64", "3, 7, 7"})
    void likeliestTokensOfATeacher(int max, int columns, int known) {
        try (OpTwin twin = twin(max, columns)) {
            Extent rows = Extent.of("rows", max);
            Slot teacher = twin.f32("teacher", rows, columns);
            Slot logits = twin.f32("logits", rows, columns);
            int[] ids = new int[max * known];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = i % known * (columns / known) + i / known % (columns / known);
            }
            Slot id = twin.i32("ids", rows, known, ids);
            Slot logProbs = twin.f32("logProbs", rows, known + 1);
            twin.compare(new LossOp.TopTeacher(teacher, logits, id, logProbs, 2), 2e-5);
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "500", "33000"})
    void sums(int max) {
        Extent rows = Extent.of("rows", max);
        try (OpTwin twin = twin(max, 1)) {
            Slot sums = twin.f32("sums", Extent.fixed(4), 1);
            twin.compare(new LossOp.SumInto(sums, twin.f32("x", rows, 1), 2, 0.5f), 1e-3);
        }
        try (OpTwin twin = twin(max, 2)) {
            Slot sum = twin.f32("sum", Extent.fixed(1), 1);
            twin.compare(new OptimizerOp.SquaredNorm(sum, twin.f32("x", rows, 1)), 1e-5);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "500, 1"})
    void adamW(int max, float maxNorm) {
        Extent rows = Extent.of("rows", max);
        try (OpTwin twin = twin(max, 3)) {
            Slot w = twin.f32("w", rows, 1);
            Slot m = twin.f32("m", rows, 1);
            float[] squares = new float[max];
            for (int i = 0; i < max; i++) {
                squares[i] = 0.01f * i;
            }
            Slot v = twin.f32("v", rows, 1, squares);
            Slot gradient = twin.f32("gradient", rows, 1);
            Slot settings = twin.f32("settings", Extent.fixed(3), 1, new float[] {0.01f, 0.1f, 0.05f});
            Slot norm = twin.f32("norm", Extent.fixed(1), 1, new float[] {9f});
            OptimizerOp.Adam adam = new OptimizerOp.Adam(0.9f, 0.95f, 1e-8f, 0.1f, maxNorm);
            twin.compare(new OptimizerOp.AdamW(w, m, v, gradient, settings, norm, adam), 1e-5);
        }
    }
}
