package org.tornadomor.engine.cpu;

import jdk.incubator.vector.FloatVector;
import org.tornadomor.engine.LossOp;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.RowMath;
import org.tornadomor.engine.cpu.basics.Tiles;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/** The language model's loss, with its gradient left where the logits were. */
final class CrossEntropy {
    /** Columns whose exponentials are summed as floats, before the sums are added as doubles. */
    private static final int CHUNK = 2048;

    private CrossEntropy() {}

    /** {@code logsumexp(logits) - logits[target]}. A row with a NaN, or of minus infinities alone, has the loss NaN. */
    static final class Rowwise extends RowwiseOp {
        private final LossOp.CrossEntropy op;
        private final int columns;
        private final FloatRows rowLoss;
        private final FloatRows logits;
        private final IntRows targets;

        Rowwise(LossOp.CrossEntropy op) {
            super(op.rows(), Tiles.FUNCTION * op.logits().columns());
            this.op = op;
            columns = op.logits().columns();
            rowLoss = floats(op.rowLoss());
            logits = floats(op.logits());
            targets = ints(op.targets());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int i = from; i < to; i++) {
                int target = targets.get(i);
                if (target < 0) {
                    leaveOut(i);
                } else if (target < columns) {
                    rowLoss.set(i, loss(logits.row(i), target));
                } else {
                    throw new IndexOutOfBoundsException(
                            "target " + target + " of row " + i + " where there are " + columns + " classes");
                }
            }
        }

        private void leaveOut(int i) {
            rowLoss.set(i, 0f);
            if (op.gradient()) {
                logits.clear(logits.row(i), columns);
            }
        }

        private float loss(int at, int target) {
            float[] x = logits.values;
            float targetLogit = x[at + target];
            float max = Lanes.max(x, at, columns);
            double sum = 0;
            for (int c = 0; c < columns; c += CHUNK) {
                int count = Math.min(CHUNK, columns - c);
                sum += op.gradient() ? exponentials(x, at + c, count, max) : sumOfExponentials(x, at + c, count, max);
            }
            if (op.gradient()) {
                RowMath.scale(x, at, x, at, columns, (float) (op.scale() / sum));
                x[at + target] -= op.scale();
            }
            return (float) (max - targetLogit + StrictMath.log(sum));
        }
    }

    /** The sum of {@code exp(x - max)}. */
    private static float sumOfExponentials(float[] x, int at, int count, float max) {
        FloatVector sums = FloatVector.zero(Lanes.SPECIES);
        int whole = Lanes.whole(count);
        for (int c = 0; c < whole; c += Lanes.LENGTH) {
            sums = Lanes.exp(FloatVector.fromArray(Lanes.SPECIES, x, at + c).sub(max))
                    .add(sums);
        }
        float sum = Lanes.sum(sums);
        for (int c = whole; c < count; c++) {
            sum += Lanes.exp(x[at + c] - max);
        }
        return sum;
    }

    /** As {@link #sumOfExponentials}, leaving the exponentials in x. */
    private static float exponentials(float[] x, int at, int count, float max) {
        FloatVector sums = FloatVector.zero(Lanes.SPECIES);
        int whole = Lanes.whole(count);
        for (int c = 0; c < whole; c += Lanes.LENGTH) {
            FloatVector e =
                    Lanes.exp(FloatVector.fromArray(Lanes.SPECIES, x, at + c).sub(max));
            e.intoArray(x, at + c);
            sums = e.add(sums);
        }
        float sum = Lanes.sum(sums);
        for (int c = whole; c < count; c++) {
            float e = Lanes.exp(x[at + c] - max);
            x[at + c] = e;
            sum += e;
        }
        return sum;
    }

    /** {@code sums[at] += scale sum(x)}, added as doubles in row order. */
    static final class SumInto extends SlotOp {
        private final LossOp.SumInto op;
        private final FloatRows sums;
        private final FloatRows x;

        SumInto(LossOp.SumInto op) {
            this.op = op;
            sums = floats(op.sums());
            x = floats(op.x());
        }

        @Override
        void run(WorkerTeam team) {
            int count = op.rows().count();
            double sum = 0;
            for (int i = 0; i < count; i++) {
                sum += x.get(i);
            }
            sums.add(op.at(), op.scale() * sum);
        }
    }
}
