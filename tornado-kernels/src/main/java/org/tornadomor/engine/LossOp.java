package org.tornadomor.engine;

import static org.tornadomor.engine.Op.check;
import static org.tornadomor.engine.Op.sameColumns;
import static org.tornadomor.engine.Op.sameRows;

import java.util.List;

/** From logits to a number. */
public sealed interface LossOp extends Op {

    /**
     * {@code rowLoss = logsumexp(logits) - logits[target]}, in nats; if {@code gradient}, the logits become
     * {@code scale (softmax(logits) - onehot(target))} in place, so that no second matrix of that size is needed. A
     * negative target is left out: loss and gradient 0. logits [R, V], rowLoss, targets [R].
     */
    record CrossEntropy(Slot rowLoss, Slot logits, Slot targets, boolean gradient, float scale) implements LossOp {
        public CrossEntropy {
            sameRows("CrossEntropy", rowLoss, logits, targets);
        }

        @Override
        public Extent rows() {
            return logits.rows();
        }

        @Override
        public List<Slot> reads() {
            return gradient ? List.of(targets) : List.of(logits, targets);
        }

        @Override
        public List<Slot> writes() {
            return gradient ? List.of(rowLoss, logits) : List.of(rowLoss);
        }
    }

    /**
     * {@code rowLoss = T^2 D(p, q)} with {@code p = softmax(teacher / T)} and {@code q = softmax(logits / T)}. The teacher's
     * logits become {@code scale} times the gradient of this loss by the student's logits, so that no third matrix is needed.
     * With g the derivative of D by q, the gradient by a logit is {@code T q (g - sum(q g))}. A negative target is left out:
     * loss and gradient 0. teacher, logits [R, V], rowLoss, targets [R].
     */
    record Distil(
            Slot rowLoss,
            Slot teacher,
            Slot logits,
            Slot targets,
            Divergence divergence,
            float temperature,
            float scale)
            implements LossOp {
        public Distil {
            sameRows("Distil", rowLoss, teacher, logits, targets);
            sameColumns("Distil", teacher, logits);
        }

        @Override
        public Extent rows() {
            return logits.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(logits, targets);
        }

        @Override
        public List<Slot> writes() {
            return List.of(rowLoss, teacher);
        }
    }

    /**
     * Logits of a teacher of which only the likeliest tokens are known: for {@link Distil} with {@link Divergence#FORWARD} and
     * the same T. The tokens in {@code ids} get {@code T logProbs}. All others together have the last of {@code logProbs}, here
     * called rest, and share it in the proportions of the student's own probabilities:
     * {@code z + T (rest - logsumexp(z' / T))}, with z the student's logit of the token and z' those of all these others. So
     * the others count as one class: shared out as the student does it, they add to the divergence and its gradient just what a
     * single class would. teacher, logits [R, V], ids [R, k] in ascending order, logProbs [R, k + 1].
     */
    record TopTeacher(Slot teacher, Slot logits, Slot ids, Slot logProbs, float temperature) implements LossOp {
        public TopTeacher {
            sameRows("TopTeacher", teacher, logits, ids, logProbs);
            sameColumns("TopTeacher", teacher, logits);
            check(ids.columns() + 1 == logProbs.columns(), "TopTeacher", ids, logProbs);
            check(ids.columns() <= logits.columns(), "TopTeacher", ids, logits);
        }

        @Override
        public Extent rows() {
            return logits.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(logits, ids, logProbs);
        }

        @Override
        public List<Slot> writes() {
            return List.of(teacher);
        }
    }

    /** {@code sums[at] += scale sum(x)}: x [R], sums [n]. */
    record SumInto(Slot sums, Slot x, int at, float scale) implements LossOp {
        public SumInto {
            check(x.columns() == 1 && at >= 0 && at < sums.rows().max(), "SumInto", x, at);
        }

        @Override
        public Extent rows() {
            return x.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(x);
        }

        @Override
        public List<Slot> writes() {
            return List.of(sums);
        }
    }
}
