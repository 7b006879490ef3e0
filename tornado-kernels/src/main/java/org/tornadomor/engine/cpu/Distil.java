package org.tornadomor.engine.cpu;

import org.tornadomor.engine.LossOp;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Tiles;

/** The divergence of a student from its teacher, with its gradient left where the teacher's logits were. */
final class Distil extends RowwiseOp {
    private final LossOp.Distil op;
    private final int columns;
    private final float inverse;
    private final FloatRows rowLoss, teacher, logits;
    private final IntRows targets;

    Distil(LossOp.Distil op) {
        super(op.rows(), 4 * Tiles.FUNCTION * op.logits().columns());
        this.op = op;
        columns = op.logits().columns();
        inverse = 1 / op.temperature();
        rowLoss = floats(op.rowLoss());
        teacher = floats(op.teacher());
        logits = floats(op.logits());
        targets = ints(op.targets());
    }

    @Override
    void rows(int from, int to, int worker) {
        for (int i = from; i < to; i++) {
            if (targets.get(i) < 0) {
                rowLoss.set(i, 0f);
                teacher.clear(teacher.row(i), columns);
            } else {
                rowLoss.set(i, (float) loss(logits.row(i), teacher.row(i)));
            }
        }
    }

    /** Goes over the row twice for its sums and once for the gradient, and computes p and q anew each time. */
    private double loss(int z, int t) {
        float maxQ = Lanes.max(logits.values, z, columns);
        float maxP = Lanes.max(teacher.values, t, columns);
        double sumQ = 0;
        double sumP = 0;
        for (int c = 0; c < columns; c++) {
            sumQ += Lanes.exp((logits.values[z + c] - maxQ) * inverse);
            sumP += Lanes.exp((teacher.values[t + c] - maxP) * inverse);
        }
        double logSums = StrictMath.log(sumQ) - StrictMath.log(sumP);
        double divergence = 0;
        double mean = 0;
        for (int c = 0; c < columns; c++) {
            double x = (logits.values[z + c] - maxQ) * inverse;
            double y = (teacher.values[t + c] - maxP) * inverse;
            double q = Lanes.exp((float) x) / sumQ;
            double p = Lanes.exp((float) y) / sumP;
            double ratio = x - y - logSums;
            divergence += term(p, q, ratio);
            mean += weighted(p, q, ratio);
        }
        double factor = op.scale() * op.temperature();
        for (int c = 0; c < columns; c++) {
            double x = (logits.values[z + c] - maxQ) * inverse;
            double y = (teacher.values[t + c] - maxP) * inverse;
            double q = Lanes.exp((float) x) / sumQ;
            double p = Lanes.exp((float) y) / sumP;
            teacher.values[t + c] = (float) (factor * (weighted(p, q, x - y - logSums) - q * mean));
        }
        return divergence * op.temperature() * op.temperature();
    }

    /** A class's part of the divergence. @param ratio log(q / p), which is exact where both are too small for floats */
    private double term(double p, double q, double ratio) {
        return switch (op.divergence()) {
            case FORWARD -> -p * ratio;
            case REVERSE -> q * ratio;
            case JS -> (p * logOfTwice(p, q) + q * logOfTwice(q, p)) / 2;
            case TV -> Math.abs(q - p) / 2;
        };
    }

    /** q g: a class's probability times the derivative of the divergence by it. */
    private double weighted(double p, double q, double ratio) {
        return switch (op.divergence()) {
            case FORWARD -> -p;
            case REVERSE -> q * ratio;
            case JS -> q * logOfTwice(q, p) / 2;
            case TV -> q * Math.signum(q - p) / 2;
        };
    }

    /** Log of {@code a} over the mean of both; 0 if {@code a} is 0, since its term then counts for nothing. */
    private static double logOfTwice(double a, double b) {
        return a == 0 ? 0 : Math.log(2 * a / (a + b));
    }
}
