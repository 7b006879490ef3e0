package org.tornadomor.engine.cpu;

import jdk.incubator.vector.FloatVector;
import org.tornadomor.engine.OptimizerOp;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Tiles;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/** The optimiser's step over long vectors, and the gradient norm that it clips by. */
final class AdamW {
    private AdamW() {}

    /** {@code sum[0] += sum(x^2)}: floats within a tile, doubles from tile to tile. */
    static final class SquaredNorm extends SlotOp implements WorkerTeam.TileTask {
        private final OptimizerOp.SquaredNorm op;
        private final FloatRows sum;
        private final FloatRows x;
        private final double[] partial;
        private int count;

        SquaredNorm(OptimizerOp.SquaredNorm op) {
            this.op = op;
            sum = floats(op.sum());
            x = floats(op.x());
            partial = new double[Tiles.count(op.rows().max(), Tiles.ELEMENTS)];
        }

        @Override
        void run(WorkerTeam team) {
            count = op.rows().count();
            int tiles = Tiles.count(count, Tiles.ELEMENTS);
            team.run(this, tiles);
            double total = 0;
            for (int tile = 0; tile < tiles; tile++) {
                total += partial[tile];
            }
            sum.add(0, total);
        }

        @Override
        public void tile(int tile, int worker) {
            int from = tile * Tiles.ELEMENTS;
            int rows = Tiles.end(tile, Tiles.ELEMENTS, count) - from;
            int whole = x.isContiguous() ? rows - rows % (4 * Lanes.LENGTH) : 0;
            double squares = squares(x.values, x.row(from), whole);
            for (int i = whole; i < rows; i++) {
                double v = x.get(from + i);
                squares += v * v;
            }
            partial[tile] = squares;
        }
    }

    /** Four sums at a time: a single sum would wait for its own last addition each time. */
    private static double squares(float[] x, int at, int count) {
        FloatVector a = FloatVector.zero(Lanes.SPECIES);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int i = 0; i < count; i += 4 * Lanes.LENGTH) {
            FloatVector p = FloatVector.fromArray(Lanes.SPECIES, x, at + i);
            FloatVector q = FloatVector.fromArray(Lanes.SPECIES, x, at + i + Lanes.LENGTH);
            FloatVector r = FloatVector.fromArray(Lanes.SPECIES, x, at + i + 2 * Lanes.LENGTH);
            FloatVector s = FloatVector.fromArray(Lanes.SPECIES, x, at + i + 3 * Lanes.LENGTH);
            a = p.fma(p, a);
            b = q.fma(q, b);
            c = r.fma(r, c);
            d = s.fma(s, d);
        }
        return (double) Lanes.sum(a) + Lanes.sum(b) + Lanes.sum(c) + Lanes.sum(d);
    }

    /** One step of decoupled weight decay and bias-corrected Adam on the clipped gradient. */
    static final class Step extends SlotOp implements WorkerTeam.TileTask {
        private final OptimizerOp.AdamW op;
        private final FloatRows w;
        private final FloatRows m;
        private final FloatRows v;
        private final FloatRows gradient;
        private final FloatRows settings;
        private final FloatRows squaredNorm;
        private int count;
        private float clip;
        private float rate;
        private float decay;
        private float rootScale;

        Step(OptimizerOp.AdamW op) {
            this.op = op;
            w = floats(op.w());
            m = floats(op.m());
            v = floats(op.v());
            gradient = floats(op.gradient());
            settings = floats(op.settings());
            squaredNorm = floats(op.squaredNorm());
        }

        @Override
        void run(WorkerTeam team) {
            count = op.rows().count();
            OptimizerOp.Adam adam = op.adam();
            double learningRate = settings.get(OptimizerOp.LEARNING_RATE);
            double norm = Math.sqrt(squaredNorm.get(0));
            clip = adam.maxNorm() > 0f ? (float) Math.min(1, adam.maxNorm() / (norm + 1e-6)) : 1f;
            rate = (float) (learningRate / settings.get(OptimizerOp.CORRECTION1));
            decay = (float) (learningRate * adam.decay());
            rootScale = (float) (1 / Math.sqrt(settings.get(OptimizerOp.CORRECTION2)));
            team.run(this, Tiles.count(count, Tiles.ELEMENTS));
        }

        @Override
        public void tile(int tile, int worker) {
            int from = tile * Tiles.ELEMENTS;
            int to = Tiles.end(tile, Tiles.ELEMENTS, count);
            boolean contiguous = w.isContiguous() && m.isContiguous() && v.isContiguous() && gradient.isContiguous();
            int whole = from + (contiguous ? Lanes.whole(to - from) : 0);
            vectors(from, whole);
            singles(whole, to);
        }

        private void vectors(int from, int to) {
            float[] ws = w.values;
            float[] ms = m.values;
            float[] vs = v.values;
            float[] gs = gradient.values;
            float beta1 = op.adam().beta1();
            float beta2 = op.adam().beta2();
            float eps = op.adam().eps();
            float c = clip;
            float step = -rate;
            float root = rootScale;
            FloatVector shrink = FloatVector.broadcast(Lanes.SPECIES, -decay);
            for (int i = from; i < to; i += Lanes.LENGTH) {
                FloatVector g = FloatVector.fromArray(Lanes.SPECIES, gs, gradient.at + i)
                        .mul(c);
                FloatVector mean = FloatVector.fromArray(Lanes.SPECIES, ms, m.at + i)
                        .mul(beta1)
                        .add(g.mul(1f - beta1));
                FloatVector square = FloatVector.fromArray(Lanes.SPECIES, vs, v.at + i)
                        .mul(beta2)
                        .add(g.mul(g).mul(1f - beta2));
                FloatVector weight = FloatVector.fromArray(Lanes.SPECIES, ws, w.at + i);
                FloatVector scaled = mean.div(square.sqrt().mul(root).add(eps));
                mean.intoArray(ms, m.at + i);
                square.intoArray(vs, v.at + i);
                weight.fma(shrink, weight).add(scaled.mul(step)).intoArray(ws, w.at + i);
            }
        }

        /** The scalar twin of {@link #vectors}. */
        private void singles(int from, int to) {
            float beta1 = op.adam().beta1();
            float beta2 = op.adam().beta2();
            for (int i = from; i < to; i++) {
                float g = gradient.get(i) * clip;
                float mean = m.get(i) * beta1 + g * (1f - beta1);
                float square = v.get(i) * beta2 + g * g * (1f - beta2);
                float scaled = mean
                        / ((float) Math.sqrt(square) * rootScale + op.adam().eps());
                m.set(i, mean);
                v.set(i, square);
                w.set(i, Math.fma(w.get(i), -decay, w.get(i)) + scaled * -rate);
            }
        }
    }
}
