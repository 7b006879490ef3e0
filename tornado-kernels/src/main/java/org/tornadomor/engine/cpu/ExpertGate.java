package org.tornadomor.engine.cpu;

import org.tornadomor.engine.ExpertRouterOp;
import org.tornadomor.engine.ExpertRouterOp.Gate;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.RowMath;
import org.tornadomor.engine.cpu.basics.Tiles;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/** Expert choice: the gate on a block's output, and the losses that teach the router to decide causally. */
final class ExpertGate {
    private ExpertGate() {}

    /** {@code h[index[i]] += gate(logits[parent[i]]) f[i]}. */
    static final class Forward extends RowwiseOp {
        private final ExpertRouterOp.GatedScatter op;
        private final int columns;
        private final FloatRows h;
        private final FloatRows f;
        private final FloatRows logits;
        private final IntRows index;
        private final IntRows parent;

        Forward(ExpertRouterOp.GatedScatter op) {
            super(op.rows(), op.f().columns());
            this.op = op;
            columns = op.f().columns();
            h = floats(op.h());
            f = floats(op.f());
            logits = floats(op.logits());
            index = ints(op.index());
            parent = ints(op.parent());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int i = from; i < to; i++) {
                float logit = logits.values[logits.checkedRow(parent.get(i))];
                float gate = gate(op.gate(), op.alpha(), logit);
                Lanes.addScaled(h.values, h.checkedRow(index.get(i)), f.values, f.row(i), columns, gate);
            }
        }
    }

    /** {@code df[i] = gate dh[index[i]]}, {@code dLogits[parent[i]] += gate' (dh[index[i]] . f[i])}. */
    static final class Backward extends RowwiseOp {
        private final ExpertRouterOp.GatedScatterBackward op;
        private final int columns;
        private final FloatRows df;
        private final FloatRows dLogits;
        private final FloatRows dh;
        private final FloatRows f;
        private final FloatRows logits;
        private final IntRows index;
        private final IntRows parent;

        Backward(ExpertRouterOp.GatedScatterBackward op) {
            super(op.rows(), 2 * op.f().columns());
            this.op = op;
            columns = op.f().columns();
            df = floats(op.df());
            dLogits = floats(op.dLogits());
            dh = floats(op.dh());
            f = floats(op.f());
            logits = floats(op.logits());
            index = ints(op.index());
            parent = ints(op.parent());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int i = from; i < to; i++) {
                float logit = logits.values[logits.checkedRow(parent.get(i))];
                int dhRow = dh.checkedRow(index.get(i));
                float gate = gate(op.gate(), op.alpha(), logit);
                RowMath.scale(df.values, df.row(i), dh.values, dhRow, columns, gate);
                if (op.gate() != Gate.ADDITIVE) {
                    float dot = Lanes.dot(dh.values, dhRow, f.values, f.row(i), columns);
                    dLogits.values[dLogits.checkedRow(parent.get(i))] += slope(op.gate(), op.alpha(), logit) * dot;
                }
            }
        }
    }

    private static float gate(Gate gate, float alpha, float logit) {
        return switch (gate) {
            case SIGMOID -> alpha * Lanes.sigmoid(logit);
            case TANH -> alpha * (float) StrictMath.tanh(logit);
            case ADDITIVE -> 1f;
        };
    }

    private static float slope(Gate gate, float alpha, float logit) {
        return switch (gate) {
            case SIGMOID -> alpha * Lanes.sigmoid(logit) * Lanes.sigmoid(-logit);
            case TANH -> {
                double tanh = StrictMath.tanh(logit);
                yield (float) (alpha * (1 - tanh * tanh));
            }
            case ADDITIVE -> 0f;
        };
    }

    /** Binary cross-entropy to the selection, z-loss, agreement, and the gradient of the two losses. */
    static final class Loss extends SlotOp implements WorkerTeam.TileTask {
        private static final int TILE_ROWS = 512;

        private final ExpertRouterOp.ExpertRouterLoss op;
        private final FloatRows dLogits;
        private final FloatRows losses;
        private final FloatRows agreement;
        private final FloatRows logits;
        private final IntRows selected;
        private final double[] entropy;
        private final double[] squares;
        private final int[] agreed;
        private int count;

        Loss(ExpertRouterOp.ExpertRouterLoss op) {
            this.op = op;
            dLogits = floats(op.dLogits());
            losses = floats(op.losses());
            agreement = floats(op.agreement());
            logits = floats(op.logits());
            selected = ints(op.selected());
            int tiles = Tiles.count(op.rows().max(), TILE_ROWS);
            entropy = new double[tiles];
            squares = new double[tiles];
            agreed = new int[tiles];
        }

        @Override
        void run(WorkerTeam team) {
            count = op.rows().count();
            if (count == 0) {
                return;
            }
            int tiles = Tiles.count(count, TILE_ROWS);
            team.run(this, tiles);
            double entropies = 0;
            double squared = 0;
            long agreements = 0;
            for (int tile = 0; tile < tiles; tile++) {
                entropies += entropy[tile];
                squared += squares[tile];
                agreements += agreed[tile];
            }
            double share = (double) op.scale() / count;
            losses.add(op.auxAt(), share * op.auxCoef() * entropies);
            losses.add(op.zAt(), share * op.zCoef() * squared);
            agreement.add(0, share * agreements);
        }

        @Override
        public void tile(int tile, int worker) {
            double entropies = 0;
            double squared = 0;
            int agreements = 0;
            float share = op.scale() / count;
            int end = Tiles.end(tile, TILE_ROWS, count);
            for (int i = tile * TILE_ROWS; i < end; i++) {
                float z = logits.get(i);
                int y = selected.get(i);
                // BCE(z, y) = log(1 + exp(-|z|)) + max(z, 0) - z y
                entropies += StrictMath.log1p(Lanes.exp(-Math.abs(z))) + Math.max(z, 0f) - (double) z * y;
                squared += (double) z * z;
                agreements += z > 0f == (y == 1) ? 1 : 0;
                dLogits.set(i, share * (op.auxCoef() * (Lanes.sigmoid(z) - y) + 2f * op.zCoef() * z));
            }
            entropy[tile] = entropies;
            squares[tile] = squared;
            agreed[tile] = agreements;
        }
    }
}
