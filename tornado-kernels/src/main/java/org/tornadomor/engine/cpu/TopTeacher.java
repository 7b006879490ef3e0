package org.tornadomor.engine.cpu;

import org.tornadomor.engine.LossOp;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Tiles;

/** A teacher's logits from the probabilities of its likeliest tokens. */
final class TopTeacher extends RowwiseOp {
    private static final float LEFT_OUT = Float.NEGATIVE_INFINITY;

    private final int columns;
    private final int known;
    private final float temperature;
    private final FloatRows teacher, logits, logProbs;
    private final IntRows ids;

    TopTeacher(LossOp.TopTeacher op) {
        super(op.rows(), Tiles.FUNCTION * op.logits().columns());
        columns = op.logits().columns();
        known = op.ids().columns();
        temperature = op.temperature();
        teacher = floats(op.teacher());
        logits = floats(op.logits());
        ids = ints(op.ids());
        logProbs = floats(op.logProbs());
    }

    @Override
    void rows(int from, int to, int worker) {
        for (int i = from; i < to; i++) {
            row(logits.row(i), teacher.row(i), ids.row(i), logProbs.row(i));
        }
    }

    private void row(int z, int t, int id, int p) {
        teacher.copy(t, logits, z, columns);
        for (int j = 0; j < known; j++) {
            teacher.values[t + ids.values[id + j]] = LEFT_OUT;
        }
        float max = Lanes.max(teacher.values, t, columns);
        double sum = 0;
        for (int c = 0; c < columns; c++) {
            float value = teacher.values[t + c];
            if (value != LEFT_OUT) {
                sum += Lanes.exp((value - max) / temperature);
            }
        }
        // If every token is known there is no rest, and the value of the shift does not matter.
        float shift = (float) (temperature * (logProbs.values[p + known] - StrictMath.log(sum)) - max);
        for (int c = 0; c < columns; c++) {
            teacher.values[t + c] += shift;
        }
        for (int j = 0; j < known; j++) {
            teacher.values[t + ids.values[id + j]] = temperature * logProbs.values[p + j];
        }
    }
}
