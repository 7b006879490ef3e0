package org.tornadomor.engine.tornado;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.engine.ExpertRouterOp;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.TokenRouterOp;

/** Gates, routers and their losses on the device against the CPU engine. */
@Tag("device")
class RouterTest {
    private static Schedules schedules;

    @BeforeAll
    static void start() {
        schedules = new Schedules();
    }

    @AfterAll
    static void stop() {
        schedules.close();
    }

    @ParameterizedTest
    @CsvSource({"1, 1, SIGMOID", "7, 5, TANH", "33, 64, ADDITIVE", "70, 130, SIGMOID"})
    void gatedScatter(int max, int columns, ExpertRouterOp.Gate gate) {
        schedules.each(max, twin -> {
            Extent rows = Extent.of("rows", max);
            Slot h = twin.f32("h", Extent.fixed(2 * max), columns);
            Slot f = twin.f32("f", rows, columns);
            Slot logits = twin.f32("logits", Extent.fixed(max + 3), 1);
            Slot index = twin.distinct("index", rows, 2 * max);
            Slot parent = twin.distinct("parent", rows, max + 3);
            twin.compare(new ExpertRouterOp.GatedScatter(h, f, logits, index, parent, gate, 0.7f), 2e-6);
        });
        schedules.each(max, twin -> {
            Extent rows = Extent.of("rows", max);
            Extent candidates = Extent.fixed(max + 3);
            Slot df = twin.f32("df", rows, columns);
            Slot dLogits = twin.f32("dLogits", candidates, 1);
            Slot dh = twin.f32("dh", Extent.fixed(2 * max), columns);
            Slot f = twin.f32("f", rows, columns);
            Slot logits = twin.f32("logits", candidates, 1);
            Slot index = twin.distinct("index", rows, 2 * max);
            Slot parent = twin.distinct("parent", rows, max + 3);
            twin.compare(
                    new ExpertRouterOp.GatedScatterBackward(df, dLogits, dh, f, logits, index, parent, gate, 0.7f),
                    1e-5);
        });
    }

    @ParameterizedTest
    @CsvSource({"1, 0.1, 0", "7, 0, 0.01", "700, 0.3, 0.2"})
    void expertRouterLoss(int max, float auxCoef, float zCoef) {
        schedules.each(max, twin -> {
            Extent rows = Extent.of("rows", max);
            Slot dLogits = twin.f32("dLogits", rows, 1);
            Slot losses = twin.f32("losses", Extent.fixed(6), 1);
            Slot agreement = twin.f32("agreement", Extent.fixed(1), 1);
            Slot logits = twin.f32("logits", rows, 1);
            Slot selected = twin.i32("selected", rows, 2);
            twin.compare(
                    new ExpertRouterOp.ExpertRouterLoss(
                            dLogits, losses, agreement, logits, selected, 2, 4, auxCoef, zCoef, 0.25f),
                    2e-6);
        });
    }

    @ParameterizedTest
    @CsvSource({"1, 1, SIGMOID, 1", "7, 3, SOFTMAX, 2", "131, 4, SIGMOID, 9", "700, 3, SOFTMAX, 3"})
    void chooseDepth(int max, int depths, TokenRouterOp.Scores kind, int deepest) {
        schedules.each(max, twin -> {
            Extent rows = Extent.of("rows", max);
            Slot scores = twin.f32("scores", rows, depths);
            Slot depth = twin.i32("depth", rows, 100);
            Slot load = twin.i32("load", Extent.fixed(depths), 100);
            Slot logits = twin.f32("logits", rows, depths);
            Slot bias = twin.f32("bias", Extent.fixed(depths), 1);
            Slot limit = twin.i32("deepest", Extent.fixed(1), new int[] {deepest});
            twin.compare(new TokenRouterOp.ChooseDepth(scores, depth, load, logits, bias, limit, kind), 1e-6);
        });
        schedules.each(max, twin -> {
            Extent rows = Extent.of("rows", max);
            Slot dLogits = twin.f32("dLogits", rows, depths);
            Slot losses = twin.f32("losses", Extent.fixed(6), 1);
            Slot dGate = twin.f32("dGate", rows, 1);
            Slot scores = twin.f32("scores", rows, depths);
            int[] reached = new java.util.Random(max).ints(max, 1, depths + 1).toArray();
            Slot depth = twin.i32("depth", rows, reached);
            Slot load = twin.i32("load", Extent.fixed(depths), 50);
            Slot logits = twin.f32("logits", rows, depths);
            float zCoef = depths == 3 ? 0f : 0.01f;
            twin.compare(
                    new TokenRouterOp.ChooseDepthBackward(
                            dLogits, losses, dGate, scores, depth, load, logits, kind, 0.7f, 1, 3, 0.1f, zCoef, 0.5f),
                    1e-5);
        });
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "5"})
    void balanceBias(int depths) {
        schedules.each(depths, twin -> {
            Slot bias = twin.f32("bias", Extent.fixed(depths), 1);
            Slot load = twin.i32("load", Extent.fixed(depths), 4);
            twin.compare(new TokenRouterOp.BalanceBias(bias, load, 0.01f), 1e-7);
        });
    }

    @ParameterizedTest
    @CsvSource({"1, 1, true", "7, 5, false", "33, 64, true", "70, 130, true"})
    void leaveAtDepth(int max, int columns, boolean weighted) {
        schedules.each(max, twin -> {
            Extent rows = Extent.of("rows", max);
            Extent all = Extent.fixed(2 * max);
            Slot h = twin.f32("h", all, columns);
            Slot first = twin.f32("first", all, columns);
            Slot f = twin.f32("f", rows, columns);
            Slot scores = twin.f32("scores", all, 3);
            Slot depth = twin.i32("depth", all, 4);
            Slot index = twin.distinct("index", rows, 2 * max);
            int[] some = new int[max];
            java.util.Arrays.setAll(some, i -> 1 + i % 3);
            Slot recursion = twin.i32("recursion", rows, some);
            twin.compare(
                    new TokenRouterOp.LeaveAtDepth(h, first, f, scores, depth, index, recursion, 0.7f, weighted), 1e-6);
        });
        schedules.each(max, twin -> {
            Extent rows = Extent.of("rows", max);
            Extent all = Extent.fixed(2 * max);
            Slot df = twin.f32("df", rows, columns);
            Slot dGate = twin.f32("dGate", all, 1);
            Slot dh = twin.f32("dh", all, columns);
            Slot dOn = twin.f32("dOn", all, columns);
            Slot f = twin.f32("f", rows, columns);
            Slot scores = twin.f32("scores", all, 3);
            Slot depth = twin.i32("depth", all, 4);
            Slot index = twin.distinct("index", rows, 2 * max);
            twin.compare(
                    new TokenRouterOp.LeaveAtDepthBackward(
                            df, dGate, dh, dOn, f, scores, depth, index, 2, 0.7f, weighted),
                    1e-5);
        });
    }
}
