package org.tornadomor.engine.cpu;

import static org.tornadomor.engine.OpHarness.assertClose;

import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.OpHarness;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.OptimizerOp;
import org.tornadomor.engine.OptimizerOp.Adam;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.TestEngines;
import org.tornadomor.engine.Values;

class AdamWTest {
    @Test
    void squaredNorm() {
        OpHarness.check(20, h -> {
            Extent rows = h.rows(h.between(1, 60_000));
            Values sum = h.floats("sum", 1, 1);
            Values x = h.floats("x", rows, 1);
            h.run(new OptimizerOp.SquaredNorm(sum.slot(), x.slot()));
            double expected = sum.before(0);
            for (double v : x.before()) {
                expected += v * v;
            }
            assertClose(expected, sum.get(0), 1e-6);
        });
    }

    @Test
    void oneStepOnAnyLayout() {
        OpHarness.check(30, h -> {
            Extent rows = h.rows(h.between(1, 40_000));
            Adam adam = new Adam(0.9f, 0.95f, 1e-8f, 0.1f, h.random().nextBoolean() ? 0.5f : 0f);
            Values w = h.floats("w", rows, 1);
            Values m = h.floats("m", rows, 1);
            Values v = h.floats("v", rows, 1);
            Values gradient = h.floats("gradient", rows, 1);
            Values settings = h.floats("settings", 3, 1).setAll(3e-3, 0.3, 0.2);
            Values norm = h.floats("norm", 1, 1).set(0, h.random().nextBoolean() ? 9 : 0.01);
            for (int i = 0; i < rows.count(); i++) {
                v.set(i, v.before(i) * v.before(i));
            }
            h.run(new OptimizerOp.AdamW(
                    w.slot(), m.slot(), v.slot(), gradient.slot(), settings.slot(), norm.slot(), adam));
            double clip = adam.maxNorm() == 0 ? 1 : Math.min(1, adam.maxNorm() / (Math.sqrt(norm.before(0)) + 1e-6));
            for (int i = 0; i < rows.count(); i++) {
                Reference one = new Reference(w.before(i), m.before(i), v.before(i));
                one.step(gradient.before(i), clip, settings.before(0), settings.before(1), settings.before(2), adam);
                assertClose(one.w, w.get(i), 1e-6, i);
                assertClose(one.m, m.get(i), 1e-6, i);
                assertClose(one.v, v.get(i), 1e-6, i);
            }
        });
    }

    /** One parameter, in the order of operations of torch.optim.AdamW. */
    private static final class Reference {
        private double w;
        private double m;
        private double v;

        Reference(double w, double m, double v) {
            this.w = w;
            this.m = m;
            this.v = v;
        }

        void step(double gradient, double clip, double rate, double correction1, double correction2, Adam adam) {
            double g = gradient * clip;
            w *= 1 - rate * adam.decay();
            m += (g - m) * (1 - adam.beta1());
            v = v * adam.beta2() + (1 - adam.beta2()) * g * g;
            w -= rate / correction1 * m / (Math.sqrt(v) / Math.sqrt(correction2) + adam.eps());
        }
    }

    /** Norm and step together, over many steps with a falling rate, against the reference in double precision. */
    @Test
    void manySteps() {
        for (var group : TestEngines.groups()) {
            for (Engine engine : group) {
                try (engine) {
                    manySteps(engine);
                }
            }
        }
    }

    private static void manySteps(Engine engine) {
        int size = 1003;
        Adam adam = new Adam(0.9f, 0.95f, 1e-8f, 0.1f, 1f);
        Extent rows = Extent.fixed(size);
        Ops ops = new Ops("optimizer");
        Slot w = ops.f32("w", rows, 1);
        Slot m = ops.f32("m", rows, 1);
        Slot v = ops.f32("v", rows, 1);
        Slot gradient = ops.f32("gradient", rows, 1);
        Slot settings = ops.f32("settings", 3, 1);
        Slot norm = ops.f32("norm", 1, 1);
        ops.add(new OptimizerOp.SquaredNorm(norm, gradient));
        ops.add(new OptimizerOp.AdamW(w, m, v, gradient, settings, norm, adam));
        Arena arena = engine.arena("optimizer", ElementType.F32);
        Tensor ws = arena.allocate("w", size);
        Tensor gs = arena.allocate("gradient", size);
        Tensor set = arena.allocate("settings", 3);
        Tensor sum = arena.allocate("norm", 1);
        Binding binding = engine.compile(ops)
                .bind(Map.of(
                        w,
                        ws,
                        m,
                        arena.allocate("m", size),
                        v,
                        arena.allocate("v", size),
                        gradient,
                        gs,
                        settings,
                        set,
                        norm,
                        sum));

        Random random = new Random(5);
        Reference[] expected = new Reference[size];
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
            expected[i] = new Reference(values[i], 0, 0);
        }
        engine.upload(ws, values, 0);
        for (int t = 1; t <= 25; t++) {
            double squares = 0;
            for (int i = 0; i < size; i++) {
                // Some steps are clipped, some are not; an element in ten has no gradient at all.
                values[i] = i % 10 == 0 ? 0f : (float) (random.nextGaussian() * (t % 3 == 0 ? 0.001 : 0.1));
                squares += (double) values[i] * values[i];
            }
            float rate = 1e-2f / t;
            float correction1 = (float) (1 - Math.pow(adam.beta1(), t));
            float correction2 = (float) (1 - Math.pow(adam.beta2(), t));
            engine.upload(gs, values, 0);
            engine.upload(set, new float[] {rate, correction1, correction2}, 0);
            engine.upload(sum, new float[1], 0);
            binding.run();
            double clip = Math.min(1, adam.maxNorm() / (Math.sqrt(squares) + 1e-6));
            for (int i = 0; i < size; i++) {
                expected[i].step(values[i], clip, rate, correction1, correction2, adam);
            }
        }
        engine.download(ws, values, 0);
        for (int i = 0; i < size; i++) {
            assertClose(expected[i].w, values[i], 2e-6, i);
        }
    }
}
